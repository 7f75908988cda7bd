"""How fast sparse spiking networks run, what they hold in memory, and what another wiring costs.

Backends that execute statements of NumPy are measured over a loop in NumPy that is written by hand, Brian2 over a
network that is written for it by hand, and over C. All of these have the same spikes and weights, bit for bit, but the
network for Brian2, which rounds otherwise: it has about as many spikes.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import compile_time
import numpy as np
import psutil
import speed
import spiking_limit
import synapse_growth
from growth import Watched, resident
from hand_written import spiking_brian2, spiking_numpy
from hand_written.spiking_network import Activity
from sparse_works import SIZES, SparseWork, activity, sparse
from speed import Row

import neurosim as ns
from neurosim.backend.contract import Session
from neurosim.errors import BackendUnavailable

Run = Callable[[], Activity]
STATEMENTS = ("reference:numpy", "nengo:fused", "lava:fused")
BRIAN2 = "brian2:standalone"
GATHER, BY_HAND, PUSH = "numpy-gather", "hand-written", "c-push"
ABOUT = 0.03
"""The part by which numbers of spikes may differ where sums are rounded otherwise."""


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    works, plastic
        Networks that learn nothing, and those with STDP, which take so long that of the backends that execute NumPy
        only the reference is measured, once.
    memory, wiring
        The network whose memory is measured, and the one that is wired again.
    """

    runs: int
    works: tuple[str, ...]
    plastic: tuple[str, ...] = ()
    memory: tuple[str, ...] = ("cuba-16k",)
    wiring: tuple[str, ...] = ("cuba-4k",)

    def of(self, names: Collection[str]) -> Plan:
        """The part of it that measures the speed of some networks."""
        works, plastic = (tuple(n for n in part if n in names) for part in (self.works, self.plastic))
        return Plan(self.runs, works, plastic, memory=(), wiring=())


STEPS, COMPILED_STEPS, PLASTIC_STEPS = 1000, 5000, 400
"""Of a network on NumPy, on what is compiled, and of one that learns; spikes begin at about step 250."""
QUICK = Plan(runs=3, works=("cuba-4k", "cuba-16k"))
FULL = Plan(
    runs=5,
    works=tuple(f"{kind}-{size}" for kind in ("cuba", "coba") for size in SIZES),
    plastic=tuple(f"stdp-{size}" for size in SIZES),
)


def measured(plan: Plan) -> Iterator[Row]:
    """All rows, each as soon as it is there."""
    for name in plan.works:
        yield from over_gather(sparse(name, STEPS), STATEMENTS, plan.runs)
        yield from over_brian2(sparse(name, COMPILED_STEPS), plan.runs)
    for name in plan.plastic:
        yield from over_gather(sparse(name, PLASTIC_STEPS), STATEMENTS[:1], 1)
        yield from over_brian2(sparse(name, PLASTIC_STEPS), plan.runs)
    if plan.wiring:
        yield from synapse_growth.measure(STATEMENTS, plan.runs)
    for name in plan.wiring:
        yield from second_wiring(name, plan.runs)
    for name in plan.memory:
        for backend in (*STATEMENTS[:2], BRIAN2):
            yield from memory(name, backend)


def over_gather(work: SparseWork, backends: Iterable[str], runs: int) -> list[Row]:
    """Backends that execute NumPy over a loop in NumPy that gathers the synapses of the cells that fired."""
    with ExitStack() as stack:
        found = _on(backends, work, stack)
        times = speed.in_turn({**found, GATHER: spiking_numpy.runner(work.by_hand)}, runs, _agreement(work))
    return speed.rows(work, times, GATHER, dict.fromkeys(found, GATHER))


def over_brian2(work: SparseWork, runs: int) -> list[Row]:
    """Brian2 over a network written by hand for it, and, where it is of currents, over C; in processor time."""
    with ExitStack() as stack:
        sides = _on([BRIAN2], work, stack)
        if not sides:
            return []
        sides[BY_HAND] = spiking_brian2.runner(work.by_hand)
        if work.name.startswith("cuba"):
            sides[PUSH] = spiking_limit.runner(work.by_hand)
        times = speed.in_turn(sides, runs, _agreement(work), speed.processor)
    return [row for other in list(sides)[1:] for row in speed.rows(work, times, other, {BRIAN2: other})]


def _on(backends: Iterable[str], work: SparseWork, stack: ExitStack) -> dict[str, Run]:
    """The work on each backend that is installed; the stack will close the sessions."""
    found: dict[str, Run] = {}
    for name in backends:
        try:
            found[name] = _run(stack.enter_context(speed.opened(name, work)), work)
        except BackendUnavailable as error:
            print(f"left out: {error}")
    return found


def _run(session: Session, work: SparseWork) -> Run:
    def run() -> Activity:
        session.write(work.learned)
        records = session.run(ns.Trials({}, count=1))
        return activity(records, session.read())

    return run


def _agreement(work: SparseWork) -> Callable[[str, Activity, Activity], None]:
    """What raises AssertionError where a side has other spikes or weights than the first."""

    def agree(name: str, found: Activity, expected: Activity) -> None:
        if name == BY_HAND:
            same = abs(len(found.cells) - len(expected.cells)) <= ABOUT * len(expected.cells)
        else:
            parts = ("steps", "cells", "weights")
            same = all(np.array_equal(getattr(found, p), getattr(expected, p)) for p in parts)
        if not same:
            raise AssertionError(f"{work.name} on {name}: {len(found.cells)} spikes and {len(expected.cells)} differ")

    return agree


def second_wiring(name: str, runs: int) -> list[Row]:
    """Opening a session for another wiring of a network over doing so for the first, when nothing is in the cache."""
    works = sparse(name, 1000), sparse(name, 1000, wiring=1)
    pairs = []
    for _ in range(runs):
        with compile_time.nothing_cached():
            try:
                pairs.append([compile_time.seconds(BRIAN2, w) for w in works])
            except BackendUnavailable as error:
                print(f"left out: {error}")
                return []
    first, second = (statistics.median(times) for times in zip(*pairs, strict=True))
    line = speed.row(f"compile-wirings-{name}", BRIAN2, first, runs)
    return [line | {"second_s": second, "over_first": statistics.median(b / a for a, b in pairs)}]


def memory(name: str, backend: str) -> list[Row]:
    """The most bytes a synapse that a session's process and those that it starts hold; measured in another process."""
    command = [sys.executable, __file__, name, backend]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    found = json.loads(done.stdout.splitlines()[-1])
    return [speed.row(f"memory-{name}", backend, None, 1) | found] if found else []


def _memory_here(name: str, backend: str) -> Row:
    """Of the session's process, what it held before the network was made does not count."""
    before = resident(psutil.Process())
    work = sparse(name, 200)
    try:
        speed.opened(backend, work).close()  # what compiles is over before memory is looked at
    except BackendUnavailable as error:
        print(f"left out: {error}")
        return {}
    with Watched() as watched, speed.opened(backend, work) as session:
        _run(session, work)()
    parts = {"session": watched.own - before, "started": watched.started}
    return {"bytes_per_synapse": {n: b / work.synapses for n, b in parts.items()}}


if __name__ == "__main__":
    print(json.dumps(_memory_here(*sys.argv[1:])))

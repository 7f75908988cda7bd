"""How fast a work is on each backend: over the reference, over a model written by hand, over the limit in C.

All do the same work in turn, several times after one that is not counted; a ratio is the median over the rounds, so
that whatever slows a round slows both sides of it. All must have learned the same. A call of `Session.run` is timed
whole, from writing the weights to having them back.
"""

from __future__ import annotations

import ctypes
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Protocol, TypeVar

import c_limit
import numpy as np
from works import Learned, Work

import neurosim as ns
from neurosim.backend.contract import Session
from neurosim.errors import BackendUnavailable
from neurosim.program.program import Program

Row = dict[str, Any]
Run = Callable[[], Learned]
Found = TypeVar("Found")
BY_HAND = {"reference": "numpy_loop", "brian2": "brian2_model", "nengo": "nengo_model", "lava": "lava_model"}
"""The module of `hand_written` for each backend."""
TOLERANCE = 1e-12


class Compiled(Protocol):
    """What a session can be opened for."""

    @property
    def program(self) -> Program: ...


class Named(Protocol):
    """What rows are of."""

    @property
    def name(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def steps(self) -> int: ...


def row(
    work: str, name: str, median: float | None, runs: int, against: str | None = None, ratio: float | None = None
) -> Row:
    """A row of ``bench.json``; `ratio` is the speed over that of what it is measured against, where it is."""
    backend, _, mode = name.partition(":")
    measured = {"against": against, "ratio": ratio, "median_s": median, "runs": runs}
    return {"work": work, "backend": backend, "mode": mode, **measured}


def over_reference(work: Work, backends: Iterable[str], runs: int) -> list[Row]:
    """Each backend over the first."""
    with ExitStack() as stack:
        sides = {name: run for name in backends if (run := on(name, work, stack)) is not None}
        times = in_turn(sides, runs, agreement(work))
    return rows(work, times, "reference", {name: next(iter(times)) for name in list(times)[1:]})


def over_hand(work: Work, backends: Iterable[str], runs: int) -> list[Row]:
    """Each backend over what one would write by hand on its simulator."""
    assert work.by_hand is not None
    sides: dict[str, Run] = {}
    pairs = {}
    with ExitStack() as stack:
        for name in backends:
            run = on(name, work, stack)
            if run is not None:
                sides[name] = run
                pairs[name] = _add_hand_written(work, name, sides)
        times = in_turn(sides, runs, agreement(work))
    return rows(work, times, "hand-written", pairs)


def _add_hand_written(work: Work, name: str, sides: dict[str, Run]) -> str:
    """Modes of a simulator share what is written by hand, but for Brian2's, which have one each."""
    backend, _, mode = name.partition(":")
    how = {"target": mode} if backend == "brian2" else {}
    title = f"hand-written {name if how else backend}"
    if title not in sides:
        assert work.by_hand is not None
        sides[title] = work.by_hand(import_module(f"hand_written.{BY_HAND[backend]}"), **how)
    return title


def rows(work: Named, times: Mapping[str, list[float]], against: str, pairs: Mapping[str, str]) -> list[Row]:
    """A row for each pair of a backend and what it is measured against."""
    found = []
    for name, other in pairs.items():
        ratio = statistics.median(b / a for a, b in zip(times[name], times[other], strict=True))
        line = row(work.name, name, statistics.median(times[name]), len(times[name]), against, ratio)
        found.append(line | {"trials": work.count, "steps": work.steps})
    return found


def over_limit(work: Work, library: ctypes.CDLL, runs: int) -> list[Row]:
    """Brian2 over C. Both have one thread, so that seconds of processor time are compared, of started programs too."""
    with ExitStack() as stack:
        name = "brian2:standalone"
        run = on(name, work, stack)
        if run is None:
            return []
        sides = {name: run, "limit": lambda: c_limit.train(library, work)}
        times = in_turn(sides, runs, agreement(work), processor)
    return rows(work, times, "c-limit", {name: "limit"})


def on(name: str, work: Work, stack: ExitStack) -> Run | None:
    """The work on a backend, whose session the stack will close; None where it is not installed."""
    try:
        session = stack.enter_context(opened(name, work))
    except BackendUnavailable as error:
        print(f"left out: {error}")
        return None
    return lambda: once(session, work)


def opened(name: str, work: Compiled) -> Session:
    backend, mode = ns.load(name)
    return backend.compile(work.program, mode=mode)


def once(session: Session, work: Work) -> Learned:
    session.write(work.learned)
    session.run(work.trials, constants=work.constants, learn=work.learn)
    return session.read()


def in_turn(
    sides: Mapping[str, Callable[[], Found]],
    runs: int,
    agree: Callable[[str, Found, Found], None],
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds of each side in each round; `agree` is told a side's name, what it found, and what the first found."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for round_ in range(runs + 1):
        expected: Found | None = None
        for name, run in sides.items():
            start = clock()
            found = run()
            seconds = clock() - start
            if round_:
                times[name].append(seconds)
            expected = found if expected is None else expected
            agree(name, found, expected)
    return times


def agreement(work: Work) -> Callable[[str, Learned, Learned], None]:
    """What raises AssertionError where a side of a work learns something else than the first."""
    tolerance = 0.0 if work.exact else TOLERANCE
    return lambda name, found, expected: check(f"{work.name} on {name}", found, expected, tolerance)


def check(where: str, found: Learned, expected: Learned, tolerance: float) -> None:
    for name, values in expected.items():
        worst = float(np.abs(found[name] - values).max())
        if not worst <= tolerance:
            raise AssertionError(f"{where}: {name} differs by {worst:.1e}, at most {tolerance:.0e} is allowed")


def processor() -> float:
    """Seconds of processor time that this process took, and those that it started and waited for."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(p.ru_utime + p.ru_stime for p in parts)

"""Lower bounds of the memory and work that a program and its runs need, from sizes, before anything is allocated.

What is refused could not have run; what is not refused may still be too much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from neurosim.errors import InputError, NeurosimError
from neurosim.program.memory.available import available_memory
from neurosim.program.program import Program
from neurosim.program.schedule import MOST_STEPS

NUMBER = 8
"""Bytes of a float64 or an int64."""

SMALL = 2**28
"""Bytes that every machine has: less is never compared with the memory that is free."""

MOST_NEURONS = 2**31 - 1
"""Neurons of a population: the index of a neuron that spikes is an int32."""

MOST_OPERATIONS = 10**18
"""Updates of neurons and synapses in a run: more are years of work."""


@dataclass(frozen=True)
class MemoryPart:
    """Something that takes memory.

    Attributes
    ----------
    what
        In the user's words, with the setting that it comes from.
    size
        In bytes.
    """

    what: str
    size: int


def check_memory(parts: Iterable[MemoryPart], what: str, error: type[NeurosimError] = InputError) -> None:
    """Refuse what needs more memory than there is.

    Parameters
    ----------
    what
        What needs the parts, in the user's words; it begins the message.

    Raises
    ------
    InputError
        Or `error`, naming the largest part.
    """
    listed = list(parts)
    needed = sum(p.size for p in listed)
    if needed <= SMALL:
        return
    available = available_memory()
    if available is not None and needed > available:
        largest = max(listed, key=lambda p: p.size)
        raise error(
            f"{what} needs at least {in_bytes(needed)} of memory, {in_bytes(largest.size)} of it for {largest.what}; "
            f"{in_bytes(available)} can be had here"
        )


def check_work(steps: int, each: int, what: str, error: type[NeurosimError] = InputError) -> None:
    """Refuse more steps than can be counted, and more work than could ever end.

    Parameters
    ----------
    steps
        Of all trials.
    each
        What a step updates: neurons and synapses.

    Raises
    ------
    InputError
        Or `error`, with the number of steps and of updates.
    """
    if steps > MOST_STEPS:
        raise error(f"{what} has {figure(steps)} steps in all, at most 2**53 can be counted")
    if steps * each > MOST_OPERATIONS:
        raise error(
            f"{what} has {figure(steps)} steps of {figure(each)} neurons and synapses, {figure(steps * each)} updates; "
            f"more than {figure(MOST_OPERATIONS)} would take years"
        )


def check_program(program: Program) -> None:
    """Refuse a program that fits no memory; called before a session makes its arrays.

    Raises
    ------
    InputError
        Naming the largest population or projection.
    """
    for g in program.groups:
        if g.size > MOST_NEURONS:
            raise InputError(
                f"population {g.name}: size = {figure(g.size)}; at most {MOST_NEURONS:,} neurons are possible"
            )
    check_memory([*_of_groups(program), *_of_matrices(program)], f"the program of mode {program.mode}")


def check_run(program: Program, trials: int, steps: int) -> None:
    """Refuse a run whose recordings fit no memory, or that would never end; called before it makes any array.

    Parameters
    ----------
    steps
        Of a trial.

    Raises
    ------
    InputError
        Naming the largest recording.
    """
    what = f"a run of {figure(trials)} trials of {figure(steps)} steps"
    check_work(trials * steps, updates(program), what)
    parts = [*_of_matrices(program), *_of_recordings(program, trials, steps), *of_batch(program, trials)]
    check_memory(parts, what)


def updates(program: Program) -> int:
    """Return the number of neurons and synapses that a step updates."""
    return sum(g.size for g in program.groups) + sum(program.synapses(program.matrix(e.matrix)) for e in program.edges)


def _of_groups(program: Program) -> Iterable[MemoryPart]:
    for g in program.groups:
        variables = len(g.state) + len(g.learned) + len(g.driven) + len(g.ports) + len(g.fixed) + len(g.initial)
        yield MemoryPart(f"population {g.name} of size {figure(g.size)}", NUMBER * g.size * variables)
        kept = program.pasts().get(g.name, 0)
        if kept:  # each twice, see `Past`
            what = f"the last {figure(kept)} outputs of population {g.name} of size {figure(g.size)}"
            yield MemoryPart(what, 2 * NUMBER * g.size * kept)


def _of_matrices(program: Program) -> Iterable[MemoryPart]:
    """Learned arrays, which a session has once and a run copies, and fixed ones."""
    for m in program.matrices:
        shape = program.shape(m)
        size = " x ".join(map(figure, shape))
        yield MemoryPart(
            f"the {size} synapses of projection {m.name}", NUMBER * math.prod(shape) * (len(m.state) + len(m.fixed))
        )


def of_batch(program: Program, trials: int) -> Iterable[MemoryPart]:
    """Yield what the trials of a batch have for each: the variables of neurons, of so many trials at the most."""
    together = min(program.batch, trials)
    if together > 1:
        values = sum(g.size * (len(g.state) + len(g.driven) + len(g.ports)) for g in program.groups)
        yield MemoryPart(f"the neurons of {figure(together)} trials of a batch", NUMBER * values * together)


def _of_recordings(program: Program, trials: int, steps: int) -> Iterable[MemoryPart]:
    for q in program.probes:
        # How many spikes there will be is not known, but where each step begins is kept.
        each = steps if q.variable == "spike" else math.prod(program.recorded_shape(q)) * q.rows(steps)
        yield MemoryPart(f"the recording '{q.name}' of {trials:,} trials", NUMBER * trials * each)


def recorded_bytes(program: Program) -> int:
    """Return about how many bytes a step records, if one neuron in fifty spikes in it."""
    each = (math.prod(program.recorded_shape(q)) / (50 if q.variable == "spike" else q.every) for q in program.probes)
    return NUMBER * math.ceil(sum(each))


def in_bytes(size: int) -> str:
    """Return a number of bytes with three digits and a prefix: ``1.25 GB``."""
    for prefix, unit in (("T", 10**12), ("G", 10**9), ("M", 10**6)):
        if size >= 1000 * unit:
            break
        if size >= unit:
            return f"{size / unit:.3g} {prefix}B"
    return f"{figure(size)} B"


def figure(n: int) -> str:
    """Return a whole number as text, and of a large one its magnitude alone."""
    return f"{n:,}" if n < 10**15 else f"10^{len(str(n)) - 1}"

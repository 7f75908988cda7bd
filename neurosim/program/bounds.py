"""Bounds of what populations deliver, read off their equations: exact sums need them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from neurosim.errors import ModelError
from neurosim.model.expressions import Interval, bounds, names_in, parse
from neurosim.program.program import Group, Program, ProgramPhase


def with_bounds(program: Program) -> Program:
    """The program with the largest absolute value that each group can deliver.

    Raises
    ------
    ModelError
        For an output without bounds where sums must be exact.
    """
    groups = tuple(replace(g, bound=bound_of_output(g, program.phases)) for g in program.groups)
    for source in {e.source: next(g for g in groups if g.name == e.source) for e in program.edges}.values():
        if program.grid is not None and source.bound == math.inf and not source.is_input:
            raise ModelError(
                f"population {source.name}: under grid arithmetic what it delivers needs bounds, and "
                f"'{source.output}' has none; write it with clip(x, low, high), tanh or sigmoid, or use float64"
            )
    return replace(program, groups=groups)


def bound_of_output(group: Group, phases: Sequence[ProgramPhase]) -> float:
    """The largest absolute value that the group can deliver, by interval arithmetic over its equations."""
    if group.output == "spike":
        return 1.0
    writers = [*group.update, *group.reset, *((v, t) for p in phases for g, v, t in p.assign if g == group.name)]
    output = parse(dict(group.present).get("output", group.output))
    needed = _needed(names_in(output), writers)
    known: dict[str, Interval] = {v: (x, x) for v, x in group.state if v in needed}
    for _ in range(8):
        wider = {v: _hull(known[v], *(bounds(parse(t), known) for w, t in writers if w == v)) for v in known}
        if wider == known:
            break
        known = wider
    else:  # still growing
        known = {}
    low, high = bounds(output, known)
    return max(abs(low), abs(high))


def _needed(names: set[str], writers: Sequence[tuple[str, str]]) -> set[str]:
    """The variables that some follow from; what keeps older outputs for a delay follows from them, not they from it."""
    found: set[str] = set()
    left = set(names)
    while left:
        found |= left
        left = set().union(*(names_in(parse(t)) for v, t in writers if v in left)) - found
    return found


def _hull(*intervals: Interval) -> Interval:
    return (min(i[0] for i in intervals), max(i[1] for i in intervals))

"""Bounds of what populations deliver, read off their equations: exact sums need them."""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from neurosim.errors import ModelError
from neurosim.model.equations.expressions import ANY, Interval, bounds, names_in, parse
from neurosim.program.program import Group, Program, ProgramPhase

MOST_STEPS = 8
"""How often an interval may grow before it counts as without bounds."""


def with_bounds(program: Program) -> Program:
    """Return the program with the largest absolute value that each group can deliver.

    Raises
    ------
    ModelError
        For an output without bounds where sums must be exact.
    """
    groups = tuple(replace(g, bound=bound_of_output(g, program.phases, _starts(g, program))) for g in program.groups)
    for source in {e.source: next(g for g in groups if g.name == e.source) for e in program.edges}.values():
        if program.grid is not None and not source.bound < math.inf and not source.is_input:
            raise ModelError(
                f"population {source.name}: under grid arithmetic what it delivers needs bounds, and "
                f"'{source.output}' has none; write it with clip(x, low, high), tanh or sigmoid, or use float64"
            )
    return replace(program, groups=groups)


def _starts(group: Group, program: Program) -> dict[str, Interval]:
    """Return the interval of each state's values at a trial's start."""
    starts = {v: (x, x) for v, x in group.state}
    values = {v: program.fixed[f"{group.name}.{v}"].values for v in group.initial}
    return starts | {v: (float(x.min()), float(x.max())) for v, x in values.items()}


def bound_of_output(group: Group, phases: Sequence[ProgramPhase], starts: Mapping[str, Interval]) -> float:
    """Return the largest absolute value that the group can deliver, by interval arithmetic over its equations.

    Parameters
    ----------
    starts
        An interval that holds the values of each state at a trial's start.
    """
    if group.output == "spike":
        return 1.0
    known = _intervals(starts, _writers(group, phases))
    return largest(bounds(parse(dict(group.present).get("output", group.output)), known))


def intervals_of(group: Group, program: Program) -> dict[str, Interval]:
    """Return an interval that holds all values of each state of a group."""
    return _intervals(_starts(group, program), _writers(group, program.phases))


def _writers(group: Group, phases: Sequence[ProgramPhase]) -> list[tuple[str, str]]:
    return [*group.update, *group.reset, *((v, t) for p in phases for g, v, t in p.assign if g == group.name)]


def largest(interval: Interval) -> float:
    """Return the largest absolute value of an interval; infinite where an end is NaN, after an overflow."""
    low, high = interval
    return max(abs(low), abs(high)) if low <= high else math.inf


def _intervals(starts: Mapping[str, Interval], writers: Sequence[tuple[str, str]]) -> dict[str, Interval]:
    """An interval that holds every value of each state variable; one that keeps growing may have any."""
    known = dict(starts)
    equations: dict[str, list[ast.expr]] = {v: [] for v in known}
    readers: dict[str, set[str]] = {v: set() for v in known}
    for v, text in writers:
        equations[v].append(parse(text))
        for n in names_in(equations[v][-1]) & set(readers):
            readers[n].add(v)
    grown: Counter[str] = Counter()
    due = set(known)
    while due:
        wider = {v: _hull(known[v], *(bounds(tree, known) for tree in equations[v])) for v in due}
        changed = {v for v in due if wider[v] != known[v]}
        grown.update(changed)
        known |= {v: wider[v] if grown[v] <= MOST_STEPS else ANY for v in changed}
        due = set().union(*(readers[v] for v in changed))
    return known


def _hull(*intervals: Interval) -> Interval:
    return (min(i[0] for i in intervals), max(i[1] for i in intervals))

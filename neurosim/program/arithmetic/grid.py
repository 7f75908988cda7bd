"""Grid arithmetic as equations: what is delivered, and what weights are made of, is rounded where it is computed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from neurosim.program.arithmetic.rounding import rewritten, rounded_arrays, to_grid, with_factors_on_grid
from neurosim.program.precision import Grid
from neurosim.program.precision.formats import GridFormat
from neurosim.program.program import Equations, Group, Matrix, Program, ProgramPhase, Rule


def on_a_grid(program: Program, grid: Grid) -> Program:
    """Return the program with outputs and delivered weights on a grid.

    Backends round sums of outer products themselves.
    """
    outputs = {g.name: g.output for g in program.groups}
    sent: dict[str, set[str]] = {g.name: set() for g in program.groups}
    for e in program.edges:
        sent[e.source].add(e.variable)
    delivered = {g.name: _delivered(g, sent[g.name]) for g in program.groups}
    initial = [f"{g.name}.{v}" for g in program.groups for v in g.initial if v in delivered[g.name]]
    return replace(
        program,
        groups=tuple(_group(g, grid.output_bits, delivered[g.name]) for g in program.groups),
        matrices=tuple(_matrix(m, grid.weight_bits) for m in program.matrices),
        rules=tuple(_rule(with_factors_on_grid(r, program, grid.output_bits), program, grid) for r in program.rules),
        phases=tuple(_phase(p, outputs, grid.output_bits) for p in program.phases),
        grid=(grid.output_bits, grid.weight_bits),
        fixed=rounded_arrays(program.fixed, initial, GridFormat(grid.output_bits)),
    )


def _delivered(g: Group, variables: set[str]) -> set[str]:
    """Return the output, the variables that edges deliver, and those that these are copies of: later outputs."""
    update, found, left = dict(g.update), {g.output}, list(variables)
    while left:
        variable = left.pop()
        if variable not in found:
            found.add(variable)
            left.append(update.get(variable, variable))
    return found


def _group(g: Group, bits: int, delivered: set[str]) -> Group:
    """An output that is an expression is rounded as such, one that is a state wherever that is written, or starts."""

    def written(equations: Equations) -> Equations:
        return tuple((v, _rounded(t, bits) if v == g.output else t) for v, t in equations)

    form = GridFormat(bits)
    state = tuple((v, float(form.rounded(np.array(x))) if v in delivered else x) for v, x in g.state)
    return replace(g, state=state, present=written(g.present), update=written(g.update), reset=written(g.reset))


def _matrix(m: Matrix, bits: int) -> Matrix:
    if m.kernel:  # the weight of a pool follows from its size
        form = GridFormat(bits)
        on_it = ((v, float(form.rounded(np.array(x))) if v in m.behind_weight else x) for v, x in m.state)
        m = replace(m, state=tuple(on_it))
    return m if m.is_stored else replace(m, weight=_rounded(m.weight, bits))


def _rule(rule: Rule, program: Program, grid: Grid) -> Rule:
    rounded = program.matrix(rule.owner).behind_weight if rule.of_matrix else ()
    bits = grid.weight_bits
    return replace(
        rule,
        update=tuple((v, _rounded(t, bits) if v in rounded else t) for v, t in rule.update),
        increments=tuple((v, _rounded(t, bits)) for v, t in rule.increments),
    )


def _phase(phase: ProgramPhase, outputs: dict[str, str], bits: int) -> ProgramPhase:
    return replace(phase, assign=tuple((g, v, _rounded(t, bits) if v == outputs[g] else t) for g, v, t in phase.assign))


def _rounded(text: str, bits: int) -> str:
    return rewritten(text, partial(to_grid, bits=bits))

"""Grid arithmetic as equations: what is delivered, and what weights are made of, is rounded where it is computed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from neurosim.program.arithmetic.rounding import rewritten, rounded_arrays, to_grid
from neurosim.program.precision import Grid
from neurosim.program.precision.formats import GridFormat
from neurosim.program.program import Equations, Group, Matrix, Program, ProgramPhase, Rule


def on_a_grid(program: Program, grid: Grid) -> Program:
    """Return the program with outputs and delivered weights on a grid.

    Backends round sums of outer products themselves.
    """
    outputs = {g.name: g.output for g in program.groups}
    delivered = {(g.name, g.output) for g in program.groups} | {(e.source, e.variable) for e in program.edges}
    initial = [f"{g.name}.{v}" for g in program.groups for v in g.initial if (g.name, v) in delivered]
    return replace(
        program,
        groups=tuple(_group(g, grid.output_bits) for g in program.groups),
        matrices=tuple(_matrix(m, grid.weight_bits) for m in program.matrices),
        rules=tuple(_rule(r, program, grid.weight_bits) for r in program.rules),
        phases=tuple(_phase(p, outputs, grid.output_bits) for p in program.phases),
        grid=(grid.output_bits, grid.weight_bits),
        fixed=rounded_arrays(program.fixed, initial, GridFormat(grid.output_bits)),
    )


def _group(g: Group, bits: int) -> Group:
    """An output that is an expression is rounded as such, one that is a state wherever that is written."""

    def delivered(equations: Equations) -> Equations:
        return tuple((v, _rounded(t, bits) if v == g.output else t) for v, t in equations)

    return replace(g, present=delivered(g.present), update=delivered(g.update), reset=delivered(g.reset))


def _matrix(m: Matrix, bits: int) -> Matrix:
    return m if m.is_plain else replace(m, weight=_rounded(m.weight, bits))


def _rule(rule: Rule, program: Program, bits: int) -> Rule:
    rounded = program.matrix(rule.owner).behind_weight if rule.of_matrix else ()
    return replace(rule, update=tuple((v, _rounded(t, bits) if v in rounded else t) for v, t in rule.update))


def _phase(phase: ProgramPhase, outputs: dict[str, str], bits: int) -> ProgramPhase:
    return replace(phase, assign=tuple((g, v, _rounded(t, bits) if v == outputs[g] else t) for g, v, t in phase.assign))


def _rounded(text: str, bits: int) -> str:
    return rewritten(text, partial(to_grid, bits=bits))

"""Single precision as equations: whatever is stored or delivered is rounded to it, sums and equations are double."""

from __future__ import annotations

import ast
from dataclasses import replace

import numpy as np

from neurosim.model.equations.expressions import call
from neurosim.program.arithmetic.rounding import rewritten, rounded_arrays, within, writing
from neurosim.program.precision.formats import SingleFormat
from neurosim.program.program import Equations, Group, Matrix, Program, Rule

Values = tuple[tuple[str, float], ...]


def in_single_precision(program: Program) -> Program:
    """Return the program with states, outputs, learned arrays and delivered weights in single precision."""
    initial = [f"{g.name}.{v}" for g in program.groups for v in g.initial]
    return replace(
        program,
        groups=tuple(_group(g) for g in program.groups),
        matrices=tuple(_matrix(m) for m in program.matrices),
        rules=tuple(_rule(r) for r in program.rules),
        phases=tuple(
            replace(p, assign=tuple((g, v, rewritten(t, _single)) for g, v, t in p.assign)) for p in program.phases
        ),
        single=True,
        fixed=rounded_arrays(program.fixed, initial, SingleFormat()),
    )


def _group(g: Group) -> Group:
    return replace(
        g,
        state=_values(g.state, g.name),
        learned=_values(g.learned, g.name),
        present=_equations(g.present),
        update=_equations(g.update),
        reset=_equations(g.reset),
    )


def _matrix(m: Matrix) -> Matrix:
    return replace(m, state=_values(m.state, m.name), weight=m.weight if m.is_stored else rewritten(m.weight, _single))


def _rule(rule: Rule) -> Rule:
    for v, _ in rule.update:
        rule = writing(rule, v, _single)
    return replace(rule, increments=_equations(rule.increments))


def _equations(equations: Equations) -> Equations:
    return tuple((v, rewritten(t, _single)) for v, t in equations)


def _values(values: Values, owner: str) -> Values:
    form = SingleFormat()
    return tuple((v, float(within(np.array(x), form, f"{owner}.{v}"))) for v, x in values)


def _single(tree: ast.expr) -> ast.expr:
    return call("single", tree)

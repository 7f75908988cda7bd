"""Roundings to the grid that a run can do without: what they round is on the grid before."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import replace

from neurosim.model.equations.expressions import function_of, parse, text_of, value_of
from neurosim.program.program import Equations, Program, Rule
from neurosim.program.run import Run

_OF_ARGUMENTS = {"where": slice(1, 3), "minimum": slice(2), "maximum": slice(2), "clip": slice(3), "abs": slice(1)}
"""Functions that give one of these arguments, but for its sign."""


def without_idle_roundings(run: Run) -> Run:
    """The run with rules of matrices that round to the grid only what may lie beside it.

    Weights on the grid, spikes and many a constant are multiples of some 2**-b; their sums and products are as well,
    also where a float has no room for all digits. Rounding them is idle while they are below 2**28, which is far beyond
    what exact sums allow.
    """
    rules = tuple(replace(r, update=_update(r, run)) if r.of_matrix else r for r in run.program.rules)
    return replace(run, program=replace(run.program, rules=rules))


def _update(rule: Rule, run: Run) -> Equations:
    known = {n: _bits_of_number(x) for n, x in run.values(rule.full_name).items()}
    known |= _bits_of_variables(rule, run.program)
    return tuple((v, text_of(_unrounded(parse(text), known))) for v, text in rule.update)


def _bits_of_variables(rule: Rule, program: Program) -> dict[str, float]:
    matrix = program.matrix(rule.owner)
    spikes = {"arrived": 0.0} if program.group(matrix.pre).output == "spike" else {}
    if program.grid is None or matrix.format is not None:
        return spikes
    return spikes | dict.fromkeys(matrix.behind_weight, float(program.grid[1]))


def _unrounded(tree: ast.expr, known: Mapping[str, float]) -> ast.expr:
    if isinstance(tree, ast.Call) and function_of(tree) == "on_grid":
        value, bits = tree.args
        assert isinstance(bits, ast.Constant)  # a number in the program
        return value if _bits(value, known) <= value_of(bits) else tree
    return tree


def _bits(tree: ast.expr, known: Mapping[str, float]) -> float:
    """The b of which all values are whole numbers of 2**-b; infinite where that is not known."""
    if isinstance(tree, ast.Constant):
        return _bits_of_number(value_of(tree))
    if isinstance(tree, ast.Name):
        return known.get(tree.id, math.inf)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return _bits(tree.operand, known)
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub)):
        return max(_bits(tree.left, known), _bits(tree.right, known))
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult):
        return _bits(tree.left, known) + _bits(tree.right, known)
    if isinstance(tree, ast.Call) and function_of(tree) in _OF_ARGUMENTS:
        return max(_bits(a, known) for a in tree.args[_OF_ARGUMENTS[function_of(tree)]])
    return math.inf


def _bits_of_number(value: float) -> float:
    return value.as_integer_ratio()[1].bit_length() - 1.0

"""Expressions of constants in more digits than float64 has."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import EXACT, function_of, text_of, value_of

DIGITS = 60
"""Of every number on the way to a float64, which has 16: differences of near numbers lose some."""

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


def finite(tree: ast.expr | None, values: Mapping[str, float], where: str) -> Any:
    """Return the value of an expression of constants as a number of mpmath; None stands for 0.

    Parameters
    ----------
    values
        Of the constants, by name.
    where
        How an error begins.

    Raises
    ------
    EquationError
        For an expression without a finite value.
    """
    import mpmath

    if tree is None:
        return mpmath.mpf(0)
    try:
        with mpmath.workdps(DIGITS):
            found = _value(tree, values)
        if math.isfinite(found):
            return found
    except (ArithmeticError, ValueError, TypeError):  # TypeError: a root of a negative number is complex
        pass
    raise EquationError(f"{where}: '{text_of(tree)}' has no finite value for these parameters")


def _value(tree: ast.expr, values: Mapping[str, float]) -> Any:
    """A number of mpmath, or a truth value."""
    import mpmath

    if isinstance(tree, ast.Constant):
        return mpmath.mpf(value_of(tree))
    if isinstance(tree, ast.Name):
        return mpmath.mpf(values[tree.id])
    if isinstance(tree, ast.BinOp):
        return _OPERATORS[type(tree.op)](_value(tree.left, values), _value(tree.right, values))
    if isinstance(tree, ast.UnaryOp):
        operand = _value(tree.operand, values)
        return not operand if isinstance(tree.op, ast.Not) else -operand
    if isinstance(tree, ast.Compare):
        return _OPERATORS[type(tree.ops[0])](_value(tree.left, values), _value(tree.comparators[0], values))
    if isinstance(tree, ast.BoolOp):
        return (all if isinstance(tree.op, ast.And) else any)(_value(v, values) for v in tree.values)
    assert isinstance(tree, ast.Call), "the language has no other node"
    return _called(tree, values)


def _called(tree: ast.Call, values: Mapping[str, float]) -> Any:
    import mpmath

    function = function_of(tree)
    if function == "where":
        return _value(tree.args[1 if _value(tree.args[0], values) else 2], values)
    arguments = [_value(a, values) for a in tree.args]
    if function == "sigmoid":
        return 1 / (1 + mpmath.exp(-arguments[0]))
    if function in ("exp", "log", "sqrt", "tanh", "floor"):
        return getattr(mpmath, function)(*arguments)
    return mpmath.mpf(EXACT[function](*arguments))

"""The value of an expression for arrays, by NumPy, for what is computed once on the host."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.model.equations.expressions import function_of, value_of

_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.And: np.logical_and, ast.Or: np.logical_or,
}  # fmt: skip

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{f: getattr(np, f) for f in ("exp", "log", "sqrt", "tanh", "abs", "sign", "floor")},
    **{f: getattr(np, f) for f in ("minimum", "maximum", "clip", "where")},
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "step": lambda x: np.where(x >= 0.0, 1.0, 0.0),
    "on_grid": lambda x, bits: np.floor(x * 2.0**bits + 0.5) / 2.0**bits,
    "floor_to_grid": lambda x, bits: np.floor(x * 2.0**bits) / 2.0**bits,
    "truncate_to_grid": lambda x, bits: np.trunc(x * 2.0**bits) / 2.0**bits,
    "wrap": lambda x, limit: x + 2.0 * limit * np.floor((limit - x) / (2.0 * limit)),
    "single": lambda x: np.asarray(x, np.float32).astype(np.float64),
}


def array_value(tree: ast.expr, values: Mapping[str, float | NDArray[np.float64]]) -> NDArray[Any]:
    """The value of an expression element by element; of a condition, truth values.

    Parameters
    ----------
    tree
        As `neurosim.model.equations.expressions.check` gives it.
    values
        Of each name that the expression has: numbers, or arrays whose shapes go together.

    Returns
    -------
    ndarray
        float64 or bool; what has no value is infinite or NaN.
    """
    with np.errstate(all="ignore"):
        return np.asarray(_value(tree, values))


def _value(tree: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(tree, ast.Constant):
        return value_of(tree)
    if isinstance(tree, ast.Name):
        return values[tree.id]
    if isinstance(tree, ast.BinOp):
        return _OPERATORS[type(tree.op)](_value(tree.left, values), _value(tree.right, values))
    if isinstance(tree, ast.Compare):
        return _OPERATORS[type(tree.ops[0])](_value(tree.left, values), _value(tree.comparators[0], values))
    if isinstance(tree, ast.UnaryOp):
        operand = _value(tree.operand, values)
        return np.logical_not(operand) if isinstance(tree.op, ast.Not) else -operand
    if isinstance(tree, ast.Call):
        return _FUNCTIONS[function_of(tree)](*(_value(a, values) for a in tree.args))
    assert isinstance(tree, ast.BoolOp), "the language has no other node"
    first, *others = (_value(v, values) for v in tree.values)
    for other in others:
        first = _OPERATORS[type(tree.op)](first, other)
    return first

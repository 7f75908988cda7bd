"""Derived constants: expressions of a model's constants, computed once on the host.

Every backend is handed the same number, to the last bit, whatever its own exponential does.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import EXACT, check, function_of, names_in, parse, text_of, value_of

_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: math.pow,
}  # fmt: skip
_COMPARISONS: dict[type, Callable[[float, float], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., float]] = {
    **{f: getattr(math, f) for f in ("exp", "log", "sqrt", "tanh")},
    "sigmoid": lambda x: 1.0 / (1.0 + math.exp(-x)),
    **EXACT,
}


def evaluate(tree: ast.expr, values: Mapping[str, float]) -> float:
    """The value of an expression by Python's own arithmetic and `math`; a condition is 1 or 0.

    Raises
    ------
    ArithmeticError, ValueError
        Where it has none: a division by zero, an overflow, the logarithm of a negative number.
    """
    if isinstance(tree, ast.Constant):
        return value_of(tree)
    if isinstance(tree, ast.Name):
        return values[tree.id]
    if isinstance(tree, ast.BinOp):
        return _OPERATORS[type(tree.op)](evaluate(tree.left, values), evaluate(tree.right, values))
    if isinstance(tree, ast.UnaryOp):
        operand = evaluate(tree.operand, values)
        return float(not operand) if isinstance(tree.op, ast.Not) else -operand
    if isinstance(tree, ast.Compare):
        compare = _COMPARISONS[type(tree.ops[0])]
        return float(compare(evaluate(tree.left, values), evaluate(tree.comparators[0], values)))
    if isinstance(tree, ast.BoolOp):
        every = all if isinstance(tree.op, ast.And) else any
        return float(every(evaluate(v, values) for v in tree.values))
    if isinstance(tree, ast.Call):
        if function_of(tree) == "where":
            return evaluate(tree.args[1 if evaluate(tree.args[0], values) else 2], values)
        return float(_FUNCTIONS[function_of(tree)](*(evaluate(a, values) for a in tree.args)))
    raise TypeError(f"not part of the equation language: {text_of(tree)}")


def in_order(derived: Mapping[str, str], constants: Collection[str], where: str) -> dict[str, str]:
    """The checked definitions, each after those that it reads.

    Raises
    ------
    EquationError
        For a name that is neither a constant nor derived, or definitions that follow from one another in a circle.
    """
    order: TopologicalSorter[str] = TopologicalSorter()
    for n, text in derived.items():
        tree = check(text, {*constants, *derived}, f"{where}, derived constant {n}")
        order.add(n, *sorted(names_in(tree) & set(derived)))
    try:
        return {n: derived[n] for n in order.static_order()}
    except CycleError as error:
        circle = " from ".join(f"'{n}'" for n in reversed(error.args[1]))
        raise EquationError(f"{where}: a derived constant follows from itself: {circle}") from None


def compute(derived: Iterable[tuple[str, str]], constants: Mapping[str, float], where: str) -> dict[str, float]:
    """Values of derived constants, given in the order of `in_order`.

    Raises
    ------
    EquationError
        For a value that is not a finite number, naming the constants that it came from.
    """
    values = dict(constants)
    found = {}
    for n, text in derived:
        found[n] = values[n] = _value(n, text, values, where)
    return found


def compute_each(
    derived: Iterable[tuple[str, str]],
    constants: Mapping[str, float],
    fixed: Mapping[str, NDArray[np.float64]],
    where: str,
) -> dict[str, NDArray[np.float64]]:
    """Values of derived constants that follow from some with a value for each neuron: arrays of shape (neurons,).

    Each distinct combination of values is computed as `compute` does, so that an array which is filled with one number
    gives the same bits as that number.

    Parameters
    ----------
    fixed
        By name, each of shape (neurons,).

    Raises
    ------
    EquationError
        For a value that is not a finite number, naming the neuron and the constants that it came from.
    """
    arrays = dict(fixed)
    for n, text in derived:
        read = sorted(names_in(parse(text)) & set(arrays))
        rows, first, place = np.unique(
            np.stack([arrays[m] for m in read], axis=-1), axis=0, return_index=True, return_inverse=True
        )
        values = [
            _value(n, text, {**constants, **dict(zip(read, row, strict=True))}, f"{where}, neuron {neuron}")
            for neuron, row in zip(first.tolist(), rows.tolist(), strict=True)
        ]
        arrays[n] = np.array(values)[place.reshape(-1)]
        arrays[n].flags.writeable = False
    return {n: arrays[n] for n in arrays if n not in fixed}


def _value(name: str, text: str, values: Mapping[str, float], where: str) -> float:
    tree = parse(text)
    try:
        value = evaluate(tree, values)
    except (ArithmeticError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        came_from = ", ".join(f"{m} = {values[m]:g}" for m in sorted(names_in(tree))) or "nothing else"
        raise EquationError(f"{where}: derived constant {name} = {text} is not a finite number, with {came_from}")
    return value


def follows_from(derived: Mapping[str, str], constant: str) -> list[str]:
    """The given constants on which a derived one depends, also through others."""
    found: set[str] = set()
    left = [constant]
    while left:
        new = names_in(parse(derived[left.pop()])) - found
        found |= new
        left += new & set(derived)
    return sorted(found - set(derived))


def following(derived: Mapping[str, str], given: Collection[str]) -> tuple[str, ...]:
    """The derived constants that depend on some of those given, each after those that it reads."""
    return tuple(n for n in derived if not set(given).isdisjoint(follows_from(derived, n)))

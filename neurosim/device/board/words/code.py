"""Equations as code of a device: exact, as all that rounds is named in the equation."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from neurosim.device.board.words.operations import Operation
from neurosim.device.board.words.term import Term, aligned, constant, joined
from neurosim.errors import UnsupportedFeature
from neurosim.model.equations.expressions import function_of, text_of, value_of

Variables = Callable[[str], Term]
"""Gives the term of a variable."""

_COMPARISONS = {
    ast.Lt: Operation.LT,
    ast.LtE: Operation.LE,
    ast.Gt: Operation.GT,
    ast.GtE: Operation.GE,
    ast.Eq: Operation.EQ,
    ast.NotEq: Operation.NE,
}
_ROUNDINGS = {
    "on_grid": Operation.ROUND,
    "floor_to_grid": Operation.FLOOR,
    "truncate_to_grid": Operation.TRUNC,
}


def term_of(tree: ast.expr, variable: Variables) -> Term:
    """Return the term of an expression with its constants put in.

    Raises
    ------
    UnsupportedFeature
        For what whole numbers cannot do exactly, naming it.
    """

    def part(t: ast.expr) -> Term:
        return term_of(t, variable)

    if isinstance(tree, ast.Constant):
        return constant(value_of(tree))
    if isinstance(tree, ast.Name):
        return variable(tree.id)
    if isinstance(tree, ast.UnaryOp):
        return _negated(part(tree.operand)) if isinstance(tree.op, ast.USub) else _not(part(tree.operand))
    if isinstance(tree, ast.Compare):
        return _compared(_COMPARISONS[type(tree.ops[0])], part(tree.left), part(tree.comparators[0]))
    if isinstance(tree, ast.BoolOp):
        return _all_or_any(tree, part)
    if isinstance(tree, ast.BinOp):
        return _operation(tree, part)
    assert isinstance(tree, ast.Call), "the language has no other node"
    return _call(tree, part)


def _negated(a: Term) -> Term:
    return a.of_one(Operation.NEG, -a.high, -a.low)


def _not(a: Term) -> Term:
    return a.of_one(Operation.NOT, 0, 1, 0)


def _compared(operation: Operation, left: Term, right: Term) -> Term:
    return joined(operation, aligned(left, right), 0, 1, 0)


def _all_or_any(tree: ast.BoolOp, part: Callable[[ast.expr], Term]) -> Term:
    operation = Operation.AND if isinstance(tree.op, ast.And) else Operation.OR
    found = part(tree.values[0])
    for value in tree.values[1:]:
        found = joined(operation, (found, part(value)), 0, 1, 0)
    return found


def _operation(tree: ast.BinOp, part: Callable[[ast.expr], Term]) -> Term:
    if isinstance(tree.op, ast.Mult):
        return _product(part(tree.left), part(tree.right))
    if isinstance(tree.op, (ast.Add, ast.Sub)):
        a, b = aligned(part(tree.left), part(tree.right))
        if isinstance(tree.op, ast.Add):
            return joined(Operation.ADD, (a, b), a.low + b.low, a.high + b.high, a.places)
        return joined(Operation.SUB, (a, b), a.low - b.high, a.high - b.low, a.places)
    raise _refused(tree)


def _product(a: Term, b: Term) -> Term:
    ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return joined(Operation.MUL, (a, b), min(ends), max(ends), a.places + b.places)


def _call(tree: ast.Call, part: Callable[[ast.expr], Term]) -> Term:
    name = function_of(tree)
    if name in _ROUNDINGS:
        bits = tree.args[1]
        assert isinstance(bits, ast.Constant), "bits are a number once constants are put in"
        return part(tree.args[0]).rounded(_ROUNDINGS[name], int(value_of(bits)))
    exact = _EXACT.get(name)
    if exact is None:
        raise _refused(tree)
    return exact(*map(part, tree.args))


def _minimum(a: Term, b: Term) -> Term:
    a, b = aligned(a, b)
    return joined(Operation.MIN, (a, b), min(a.low, b.low), min(a.high, b.high), a.places)


def _maximum(a: Term, b: Term) -> Term:
    a, b = aligned(a, b)
    return joined(Operation.MAX, (a, b), max(a.low, b.low), max(a.high, b.high), a.places)


def _clip(a: Term, low: Term, high: Term) -> Term:
    return _minimum(_maximum(a, low), high)


def _where(condition: Term, a: Term, b: Term) -> Term:
    a, b = aligned(a, b)
    return joined(Operation.SELECT, (condition, a, b), min(a.low, b.low), max(a.high, b.high), a.places)


def _wrap(a: Term, limit: Term) -> Term:
    a, h = aligned(a, limit)
    return joined(Operation.WRAP, (a, h), 1 - h.high, h.high, a.places)


def _abs(a: Term) -> Term:
    return a.of_one(Operation.ABS, 0, max(abs(a.low), abs(a.high)))


def _sign(a: Term) -> Term:
    return a.of_one(Operation.SIGN, -1, 1, 0)


def _step(a: Term) -> Term:
    return joined(Operation.GE, (a, constant(0.0)), 0, 1, 0)


def _floor(a: Term) -> Term:
    return a.rounded(Operation.FLOOR, 0)


_EXACT: Mapping[str, Callable[..., Term]] = {
    "minimum": _minimum,
    "maximum": _maximum,
    "clip": _clip,
    "where": _where,
    "wrap": _wrap,
    "abs": _abs,
    "sign": _sign,
    "step": _step,
    "floor": _floor,
}


def _refused(tree: ast.expr) -> UnsupportedFeature:
    return UnsupportedFeature(f"'{text_of(tree)}' in whole numbers", "a board", ["reference"])

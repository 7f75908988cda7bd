"""Expressions that are sums of variables times coefficients, taken apart.

Only what is written counts: ``(v - e)*g`` is a sum, ``v*v - v*v`` is none.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from neurosim.model.equations.expressions import names_in, number, value_of


@dataclass(frozen=True)
class Affine:
    """sum of coefficient * variable, + rest.

    Attributes
    ----------
    coefficients
        Of each variable that it reads.
    rest
        None for 0.
    """

    coefficients: Mapping[str, ast.expr] = field(default_factory=dict)
    rest: ast.expr | None = None


def affine(tree: ast.expr, variables: Collection[str]) -> Affine | None:
    """Return an expression as a sum of these variables times what does not read them; None where it is none."""
    if names_in(tree).isdisjoint(variables):
        return Affine(rest=None if is_number(tree, 0.0) else tree)
    if isinstance(tree, ast.Name):
        return Affine({tree.id: number(1.0)})
    if isinstance(tree, ast.UnaryOp):
        inner = affine(tree.operand, variables)
        return inner and Affine({n: minus(c) for n, c in inner.coefficients.items()}, inner.rest and minus(inner.rest))
    if isinstance(tree, ast.BinOp):
        return _of_operation(tree, variables)
    return None


def _of_operation(tree: ast.BinOp, variables: Collection[str]) -> Affine | None:
    left, right = affine(tree.left, variables), affine(tree.right, variables)
    if left is None or right is None:
        return None
    if isinstance(tree.op, (ast.Add, ast.Sub)):
        return _sum(left, right, isinstance(tree.op, ast.Sub))
    if isinstance(tree.op, ast.Div) and not right.coefficients:
        return _each(left, lambda part: over(part, tree.right))
    if isinstance(tree.op, ast.Mult) and not right.coefficients:
        return _each(left, lambda part: times(part, tree.right))
    if isinstance(tree.op, ast.Mult) and not left.coefficients:
        return _each(right, lambda part: times(tree.left, part))
    return None


def _sum(left: Affine, right: Affine, less: bool) -> Affine:
    names = dict.fromkeys([*left.coefficients, *right.coefficients])
    coefficients = {n: _added(left.coefficients.get(n), right.coefficients.get(n), less) for n in names}
    return Affine({n: c for n, c in coefficients.items() if c is not None}, _added(left.rest, right.rest, less))


def _added(left: ast.expr | None, right: ast.expr | None, less: bool) -> ast.expr | None:
    if right is None:
        return left
    if left is None:
        return minus(right) if less else right
    return plus(left, minus(right)) if less else plus(left, right)


def _each(parts: Affine, change: Callable[[ast.expr], ast.expr]) -> Affine:
    return Affine({n: change(c) for n, c in parts.coefficients.items()}, parts.rest and change(parts.rest))


def is_number(tree: ast.expr | None, value: float) -> bool:
    """Whether an expression is this number, as written."""
    return isinstance(tree, ast.Constant) and value_of(tree) == value


def plus(*terms: ast.expr) -> ast.expr:
    """Return the sum of some expressions, left to right; what has a sign is taken away."""
    total, *others = terms
    for term in others:
        negative = _is_negative(term)
        total = ast.BinOp(total, ast.Sub() if negative else ast.Add(), minus(term) if negative else term)
    return total


def minus(tree: ast.expr) -> ast.expr:
    """Return the negative of an expression."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return tree.operand
    return ast.UnaryOp(ast.USub(), tree)


def times(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return a product; 1 times something is that, and a sign goes before the product."""
    if is_number(left, 1.0):
        return right
    if is_number(right, 1.0):
        return left
    if _is_negative(right):
        return minus(times(left, minus(right)))
    return minus(times(minus(left), right)) if _is_negative(left) else ast.BinOp(left, ast.Mult(), right)


def over(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return a quotient; a sign goes before it."""
    return minus(over(minus(left), right)) if _is_negative(left) else ast.BinOp(left, ast.Div(), right)


def _is_negative(tree: ast.expr) -> bool:
    return isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub)

"""Rules as outer products: w' - w = sum of f(pre) x g(post), where a rule can be written so.

A rule in this form costs one outer product a term instead of an expression over every synapse, and every backend
computes the same factored expression in the same order, so that it rounds alike everywhere.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Sequence
from functools import partial, reduce

from neurosim.model.equations.expressions import name, names_in, number, parse, text_of

Product = tuple[bool, tuple[ast.expr, ...]]
"""Whether it is subtracted, and its factors in the order written."""

Outer = tuple[tuple[str, str], ...]
"""Pairs of (function of pre and constants, function of post)."""

Term = tuple[bool, ast.expr | None, ast.expr | None, ast.expr | None]
"""negative, constant, pre, post"""

MOST_PRODUCTS = 256
"""Multiplied out, sums of sums grow beyond all bounds; what would be more products stays as it is."""


def outer_products(tree: ast.expr, variable: str, constants: Collection[str]) -> Outer | None:
    """Pairs (f, g) with tree = variable + sum of f(pre)*g(post), or None if the rule has no such form."""
    terms = added_terms(tree, variable, constants, partial(side_of_name, constants=constants))
    return None if terms is None else tuple(gathered(terms))


def added_terms(
    tree: ast.expr, variable: str | None, constants: Collection[str], side_of: Callable[[str], str]
) -> list[Term] | None:
    """What an expression adds to a variable, multiplied out; None if it is not the variable and such terms.

    Parameters
    ----------
    variable
        None for an expression that is terms alone.
    side_of
        ``"constant"``, ``"pre"`` or ``"post"`` for a name; for others anything else, which no term may have.
    """
    products = expand(tree, set(constants))
    if variable is not None:
        itself = [p for p in products if any(variable in names_in(f) for f in p[1])]
        if len(itself) != 1 or itself[0][0] or [text_of(f) for f in itself[0][1]] != [variable]:
            return None
        products = [p for p in products if p != itself[0]]
    terms = []
    for negative, factors in products:
        sides: dict[str, list[ast.expr]] = {"constant": [], "pre": [], "post": []}
        for factor in factors:
            side = _side(factor, side_of)
            if side is None:
                return None
            sides[side].append(factor)
        terms.append((negative, _multiply(sides["constant"]), _multiply(sides["pre"]), _multiply(sides["post"])))
    return terms


def expand(tree: ast.expr, constants: set[str]) -> list[Product]:
    """The expression as a sum of products, multiplied out; constant factors stay whole."""
    if names_in(tree) <= constants:
        return [(False, (tree,))]
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return _negated(expand(tree.operand, constants))
    if isinstance(tree, ast.BinOp):
        left = expand(tree.left, constants)
        if isinstance(tree.op, ast.Div):
            if not names_in(tree.right) <= constants:
                return [(False, (tree,))]
            inverse = ast.BinOp(number(1.0), ast.Div(), tree.right)
            return [(negative, (*factors, inverse)) for negative, factors in left]
        right = expand(tree.right, constants)
        if isinstance(tree.op, ast.Add):
            return left + right
        if isinstance(tree.op, ast.Sub):
            return left + _negated(right)
        if isinstance(tree.op, ast.Mult) and len(left) * len(right) <= MOST_PRODUCTS:
            return [(a ^ b, (*f, *g)) for a, f in left for b, g in right]
    return [(False, (tree,))]


def _negated(products: list[Product]) -> list[Product]:
    return [(not negative, factors) for negative, factors in products]


def _side(factor: ast.expr, side_of: Callable[[str], str]) -> str | None:
    found = {side_of(n) for n in names_in(factor)} - {"constant"}
    if not found:
        return "constant"
    return found.pop() if found in ({"pre"}, {"post"}) else None  # None, too, for the synapse's other variables


def side_of_name(n: str, constants: Collection[str]) -> str:
    """``"constant"``, ``"pre"`` or ``"post"`` for a name in a rule of a projection; one of its own is itself."""
    if n in constants:
        return "constant"
    return "pre" if n == "arrived" else n.partition(".")[0]


def _multiply(factors: Sequence[ast.expr]) -> ast.expr | None:
    return reduce(lambda a, b: ast.BinOp(a, ast.Mult(), b), factors) if factors else None


def gathered(terms: Sequence[Term]) -> list[tuple[str, str]]:
    """One pair for each function of pre; a constant that all its terms share multiplies the pre side."""
    by_pre: dict[str, list[Term]] = {}
    for term in terms:
        by_pre.setdefault("" if term[2] is None else text_of(term[2]), []).append(term)
    pairs = []
    for group in by_pre.values():
        shared = {None if t[1] is None else text_of(t[1]) for t in group}
        constant = group[0][1] if len(shared) == 1 else None
        pre = _multiply([f for f in (constant, group[0][2]) if f is not None]) or number(1.0)
        post: ast.expr | None = None
        for negative, own, _, side in group:
            factors = [f for f in (own if len(shared) > 1 else None, side) if f is not None]
            value = _multiply(factors) or number(1.0)
            if post is None:
                post = ast.UnaryOp(ast.USub(), value) if negative else value
            else:
                post = ast.BinOp(post, ast.Sub() if negative else ast.Add(), value)
        assert post is not None
        pairs.append((text_of(pre), text_of(post)))
    return pairs


def factored(variable: str, outer: Outer) -> ast.expr:
    """variable + (f1*g1 + f2*g2 + ...), the expression that every backend computes."""
    products = [ast.BinOp(parse(f), ast.Mult(), parse(g)) for f, g in outer]
    total = reduce(lambda a, b: ast.BinOp(a, ast.Add(), b), products) if products else number(0.0)
    return ast.BinOp(name(variable), ast.Add(), total)

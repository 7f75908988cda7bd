"""Equations compared with a template: the same operations on the same operands, with some numbers left open.

Open names are ``lif.du`` or the like; variables of equations have no dot, so that the two are never mistaken.
"""

from __future__ import annotations

import ast

from neurosim.model.equations.expressions import parse, value_of

Bound = dict[str, float | str]
"""What open names stand for: a number, or a variable."""


def matched(template: str, tree: ast.expr, known: Bound | None = None) -> Bound | None:
    """What the open names are in an expression that is else that of the template, `known` among them; else None.

    The order of the two operands of a sum or a product may be another: it changes no bit.
    """
    return _matched(parse(template), tree, known or {})


def _matched(a: ast.AST, b: ast.AST, bound: Bound) -> Bound | None:
    if isinstance(a, ast.Name) and "." in a.id:
        return _bind(a.id, b, bound)
    if isinstance(a, (ast.Name, ast.Constant)) or type(a) is not type(b):
        return bound if ast.dump(a) == ast.dump(b) else None
    of_template, of_tree = list(ast.iter_child_nodes(a)), list(ast.iter_child_nodes(b))
    extended = _all_matched(of_template, of_tree, bound)
    if extended is None and isinstance(b, ast.BinOp) and isinstance(b.op, (ast.Add, ast.Mult)):
        extended = _all_matched(of_template, of_tree[::-1], bound)
    return extended


def _all_matched(of_template: list[ast.AST], of_tree: list[ast.AST], bound: Bound) -> Bound | None:
    if len(of_template) != len(of_tree):
        return None
    extended: Bound | None = bound
    for a, b in zip(of_template, of_tree, strict=True):
        extended = None if extended is None else _matched(a, b, extended)
    return extended


def _bind(name: str, b: ast.AST, bound: Bound) -> Bound | None:
    """A number or a variable in place of an open name, the same wherever the name stands."""
    if not isinstance(b, (ast.Name, ast.Constant)):
        return None
    value: float | str = b.id if isinstance(b, ast.Name) else value_of(b)
    return {**bound, name: value} if bound.get(name, value) == value else None

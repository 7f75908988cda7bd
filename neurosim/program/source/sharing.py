"""What a statement computes more than once, computed once: statements are printed from equations, which repeat parts.

A part has no effect, and is always the same within a statement, so that no bit of any value changes.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Any


def share_parts(node: ast.AST) -> None:
    """Give names to what statements repeat, in lines before them. The tree is changed."""
    for field in ("body", "orelse"):
        statements = getattr(node, field, None)
        if isinstance(statements, list):
            for statement in statements:
                share_parts(statement)
            setattr(node, field, [s for statement in statements for s in _shared(statement)])


def _shared(statement: ast.stmt) -> list[ast.stmt]:
    """Return a statement, after the lines that compute what it repeats."""
    if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr)):
        return [statement]
    parts = _Parts(statement.value)
    if parts.repeat():
        statement.value = parts.visit(statement.value)
    return [*parts.lines, statement]


class _Parts(ast.NodeTransformer):
    """Puts names in the place of repeated parts; `lines` say what these are, each after those that it needs."""

    def __init__(self, value: ast.expr):
        self.lines: list[ast.stmt] = []
        self._text: dict[ast.AST, str] = {}
        self._uses: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._count(value)

    def _count(self, node: ast.AST) -> None:
        for child in _operands(node):
            # Elements of a tuple stay whole: two arrays of one statement must not become one.
            if _computes(child) and not isinstance(node, ast.Tuple):
                text = self._text[child] = ast.dump(child)
                self._uses[text] += 1
                if self._uses[text] > 1:
                    continue
            self._count(child)

    def repeat(self) -> bool:
        return any(uses > 1 for uses in self._uses.values())

    def visit(self, node: ast.AST) -> Any:
        text = self._text.get(node, "")
        if self._uses[text] < 2:
            return self.generic_visit(node)
        if text not in self._names:
            value = self.generic_visit(node)
            self._names[text] = f"shared_{len(self._names)}"
            self.lines.append(ast.Assign([ast.Name(self._names[text], ast.Store())], value))  # type: ignore[arg-type]
        return ast.Name(self._names[text], ast.Load())


def _computes(node: ast.AST) -> bool:
    """Return whether a node is an operation without effect; a call of a method may have one."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name)
    return isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript))


def _operands(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what an expression computes with; nothing of a loop, whose parts differ from turn to turn."""
    if isinstance(node, ast.Call):
        yield from node.args
    elif not isinstance(node, ast.ListComp):
        yield from ast.iter_child_nodes(node)

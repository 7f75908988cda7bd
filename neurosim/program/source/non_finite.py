"""Whether an infinite or NaN value stays, so that a check at the end of a trial finds it."""

from __future__ import annotations

import ast

from neurosim.model.equations.expressions import ROUNDINGS, function_of


def stays_non_finite(tree: ast.expr, variable: str) -> bool:
    """Return whether an expression is infinite or NaN wherever the variable is; constants are folded into it."""
    if isinstance(tree, ast.Name):
        return tree.id == variable
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub, ast.Mult)):
        return stays_non_finite(tree.left, variable) or stays_non_finite(tree.right, variable)
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
        return stays_non_finite(tree.left, variable)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return stays_non_finite(tree.operand, variable)
    if isinstance(tree, ast.Call) and function_of(tree) == "where":
        return all(stays_non_finite(a, variable) for a in tree.args[1:])
    if isinstance(tree, ast.Call) and function_of(tree) in {"abs", "single", *ROUNDINGS}:
        return stays_non_finite(tree.args[0], variable)
    return False

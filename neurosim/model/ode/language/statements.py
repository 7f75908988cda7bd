"""Statements as Brian2 writes them, one after another: ``v = v_r; w += b``."""

from __future__ import annotations

import ast
import re
from itertools import islice

from neurosim.edges.values import shown
from neurosim.errors import EquationError
from neurosim.model.equations.expressions import LONGEST, name, substitute
from neurosim.model.ode.language.names import tree_of

_STATEMENT = re.compile(r"(\w+)\s*([-+*/]?)=(?!=)\s*(.+)")
_SEPARATOR = re.compile(r";|(?:#.*)?(?:\n|$)")
_OPERATORS: dict[str, ast.operator] = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div()}


def composed(statements: str, where: str) -> dict[str, ast.expr]:
    """Return the new value of each variable, in the values before any statement.

    Raises
    ------
    EquationError
        For what is no assignment, and statements that together are too long.
    """
    new: dict[str, ast.expr] = {}
    for statement in filter(None, (s.strip() for s in _SEPARATOR.split(statements))):
        found = _STATEMENT.fullmatch(statement)
        if found is None:
            raise EquationError(f"{where}: {shown(statement)} is no assignment; expected such as 'v = v_r' or 'w += b'")
        variable, sign, text = found.groups()
        value = substitute(tree_of(text, where), new.get)
        old = new.get(variable, name(variable))
        new[variable] = ast.BinOp(old, _OPERATORS[sign], value) if sign else value
        check_size(new[variable], f"{where}: {shown(statement)}")
    return new


def check_size(tree: ast.expr, what: str) -> None:
    """Refuse an expression that has become too long, for each statement may read another several times.

    Raises
    ------
    EquationError
        Beginning with `what`.
    """
    if any(True for _ in islice(ast.walk(tree), LONGEST, None)):
        raise EquationError(f"{what} is more than {LONGEST:,} operations, with what it reads put in; write it shorter")

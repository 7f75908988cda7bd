"""Resets as Brian2 writes them, statements one after another: ``v = v_r; w += b``."""

from __future__ import annotations

import ast
import re

from neurosim.edges.values import shown
from neurosim.errors import EquationError
from neurosim.model.equations.expressions import name, substitute, text_of
from neurosim.model.ode.language.names import tree_of

_STATEMENT = re.compile(r"(\w+)\s*([-+*/]?)=(?!=)(.+)")
_SEPARATOR = re.compile(r";|(?:#.*)?(?:\n|$)")
_OPERATORS: dict[str, ast.operator] = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div()}


def simultaneous(statements: str, where: str) -> dict[str, str]:
    """Return the new value of each variable, in the values before any statement.

    Raises
    ------
    EquationError
        For what is no assignment.
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
    return {variable: text_of(tree) for variable, tree in new.items()}

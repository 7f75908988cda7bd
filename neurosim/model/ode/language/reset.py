"""Resets as Brian2 writes them, statements one after another: ``v = v_r; w += b``."""

from __future__ import annotations

from neurosim.model.equations.expressions import text_of
from neurosim.model.ode.language.statements import composed


def simultaneous(statements: str, where: str) -> dict[str, str]:
    """Return the new value of each variable, in the values before any statement.

    Raises
    ------
    EquationError
        For what is no assignment.
    """
    return {variable: text_of(tree) for variable, tree in composed(statements, where).items()}

"""Conditions of a model's constants, ``tau_mem > 0``: what has no meaning is said when it is given, not in a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neurosim.errors import ModelError
from neurosim.model.equations.derived import evaluate
from neurosim.model.equations.expressions import check, names_in


def check_conditions(conditions: Iterable[str], constants: Mapping[str, float], where: str) -> None:
    """Refuse constants that do not meet every condition.

    Raises
    ------
    ModelError
        Naming the constants, their values and the condition.
    EquationError
        For a condition that is none, or a name that is no constant.
    """
    for text in conditions:
        tree = check(text, constants, f"{where}, condition", kind="condition")
        if not evaluate(tree, constants):
            found = ", ".join(f"{n} = {constants[n]:g}" for n in sorted(names_in(tree)))
            raise ModelError(f"{where}: {found}; expected {text}")

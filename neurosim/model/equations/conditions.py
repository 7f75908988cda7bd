"""Conditions of a model's constants, ``tau_mem > 0``: what has no meaning is said when it is given, not in a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import ModelError
from neurosim.model.equations.derived import evaluate
from neurosim.model.equations.expressions import check, names_in
from neurosim.model.equations.printers import NumpyPrinter

_FUNCTIONS = {
    f: getattr(np, f)
    for f in ("exp", "log", "sqrt", "tanh", "clip", "abs", "sign", "floor", "where", "minimum", "maximum")
}


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


def check_each(
    conditions: Iterable[str], constants: Mapping[str, float], fixed: Mapping[str, NDArray[np.float64]], where: str
) -> None:
    """Refuse constants with a value for each neuron or synapse where one value does not meet every condition.

    Parameters
    ----------
    fixed
        By name, all of one shape.

    Raises
    ------
    ModelError
        Naming the place in the array, the constants, their values there and the condition.
    """
    for text in conditions:
        tree = check(text, {*constants, *fixed}, f"{where}, condition", kind="condition")
        read = sorted(names_in(tree) & set(fixed))
        if not read:
            continue
        with np.errstate(all="ignore"):
            holds = np.asarray(eval(NumpyPrinter(str)(tree), dict(_FUNCTIONS), {**constants, **fixed}))
        if not holds.all():
            place = np.unravel_index(np.argmin(holds), holds.shape)
            index = ", ".join(map(str, place))
            found = ", ".join(f"{n}[{index}] = {fixed[n][place]:g}" for n in read)
            raise ModelError(f"{where}: {found}; expected {text}")

"""The names in a model of differential equations: each declared once, and each meant for something that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurosim.errors import ModelError, nearest
from neurosim.model.neurons import check_name

if TYPE_CHECKING:
    from neurosim.model.ode.model import OdeModel

WITH_A_MEANING = ("dt", "t", "xi")
"""Names that mean the step, time and noise to those who write equations."""


def check_names(model: OdeModel) -> None:
    """Refuse names that clash, and parts of a model that are of no variable.

    Raises
    ------
    ModelError
        Naming the part, and the nearest choice.
    """
    _check_declared(model)
    variables = (("a port", model.ports.values()), ("reset", model.reset), ("initial", model.initial))
    for what, names in variables:
        for n in names:
            if n not in model.derivatives:
                raise ModelError(f"{model.where}, {what} of '{n}': not a variable; {nearest(n, model.derivatives)}")
    if not model.dt > 0:
        raise ModelError(f"{model.where}: dt = {model.dt:g} ms; expected more than 0")
    if model.spike is None and (model.reset or model.refractory is not None):
        raise ModelError(f"{model.where}: it has a reset or a refractory time, but no spike condition")
    if model.spike is None and model.output is None:
        raise ModelError(f"{model.where}: it puts out nothing; give spike='v > v_th' or output='v'")


def _check_declared(model: OdeModel) -> None:
    where = model.where
    declared = [*model.derivatives, *model.params, *model.expressions, *model.ports]
    for n in declared:
        check_name(n, where)
        if n in WITH_A_MEANING:
            raise ModelError(f"{where}: '{n}' has a meaning of its own in equations; choose another name")
        if declared.count(n) > 1:
            raise ModelError(f"{where}: '{n}' is declared twice")
    if not model.derivatives:
        raise ModelError(f"{where}: it has no differential equation; expected such as 'dv/dt = -v/tau'")
    for n in model.units:
        if n not in declared:
            raise ModelError(
                f"{where}: '{n}' has a unit, but no value; give params={{'{n}': ...}} ({nearest(n, model.params)})"
            )

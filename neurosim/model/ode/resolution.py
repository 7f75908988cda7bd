"""From texts to trees: every name of a model is looked up, and parts of equations and units are put in their places."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import names_in
from neurosim.model.ode.language.names import checked, inlined
from neurosim.model.ode.system import System
from neurosim.model.units import Quantity

if TYPE_CHECKING:
    from neurosim.model.ode.model import OdeModel


def resolved(model: OdeModel) -> System:
    """Return the equations of a model as trees in variables, parameters and dt.

    Raises
    ------
    EquationError
        For an unknown name, parts that read one another in a circle, and a refractory time that changes in a run.
    """
    where, own = model.where, model.own_names
    parts = {n: checked(t, own, f"{where}, {n}") for n, t in model.expressions.items()}
    inline = inlined(parts, own, where)

    def tree(text: str, what: str, kind: str = "number") -> ast.expr:
        found = checked(text, own, f"{where}, {what}", kind)
        try:
            return inline(found)
        except EquationError as error:  # a division by 0, known once units and parts are in their places
            raise EquationError(f"{where}, {what}: {error}") from None

    constants = {n: v.value for n, v in model.params.items() if isinstance(v, Quantity)}
    return System(
        model.name,
        where,
        {v: tree(t, f"d{v}/dt") for v, t in model.derivatives.items()},
        constants,
        {n: v for n, v in model.params.items() if not isinstance(v, Quantity)},
        {v: model.initial[v].value if v in model.initial else 0.0 for v in model.derivatives},
        None if model.spike is None else tree(model.spike, "spike", "condition"),
        {v: tree(t, f"reset of {v}") for v, t in model.reset.items()},
        _refractory(model, tree, constants),
        model.ports,
        model.held,
        None if model.output is None else tree(model.output, "output"),
        model.dt,
    )


def _refractory(model: OdeModel, tree: Callable[[str, str], ast.expr], constants: Collection[str]) -> ast.expr | None:
    if model.refractory is None:
        return None
    found = tree(model.refractory, "refractory")
    for n in sorted(names_in(found) - {*constants, "dt"}):
        raise EquationError(
            f"{model.where}, refractory: '{n}' changes in a run; expected a time that follows from constants"
        )
    return found

"""The dimensions of a whole model: what is given, and what each of its equations says of it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from neurosim.errors import EquationError
from neurosim.model.ode.dimensions.unification import Dimensions
from neurosim.model.ode.language.names import checked, tree_of, unit, units_in
from neurosim.model.units import MILLISECONDS, Dimension, Quantity

if TYPE_CHECKING:
    from neurosim.model.ode.model import OdeModel


NO_TIME = Dimension({"[unit of time]": Fraction(1)})
"""Of a model without any unit: whether its numbers are per time is not known, ``dx/dt = y - x``."""


def infer(model: OdeModel) -> Dimensions:
    """Return the dimensions of a model's names.

    Raises
    ------
    EquationError
        Where the sides of an equation are of different dimensions: names the equation, both dimensions, and what it
        reads.
    """
    own, where = model.own_names, model.where
    units, known = _units(model), _given(model)
    time = MILLISECONDS if units or known or model.units else NO_TIME
    dimensions = Dimensions({**known, **units, "dt": time}, units)
    for n, declared in model.units.items():
        if not dimensions.equate(dimensions.of(n), declared):
            raise EquationError(f"{where}: {n} is in {dimensions.of(n)}; expected {declared}, the unit of its line")
    for n, text in model.expressions.items():
        place = f"{where}, {n} = {text}"
        dimensions.demand(checked(text, own, place), dimensions.of(n), place, f"as {n} is")
    for v, text in model.derivatives.items():
        place = f"{where}, d{v}/dt = {text}"
        tree = checked(text, own, place)
        dimensions.demand(tree, dimensions.of(v) / time, place, f"as {v} per time is")
    for v, text in model.reset.items():
        place = f"{where}, reset of {v}"
        dimensions.demand(checked(text, own, place), dimensions.of(v), place, f"as {v} is")
    if model.spike is not None:
        dimensions.condition(checked(model.spike, own, f"{where}, spike", "condition"), f"{where}, spike")
    if model.refractory is not None:
        place = f"{where}, refractory"
        dimensions.demand(checked(model.refractory, own, place), time, place, "a time")
    if model.output is not None:
        dimensions.expression(checked(model.output, own, f"{where}, output"), f"{where}, output")
    return dimensions


def _given(model: OdeModel) -> dict[str, Dimension]:
    """Dimensions of the parameters and initial values that have a unit."""
    values = {**model.initial, **model.params}
    return {n: v.dimension for n, v in values.items() if isinstance(v, Quantity) and v.dimension is not None}


def _units(model: OdeModel) -> dict[str, Dimension]:
    """Dimensions of the units that stand in equations."""
    texts = [*model.expressions.values(), *model.derivatives.values(), *model.reset.values()]
    texts += [t for t in (model.spike, model.refractory, model.output) if t is not None]
    found = {n for t in texts for n in units_in(tree_of(t, model.where), model.own_names)}
    return {n: d for n in sorted(found) if (d := unit(n).dimension) is not None}

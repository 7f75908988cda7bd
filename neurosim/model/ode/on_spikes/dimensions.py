"""The dimensions of a synapse: what is given, and what its equations and statements say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import text_of
from neurosim.model.ode.dimensions.inference import NO_TIME
from neurosim.model.ode.dimensions.unification import Dimensions
from neurosim.model.ode.language.names import checked, tree_of, unit, units_in
from neurosim.model.ode.on_spikes.pathways import Pathways
from neurosim.model.units import MILLISECONDS, Dimension

if TYPE_CHECKING:
    from neurosim.model.ode.on_spikes.event_synapse import EventSynapse


def infer(synapse: EventSynapse, pathways: Pathways, target: Dimension | None, what: str) -> Dimensions:
    """Return the dimensions of a synapse's names.

    Parameters
    ----------
    target
        Of what a spike adds to; None where it is not known.
    what
        Names that in a message.

    Raises
    ------
    EquationError
        Where the sides of an equation or a statement are of different dimensions.
    """
    where, units = synapse.where, _units(synapse, pathways)
    given = {**synapse.initial, **synapse.params}
    known = {n: v.dimension for n, v in given.items() if v.dimension is not None}
    time = MILLISECONDS if units or known or synapse.units else NO_TIME
    dimensions = Dimensions({**known, **units}, units)
    for n, declared in synapse.units.items():
        if not dimensions.equate(dimensions.of(n), declared):
            raise EquationError(f"{where}: {n} is in {dimensions.of(n)}; expected {declared}, the unit of its line")
    for n, text in synapse.expressions.items():
        place = f"{where}, {n} = {text}"
        dimensions.demand(checked(text, synapse.own_names, place), dimensions.of(n), place, f"as {n} is")
    for v, text in synapse.derivatives.items():
        place = f"{where}, d{v}/dt = {text}"
        tree = checked(text, synapse.own_names, place)
        dimensions.demand(tree, dimensions.of(v) / time, place, f"as {v} per time is")
    for moment, statements in (("on_pre", pathways.on_pre), ("on_post", pathways.on_post)):
        for v, tree in statements.items():
            dimensions.demand(tree, dimensions.of(v), f"{where}, {moment}, {v} = {text_of(tree)}", f"as {v} is")
    if target is None:
        dimensions.expression(pathways.delivered, f"{where}, on_pre")
    else:
        dimensions.demand(pathways.delivered, target, f"{where}, on_pre", f"as {what} is")
    return dimensions


def _units(synapse: EventSynapse, pathways: Pathways) -> dict[str, Dimension]:
    """Dimensions of the units that stand in equations and statements."""
    texts = [*synapse.expressions.values(), *synapse.derivatives.values()]
    trees = [tree_of(t, synapse.where) for t in texts]
    trees += [*pathways.on_pre.values(), *pathways.on_post.values(), pathways.delivered]
    found = {n for tree in trees for n in units_in(tree, synapse.own_names)}
    return {n: d for n in sorted(found) if (d := unit(n).dimension) is not None}

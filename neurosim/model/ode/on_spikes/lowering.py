"""A synapse with statements becomes a `SynapseModel` and one rule of every step.

In every step the rule first lets each variable go on for dt, then does `on_pre` where a spike arrived, then `on_post`
where the post-synaptic neuron spiked in the step before: Brian2 does both at the end of a step, and what it delivers
there arrives here at the beginning of the next.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import call, name, names_in, number, substitute, text_of
from neurosim.model.learning import LearningRule
from neurosim.model.neurons.last_spike import SPIKED_BEFORE
from neurosim.model.ode.integrators.affine import affine
from neurosim.model.ode.integrators.exact import Linear
from neurosim.model.ode.language.names import checked, inlined
from neurosim.model.ode.language.statements import check_size
from neurosim.model.ode.on_spikes.pathways import Pathways
from neurosim.model.synapses import SynapseModel

if TYPE_CHECKING:
    from neurosim.model.ode.on_spikes.event_synapse import EventSynapse

ARRIVED, POST_SPIKED = "arrived", f"post.{SPIKED_BEFORE}"
"""Above 0 where a spike arrived, and where the post-synaptic neuron spiked in the step before."""

RULE = "on_spikes"
"""The name of the rule."""


@dataclass(frozen=True)
class Lowered:
    """What a projection takes.

    Attributes
    ----------
    rules
        One, or none where nothing changes.
    """

    synapse: SynapseModel
    rules: tuple[LearningRule, ...]


def lower(synapse: EventSynapse, pathways: Pathways, dt: float) -> Lowered:
    """Return the equations of a step of `dt` ms.

    Raises
    ------
    EquationError
        For an equation that is not linear, and a number without a finite value.
    """
    where, own = synapse.where, synapse.own_names
    parts = {n: checked(t, own, f"{where}, {n}") for n, t in synapse.expressions.items()}
    inline = inlined(parts, own, where)
    between, propagators = _between_spikes(synapse, inline, dt)
    before = {v: between.get(v, name(v)) for v in synapse.variables}
    after_pre = _after({v: inline(t) for v, t in pathways.on_pre.items()}, before, ARRIVED)
    after = _after({v: inline(t) for v, t in pathways.on_post.items()}, after_pre, POST_SPIKED)
    weight = substitute(inline(pathways.delivered), before.get)
    for v, tree in {**after, pathways.target: weight}.items():
        check_size(tree, f"{where}: what spikes make of '{v}'")
    update = {v: text_of(tree) for v, tree in after.items() if text_of(tree) != v}
    read = {n for tree in (weight, *after.values()) for n in names_in(tree)}
    constants = {n: v.value for n, v in synapse.params.items()} | propagators
    model = SynapseModel(
        synapse.name,
        {v: synapse.initial[v].value if v in synapse.initial else 0.0 for v in synapse.variables},
        text_of(weight),
        {n: x for n, x in constants.items() if n in read},
    )
    return Lowered(model, (LearningRule(RULE, "step", update),) if update else ())


def _between_spikes(
    synapse: EventSynapse, inline: Callable[[ast.expr], ast.expr], dt: float
) -> tuple[dict[str, ast.expr], dict[str, float]]:
    """Each variable after a step without a spike, and the numbers that this reads."""
    where, own = synapse.where, synapse.own_names
    trees = {v: inline(checked(t, own, f"{where}, d{v}/dt")) for v, t in synapse.derivatives.items()}
    for v, tree in trees.items():
        if affine(tree, synapse.variables) is None:
            raise EquationError(
                f"{where}, d{v}/dt: '{synapse.derivatives[v]}' is not linear in {', '.join(synapse.variables)}; "
                f"expected such as '-{v}/tau' with tau in params, which has an exact step"
            )
    linear = Linear.of(trees, synapse.stored, where)
    values = {n: p.value for n, p in synapse.params.items()}
    propagators = linear.propagators((), dt, [values], where)
    return linear.update(()), {n: float(x[0]) for n, x in propagators.items()}


def _after(statements: Mapping[str, ast.expr], before: Mapping[str, ast.expr], happened: str) -> dict[str, ast.expr]:
    """Each variable after statements that are done where something happened."""
    condition = ast.Compare(name(happened), [ast.Gt()], [number(0.0)])
    done = {v: substitute(tree, before.get) for v, tree in statements.items()}
    return {v: call("where", condition, done[v], tree) if v in done else tree for v, tree in before.items()}

"""Synapses with statements for spikes, as a projection of a network that is being built takes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from neurosim.errors import ModelError, nearest
from neurosim.model.network import Population
from neurosim.model.network.given import Rules
from neurosim.model.neurons import NeuronModel
from neurosim.model.neurons.last_spike import with_last_spike
from neurosim.model.ode import OdeModel
from neurosim.model.ode.on_spikes import EventSynapse
from neurosim.model.ode.on_spikes.event_synapse import WEIGHT
from neurosim.model.synapses import SynapseModel
from neurosim.model.units import Dimension


@dataclass(frozen=True)
class AtSynapses:
    """What a projection keeps at its synapses, and what it asks of its ends.

    Attributes
    ----------
    post
        The population, with what rules read of it.
    weight
        The variable whose first values are given as weights; None where there is none.
    weight_in
        Its dimension; None if it is unknown.
    parameters_in
        The dimension of each parameter of which it is known.
    """

    synapse: SynapseModel
    rules: Rules
    post: Population
    weight: str | None
    weight_in: Dimension | None
    parameters_in: Mapping[str, Dimension | None] = field(default_factory=dict)


def port_of(
    synapse: EventSynapse, pre: Population, model: NeuronModel | OdeModel, to: str | None, where: str
) -> str | None:
    """Return the port that a spike adds to; `to` where that is all there is to know.

    Parameters
    ----------
    model
        Of the post-synaptic population, as it was given: its ports name variables.
    where
        How an error begins.

    Raises
    ------
    ModelError
        If `pre` does not spike, and as of `EventSynapse.port`.
    """
    if pre.model_in("wake").output != "spike":
        raise ModelError(f"{where}: {pre.name} puts out values; on_pre needs spikes")
    return synapse.port(model.ports if isinstance(model, OdeModel) else {p: p for p in model.ports}, to, where)


def kept_on_spikes(
    synapse: EventSynapse,
    post: Population,
    dt: float | None,
    port: str,
    port_in: Dimension | None,
    parameters: Collection[str],
    where: str,
) -> AtSynapses:
    """Return what a projection keeps for such a synapse.

    Parameters
    ----------
    dt
        Of a step, in ms.
    port, port_in
        What a spike adds to, and the dimension of that.
    parameters
        Names of those that have values of their own.
    where
        How an error begins.

    Raises
    ------
    ModelError
        For names that are no parameters or cannot differ from synapse to synapse, without a step, and as of
        `with_last_spike`.
    EquationError
        If what a spike adds is not of the dimension that the port takes.
    """
    lowered = synapse.lowered(dt)
    for n in parameters:
        _check_parameter(n, synapse, lowered.synapse, where)
    dimensions = synapse.dimensions(port_in, f"port {port} of {post.name}")
    remembering = post
    if synapse.has_on_post:
        remembering = replace(post, model=with_last_spike(post.model_in("wake"), where))
    return AtSynapses(
        lowered.synapse,
        lowered.rules,
        remembering,
        WEIGHT if synapse.has_weight else None,
        dimensions.known(WEIGHT),
        {n: dimensions.known(n) for n in parameters},
    )


def _check_parameter(name: str, synapse: EventSynapse, lowered: SynapseModel, where: str) -> None:
    if name not in synapse.params:
        raise ModelError(
            f"{where}: parameters: {synapse.name} has no parameter '{name}'; {nearest(name, synapse.params)}"
        )
    if name not in lowered.params:
        raise ModelError(
            f"{where}: parameters: '{name}' of {synapse.name} is in differential equations, which are those of "
            f"all synapses; call it with another {name}"
        )

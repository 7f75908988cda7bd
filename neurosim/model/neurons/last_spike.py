"""Models that remember for one step that they spiked, for rules that read it."""

from __future__ import annotations

from dataclasses import replace

from neurosim.errors import ModelError
from neurosim.model.neurons.model import NeuronModel

SPIKED, SPIKED_BEFORE = "spiked", "spiked_before"
"""States: 1 where the neuron spiked in this step, and in the step before."""


def with_last_spike(model: NeuronModel, where: str) -> NeuronModel:
    """Return the model with states for the spikes of this step and of the one before; as it is where it has them.

    Parameters
    ----------
    where
        How an error begins.

    Raises
    ------
    ModelError
        For a model without spikes, and one that has names like these for something else.
    """
    if model.spike is None:
        raise ModelError(f"{where}: {model.name} does not spike; on_post needs a model with a spike condition")
    update, reset = {SPIKED: "0", SPIKED_BEFORE: SPIKED}, {SPIKED: "1"}
    if update.items() <= model.update.items() and reset.items() <= model.reset.items():
        return model
    declared = {*model.state, *model.params, *model.derived, *model.alias, *model.ports}
    for n in sorted(declared & {*update}):
        raise ModelError(f"{where}: {model.name} has a '{n}' of its own, which on_post needs; rename it")
    return replace(
        model,
        state={**model.state, SPIKED: 0.0, SPIKED_BEFORE: 0.0},
        update={**model.update, **update},
        reset={**model.reset, **reset},
    )

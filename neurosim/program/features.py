"""What a program can ask of a backend: one member a requirement, refused by name where a backend does not have it."""

from __future__ import annotations

from enum import Enum

from neurosim.errors import BackendError, nearest


class Feature(str, Enum):
    """A requirement of a program (`Program.features`) that a mode of a backend has or has not (`Capabilities`).

    Each member equals its text, and has its hash, so that backends may give either.
    """

    CONSTANT_STIMULUS = "stimulus:constant"
    """A stimulus that has one value a neuron for a whole trial."""

    STEPPED_STIMULUS = "stimulus:steps"
    """A stimulus that has a value a neuron for each step."""

    EVENT_STIMULUS = "stimulus:events"
    """A stimulus of spikes, given as events."""

    STEP_PROBE = "probe:step"
    """A probe that records every step."""

    END_PROBE = "probe:end"
    """A probe that records the end of a phase."""

    SOME_RECORDED = "probe:some"
    """A probe of some neurons or synapses, or of some steps."""

    LEARNED_RECORDED = "probe:learned"
    """A probe of what is learned."""

    STEP_LEARNING = "learning:step"
    """A rule that fires in every step."""

    SPIKE_LEARNING = "learning:spike"
    """A rule that fires at the synapses of a post-synaptic neuron when it spikes."""

    END_LEARNING = "learning:end"
    """A rule that fires at the end of a phase."""

    BATCHES = "batches"
    """Trials that learn together: each starts from the same weights, and rules add up over them."""

    SEVERAL_PORTS = "several ports"
    """A population whose projections arrive at more than one port."""

    OUTPUT_EXPRESSION = "output expression"
    """A population that puts out an expression of its state."""

    RECIPROCAL_PROJECTION = "reciprocal projection"
    """One matrix that delivers forwards and, transposed, backwards."""

    WEIGHT_EXPRESSION = "weight expression"
    """A projection that delivers an expression of its variables, not a stored weight."""

    DELAY = "delay"
    """A projection that delivers an output of more than one step before."""

    SYNAPTIC_DELAYS = "delays of synapses"
    """A sparse projection whose synapses have delays."""

    SPARSE_PROJECTION = "sparse projection"
    """A projection without a synapse for every pair of neurons."""

    SHARED_WEIGHTS = "shared weights"
    """A sparse projection whose synapses share weights, as those of a convolution do."""

    FIXED_PARAMETERS = "fixed parameters"
    """A constant of a model that has a value for each neuron or for each synapse."""

    INITIAL_VALUES = "initial values"
    """A state that starts each trial with a value for each neuron."""

    def __str__(self) -> str:
        """The text."""
        return self.value

    @classmethod
    def named(cls, text: str) -> Feature:
        """The feature of a text that a backend gives.

        Raises
        ------
        BackendError
            For a text that names none, with the nearest that does.
        """
        try:
            return cls(text)
        except ValueError:
            raise BackendError(f"feature {text!r}: no program asks for it; {nearest(str(text), cls)}") from None

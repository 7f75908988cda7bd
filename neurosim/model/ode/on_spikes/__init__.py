"""Synapses as differential equations, with statements for spikes: `synapse`, `EventSynapse`, and standard ones."""

from neurosim.model.ode.on_spikes.definition import synapse
from neurosim.model.ode.on_spikes.event_synapse import EventSynapse

__all__ = ["EventSynapse", "synapse"]

"""Inputs: populations that put out their stimulus."""

from __future__ import annotations

from neurosim.model.neurons.model import NeuronModel, driven

Clamp = NeuronModel(
    "Clamp",
    params={"s": driven()},
    ports=(),
    output="s",
    alias={"s_free": "s", "s_plus": "s"},
)
"""s = stimulus. An input held at its stimulus; its free and nudged states are that same value."""

SpikeInput = NeuronModel("SpikeInput", params={"x": driven()}, ports=(), spike="x > 0.5", output="spike")
"""spike = (x > 0.5). An input that spikes where its stimulus says so."""

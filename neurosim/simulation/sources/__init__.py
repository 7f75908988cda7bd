"""What drives a population: spikes and currents, drawn step by step for as long as a simulation lasts."""

from __future__ import annotations

from neurosim.simulation.sources.currents import current, step_current
from neurosim.simulation.sources.given_spikes import spike_times
from neurosim.simulation.sources.noise import noisy_current
from neurosim.simulation.sources.played import playback
from neurosim.simulation.sources.poisson_spikes import poisson
from neurosim.simulation.sources.regular_spikes import regular
from neurosim.simulation.sources.source import BLOCK, Shown, Source, joined

__all__ = [
    "BLOCK",
    "Shown",
    "Source",
    "current",
    "joined",
    "noisy_current",
    "playback",
    "poisson",
    "regular",
    "spike_times",
    "step_current",
]

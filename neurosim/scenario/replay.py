"""Sleep replay: what drives the network while it sleeps, drawn from the mean input of the classes seen so far.

No label and no single sample is kept for it, only one vector (Tadros et al. 2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.model.network import Network
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials


@dataclass(frozen=True, eq=False)
class MeanInput:
    """The mean of all inputs seen, and how many there were."""

    total: Array
    count: int = 0

    @classmethod
    def of_nothing(cls, units: int) -> MeanInput:
        return cls(np.zeros(units))

    def with_samples(self, inputs: Array) -> MeanInput:
        return MeanInput(self.total + inputs.sum(axis=0), self.count + len(inputs))

    @property
    def mean(self) -> Array:
        return np.asarray(self.total / max(self.count, 1), dtype=np.float64)


def schedule(network: Network, input: str, steps: int) -> Schedule:
    """One phase, a spike list as stimulus, and the spikes of every other population recorded."""
    spiking = [p for p in network.populations if p.name != input and p.model_in("sleep").spike is not None]
    stimulus = next(iter(network.population(input).model_in("sleep").params))
    return Schedule(
        [Phase("sleep", steps)],
        [Probe(f"{p.name}.spike", "step") for p in spiking],
        {f"{input}.{stimulus}": "events"},
    )


def spikes(mean: Array, rate: float, steps: int, random: np.random.Generator) -> Events:
    """Bernoulli spikes of one trial: P(spike) = min(1, rate*mean) in each step."""
    return Events.from_dense(random.random((1, steps, len(mean))) < np.minimum(1.0, rate * mean))


def sleep_trials(variable: str, events: Events) -> Trials:
    return Trials({variable: events})

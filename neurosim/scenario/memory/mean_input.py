"""The mean of all inputs seen: all that sleep replay keeps of samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.program.schedule import Array, Events


@dataclass(frozen=True, eq=False)
class MeanInput:
    """The mean of all inputs seen, and how many there were."""

    total: Array
    count: int = 0

    @classmethod
    def of_nothing(cls, units: int) -> MeanInput:
        return cls(np.zeros(units))

    def with_samples(self, inputs: Array | Events) -> MeanInput:
        """Of spikes in time the share of steps in which a unit spikes."""
        if isinstance(inputs, Events):
            spikes = np.bincount(inputs.indices, minlength=inputs.units)
            return MeanInput(self.total + spikes / inputs.steps, self.count + inputs.trials)
        return MeanInput(self.total + inputs.sum(axis=0), self.count + len(inputs))

    @property
    def mean(self) -> Array:
        return np.asarray(self.total / max(self.count, 1), dtype=np.float64)

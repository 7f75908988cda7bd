"""The mean of all inputs seen: all that sleep replay keeps of samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.program.schedule import Array, Events


@dataclass(frozen=True, eq=False)
class MeanInput:
    """mean = total/count: the mean of all inputs seen.

    Parameters
    ----------
    total
        The sum of the inputs, shape (units,).
    count
        How many inputs there were.
    """

    total: Array
    count: int = 0

    @classmethod
    def of_nothing(cls, units: int) -> MeanInput:
        """The mean before any input of so many units: 0."""
        return cls(np.zeros(units))

    def with_samples(self, inputs: Array | Events) -> MeanInput:
        """The mean with more inputs.

        Parameters
        ----------
        inputs
            Shape (samples, units), or spikes in time, of which the share of steps counts in which a unit spikes.
        """
        if isinstance(inputs, Events):
            spikes = np.bincount(inputs.indices, minlength=inputs.units)
            return MeanInput(self.total + spikes / inputs.steps, self.count + inputs.trials)
        return MeanInput(self.total + inputs.sum(axis=0), self.count + len(inputs))

    @property
    def mean(self) -> Array:
        """The mean, shape (units,); 0 before any input."""
        return np.asarray(self.total / max(self.count, 1), dtype=np.float64)

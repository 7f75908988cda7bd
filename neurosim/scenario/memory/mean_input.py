"""The mean of all inputs seen: all that sleep replay keeps of samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.program.schedule import Array
from neurosim.program.trial.stimuli import Events, Rows


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

    def with_samples(self, inputs: Rows) -> MeanInput:
        """The mean with more inputs.

        Parameters
        ----------
        inputs
            Shape (samples, units), or spikes in time, of which the share of steps counts in which a unit spikes.
        """
        total = _spikes(inputs) / inputs.shape[1] if inputs.is_events else _sum(inputs)
        return MeanInput(self.total + total, self.count + len(inputs))

    @property
    def mean(self) -> Array:
        """The mean, shape (units,); 0 before any input."""
        return np.asarray(self.total / max(self.count, 1), dtype=np.float64)


def _sum(inputs: Rows) -> Array:
    """The sum of the samples, added one after the other; shape (units,)."""
    total = np.zeros(inputs.shape[1])
    for block in inputs.blocks():
        for sample in block[:]:
            total += sample
    return total


def _spikes(inputs: Rows) -> Array:
    """How often each unit spikes, shape (units,)."""
    counts = np.zeros(inputs.shape[-1])
    for block in inputs.blocks():
        events = block.gathered()
        assert isinstance(events, Events)
        spikes = events.indices[events.offsets[0] : events.offsets[-1]]
        counts += np.bincount(spikes, minlength=len(counts))
    return counts

"""Weights that a device takes: what is measured with them must be what was written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.device.silicon import Silicon
from neurosim.program.schedule import Array


@dataclass(frozen=True)
class WeightRange:
    """Multiples of `step` below `largest`, or any number where there is no step.

    Attributes
    ----------
    largest
        Weights near it are told apart best from what programming adds to them.
    step
        0 for none.
    """

    largest: float = 1.0
    step: float = 0.0

    @classmethod
    def of(cls, silicon: Silicon) -> WeightRange:
        """Return those of a chip of a kind."""
        bits = silicon.weight_bits
        return cls(silicon.weight_range, 0.0 if bits is None else silicon.weight_range * 2.0 ** (1 - bits))

    @property
    def most(self) -> float:
        """The largest that can be delivered."""
        return self.largest - self.step

    def nearest(self, values: Array) -> Array:
        """Return the weights nearest to some values above 0, each once, ascending."""
        if not self.step:
            return np.unique(values)
        return np.unique(np.clip(np.floor(values / self.step + 0.5) * self.step, self.step, self.most))

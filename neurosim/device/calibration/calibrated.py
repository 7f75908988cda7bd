"""What was found of one population, and the trims that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurosim.device.calibration.trims import Trims
from neurosim.program.schedule import Array


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A population that was calibrated.

    Attributes
    ----------
    method
        ``"spikes"`` or ``"rates"``.
    model
        The digest of its equations and constants.
    found
        What was identified, of shape (size,): ``log_gain_over_threshold`` and ``log_tau_mem`` from spikes, ``gain`` and
        ``offset`` from rates; 0 stands for nominal in the logarithms.
    is_found
        1 where a neuron could be measured, 0 where it is silent or saturated; shape (size,). What is nominal stands for
        the others.
    residuals
        Standard deviation of what `found` is off, as the measurement itself tells it.
    levels, readings
        What was shown, of shape (levels,), and what was read, of shape (levels, size).
    spread
        Standard deviation of a reading from programming to programming.
    trims
        What the chip is set to.
    not_identified
        What the method cannot tell of such neurons, and why.
    """

    method: str
    model: str
    found: Mapping[str, Array]
    is_found: Array
    residuals: Mapping[str, float]
    levels: Array
    readings: Array
    spread: float
    trims: Trims
    not_identified: Mapping[str, str]

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.is_found)

    def spreads(self) -> dict[str, float]:
        """Return the standard deviation of what was found, over the neurons of which it was."""
        those = self.is_found > 0
        return {n: float(np.std(a[those])) if those.any() else 0.0 for n, a in self.found.items()}

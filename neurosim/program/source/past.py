"""What a population put out in its last steps, for synapses that have delays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosim.program.schedule import Array

Places = NDArray[np.integer]
"""Indices of past outputs: (d - 1)*size + i is neuron i, d steps before."""


class Past:
    """The last outputs of a population, the newest first.

    Parameters
    ----------
    steps
        How many outputs are kept.
    size
        Number of neurons.
    """

    def __init__(self, steps: int, size: int):
        self.steps, self.size = steps, size
        # Twice, so that wherever the newest lies, all lie in one piece behind it.
        self._rows = np.zeros((2 * steps, size))
        self._newest = 0

    def restart(self, initial: Array | float) -> None:
        """Take for all outputs what they are before the first step: the same for all, or all of them, as `rows` is."""
        self._newest = 0
        self._rows[: self.steps] = initial
        self._rows[self.steps :] = initial

    @property
    def rows(self) -> Array:
        """All outputs, of shape (steps, size), the newest first; a view, which the next output changes."""
        return self._rows[self._newest : self._newest + self.steps]

    @property
    def values(self) -> Array:
        """The same as one array of shape (steps*size,)."""
        return self.rows.ravel()

    def push(self, output: Array) -> None:
        """Keep an output, of shape (size,), and forget the oldest."""
        self._newest = (self._newest - 1) % self.steps
        self._rows[self._newest] = output
        self._rows[self._newest + self.steps] = output


class PastSpikes(Past):
    """The last spikes of a population, 0 and 1, and where they are.

    Attributes
    ----------
    fired
        The places of those that are 1, ascending.
    """

    def __init__(self, steps: int, size: int):
        super().__init__(steps, size)
        self.fired: Places = np.zeros(0, np.intp)

    def restart(self, initial: Array | float) -> None:
        """Take for all spikes those before the first step, as of `Past`."""
        super().restart(initial)
        self.fired = self.values.nonzero()[0]

    def push(self, output: Array) -> None:
        """Keep the spikes of a step, of shape (size,), and forget the oldest."""
        super().push(output)
        older = self.fired + self.size
        older = older[: older.searchsorted(self.steps * self.size)]
        self.fired = np.concatenate(((output != 0.0).nonzero()[0], older))

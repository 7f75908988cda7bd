"""Sums over the synapses of a sparse matrix: of all of them, or of those of the neurons that fired."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosim.model.connectivity.wiring import sorting_order
from neurosim.program.schedule import Array

FEW = 4
"""The synapses of neurons that fired are summed alone where they are at most one in so many."""

Positions = NDArray[np.integer]
"""Places of synapses in learned arrays, of shape (synapses,)."""


class Ends:
    """The synapses of each neuron at one end of a matrix.

    Attributes
    ----------
    starts
        Where each neuron's synapses begin among those sorted by neuron, and the end; int64 of shape (neurons + 1,).
    counts
        How many each neuron has, int64 of shape (neurons,).
    far
        The neurons at the other end, sorted in this way; int32 of shape (synapses,).
    """

    def __init__(self, near: NDArray[np.integer], far: NDArray[np.int32], counts: NDArray[np.int64]):
        self.counts = counts
        self.starts = np.concatenate(([0], np.cumsum(self.counts)))
        self._order = sorting_order(near)
        self.far = far if self._order is None else far[self._order]

    def of(self, fired: Positions) -> tuple[NDArray[np.int64], Positions]:
        """Return the synapses of some neurons, neuron by neuron: their places in `far`, and in learned arrays."""
        starts, counts = self.starts[fired], self.counts[fired]
        stops = np.cumsum(counts)
        total = int(stops[-1]) if len(stops) else 0
        places = np.arange(total) + np.repeat(starts - stops + counts, counts)
        return places, places if self._order is None else self._order[places]


def sums(neurons: NDArray[np.integer], terms: Array, size: int) -> Array:
    """Add up the terms of each neuron, one after another: float64, also where there is none."""
    return np.asarray(np.bincount(neurons, terms, size), dtype=np.float64)

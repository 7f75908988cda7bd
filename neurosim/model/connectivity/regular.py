"""Wiring that needs no list: all neurons, or each with its like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.errors import ModelError
from neurosim.model.connectivity.connectivity import Connectivity
from neurosim.model.connectivity.wiring import Wiring


@dataclass(frozen=True)
class AllToAll(Connectivity):
    """drive_j = sum over all i of w_ij*output_i.

    Every neuron of the source has a synapse to every neuron of the target. Learned arrays have shape (pre, post).
    """

    kind = "all-to-all"

    def indices(self, pre: int, post: int, where: str) -> Wiring | None:
        """None: there is a synapse for every pair, in the order of a matrix of shape (pre, post)."""
        return None


@dataclass(frozen=True)
class OneToOne(Connectivity):
    """drive_i = w_i*output_i.

    Neuron i of the source has one synapse, to neuron i of the target. Learned arrays have shape (neurons,).
    """

    kind = "one-to-one"

    def indices(self, pre: int, post: int, where: str) -> Wiring:
        """Source and target of each synapse: both are 0 to `pre` - 1.

        Raises
        ------
        ModelError
            Where the two populations differ in size.
        """
        if pre != post:
            raise ModelError(f"{where}: one-to-one from {pre} neurons to {post}; expected populations of one size")
        return Wiring.of(np.arange(pre), np.arange(post))

    def synapses(self, pre: int, post: int) -> int:
        """The size of both populations, or of the smaller where they do not fit."""
        return min(pre, post)

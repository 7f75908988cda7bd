"""Wiring that needs nothing to be drawn, by the names that drawn wiring has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurosim.model.connectivity.pairs import Pairs
from neurosim.model.connectivity.regular import AllToAll, OneToOne


def all_to_all() -> AllToAll:
    """Every source has a synapse to every target, to itself as well; weights have shape (pre, post)."""
    return AllToAll()


def one_to_one() -> OneToOne:
    """Neuron i of the source has one synapse, to neuron i of the target; weights have shape (neurons,)."""
    return OneToOne()


def pairs(i: Sequence[int] | NDArray[np.integer], j: Sequence[int] | NDArray[np.integer]) -> Pairs:
    """Source i[k] has a synapse to target j[k]; weights have the order given.

    Parameters
    ----------
    i, j
        Index of the source and of the target of each synapse, counted from 0.

    Raises
    ------
    ModelError
        As of `neurosim.Pairs`.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.pairs(i=[0, 0, 1], j=[1, 2, 0])
    Pairs([0, 0, 1], [1, 2, 0])
    """
    return Pairs(i, j)

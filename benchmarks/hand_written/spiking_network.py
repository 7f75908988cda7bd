"""A sparse network of spiking cells, as models written by hand are given it: arrays and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp

import numpy as np
from numpy.typing import NDArray

from hand_written import Array

TAU, TAU_EXC, TAU_INH, DT = 20.0, 5.0, 10.0, 0.1
"""Of membranes and of what arrives, and the length of a step, in ms."""
THETA = 10.0
REVERSAL_EXC, REVERSAL_INH = 60.0, -20.0
"""Of conductances, in mV above rest."""
REFRACTORY = 50
"""Steps from a spike to the first one that integrates again."""

DECAY, DECAY_EXC, DECAY_INH = (exp(-DT / tau) for tau in (TAU, TAU_EXC, TAU_INH))
GAIN_EXC, GAIN_INH = (s / (s - TAU) * (d - DECAY) for s, d in ((TAU_EXC, DECAY_EXC), (TAU_INH, DECAY_INH)))
"""What a current adds to the membrane in a step: the exact solution."""


@dataclass(frozen=True)
class Rows:
    """Synapses, those of each source in one piece, by ascending target.

    Attributes
    ----------
    pre, post
        Source and target of each, int32 of shape (synapses,).
    weights
        Of shape (synapses,).
    """

    cells: int
    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    weights: Array

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where each source's begin, and the end; of shape (cells + 1,)."""
        return np.searchsorted(self.pre, np.arange(self.cells + 1)).astype(np.int64)


@dataclass(frozen=True)
class STDP:
    """How much pairs of spikes change a weight, and its largest value; both traces forget with the same time."""

    plus: float
    minus: float
    most: float
    tau: float


@dataclass(frozen=True)
class SpikingNetwork:
    """Cells that excite and inhibit one another through currents, or through conductances.

    Attributes
    ----------
    current
        Constant input of each cell, of shape (cells,).
    stdp
        What excitatory synapses learn by, if they do.
    """

    cells: int
    exc: Rows
    inh: Rows
    current: Array
    steps: int
    conductances: bool = False
    stdp: STDP | None = None


@dataclass(frozen=True)
class Activity:
    """What a run gives.

    Attributes
    ----------
    steps, cells
        Of each spike, by step and then by cell; of shape (spikes,).
    weights
        Excitatory ones at the end, of shape (synapses,).
    """

    steps: NDArray[np.int64]
    cells: NDArray[np.int64]
    weights: Array

    @classmethod
    def of_lists(cls, fired: list[NDArray[np.intp]], weights: Array) -> Activity:
        """The cells that fired in each step."""
        return cls(np.repeat(np.arange(len(fired)), [len(f) for f in fired]), np.concatenate(fired), weights)

"""The same work as one would write it by hand on each simulator: what generality is measured against.

Each module has `ep_trainer` and `sleeper`. They build a model once, as their user would; what they give back runs it
from the weights that it was built with, as often as it is called, and gives the new ones. They learn what neurosim
learns, to 1e-12, and on a grid bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Relaxation:
    """Equilibrium propagation, one-sided: free and nudged steps of projected Euler; a learning rate for each layer."""

    free: int
    nudged: int
    eps: float
    beta: float
    rates: tuple[float, ...]


@dataclass(frozen=True)
class Sleep:
    """Heaviside neurons, and what a weight gains or loses when its post neuron fires; all on a grid of 2**-bits."""

    decay: float
    theta: float
    inc: float
    dec: float
    bits: int


EpTrainer = Callable[[Array, Array], tuple[list[Array], list[Array]]]
"""Inputs and targets (samples by neurons) to the weights (pre by post) and biases of each layer after one epoch."""

Sleeper = Callable[[NDArray[np.bool_]], list[Array]]
"""Spikes of the input (steps by neurons) to the weights of each layer."""

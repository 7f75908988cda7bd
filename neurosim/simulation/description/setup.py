"""A network with all that a simulation of it needs beside a duration: weights, sources, the step, the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurosim.model.network import Network
from neurosim.simulation.sources import Source


@dataclass(frozen=True, eq=False)
class Setup:
    """What a builder has built.

    Parameters
    ----------
    network
        Populations and projections; each spiking source is a population without a model of its own.
    weights
        First values of what is learned, by name: ``"feed.w"``, of the shapes of `Network.learned`.
    sources
        What drives each variable, by its name: ``"noise.x"``, ``"e.current"``.
    dt
        Of a step, in ms.
    seed
        Of all that is drawn.
    """

    network: Network
    weights: Mapping[str, NDArray[np.float64]]
    sources: Mapping[str, Source] = field(default_factory=dict)
    dt: float = 1.0
    seed: int = 0

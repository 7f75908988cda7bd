"""Connectivity of another package: each source has targets beside its own place on a ring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import neurosim as ns


@dataclass(frozen=True)
class Ring(ns.Connectivity):
    """Source i has synapses to the targets i*post//pre, and the `width` - 1 after it."""

    width: int = 1

    kind = "ring"

    def indices(self, pre: int, post: int, where: str) -> tuple[np.ndarray, np.ndarray]:
        """Source and target of each synapse."""
        sources = np.repeat(np.arange(pre), self.width)
        return sources, (sources * post // pre + np.tile(np.arange(self.width), pre)) % post

    def synapses(self, pre: int, post: int) -> int:
        """As many for each source."""
        return pre * self.width

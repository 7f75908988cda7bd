"""Compression of spikes in time: how often each unit spikes in a window of steps, in as few bits as that takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Spikes = NDArray[np.bool_]
"""Shape (samples, steps, units)."""

Packed = NDArray[np.uint8]
"""The bits of each sample, filled up to whole bytes; shape (samples, bytes)."""


@dataclass(frozen=True)
class Compression:
    """c[j, n] = min(most, sum of z[k, n] over w*j <= k < w*(j + 1)); back: z[w*j + i, n] = 1 where i < c[j, n].

    With ``or`` most is 1: a window keeps whether there was a spike, which comes back in the window's first step. With
    ``count`` most is w: as many spikes come back, one after the other from the window's start. A sequence has as many
    steps as before, so no time constant, threshold or learning rate has to be adapted. Dequino et al. 2024.

    Parameters
    ----------
    window
        w, in steps; 1 keeps everything. The last window is shorter where the steps are no multiple of it.
    """

    steps: int
    units: int
    window: int = 1
    pooling: Literal["or", "count"] = "or"

    @property
    def windows(self) -> int:
        """How many windows the steps have; the last may be shorter."""
        return -(-self.steps // self.window)

    @property
    def most(self) -> int:
        """The largest number that a window keeps of a unit."""
        return self.window if self.pooling == "count" else 1

    @property
    def depth(self) -> int:
        """The bits that such a number takes."""
        return self.most.bit_length()

    @property
    def bits(self) -> int:
        """windows*units*depth: the bits that one sample takes."""
        return self.windows * self.units * self.depth

    def compress(self, spikes: Spikes) -> Packed:
        """The bits that are kept of spikes: shape (samples, bytes), of spikes of shape (samples, steps, units)."""
        starts = np.arange(0, self.steps, self.window)
        counts = np.minimum(np.add.reduceat(spikes, starts, axis=1, dtype=np.int64), self.most)
        digits = counts[..., np.newaxis] >> np.arange(self.depth) & 1
        return np.packbits(digits.astype(bool).reshape(len(spikes), self.bits), axis=1)

    def decompress(self, packed: Packed) -> Spikes:
        """Spikes of shape (samples, steps, units), from bits of shape (samples, bytes)."""
        shape = (len(packed), self.windows, self.units, self.depth)
        digits = np.unpackbits(packed, axis=1, count=self.bits).reshape(shape)
        counts = digits @ (1 << np.arange(self.depth))
        since_start = np.arange(self.steps) % self.window
        spikes: Spikes = np.repeat(counts, self.window, axis=1)[:, : self.steps] > since_start[:, np.newaxis]
        return spikes

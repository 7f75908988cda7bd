"""What a task does to inputs before they are shown: units in another order, images turned, or light for dark."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.program.schedule import Array, Events
from neurosim.scenario.datasets import Indices
from neurosim.scenario.streams.pictures import PictureLayout, picture

Transformation = Callable[[NDArray[Any] | Events], NDArray[Any] | Events]
"""Takes inputs of shape (samples, units), or spikes in time, and gives as many samples and units back."""

DECIMALS = 9
"""Decimals of a pixel's place: more would be the rounding of sine and cosine, which differs between machines."""


@dataclass(frozen=True, eq=False)
class Permutation:
    """y[k] = x[order[k]]: unit k gets what is for unit order[k].

    Parameters
    ----------
    order
        Each unit once, shape (units,).
    """

    order: Indices

    def __call__(self, inputs: NDArray[Any] | Events) -> NDArray[Any] | Events:
        """Inputs with their units in the new order: shape (samples, units) as before, or spikes in time."""
        if not isinstance(inputs, Events):
            return inputs[:, self.order]
        step, unit = inputs.pairs().T
        unit = np.argsort(self.order)[unit]
        ascending = np.lexsort((unit, step))
        return Events(inputs.offsets - inputs.offsets[0], unit[ascending].astype(np.int32), inputs.steps, inputs.units)


@dataclass(frozen=True)
class Rotation:
    """y(p) = x(c + Q (p - c)), Q the rotation by -degrees about the centre c, x bilinear between pixels, 0 outside.

    Parameters
    ----------
    degrees
        Counter-clockwise, with the first row on top; each channel is turned in the same way.
    shape
        Of a sample, as in `Dataset`; None for square images, row by row.
    """

    degrees: float
    shape: tuple[int, ...] | None = None

    def __call__(self, inputs: NDArray[Any] | Events) -> NDArray[Any] | Events:
        """Images turned, with pixels in [0, 1]: shape (samples, units) as before."""
        assert not isinstance(inputs, Events)
        of_sample = picture(inputs.shape[1], self.shape)
        assert of_sample is not None, "whether samples are pictures was looked at before"
        pixels, shares = self.neighbours(of_sample)
        turned = sum(inputs[:, p] * s for p, s in zip(pixels, shares, strict=True))
        return np.asarray(np.clip(turned, 0.0, 1.0))  # the last bit of a sum of shares may be above 1

    def neighbours(self, picture: PictureLayout) -> tuple[Indices, Array]:
        """The four pixels that each pixel is a mean of, and their shares; both of shape (4, units)."""
        rows, columns, angle = picture.rows, picture.columns, math.radians(self.degrees)
        y, x = (g.ravel() - (n - 1) / 2 for g, n in zip(np.mgrid[:rows, :columns], (rows, columns), strict=True))
        row = np.round((rows - 1) / 2 + x * math.sin(angle) + y * math.cos(angle), DECIMALS)
        column = np.round((columns - 1) / 2 + x * math.cos(angle) - y * math.sin(angle), DECIMALS)
        first = rows * columns * np.arange(picture.channels)[:, np.newaxis]
        pixels, shares = [], []
        for r in (np.floor(row), np.floor(row) + 1):
            for c in (np.floor(column), np.floor(column) + 1):
                inside = (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
                share = np.where(inside, (1 - np.abs(row - r)) * (1 - np.abs(column - c)), 0.0)
                pixel = np.where(inside, r * columns + c, 0).astype(np.int64)
                shares.append(np.tile(share, picture.channels))
                pixels.append((first + pixel).ravel())
        return np.array(pixels), np.array(shares)


@dataclass(frozen=True)
class Inversion:
    """y = 1 - x: light is dark, and dark is light."""

    def __call__(self, inputs: NDArray[Any] | Events) -> NDArray[Any] | Events:
        """Inputs in [0, 1], inverted: shape (samples, units) as before."""
        assert not isinstance(inputs, Events)
        return np.asarray(1.0 - inputs)

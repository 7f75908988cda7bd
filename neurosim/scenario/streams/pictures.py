"""Which inputs of a sample are the pixels of a picture, and in which order they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

from neurosim.scenario.datasets import Dataset


@dataclass(frozen=True)
class PictureLayout:
    """Unit (c*rows + y)*columns + x is the pixel of channel c in row y and column x.

    Parameters
    ----------
    channels
        Such as colours, or the two polarities of an event camera; each has all rows and columns.
    """

    rows: int
    columns: int
    channels: int = 1

    @property
    def size(self) -> str:
        """``ROWS x COLUMNS pixels``, with the channels where there are several."""
        channels = f" in {self.channels} channels" if self.channels > 1 else ""
        return f"{self.rows} x {self.columns} pixels{channels}"


def picture_of(data: Dataset) -> PictureLayout | None:
    """The picture that a sample is: what the shape of the data says, else a square; None if it is neither."""
    return picture(data.units, data.shape)


def picture(units: int, shape: tuple[int, ...] | None) -> PictureLayout | None:
    """The picture that so many units are: the last two sizes of a shape are rows and columns, all before are channels.

    Without a shape it is a square if they are a square number.
    """
    if shape is not None:
        return PictureLayout(shape[-2], shape[-1], math.prod(shape[:-2])) if len(shape) > 1 else None
    side = math.isqrt(units)
    return PictureLayout(side, side) if side**2 == units else None

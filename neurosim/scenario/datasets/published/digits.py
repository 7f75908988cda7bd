"""Handwritten digits, which neurosim ships: ``digits.npz``, whose source and licence are in the text beside it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from neurosim.scenario.datasets.samples import Samples


@cache
def read() -> Samples:
    """The digits: 1,797 samples of 8 x 8 pixels in [0, 1], shape (1797, 64) (Alpaydin & Kaynak 1998, UCI).

    All runs of a process have the same arrays, so nobody may write into them.
    """
    with (files(__package__) / "digits.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"].astype(np.int64)
    pixels = images.reshape(len(images), -1) / np.float64(16)
    for array in (pixels, labels):
        array.setflags(write=False)
    return Samples(pixels, labels)

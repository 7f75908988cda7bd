"""Handwritten digits that come with scikit-learn."""

from __future__ import annotations

from functools import cache

import numpy as np

from neurosim.scenario.datasets.samples import Samples


@cache
def read() -> Samples:
    """The digits: 1,797 samples of 8 x 8 pixels in [0, 1], shape (1797, 64) (Alpaydin & Kaynak 1998, UCI).

    All runs of a process have the same arrays, so nobody may write into them.
    """
    from sklearn.datasets import load_digits  # takes a second, so only where it is needed

    bunch = load_digits()
    pixels, labels = bunch.data / 16.0, bunch.target.astype(np.int64)
    for array in (pixels, labels):
        array.setflags(write=False)
    return Samples(pixels, labels)

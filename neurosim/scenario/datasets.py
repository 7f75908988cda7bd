"""Data sets, split once into training, validation and test parts that never overlap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import SpecError, nearest
from neurosim.program.schedule import Array
from neurosim.scenario.randomness import stream

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs in [0, 1] of shape (samples, units), a label for each, and index lists of the three parts."""

    name: str
    inputs: Array
    labels: NDArray[np.int64]
    train: Indices
    validation: Indices
    test: Indices

    @property
    def classes(self) -> int:
        return int(self.labels.max()) + 1


@cache
def _digits() -> tuple[Array, NDArray[np.int64]]:
    """Handwritten digits, 8 x 8 pixels, 1,797 samples; part of scikit-learn (Alpaydin & Kaynak 1998, UCI)."""
    from sklearn.datasets import load_digits  # takes a second, so only where it is needed

    bunch = load_digits()
    return bunch.data / 16.0, bunch.target.astype(np.int64)


DATASETS = {"digits": _digits}


def load(name: str, test: int, validation: int, split_seed: int) -> Dataset:
    """A data set, split class by class.

    Parameters
    ----------
    test, validation
        Samples in these parts; the rest is for training.
    split_seed
        Names the split; the seed of a run does not touch it.

    Raises
    ------
    SpecError
        For an unknown name, or parts larger than the data.
    """
    if name not in DATASETS:
        raise SpecError(f"[data] name = {name!r}; {nearest(name, DATASETS)}")
    inputs, labels = DATASETS[name]()
    if test + validation >= len(labels):
        raise SpecError(
            f"[data] test = {test} and validation = {validation} leave none of {len(labels)} samples to train"
        )
    order = _interleaved(labels, stream(split_seed, "split", name))
    parts = np.split(order, [test, test + validation])
    return Dataset(name, inputs, labels, train=np.sort(parts[2]), validation=np.sort(parts[1]), test=np.sort(parts[0]))


def _interleaved(labels: NDArray[np.int64], random: np.random.Generator) -> Indices:
    """All samples in random order within their class, classes evenly mixed, so that each part is stratified."""
    order = random.permutation(len(labels))
    position = np.empty(len(labels))
    for c in np.unique(labels):
        mine = order[labels[order] == c]
        position[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
    return order[np.argsort(position[order], kind="stable")]

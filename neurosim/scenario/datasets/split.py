"""Samples into training, validation and test parts, class by class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurosim.errors import SpecError
from neurosim.scenario.datasets.dataset import Indices
from neurosim.scenario.datasets.samples import Samples


class Parts(NamedTuple):
    """Indices of the samples of each part, ascending; shape (samples of the part,)."""

    train: Indices
    validation: Indices
    test: Indices


def split(
    name: str, samples: Samples, test: int | None, validation: int, train: int | None, random: np.random.Generator
) -> Parts:
    """Stratified parts that share no sample.

    The test part is of the published one if there is one, all of it where `test` is None. Validation samples are taken
    from the others, then training samples: a larger training part has those of a smaller one.

    Raises
    ------
    SpecError
        For parts larger than the data, and no `test` where no test part was published.
    """
    if samples.training is None:
        if test is None:
            raise SpecError(f"[data] test is missing: nobody published a test part of data set {name}; give its size")
        order, taken = interleaved(samples.labels, random), f"test = {test} and validation = {validation} leave"
        tested, rest, number = order[:test], order[test:], len(order)
    else:
        rest, taken = interleaved(samples.labels[: samples.training], random), f"validation = {validation} leaves"
        published = samples.training + interleaved(samples.labels[samples.training :], random)
        tested, number = published[:test], len(rest)
        if test is not None and test > len(published):
            raise SpecError(f"[data] test = {test}; the published test part of {name} has {len(published)} samples")
    trainable = rest[validation:]
    if len(trainable) < (train or 1):
        more = "" if train is None else f", expected {train} as train says"
        raise SpecError(f"[data] {taken} {len(trainable) or 'none'} of {number} samples to train{more}")
    return Parts(np.sort(trainable[:train]), np.sort(rest[:validation]), np.sort(tested))


def interleaved(labels: Indices, random: np.random.Generator) -> Indices:
    """All samples in random order within their class, classes evenly mixed, so that any stretch is stratified.

    Parameters
    ----------
    labels
        The class of each sample, shape (samples,).

    Returns
    -------
    ndarray
        Indices of the samples, each once; shape (samples,).
    """
    return evenly_mixed(labels, random.permutation(len(labels)))


def evenly_mixed(labels: Indices, order: Indices) -> Indices:
    """An order of samples, changed so that classes are evenly mixed; within a class it stays.

    Parameters
    ----------
    labels
        The class of each sample, shape (samples,).
    order
        Indices of the samples, each once; shape (samples,).

    Returns
    -------
    ndarray
        Indices of the samples, each once; shape (samples,).
    """
    position = np.empty(len(labels))
    for c in np.unique(labels):
        of_class = order[labels[order] == c]
        position[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
    return order[np.argsort(position[order], kind="stable")]

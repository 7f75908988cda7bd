"""Data sets, split once into training, validation and test parts that never overlap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from neurosim.errors import SpecError
from neurosim.model.randomness import stream
from neurosim.scenario.datasets.classes import check_classes
from neurosim.scenario.datasets.dataset import Dataset, Indices
from neurosim.scenario.datasets.downloading import download
from neurosim.scenario.datasets.from_code import entry_points
from neurosim.scenario.datasets.from_code.function import DatasetFunction
from neurosim.scenario.datasets.own import from_arrays, from_file, from_spike_file
from neurosim.scenario.datasets.published import digits, idx, shd
from neurosim.scenario.datasets.samples import Samples
from neurosim.scenario.datasets.split import split

__all__ = [
    "DATASETS",
    "Dataset",
    "DatasetFunction",
    "Indices",
    "Samples",
    "download",
    "from_arrays",
    "from_file",
    "from_spike_file",
    "load",
    "of_samples",
]  # fmt: skip

ARRAYS: Mapping[str, Callable[[Path | None], Samples]] = {
    "digits": lambda _: digits.read(),
    "mnist": partial(idx.read, "mnist"),
    "fashion-mnist": partial(idx.read, "fashion-mnist"),
    "kmnist": partial(idx.read, "kmnist"),
}
SPIKES: Mapping[str, Callable[[Path | None, int], Samples]] = {
    "shd": partial(shd.read, "shd", "shd"),
    "spoken-digits": partial(shd.read, "spoken-digits", "spoken"),
}
DATASETS = (*ARRAYS, *SPIKES)


def load(
    name: str,
    test: int | None = None,
    validation: int = 0,
    split_seed: int = 0,
    *,
    train: int | None = None,
    steps: int | None = None,
    folder: Path | None = None,
) -> Dataset:
    """A data set, split class by class.

    Parameters
    ----------
    test
        Samples to test on; by default the whole test part that was published with the data.
    validation
        Samples kept apart from those for training.
    split_seed
        Names the split; the seed of a run does not touch it.
    train
        Samples to train on; by default all that are left.
    steps
        Time bins of a sample, 100 by default; only for data sets of spikes.
    folder
        Where data sets are, in FOLDER/NAME or FOLDER; by default ``$NEUROSIM_DATA``, or the user's data folder.

    Raises
    ------
    SpecError
        For an unknown name, files that are missing or damaged, classes without a sample, and parts larger than the
        data.
    """
    return of_samples(name, _read(name, steps, folder), test, validation, split_seed, train=train)


def of_samples(
    name: str,
    samples: Samples,
    test: int | None = None,
    validation: int = 0,
    split_seed: int = 0,
    *,
    train: int | None = None,
    source: tuple[str, str] | None = None,
) -> Dataset:
    """A data set of samples that are there, split class by class; parameters are those of `load` and of `Dataset`.

    Raises
    ------
    SpecError
        For classes without a sample, and parts larger than the data.
    """
    check_classes(name, samples.labels)
    parts = split(name, samples, test, validation, train, stream(split_seed, "split", name))
    inputs, labels, shape, names = samples.inputs, samples.labels, samples.shape, samples.class_names
    return Dataset(name, inputs, labels, *parts, samples.groups, shape, names, source)


def _read(name: str, steps: int | None, folder: Path | None) -> Samples:
    if name in SPIKES:
        return SPIKES[name](folder, shd.STEPS if steps is None else steps)
    if name not in ARRAYS:
        return entry_points.read(name, folder, steps, DATASETS)
    if steps is not None:
        raise SpecError(f"[data] steps = {steps}: a sample of data set {name} has no time; leave steps out")
    return ARRAYS[name](folder)

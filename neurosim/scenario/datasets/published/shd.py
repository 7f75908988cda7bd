"""Spoken digits as spikes of an artificial cochlea, in the HDF5 layout of the Spiking Heidelberg Digits.

``/spikes/times`` (s) and ``/spikes/units`` have a list for each sample, ``/labels`` and ``/extra/speaker`` a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.edges import hdf5
from neurosim.edges.hdf5 import Numbers
from neurosim.edges.values import whole_array
from neurosim.errors import InputError, SpecError
from neurosim.program.schedule import Events
from neurosim.scenario.datasets.dataset import Indices
from neurosim.scenario.datasets.files import content, find
from neurosim.scenario.datasets.own.times import Times
from neurosim.scenario.datasets.samples import Samples

UNITS = 700
STEPS = 100
DURATION = 1.4
"""The length of a sample, in s."""
MOST_BINS = 2**30
"""The most steps of all samples of a file together."""
COLUMNS = ("spikes/times", "spikes/units", "labels", "extra/speaker")


def read(name: str, prefix: str, folder: Path | None = None, steps: int = STEPS) -> Samples:
    """The spikes of a data set in `steps` time bins, and its published test part.

    A spike at t (s) is in step ``min(digitize(t, linspace(0, 1.4, steps)), steps - 1)``, as is usual for these data: a
    step lasts 1.4/(steps - 1) s, none is in step 0 as that ends at 0 s, and all after 1.4 s are in the last one.
    `Events` have a unit at most once a step: several spikes of it in one step are one here, where others add them up.

    Parameters
    ----------
    prefix
        The files are ``PREFIX_train.h5`` and ``PREFIX_test.h5``.

    Raises
    ------
    SpecError
        For a file that is missing, damaged or of another layout.
    """
    train, test = (_part(path, steps) for path in find(name, [f"{prefix}_train.h5", f"{prefix}_test.h5"], folder))
    (a, labels, speakers), (b, more_labels, more_speakers) = train, test
    events = Events(
        np.concatenate([a.offsets, a.count + b.offsets[1:]]), np.concatenate([a.indices, b.indices]), steps, UNITS
    )
    return Samples(
        events,
        np.concatenate([labels, more_labels]),
        training=len(labels),
        groups=np.concatenate([speakers, more_speakers]),
    )


def _part(path: Path, steps: int) -> tuple[Events, Indices, Indices]:
    """Spikes, labels and speakers of a file."""
    data = content(path)
    try:
        with hdf5.opened(data) as file:
            samples = _samples(file)
            _check_steps(steps, samples)
            labels, speakers = (whole_array(hdf5.numbers(file, n), n, least=0) for n in COLUMNS[2:])
            of_file = Times(DURATION)
            events = binned(_checked(file, of_file), steps)
        of_file.check(samples)
    except InputError as error:
        raise SpecError(f"{path}: {error}") from None
    return events, labels, speakers


def _samples(file: Any) -> int:
    """How many samples there are."""
    lengths = {name: hdf5.length(file, name) for name in COLUMNS}
    for name, samples in lengths.items():
        if samples != lengths["labels"]:
            raise InputError(f"{name} has {samples} samples, expected {lengths['labels']} as labels has")
    return lengths["labels"]


def _check_steps(steps: int, samples: int) -> None:
    if steps > (most := MOST_BINS // samples):
        raise SpecError(f"[data] steps = {steps}: too many for {samples} samples; expected at most {most}")


def _checked(file: Any, of_file: Times) -> Iterator[tuple[Numbers, Indices]]:
    """Times and units of each sample."""
    both = zip(hdf5.lists(file, "spikes/times"), hdf5.lists(file, "spikes/units"), strict=True)
    for sample, (times, units) in enumerate(both):
        where = f"sample {sample} has"
        if len(times) != len(units):
            raise InputError(f"{where} {len(times)} times of spikes, but {len(units)} units")
        if not (np.isfinite(times).all() and (times >= 0).all()):
            raise InputError(f"{where} a spike at no time of at least 0 s")
        if len(units) and not (np.isfinite(units).all() and 0 <= units.min() <= units.max() < UNITS):
            raise InputError(f"{where} a spike of no unit from 0 to {UNITS - 1}")
        of_file.add(times)
        yield times, whole_array(units, f"{where} units that are no numbers of units:")


def binned(samples: Iterable[tuple[Numbers, Numbers]], steps: int) -> Events:
    """The spikes of samples in time bins, as in `read`.

    Parameters
    ----------
    samples
        Times (s) and units of the spikes of each sample; both of shape (spikes,).
    """
    edges = np.linspace(0.0, DURATION, steps)
    counts, indices = [np.zeros(1, dtype=np.int64)], []
    for times, units in samples:
        step = np.minimum(np.digitize(times, edges), steps - 1)
        at, unit = np.divmod(np.unique(step * UNITS + units), UNITS)  # in order, and one of equal ones
        counts.append(np.bincount(at, minlength=steps))
        indices.append(unit.astype(np.int32))
    return Events(np.cumsum(np.concatenate(counts)), np.concatenate(indices), steps, UNITS)

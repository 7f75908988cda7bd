"""Spoken digits as spikes of an artificial cochlea, in the HDF5 layout of the Spiking Heidelberg Digits.

``/spikes/times`` (s) and ``/spikes/units`` have a list for each sample, ``/labels`` and ``/extra/speaker`` a number.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from neurosim.errors import SpecError
from neurosim.program.schedule import Events
from neurosim.scenario.datasets.files import content, find
from neurosim.scenario.datasets.samples import Samples

UNITS = 700
DURATION = 1.4  # s
STEPS = 100
COLUMNS = ("spikes/times", "spikes/units", "labels", "extra/speaker")

Numbers = NDArray[Any]


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
        np.concatenate([labels, more_labels]).astype(np.int64),
        training=len(labels),
        groups=np.concatenate([speakers, more_speakers]).astype(np.int64),
    )


def _part(path: Path, steps: int) -> tuple[Events, Numbers, Numbers]:
    """Spikes, labels and speakers of a file."""
    data = content(path)
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            columns = [_column(file, name) for name in COLUMNS]
    except (OSError, RuntimeError, ValueError) as error:  # what h5py raises, and `_column`
        raise SpecError(f"{path}: {error}") from None
    times, units, labels, speakers = columns
    for name, column in zip(COLUMNS, columns, strict=True):
        if len(column) != len(labels):
            raise SpecError(f"{path}: {name} has {len(column)} samples, expected {len(labels)} as labels has")
    for sample, spikes in enumerate(zip(times, units, strict=True)):
        if wrong := _what_is_wrong(*spikes):
            raise SpecError(f"{path}: sample {sample} has {wrong}")
    return binned(zip(times, units, strict=True), steps), labels, speakers


def _column(file: h5py.File, name: str) -> Numbers:
    """A list or number for each sample."""
    found = file.get(name)
    if not isinstance(found, h5py.Dataset) or found.ndim != 1 or not len(found):
        raise ValueError(f"nothing for each sample in '{name}', where the layout of SHD has it")
    column: Numbers = found[:]
    return column


def _what_is_wrong(times: Numbers, units: Numbers) -> str | None:
    if len(times) != len(units):
        return f"{len(times)} times of spikes, but {len(units)} units"
    if not (np.isfinite(times).all() and (times >= 0).all()):
        return "a spike at no time of at least 0 s"
    if len(units) and not 0 <= units.min() <= units.max() < UNITS:
        return f"a spike of no unit from 0 to {UNITS - 1}"
    return None


def binned(samples: Iterable[tuple[Numbers, Numbers]], steps: int) -> Events:
    """The spikes of samples, each a list of times (s) and one of units, in time bins as in `read`."""
    edges = np.linspace(0.0, DURATION, steps)
    counts, indices = [np.zeros(1, dtype=np.int64)], []
    for times, units in samples:
        spikes = np.zeros((steps, UNITS), dtype=bool)  # sorts them, and makes one of equal ones
        spikes[np.minimum(np.digitize(times, edges), steps - 1), units] = True
        found, unit = np.nonzero(spikes)
        counts.append(np.bincount(found, minlength=steps))
        indices.append(unit.astype(np.int32))
    return Events(np.cumsum(np.concatenate(counts)), np.concatenate(indices), steps, UNITS)

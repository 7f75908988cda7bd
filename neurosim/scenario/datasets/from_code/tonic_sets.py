"""Data sets of event cameras and cochleas that tonic reads, from a folder of this machine: nothing is downloaded.

A spike at t is in step floor(t*steps/duration), counted from t = 0 of its sample; those after `duration` are left out,
and several of a unit in one step are one. tonic's times are whole microseconds, so this is computed in whole numbers.
Polarity p, row y and column x are unit (p*rows + y)*columns + x.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from neurosim.edges.foreign_errors import border
from neurosim.edges.optional_packages import TONIC, needed
from neurosim.edges.values import whole_array
from neurosim.errors import InputError, ModelError, SpecError, nearest
from neurosim.model.units import MILLISECONDS, inside
from neurosim.program.trial.stimuli import Events
from neurosim.scenario.datasets.dataset import Indices
from neurosim.scenario.datasets.files import root
from neurosim.scenario.datasets.samples import Samples

SETS = ("NMNIST", "DVSGesture", "SHD")
"""Those with a training and a test part, one label for each sample, and times in microseconds."""

MOST_BINS = 2**30
"""The most steps of all samples together."""
LATE = 0.5
"""The share of spikes after the end of their samples from which the duration is taken to be a mistake."""


@dataclass(frozen=True)
class Sensor:
    """The size of a sensor; a cochlea is one row of columns, without polarity.

    Parameters
    ----------
    polarities
        Where it is 1, what a set says about polarity is not read.
    """

    columns: int
    rows: int
    polarities: int

    @property
    def units(self) -> int:
        """How many units there are."""
        return self.columns * self.rows * self.polarities

    @property
    def shape(self) -> tuple[int, ...]:
        """(polarities, rows, columns), or (columns,) of one row."""
        return (self.columns,) if self.rows * self.polarities == 1 else (self.polarities, self.rows, self.columns)

    def unit(self, events: Any) -> Indices:
        """The unit of each event, shape (events,).

        Raises
        ------
        InputError
            For an event outside of the sensor.
        """
        sizes = {"p": self.polarities, "y": self.rows, "x": self.columns}
        unit = np.zeros(len(events), np.int64)
        for name, size in sizes.items():
            if size > 1 or name == "x":
                place = whole_array(np.asarray(events[name]).astype(np.int64), name, least=0, most=size - 1)
                unit = unit * size + place
        return unit


def read(name: str, folder: Path | None, steps: int, duration: str) -> Samples:
    """The spikes of a data set in time bins, the training part first, then the published test part.

    Parameters
    ----------
    name
        One of `SETS`; its files are in FOLDER/NAME, as tonic puts them there.
    duration
        How long the steps last together, such as ``"300 ms"``.

    Raises
    ------
    SpecError
        For another name, files that are not there, events outside of the sensor, and a duration that most spikes come
        after.
    BackendUnavailable
        If tonic is not installed.
    """
    if name not in SETS:
        raise SpecError(f"[data] tonic = {name!r}; {nearest(name, SETS)}")
    micro = microseconds(duration)
    with needed(TONIC, f"[data] tonic = {name!r}"):
        from tonic import datasets
    parts = [_part(getattr(datasets, name), root(folder), train) for train in (True, False)]
    where, count = f"data set {name}", sum(map(len, parts))
    if count and steps > (most := MOST_BINS // count):
        raise SpecError(f"[data] steps = {steps}: too many for {count} samples; expected at most {most}")
    with border(f"{where}: tonic cannot read it", SpecError):
        try:
            return _samples(parts, steps, micro)
        except InputError as error:
            raise SpecError(f"{where}: {error}") from None


def microseconds(duration: str) -> int:
    """A time as whole microseconds, which it must be.

    Raises
    ------
    SpecError
        For what is no time above 0, or has a fraction of a microsecond.
    """
    try:
        milliseconds = inside(duration, MILLISECONDS, "[data] duration =")
    except ModelError as error:
        raise SpecError(str(error)) from None
    micro = round(milliseconds * 1000)
    if micro < 1 or abs(micro - milliseconds * 1000) > 1e-6:
        raise SpecError(f"[data] duration = {duration!r}; expected a time of whole microseconds, such as '300 ms'")
    return micro


def _part(kind: Any, folder: Path, train: bool) -> Any:
    """One part of a data set, made by tonic's own class, which here cannot download."""

    def download(self: Any) -> NoReturn:
        place = Path(folder, kind.__name__)
        extracted = f" and the folder {self.folder_name}" if self.folder_name else ""
        raise SpecError(
            f"data set {kind.__name__}: tonic does not find all its files in {place}: {self.filename}{extracted}; put "
            f"them there, or name the folder of {kind.__name__} with --data; neurosim downloads nothing (in Python, "
            f"tonic.datasets.{kind.__name__}({str(folder)!r}, train={train}) does)"
        )

    local = type(kind.__name__, (kind,), {"download": download})
    with border(f"data set {kind.__name__}: tonic cannot read it", SpecError):
        return local(str(folder), train=train)


def _samples(parts: list[Any], steps: int, micro: int) -> Samples:
    sensor = Sensor(*parts[0].sensor_size)
    orders = [_order(part) for part in parts]
    counts, indices, labels = [np.zeros(1, np.int64)], [np.zeros(0, np.int32)], []
    spikes = late = 0
    for events, label in (part[k] for part, order in zip(parts, orders, strict=True) for k in order):
        time = whole_array(np.asarray(events["t"]).astype(np.int64), "times", least=0)
        in_time = time < micro
        spikes, late = spikes + len(time), late + int(np.count_nonzero(~in_time))
        bins = time[in_time] * steps // micro * sensor.units + sensor.unit(events)[in_time]
        step, unit = np.divmod(np.unique(bins), sensor.units)
        counts.append(np.bincount(step, minlength=steps))
        indices.append(unit.astype(np.int32))
        labels.append(int(label))
    if late > LATE * spikes:
        raise InputError(
            f"{late:,} of {spikes:,} spikes come after [data] duration = {micro / 1000:g} ms; make it longer"
        )
    offsets = np.cumsum(np.concatenate(counts))
    given = whole_array(labels, "labels", least=0)
    return Samples(
        Events(offsets, np.concatenate(indices), steps, sensor.units),
        given,
        training=len(orders[0]),
        groups=_groups(parts, orders),
        shape=sensor.shape,
        class_names=_names(parts[0], given),
    )


def _order(part: Any) -> list[int]:
    """Samples by the paths of their files, where each has one: tonic takes some as the folder lists them."""
    paths = list(getattr(part, "data", []))
    if len(paths) != len(part) or not all(isinstance(path, (str, os.PathLike)) for path in paths):
        return list(range(len(part)))
    return sorted(range(len(part)), key=lambda k: str(paths[k]))


def _groups(parts: list[Any], orders: list[list[int]]) -> Indices | None:
    """Who each sample is from, where the set knows: the user of DVSGesture, the speaker of SHD."""
    found = [getattr(part, "users", getattr(part, "speaker", None)) for part in parts]
    if any(of_part is None for of_part in found):
        return None
    return whole_array(
        np.concatenate([np.asarray(g)[o] for g, o in zip(found, orders, strict=True)]), "groups", least=0
    )


def _names(part: Any, labels: Indices) -> tuple[str, ...] | None:
    """The names of the classes, where there is one for each."""
    names = tuple(_texts(getattr(part, "classes", ())))
    fits = len(labels) > 0 and len(names) == int(labels.max()) + 1 == len(set(names))
    return names if fits else None


def _texts(names: Any) -> Iterator[str]:
    for name in names:
        yield name.decode(errors="replace") if isinstance(name, bytes) else str(name)

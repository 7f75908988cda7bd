"""Data sets of a user's own: from arrays in hand, files of numbers, files of spikes and folders of event files."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from neurosim.edges.values import real_values
from neurosim.errors import InputError, SpecError, nearest
from neurosim.model.randomness import stream
from neurosim.program.schedule import Stimulus
from neurosim.scenario.datasets.dataset import Dataset
from neurosim.scenario.datasets.files import found, own_content, sha256
from neurosim.scenario.datasets.own import archives, csv_file, event_folder, finding, spike_arrays
from neurosim.scenario.datasets.own.archives import ARCHIVES
from neurosim.scenario.datasets.own.binning import STEPS, TIME_UNITS, binned, clock_of, rates
from neurosim.scenario.datasets.own.event_files import BIN
from neurosim.scenario.datasets.own.labels import as_classes, as_groups
from neurosim.scenario.datasets.own.raw import Labels, RawSamples, SpikeLists, row
from neurosim.scenario.datasets.own.scaling import FIXED, FROM_DATA, Scaling, scaled
from neurosim.scenario.datasets.samples import Samples
from neurosim.scenario.datasets.split import Parts, split

SHOWN = ("spikes", "rates")
STREAM = "digits"
"""The split of own data is drawn from the stream of the digits, which came first, whatever files are called: so the
digits from a file have the parts that they have by name."""

Names = finding.Names | Sequence[str | int] | int
"""Of arrays, or columns of text, which may be numbers."""


def from_arrays(
    name: str,
    x: ArrayLike,
    y: ArrayLike | Sequence[str],
    test: int | None = None,
    validation: int = 0,
    split_seed: int = 0,
    *,
    train: int | None = None,
    groups: ArrayLike | Sequence[str] | None = None,
    training: int | None = None,
    scaling: Scaling = "none",
    shape: Sequence[int] | None = None,
    classes: Sequence[str | int] | None = None,
) -> Dataset:
    """A data set of arrays in hand, split class by class, for ``engine.run(..., data=)``.

    Parameters
    ----------
    name
        What messages call it.
    x
        Numbers, shape (samples, units) or (samples, rows, columns).
    y, groups
        A whole number of at least 0 or a text for each sample; groups are who or what a sample comes from.
    test, validation, train, split_seed
        As of `neurosim.scenario.datasets.load`.
    training
        So many of the first samples are for training, the others for tests; None to have them drawn.
    scaling
        ``none``, ``minmax``, ``minmax-all``, ``bytes``, or (low, high); see `neurosim.scenario.datasets.own.scaling`.
    shape
        What the units are arranged in, such as (8, 8).
    classes
        The labels in the order of their classes; by default texts are sorted, and whole numbers are classes.

    Raises
    ------
    NeurosimError
        Naming the first row that does not fit.

    Examples
    --------
    >>> data = from_arrays("mine", [[0.0, 1.0], [1.0, 0.0], [0.1, 0.9]], ["b", "a", "b"], test=1)
    >>> data.class_names, data.units, len(data.train)
    (('a', 'b'), 2, 2)
    """
    labels, of_groups = _labels(y, "labels"), None if groups is None else _labels(groups, "groups")
    inputs = real_values(x, f"data set {name}: inputs")
    try:
        for what, given in (("labels", labels), ("groups", labels if of_groups is None else of_groups)):
            if len(given) != len(inputs):
                raise InputError(f"{len(given):,} {what} for {len(inputs):,} samples; expected as many")
        raw = RawSamples(inputs, labels, of_groups, training, row)
        return _of_numbers(name, name, raw, _Wanted(test, validation, train, split_seed), scaling, shape, classes)
    except InputError as error:
        raise InputError(f"data set {name}: {error}") from None


def from_file(
    file: str | Path,
    test: int | None = None,
    validation: int = 0,
    split_seed: int = 0,
    *,
    train: int | None = None,
    inputs: Names = None,
    labels: Names = None,
    groups: Names = None,
    scaling: Scaling = "none",
    shape: Sequence[int] | None = None,
    classes: Sequence[str | int] | None = None,
    folder: Path | None = None,
) -> Dataset:
    """A data set of numbers in a file that ends in ``.npz``, ``.h5``, ``.hdf5`` or ``.csv``.

    Parameters
    ----------
    file
        Where it is; looked for in the folder of data sets by its name if it is not there.
    test, validation, train, split_seed, folder
        As of `neurosim.scenario.datasets.load`.
    inputs, labels, groups
        Names of arrays, two where there is a published test part; in text, columns. Without them usual names are found.
    scaling, shape, classes
        As of `from_arrays`.

    Raises
    ------
    SpecError
        Naming the file, and the first row of it that does not fit.
    """
    path = found(file, folder)
    ending = path.suffix.lower()
    if ending not in (*ARCHIVES, ".csv"):
        raise SpecError(f"{path}: no file of numbers; {nearest(ending, (*ARCHIVES, '.csv'))}")
    content = own_content(path)
    wanted = _Wanted(test, validation, train, split_seed)

    def read() -> Dataset:
        raw = _numbers_in(content, ending, (inputs, labels, groups), _are_texts(classes))
        return _of_numbers(path.name, str(path), raw, wanted, scaling, shape, classes)

    return replace(_told(path, read), source=(str(path), sha256(content)))


def from_spike_file(
    file: str | Path,
    steps: int,
    test: int | None = None,
    validation: int = 0,
    split_seed: int = 0,
    *,
    train: int | None = None,
    duration: str | None = None,
    time_unit: str | None = None,
    units: int | None = None,
    shape: Sequence[int] | None = None,
    show: str = "spikes",
    inputs: Mapping[str, str | None] | None = None,
    labels: str | None = None,
    groups: str | None = None,
    classes: Sequence[str | int] | None = None,
    folder: Path | None = None,
) -> Dataset:
    """A data set of spikes in a file of HDF5 or ``.npz``, or in a folder of event files.

    A spike at t is in step floor(t*steps/duration), counted from t = 0; several of a unit in one step are one.

    Parameters
    ----------
    file, test, validation, train, split_seed, folder, labels, groups, classes
        As of `from_file`; in a folder of event files, labels are the names of folders.
    steps
        Time bins of a sample.
    duration
        How long a sample is, such as ``"300 ms"``; None where times are numbers of steps.
    time_unit
        Of the times in the file: ``s``, ``ms``, ``us``, ``ns`` or ``steps``; files that end in ``.bin`` have ``us``.
    units, shape
        How many units there are, and what they are arranged in; one of both is enough.
    show
        ``spikes``, or ``rates``: the share of its steps in which each unit spikes, as a number.
    inputs
        The names of ``times``, ``units``, and ``samples`` or ``offsets``.

    Raises
    ------
    SpecError
        Naming the file, and the first sample of it that does not fit.
    """
    path = found(file, folder)
    wanted = _Wanted(test, validation, train, split_seed)

    def read() -> Dataset:
        arranged = None if shape is None else tuple(shape)
        raw, unit, sealed = _spikes_in(path, time_unit, arranged, inputs, labels, groups, classes)
        clock = clock_of(steps, duration, unit)
        events, notes = binned(raw.inputs, clock, _units(raw.inputs, units, arranged), raw.place)
        shown: Stimulus = rates(events) if _known(show, SHOWN, "show") == "rates" else events
        made = _divided(path.name, str(path), raw, wanted, classes, lambda _: shown)
        return replace(made, shape=arranged, source=(str(path), sealed), notes=notes)

    return _told(path, read)


@dataclass(frozen=True)
class _Wanted:
    """How large the parts of the data are, and the seed of their split."""

    test: int | None
    validation: int
    train: int | None
    split_seed: int


def _told(path: Path, read: Callable[[], Dataset]) -> Dataset:
    try:
        return read()
    except InputError as error:
        raise SpecError(f"{path}: {error}") from None


def _labels(values: ArrayLike | Sequence[str], what: str) -> Labels:
    array = np.asarray(values)
    return [str(text) for text in array] if array.dtype.kind == "U" and array.ndim == 1 else real_values(values, what)


def _are_texts(classes: Sequence[str | int] | None) -> bool:
    return classes is not None and all(isinstance(c, str) for c in classes)


def _known(value: str, choices: Sequence[str], key: str) -> str:
    if value not in choices:
        raise InputError(f"{key} = '{value}'; {nearest(value, choices)}")
    return value


def _numbers_in(content: bytes, ending: str, names: tuple[Any, Any, Any], as_texts: bool) -> RawSamples[Any]:
    if ending == ".csv":
        inputs, labels, groups = names
        listed = [inputs] if isinstance(inputs, (str, int)) else inputs
        return csv_file.samples_in(csv_file.table_of(content), listed, _one(labels), _one(groups), as_texts)
    with archives.opened(content, ending) as archive:
        return finding.samples_in(archive, *names)


def _one(names: Any) -> Any:
    if isinstance(names, (list, tuple)):
        raise InputError(f"labels or groups = {list(names)}; expected one column")
    return names


def _spikes_in(
    path: Path, time_unit: str | None, shape: tuple[int, ...] | None, inputs: Mapping[str, str | None] | None,
    labels: str | None, groups: str | None, classes: Sequence[str | int] | None,
) -> tuple[RawSamples[SpikeLists], str, str]:  # fmt: skip
    """Samples, the unit of their times, and the digest of the file or folder."""
    if path.is_dir():
        given = {"inputs": inputs, "labels": labels, "groups": groups}
        if beside := [key for key, value in given.items() if value is not None]:
            raise InputError(f"{beside[0]} is for arrays by name; in a folder of event files, labels are its folders")
        files = event_folder.files_in(path)
        unit = _unit(time_unit, files.ending)
        raw, sealed = event_folder.samples_in(files, shape, _are_texts(classes))
        return raw, unit, sealed
    ending, unit = path.suffix.lower(), _unit(time_unit, "")
    if ending not in ARCHIVES:
        raise InputError(f"no file of spikes, nor a folder of event files; {nearest(ending, ARCHIVES)}")
    content = own_content(path)
    with archives.opened(content, ending) as archive:
        return spike_arrays.samples_in(archive, inputs or {}, labels, groups), unit, sha256(content)


def _unit(given: str | None, ending: str) -> str:
    """The unit of times: files of five bytes an event have us."""
    if ending == BIN:
        if given not in (None, "us"):
            raise InputError(f"time_unit = '{given}': files that end in {BIN} have us")
        return "us"
    if given is None:
        raise InputError(f"time_unit is missing; expected {', '.join(TIME_UNITS[:-1])} or {STEPS}")
    return _known(given, TIME_UNITS, "time_unit")


def _units(spikes: SpikeLists, units: int | None, shape: tuple[int, ...] | None) -> int:
    if units is None and shape is None:
        largest = int(spikes.units.max()) if len(spikes.units) else 0
        raise InputError(f"units is missing, and so is shape; the largest unit is {largest}: say units = {largest + 1}")
    _check_shape(shape, units)
    return math.prod(shape) if shape is not None else int(units or 0)


def _check_shape(shape: Sequence[int] | None, units: int | None) -> None:
    if shape is not None and units is not None and math.prod(shape) != units:
        raise InputError(f"shape = {list(shape)} has {math.prod(shape):,} units; expected {units:,}")


def _of_numbers(
    name: str, where: str, raw: RawSamples[Any], wanted: _Wanted, scaling: Scaling, shape: Sequence[int] | None,
    classes: Sequence[str | int] | None,
) -> Dataset:  # fmt: skip
    """A data set of numbers; where nobody says its shape, that of a sample of several axes is it."""
    if raw.inputs.ndim < 2 or 0 in raw.inputs.shape[1:]:
        raise InputError(f"inputs have shape {raw.inputs.shape}; expected (samples, values)")
    flat = raw.inputs.reshape(len(raw.inputs), math.prod(raw.inputs.shape[1:]))
    _check_shape(shape, flat.shape[1])
    arranged = raw.inputs.shape[1:] if shape is None and raw.inputs.ndim > 2 else shape
    if isinstance(scaling, str):
        _known(scaling, (*FIXED, *FROM_DATA), "scaling")
    made = _divided(name, where, raw, wanted, classes, lambda parts: scaled(flat, scaling, parts.train, raw.place))
    return replace(made, shape=None if arranged is None else tuple(arranged))


def _divided(
    name: str, where: str, raw: RawSamples[Any], wanted: _Wanted, classes: Sequence[str | int] | None,
    inputs: Callable[[Parts], Stimulus],
) -> Dataset:  # fmt: skip
    """Labels as classes, three parts, and the inputs that follow from these."""
    labels, class_names = as_classes(where, raw.labels, classes, raw.place)
    groups = as_groups(raw.groups, raw.place)
    samples = Samples(labels, labels, raw.training, groups)
    random = stream(wanted.split_seed, "split", STREAM)
    parts = split(name, samples, wanted.test, wanted.validation, wanted.train, random)
    return Dataset(name, inputs(parts), labels, *parts, groups, class_names=class_names)

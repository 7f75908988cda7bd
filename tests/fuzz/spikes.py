"""Spikes in HDF5 files, in the layout of SHD."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.scenario import datasets

from . import damage
from .kind import Kind, accepted_only_if

CLASSES, EACH, SPEAKERS, UNITS = 20, 2, 4, 700
MUST_REFUSE = "must-refuse.json"
NAMES = ("spikes/times", "spikes/units", "labels", "extra/speaker")


def write_set(folder: Path, prefix: str) -> None:
    """A small data set: all classes, each of them by several speakers."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for part in ("train", "test"):
        with h5py.File(folder / f"{prefix}_{part}.h5", "w") as file:
            labels = np.repeat(np.arange(CLASSES), EACH)
            counts = random.integers(5, 30, len(labels))
            put_lists(file, "spikes/times", [np.sort(random.uniform(0, 1.4, n)) for n in counts], "f2")
            put_lists(file, "spikes/units", [random.integers(0, UNITS, n) for n in counts], "u2")
            file["labels"], file["extra/speaker"] = labels, np.arange(len(labels)) % SPEAKERS


def put_lists(file: Any, name: str, lists: list[np.ndarray], type_: Any) -> None:
    """A list for each sample, in place of what was there."""
    if name in file:
        del file[name]
    column = file.create_dataset(name, (len(lists),), h5py.vlen_dtype(np.dtype(type_)))
    for k, values in enumerate(lists):
        column[k] = values


def prepare(folder: Path) -> None:
    write_set(folder, "shd")


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    for path in prepared.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    path = random.choice(sorted(folder.iterdir()))
    if random.random() < 0.1:
        damage.of_file(random, path)
    elif random.random() < 0.1:
        data = gzip.compress(path.read_bytes(), 1)
        path.write_bytes(data if random.random() < 0.3 else damage.of_bytes(random, data))
    else:
        change, must = random.choice(CHANGES)
        with h5py.File(path, "r+") as file:
            change(random, file)
        if must:
            (folder / MUST_REFUSE).write_text(json.dumps(change.__name__))


def run(folder: Path) -> None:
    from .scenarios import check_data

    data = datasets.load("shd", folder=folder)
    refuse = folder / MUST_REFUSE
    accepted_only_if(not refuse.exists(), f"accepted after {refuse.read_text() if refuse.exists() else ''}")
    check_data(data)
    accepted_only_if(len(data.labels) == 2 * CLASSES * EACH, f"{len(data.labels)} samples")
    accepted_only_if(data.groups is not None and bool((data.groups >= 0).all()), "speakers below 0")


# What is done to a file, and whether it must be refused then.

Change = Callable[[random.Random, Any], None]


def _replaced(file: Any, name: str, data: Any, **more: Any) -> None:
    if name in file:
        del file[name]
    file.create_dataset(name, data=data, **more)


def _number_column(random: random.Random) -> str:
    return random.choice(["labels", "extra/speaker"])


def _list_column(random: random.Random) -> str:
    return random.choice(["spikes/times", "spikes/units"])


def a_number_that_is_none(random: random.Random, file: Any) -> None:
    name = _number_column(random)
    wrong = random.choice([np.nan, np.inf, -1, -5, 0.5, -(2.0**40), 1e308])
    values = file[name][:].astype(float)
    values[random.randrange(len(values))] = wrong
    _replaced(file, name, values if wrong % 1 or abs(wrong) > 2**60 else values.astype(np.int64))


def a_huge_label(random: random.Random, file: Any) -> None:
    values = file["labels"][:].astype(np.int64)
    values[random.randrange(len(values))] = random.choice([2**40, 2**31, 2**62, 1000])
    _replaced(file, "labels", values)


def labels_from_one(random: random.Random, file: Any) -> None:
    for other in ("shd_train.h5", "shd_test.h5"):
        path = Path(file.filename).with_name(other)
        if path.name == Path(file.filename).name:
            _replaced(file, "labels", file["labels"][:] + 1)
        else:
            with h5py.File(path, "r+") as beside:
                _replaced(beside, "labels", beside["labels"][:] + 1)


def numbers_as_something_else(random: random.Random, file: Any) -> None:
    name = _number_column(random)
    n = len(file[name])
    other = random.choice(
        [
            np.array([b"zero"] * n),
            np.array(["zero"] * n, dtype=h5py.string_dtype()),
            np.zeros(n, dtype=[("a", "i4"), ("b", "f8")]),
            np.zeros(n, dtype=complex),
            np.zeros(n, dtype=bool),
            np.zeros((n, 2), dtype=int),
            np.zeros((), dtype=int),
            np.zeros(0, dtype=int),
            np.zeros(n, dtype="V4"),
            h5py.Empty("f8"),
        ]
    )
    _replaced(file, name, other)


def references(random: random.Random, file: Any) -> None:
    name = random.choice(NAMES)
    n = len(file[name])
    type_ = random.choice([h5py.ref_dtype, h5py.regionref_dtype])
    del file[name]
    file.create_dataset(name, (n,), type_)


def lists_as_something_else(random: random.Random, file: Any) -> None:
    name = _list_column(random)
    n = len(file[name])
    if random.random() < 0.5:
        _replaced(file, name, random.choice([np.zeros(n), np.zeros((n, 5)), np.array([b"x"] * n)]))
    else:
        del file[name]
        file.create_dataset(name, (n,), h5py.vlen_dtype(random.choice(["S4", "c8", "?"])))


def a_group_or_nothing(random: random.Random, file: Any) -> None:
    name = random.choice(NAMES)
    del file[name]
    if random.random() < 0.5:
        file.create_group(name)


def a_link(random: random.Random, file: Any) -> None:
    name = random.choice([*NAMES, "spikes", "extra"])
    other = Path(file.filename).with_name("shd_test.h5")
    del file[name]
    file[name] = random.choice(
        [
            h5py.SoftLink("/labels"), h5py.SoftLink("/nowhere"), h5py.SoftLink(f"/{name}"),
            h5py.ExternalLink(str(other), f"/{name}"), h5py.ExternalLink("nowhere.h5", "/x"),
            h5py.ExternalLink("/dev/zero", "/x"),
        ]
    )  # fmt: skip


def values_in_other_files(random: random.Random, file: Any) -> None:
    name = _number_column(random)
    n = len(file[name])
    del file[name]
    if random.random() < 0.5:
        raw = Path(file.filename).with_name("raw")
        raw.write_bytes(bytes(8 * n))
        file.create_dataset(name, (n,), "i8", external=[(str(raw), 0, 8 * n)])
    else:
        layout = h5py.VirtualLayout((n,), "i8")
        layout[:] = h5py.VirtualSource("shd_test.h5", name, (n,))
        file.create_virtual_dataset(name, layout)


def declared_but_not_there(random: random.Random, file: Any) -> None:
    name = random.choice(NAMES)
    type_ = h5py.vlen_dtype("f4") if name.startswith("spikes") else np.dtype("i8")
    size = random.choice([10**8, 10**12, 2**62])
    del file[name]
    file.create_dataset(name, (size,), type_, chunks=(1000,), compression="gzip")


def another_length(random: random.Random, file: Any) -> None:
    name = random.choice(NAMES)
    values = list(file[name][:])[: random.randrange(len(file[name]))]
    if name.startswith("spikes"):
        put_lists(file, name, values, h5py.check_vlen_dtype(file[name].dtype))
    else:
        _replaced(file, name, np.array(values, dtype=int))


def times_in_another_unit(random: random.Random, file: Any) -> None:
    factor = random.choice([1e3, 1e6, 1e9, 1e12, 1e-3, 1e-6])
    put_lists(file, "spikes/times", [t.astype(float) * factor for t in file["spikes/times"][:]], "f8")


def times_that_are_none(random: random.Random, file: Any) -> None:
    times = [t.astype(float) for t in file["spikes/times"][:]]
    chosen = times[random.randrange(len(times))]
    chosen[random.randrange(len(chosen))] = random.choice([np.nan, np.inf, -np.inf, -0.1, -1e308])
    put_lists(file, "spikes/times", times, "f8")


def units_that_are_none(random: random.Random, file: Any) -> None:
    units = [u.astype(float) for u in file["spikes/units"][:]]
    chosen = units[random.randrange(len(units))]
    chosen[random.randrange(len(chosen))] = random.choice([np.nan, np.inf, -1, 700, 0.5, 2.0**40, 1e308])
    put_lists(file, "spikes/units", units, "f8")


def lists_of_different_lengths(random: random.Random, file: Any) -> None:
    name = _list_column(random)
    lists = list(file[name][:])
    chosen = random.randrange(len(lists))
    lists[chosen] = lists[chosen][:-1]
    put_lists(file, name, lists, h5py.check_vlen_dtype(file[name].dtype))


def no_spikes(random: random.Random, file: Any) -> None:
    for name in ("spikes/times", "spikes/units"):
        put_lists(file, name, [v[:0] for v in file[name][:]], h5py.check_vlen_dtype(file[name].dtype))


def other_types_of_numbers(random: random.Random, file: Any) -> None:
    """What is still the same."""
    put_lists(file, "spikes/times", list(file["spikes/times"][:]), random.choice(["f4", "f8"]))
    put_lists(file, "spikes/units", list(file["spikes/units"][:]), random.choice(["i4", "i8", "f4", "f8", "u8"]))
    for name in ("labels", "extra/speaker"):
        packed = random.choice([{}, {"compression": "gzip"}, {"chunks": (7,)}])
        _replaced(file, name, file[name][:].astype(random.choice(["u1", "i4", "u8", "f8", "f2"])), **packed)


def a_sample_without_spikes(random: random.Random, file: Any) -> None:
    chosen = random.randrange(len(file["labels"]))
    for name in ("spikes/times", "spikes/units"):
        lists = list(file[name][:])
        lists[chosen] = lists[chosen][:0]
        put_lists(file, name, lists, h5py.check_vlen_dtype(file[name].dtype))


def more_in_the_file(random: random.Random, file: Any) -> None:
    file.create_group("more/groups")
    file.attrs["more"] = 1
    file["extra/keys"] = np.array([b"zero"])


CHANGES: tuple[tuple[Change, bool], ...] = (
    *(
        (change, True)
        for change in (
            a_number_that_is_none, a_huge_label, labels_from_one, numbers_as_something_else, references,
            lists_as_something_else, a_group_or_nothing, a_link, values_in_other_files, declared_but_not_there,
            another_length, times_in_another_unit, times_that_are_none, units_that_are_none,
            lists_of_different_lengths, no_spikes,
        )
    ),
    *((change, False) for change in (other_types_of_numbers, a_sample_without_spikes, more_in_the_file)),
)  # fmt: skip

KIND = Kind("spikes", 5, make, run, prepare)

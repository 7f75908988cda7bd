"""Data of a user's own: arrays, texts, spikes and folders of event files."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.scenario.datasets import Dataset, from_file, from_spike_file

from . import damage
from .kind import Kind, accepted_only_if

CLASSES, EACH, UNITS, STEPS = 3, 4, 4, 20
SAMPLES = CLASSES * EACH
MUST_REFUSE = "must-refuse.json"
OF_SPIKES: dict[str, Any] = {"steps": STEPS, "test": 3, "duration": "100 ms", "time_unit": "ms", "units": UNITS}

READ: dict[str, Callable[[Path], Dataset]] = {
    "own.npz": lambda path: from_file(path, test=3),
    "own.csv": lambda path: from_file(path, test=3),
    "own.h5": lambda path: from_file(path, test=3, scaling="minmax"),
    "spikes.h5": lambda path: from_spike_file(path, **OF_SPIKES),
    "spikes.npz": lambda path: from_spike_file(path, **OF_SPIKES),
    "events": lambda path: from_spike_file(path, **{**OF_SPIKES, "units": None, "shape": (2, 2)}),
}
"""What there is in the folder of a mutant, and how it is read."""


def numbers() -> dict[str, np.ndarray]:
    source = np.random.default_rng(0)
    return {"x": source.random((SAMPLES, UNITS)), "y": np.arange(SAMPLES) % CLASSES}


def spikes() -> dict[str, np.ndarray]:
    source, counts = np.random.default_rng(1), np.full(SAMPLES, 6)
    units = source.integers(0, UNITS, counts.sum())
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return {"times": source.uniform(0, 100, counts.sum()), "units": units, "offsets": offsets,
            "y": np.arange(SAMPLES) % CLASSES}  # fmt: skip


def written(path: Path, arrays: dict[str, np.ndarray]) -> None:
    if path.suffix == ".npz":
        packed = io.BytesIO()
        np.savez(packed, **arrays)
        path.write_bytes(packed.getvalue())
        return
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array


def prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("own.npz", "own.h5"):
        written(folder / name, numbers())
    for name in ("spikes.npz", "spikes.h5"):
        written(folder / name, spikes())
    x, y = numbers().values()
    rows = [",".join([*(f"{v:.3f}" for v in row), str(label)]) for row, label in zip(x, y, strict=True)]
    (folder / "own.csv").write_text("\n".join(["a,b,c,d,label", *rows]) + "\n")
    source = np.random.default_rng(2)
    for k in range(SAMPLES):
        path = folder / "events" / "abc"[k % CLASSES] / f"{k}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("t,x,y\n" + "".join(f"{t:.2f},{k % 2},{k // 2 % 2}\n" for t in source.uniform(0, 100, 5)))


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    name = random.choice(sorted(READ))
    target = folder / name
    if name == "events":
        _copied(prepared / name, target)
        _events(random, target)
        return
    target.write_bytes((prepared / name).read_bytes())
    if random.random() < 0.3:
        damage.of_file(random, target)
    elif name == "own.csv":
        _text(random, target)
    else:
        _arrays(random, target, numbers() if name.startswith("own") else spikes())


def _copied(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*.csv")):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())


def _must_refuse(path: Path, what: str) -> None:
    (path.parent / MUST_REFUSE).write_text(json.dumps(what))


WRONG: dict[str, list[Any]] = {
    "x": [np.nan, np.inf, -np.inf],
    "y": [np.nan, np.inf, -1, -5, 0.5, 2**40, 1e300, CLASSES + 1],
    "times": [np.nan, np.inf, -np.inf, -0.1, -1e308],
    "units": [np.nan, np.inf, -1, UNITS, 0.5, 2**40, 1e300],
    "offsets": [-1, 2**40, 10**6],
}


def _arrays(random: random.Random, path: Path, arrays: dict[str, np.ndarray]) -> None:
    """One value that is none, or an array of another type, shape or length."""
    name = random.choice(sorted(arrays))
    if random.random() < 0.5:
        wrong = random.choice(WRONG[name])
        changed = arrays[name].astype(np.result_type(arrays[name], np.asarray(wrong)))
        changed.ravel()[random.randrange(changed.size)] = wrong
        written(path, {**arrays, name: changed})
        _must_refuse(path, f"{name} = {wrong}")
        return
    array = arrays[name]
    other = random.choice([
        array[:-1], array[:0], array[np.newaxis], array.astype("S"), array + 0j, array > 0, array.astype("f4"),
        np.zeros(()), array.astype("f8"), np.zeros(len(array), "i4,f8"), array.ravel()[:1], array.astype("f2"),
    ])  # fmt: skip
    try:
        written(path, {**arrays, name: other} if random.random() < 0.8 else {**arrays, f"{name}2": other})
    except TypeError:  # a type that HDF5 does not have
        written(path, arrays)


def _text(random: random.Random, path: Path) -> None:
    lines = path.read_text().splitlines()
    row = random.randrange(1, len(lines))
    cells = lines[row].split(",")
    wrong = random.choice(
        ["nan", "inf", "-1", "x", "", "1e999", "0.5x", "2", "1_0", "0x1", '"', "\0", "é", "1,1", "-0"]
    )
    column = random.randrange(len(cells))
    cells[column] = wrong
    lines[row] = ",".join(cells)
    change = random.randrange(6)
    if change == 0:
        lines = lines[: random.randrange(len(lines))]
    elif change == 1:
        lines = [line.replace(",", random.choice([";", "\t", "|"])) for line in lines]
    path.write_bytes("\n".join(lines).encode() + random.choice([b"", b"\n", b"\r\n", b"\xff"]))
    if change > 1 and wrong in ("nan", "inf", "-1", "x", "", "1e999", "0.5x"):
        _must_refuse(path, f"{wrong!r} in column {column}")


def _events(random: random.Random, folder: Path) -> None:
    path = random.choice(sorted(folder.rglob("*.csv")))
    change = random.randrange(5)
    if change == 0:
        damage.of_file(random, path)
    elif change == 1:
        damage.of_place(random, path.parent)
    elif change == 2:
        path.rename(path.with_suffix(random.choice([".npy", ".npz", ".bin", ".txt", ""])))
    elif change == 3:
        (path.parent / random.choice(["more", ".hidden", "b.csv", "ä.csv"])).write_bytes(random.randbytes(9))
    else:
        wrong = random.choice(["nan,0,0", "-1,0,0", "1,2,0", "1,0,-1", "1,0.5,0", "x,0,0", "1,0", "1,0,0,0", "inf,0,0"])
        path.write_text(path.read_text() + wrong + "\n")
        _must_refuse(folder, wrong)


def run(folder: Path) -> None:
    from .scenarios import check_data

    name = next(n for n in READ if (folder / n).exists() or (folder / n).is_symlink() or n == "events")
    data = READ[name](folder / name)
    refuse = folder / MUST_REFUSE
    accepted_only_if(not refuse.exists(), f"accepted {name} with {refuse.read_text() if refuse.exists() else ''}")
    check_data(data)
    if not data.rows.is_events:
        low, high = data.rows.limits
        accepted_only_if(0 <= low <= high <= 1, f"inputs from {low} to {high}")


KIND = Kind("own-data", 8, make, run, prepare)

"""One file with the events of a sample: time and unit, or time, x, y and perhaps polarity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges import array_files
from neurosim.errors import InputError
from neurosim.scenario.datasets.own import csv_file
from neurosim.scenario.datasets.own.raw import check_lengths, whole_units

ENDINGS = (".csv", ".npy", ".npz", ".bin")
BIN = ".bin"
"""Of files with five bytes an event, as N-MNIST has them: x, y, polarity (1 bit) and us (23 bits)."""
OVERFLOW_ROW, OVERFLOW = 240, 2**13
"""An entry of this y is no event: the clock of the camera has begun anew, so many us after it did the last time."""
LARGEST = 2**31

NAMES: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "times", "t", "timestamp", "ts"),
    "unit": ("unit", "units", "address", "neuron", "i"),
    "x": ("x",),
    "y": ("y",),
    "p": ("p", "polarity"),
}
"""Names that columns, fields and arrays may have."""
ORDERS = {2: ("time", "unit"), 3: ("time", "x", "y"), 4: ("time", "x", "y", "p")}
"""What columns without names are, by their number."""

Numbers = NDArray[Any]
Columns = Mapping[str, Numbers]


@dataclass(frozen=True)
class Pixels:
    """unit = (p*rows + y)*columns + x of events with x and y, as in `neurosim.scenario.streams.pictures`.

    Parameters
    ----------
    shape
        (rows, columns), both polarities being one, or (polarities, rows, columns); None if the scenario has none.
    """

    shape: tuple[int, ...] | None

    def units(self, columns: Columns) -> NDArray[np.int64]:
        """The unit of each event, shape (events,).

        Raises
        ------
        InputError
            Naming the first event that is outside of the shape.
        """
        if "unit" in columns:
            return whole_units(columns["unit"], _event)
        if self.shape is None or len(self.shape) not in (2, 3):
            raise InputError("events have x and y; say shape = [ROWS, COLUMNS] or [POLARITIES, ROWS, COLUMNS]")
        *polarities, rows, width = self.shape
        pixel = _below(columns["y"], rows, "y") * width + _below(columns["x"], width, "x")
        if not polarities:
            return pixel
        if "p" not in columns:
            raise InputError(f"events have no polarity, and shape = {list(self.shape)} has; leave its first number out")
        return _below(columns["p"], polarities[0], "p") * (rows * width) + pixel


def _event(number: int) -> str:
    return f"event {number}"


def _below(values: Numbers, most: int, what: str) -> NDArray[np.int64]:
    whole = whole_units(values, _event, what)
    if len(whole) and int(whole.max()) >= most:
        k = int(np.argmax(whole >= most))
        raise InputError(f"event {k} has {what} = {whole[k]}; expected 0 to {most - 1}, as shape says")
    return whole


def columns_of(content: bytes, ending: str) -> Columns:
    """The columns in the bytes of a file: ``time``, and ``unit`` or ``x``, ``y`` and perhaps ``p``; of equal length.

    Raises
    ------
    InputError
        If it is no file with events.
    """
    readers = {".csv": _of_text, ".npy": _of_npy, ".npz": _of_npz, BIN: _of_bin}
    found = readers[ending](content)
    check_lengths({name: len(values) for name, values in found.items()})
    if found["time"].dtype.kind not in "fiu":
        raise InputError(f"time is of type {found['time'].dtype}; expected numbers")
    return found


def _of_bin(content: bytes) -> Columns:
    if len(content) % 5:
        raise InputError(f"{len(content):,} bytes; expected five for each event")
    x, y, high, middle, low = np.frombuffer(content, np.uint8).reshape(-1, 5).T.astype(np.int64)
    events = y != OVERFLOW_ROW
    time = ((high & 127) << 16) + (middle << 8) + low + OVERFLOW * np.cumsum(~events)
    return {"time": time[events], "x": x[events], "y": y[events], "p": high[events] >> 7}


def _of_text(content: bytes) -> Columns:
    table = csv_file.table_of(content)
    numbers = table.numbers(range(table.width))
    return _of_table(numbers) if table.names is None else _named(dict(zip(table.names, numbers.T, strict=True)))


def _of_npy(content: bytes) -> Columns:
    found = array_files.of_npy(content, array_files.NUMBERS + "bV")
    if found.dtype.names is not None:
        return _named({name: found[name] for name in found.dtype.names})
    return _of_table(found)


def _of_npz(content: bytes) -> Columns:
    names = array_files.names(content)
    read = {n: array_files.of_npy(array_files.member(content, n), array_files.NUMBERS + "bV") for n in names[:8]}
    return _of_npy(array_files.member(content, names[0])) if len(names) == 1 else _named(read)


def _of_table(numbers: Numbers) -> Columns:
    if numbers.ndim != 2 or numbers.shape[1] not in ORDERS:
        raise InputError(
            f"an array of shape {numbers.shape}; expected 2, 3 or 4 columns: time, unit or time, x, y[, p]"
        )
    return dict(zip(ORDERS[numbers.shape[1]], numbers.T, strict=True))


def _named(columns: Columns) -> Columns:
    """The columns by the names that they have here."""
    lower = {name.lower(): values for name, values in columns.items()}
    found = {name: lower[n] for name, usual in NAMES.items() for n in usual if n in lower}
    if "time" not in found or not ("unit" in found or {"x", "y"} <= set(found)):
        raise InputError(f"columns {', '.join(columns)}; expected time and unit, or time, x, y and perhaps p")
    if any(values.ndim != 1 for values in found.values()):
        raise InputError("an array of several axes; expected a list of each of time and unit, or time, x, y[, p]")
    return {n: v.astype(np.uint8) if v.dtype.kind == "b" else v for n, v in found.items()}


def ending_of(path: Path) -> str:
    """How the name of a file ends, in small letters."""
    return path.suffix.lower()

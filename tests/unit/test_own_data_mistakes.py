"""Every mistake in data of a user's own is an error that names the file, the key, and the first row or sample of it."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurosim.errors import SpecError
from neurosim.program.memory import footprint
from neurosim.scenario.datasets import from_file, from_spike_file

N = 12
X = np.arange(N * 3).reshape(N, 3) / 64
Y = np.arange(N) % 3


@pytest.fixture(autouse=True)
def no_other_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path / "elsewhere"))


def altered(array: np.ndarray, value: Any, *place: int) -> np.ndarray:
    changed = array.astype(np.result_type(array, np.asarray(value)))
    changed[place] = value
    return changed


def refused(read: Callable[..., Any], path: Path, message: str, **keys: Any) -> None:
    with pytest.raises(SpecError) as error:
        read(path, **keys)
    text = str(error.value)
    assert text.startswith((f"{path}", f"data set {path}: ", "[data] ")), text
    assert re.search(message, text), text


# Arrays by name, in .npz and in HDF5: what is written, the keys beside `test`, and what is said.

Case = tuple[dict[str, Any], dict[str, Any], str]

ARRAYS: dict[str, Case] = {
    "nan": ({"x": altered(X, np.nan, 7, 2)}, {}, "row 7, input 2 is nan; expected finite numbers"),
    "infinity": ({"x": altered(X, np.inf, 7, 2)}, {"scaling": "minmax"}, "row 7, input 2 is inf; expected finite"),
    "outside of 0 to 1": (
        {"x": X * 64},
        {},
        r"row 0, input 2 is 2.0; scaling = 'none' expects numbers from 0 to 1, and all are from 0.0 to 35.0: 'minmax' "
        r"or 'minmax-all' or \{ low = 0, high = 35 \} would fit",
    ),
    "below 0": ({"x": altered(X, -0.5, 3, 1)}, {}, r"row 3, input 1 is -0.5; .* \{ low = -0.5, high = 0.546875 \}"),
    "no bytes": ({"x": X}, {"scaling": "bytes"}, "row 0, input 1 is 0.015625; .* expects whole numbers from 0 to 255"),
    "outside of the range": ({"x": X}, {"scaling": (0, 0.5)}, "row 11, input 0 is 0.515625; "),
    "all the same": ({"x": X * 0}, {"scaling": "minmax-all"}, "all numbers to train on are 0"),
    "another scaling": ({}, {"scaling": "minimax"}, "scaling = 'minimax'; did you mean 'minmax'"),
    "complex": ({"x": X + 0j}, {}, "complex128"),
    "truth values": ({"x": X > 0.2}, {}, "expected numbers"),
    "texts for numbers": ({"x": np.full((N, 3), b"a")}, {}, "'x'|x"),
    "one axis": ({"x": X[:, 0]}, {}, r"'x' has shape \(12,\); expected \(samples, values\)"),
    "no sample": ({"x": X[:0], "y": Y[:0]}, {}, "no sample|it is empty|no values"),
    "no value": ({"x": X[:, :0]}, {}, r"inputs have shape \(12, 0\)"),
    "different lengths": ({"y": Y[:-1]}, {}, "'y' has 11 rows, expected 12 as 'x' has"),
    "a label below 0": ({"y": altered(Y, -5, 4)}, {}, "row 4 has the label -5; expected a whole number of at least 0"),
    "no label": ({"y": altered(Y, np.nan, 4)}, {}, "row 4 has the label nan; expected a whole number"),
    "half a label": ({"y": altered(Y, 0.5, 4)}, {}, "row 4 has the label 0.5; expected a whole number"),
    "a huge label": ({"y": altered(Y, 2**40, 4)}, {}, rf"of class 3, 4, .*; expected labels 0 to 3; row 4 has {2**40}"),
    "a label beyond all": ({"y": altered(Y, 1e300, 4)}, {}, "row 4 has the label 1e.300"),
    "labels from 1": ({"y": Y + 1}, {}, "no sample is of class 0; expected labels 0 to 2; row 2 has 3"),
    "labels of truth": ({"y": Y == 0}, {}, "type bool|expected numbers"),
    "labels of two axes": ({"y": np.eye(3)[Y]}, {}, r"'y' has shape \(12, 3\); expected one for each sample"),
    "complex labels": ({"y": Y + 0j}, {}, "complex128"),
    "an empty label": ({"y": np.array([*["a", "b"] * 5, "a", ""]).astype("S")}, {}, "row 11 has no label"),
    "a long label": (
        {"y": np.array(["a" * 300, *"bcabcabcabc"]).astype("S")},
        {},
        "row 0 has the label 'a.*, 300 characters; expected 1 to 200",
    ),
    "a class without a sample": ({}, {"classes": (0, 1, 2, 3)}, "classes: no sample has the label 3"),
    "a label of no class": ({}, {"classes": (0, 1)}, "row 2 has the label 2, which classes does not have; known: 0, 1"),
    "a class twice": ({}, {"classes": (0, 1, 1)}, r"classes = \[0, 1, 1\]; expected whole numbers, each once"),
    "classes of texts": ({}, {"classes": ("a", "b", "c")}, r"classes = .*; expected whole numbers, each once"),
    "no such inputs": ({}, {"inputs": "xs"}, "inputs = 'xs': no array of that name; did you mean 'x'"),
    "no such labels": ({}, {"labels": "why"}, "labels = 'why': no array of that name; "),
    "no such groups": ({}, {"groups": "g"}, "groups = 'g': no array of that name; "),
    "no usual name": (
        {"x": None, "images": X},
        {},
        'inputs is missing, and no array has a usual name; say inputs = "NAME", one of images, y',
    ),
    "two usual names": ({"data": X}, {}, "inputs is missing, and 'x' and 'data' both could be"),
    "three names": ({}, {"inputs": ("x", "x", "x")}, "expected one name, or those of the training and the test part"),
    "two names and one": ({"z": X}, {"inputs": ("x", "z")}, "expected as many names of each"),
    "a group below 0": ({"g": altered(Y, -1, 3)}, {"groups": "g"}, "row 3 has the group -1"),
    "fewer groups": ({"g": Y[:5]}, {"groups": "g"}, "'g' has 5 rows, expected 12 as 'x' has"),
    "another shape": ({}, {"shape": (2, 2)}, r"shape = \[2, 2\] has 4 units; expected 3"),
    "another test part": (
        {"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y, "x": None, "y": None},
        {"test": None},
        r"'x_test' has rows of shape \(2,\), expected \(3,\) as 'x_train' has",
    ),
    "a mistake in the test part": (
        {"x_train": X, "y_train": Y, "x_test": altered(X, np.nan, 2, 0), "y_test": Y, "x": None, "y": None},
        {"test": None},
        "x_test, row 2, input 0 is nan",
    ),
    "no test part": ({}, {"test": None}, "test is missing: nobody published a test part"),
    "more than there are": ({}, {"validation": 10}, "leave none of 12 samples to train"),
}


@pytest.mark.parametrize("ending", [".npz", ".h5"])
@pytest.mark.parametrize(("changes", "keys", "message"), ARRAYS.values(), ids=ARRAYS)
def test_a_mistake_in_arrays_is_named(
    tmp_path: Path, ending: str, changes: dict[str, Any], keys: dict[str, Any], message: str
) -> None:
    arrays = {name: a for name, a in {"x": X, "y": Y, **changes}.items() if a is not None}
    path = tmp_path / f"own{ending}"
    if ending == ".npz":
        np.savez(path, **arrays)
    else:
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array
    refused(from_file, path, message, **{"test": 3, **keys})


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(shape: str) -> bytes:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


NPZ: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", "it is empty"),
    "no archive": (b"<html>", "no .npz that can be read"),
    "objects": (packed(x=npy(np.array([[{}, 1]], object)), y=npy(Y)), "'x': an array of type object; expected"),
    "records": (packed(x=npy(np.zeros(3, "f4,f4")), y=npy(Y)), "'x': an array of type .*; expected"),
    "a declared size": (packed(x=header("(1000000000000, 3)"), y=npy(Y)), "'x': an array of shape .* in 0 bytes"),
    "a size that overflows": (packed(x=header("(4611686018427387904, 8)"), y=npy(Y)), "'x': an array of shape .* in 0"),
    "much of nothing": (packed(x=npy(np.zeros(2**27 // 8 + 9)), y=npy(Y)), "'x' unpacks to more than"),
    "no array": (packed(), "it has no array"),
    "no array of NumPy": (packed(x=b"text", y=npy(Y)), "'x': no array of NumPy"),
}


@pytest.mark.parametrize(("content", "message"), NPZ.values(), ids=NPZ)
def test_a_damaged_archive_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    refused(from_file, path, message, test=3)


def _link(file: Any) -> None:
    file["x"] = h5py.ExternalLink("/dev/zero", "/x")


def _declared(file: Any) -> None:
    file.create_dataset("x", (10**12, 3), "f8", chunks=(100, 3))


def _elsewhere(file: Any) -> None:
    file.create_dataset("x", (N, 3), "f8", external=[("/dev/zero", 0, N * 24)])


def _references(file: Any) -> None:
    file.create_dataset("x", (N, 3), h5py.ref_dtype)


def _endless(file: Any) -> None:
    file["deep/again"] = file["/"]


HDF5: dict[str, tuple[Callable[[Any], None], str]] = {
    "a link": (_link, "inputs is missing, and no array has a usual name"),
    "a declared size": (_declared, "'x' declares 1000000000000 x 3 values, for which the file has"),
    "values elsewhere": (_elsewhere, "'x' lies in other files"),
    "references": (_references, "'x' has values of type object"),
    "groups without end": (_endless, "inputs is missing"),
}


@pytest.mark.parametrize(("change", "message"), HDF5.values(), ids=HDF5)
def test_what_hdf5_may_hide_is_refused(tmp_path: Path, change: Callable[[Any], None], message: str) -> None:
    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        file["y"] = Y
        change(file)
    refused(from_file, path, message, test=3)


# Text.

ROWS = [[*map(str, row), str(y)] for row, y in zip(X, Y, strict=True)]


def text(*changes: tuple[int, int, str], names: str | None = "a,b,c,label", delimiter: str = ",") -> str:
    rows = [row[:] for row in ROWS]
    for row, column, cell in changes:
        rows[row][column] = cell
    return "\n".join([*([names] if names else []), *map(delimiter.join, rows)]) + "\n"


TEXT: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "an empty file": ("", {}, "it is empty"),
    "blank lines": ("\n \n", {}, "it has no line"),
    "names alone": ("a,b,label\n", {}, "it has names of columns alone, and no row"),
    "no text": (b"a,label\n1,\xff\n", {}, "line 2: no text in UTF-8 .invalid start byte: 0xff"),
    "a null byte": ("a,label\n1,\0\n1,b\n", {}, "line 2 has the label '.x00', 1 characters"),
    "a text in a cell": (text((3, 1, "x")), {}, "line 5, column 'b': 'x' is no number"),
    "a text in a number": (text((3, 1, "1.5x")), {}, "line 5, column 'b': '1.5x' is no number"),
    "an empty cell": (text((3, 1, "")), {}, "line 5, column 'b': '' is no number"),
    "a decimal comma": (text((3, 1, "0,5")).replace("\n", "\n"), {}, "line 5 has 5 columns, expected 4 as line 1 has"),
    "nan": (text((3, 1, "nan")), {}, "line 5, input 1 is nan; expected finite numbers"),
    "infinity": (text((3, 1, "inf")), {}, "line 5, input 1 is inf"),
    "beyond all numbers": (text((3, 1, "1e999")), {}, "line 5, input 1 is inf"),
    "outside of 0 to 1": (
        text((3, 1, "7")),
        {},
        "line 5, input 1 is 7.0; scaling = 'none' expects numbers from 0 to 1",
    ),
    "ragged rows": (text() + "0.1,0.2\n", {}, "line 14 has 2 columns, expected 4 as line 1 has"),
    "a label below 0": (text((3, 3, "-1")), {}, "line 5 has the label -1; expected"),
    "an underscore in a number": (text((3, 1, "1_5")), {}, "line 5, column 'b': '1_5' is no number"),
    "digits of another script": (text((3, 1, "\u0663")), {}, "line 5, column 'b': '\u0663' is no number"),
    "an underscore in a label": (text((3, 3, "1_0")), {}, "line 5, column 'label': '1_0' beside '0'"),
    "a label beyond float64": (text((3, 3, str(2**53 + 1))), {}, f"line 5 has {2**53 + 1}"),
    "half a label": (text((3, 3, "0.5")), {}, "line 5 has the label 0.5"),
    "nan as a label": (text((3, 3, "nan")), {}, "line 5 has the label nan"),
    "a huge label": (text((3, 3, str(2**40))), {}, f"expected labels 0 to 3; line 5 has {2**40}"),
    "a text among labels": (text((3, 3, "b")), {}, "line 5, column 'label': 'b' beside '0': expected numbers alone or"),
    "no such column": (text(), {"labels": "lable"}, "labels = 'lable': no column of that name; did you mean 'label'"),
    "no such number": (text(), {"labels": 4}, "labels = 4: there are 4 columns, 0 to 3"),
    "a number below 0": (text(), {"labels": -1}, "labels = -1: there are 4 columns"),
    "a name without names": (
        text(names=None),
        {"labels": "label"},
        "the first line has no names; name columns by number",
    ),
    "labels not named": (text(names=None), {}, "labels is missing; say which column has them: 0 to 3, without names"),
    "no usual name": (text(names="a,b,c,d"), {}, "labels is missing; say which column has them: a, b, c, d"),
    "labels as inputs": (text(), {"inputs": ("a", "label")}, r"inputs are columns \[0, 3\], labels column 3"),
    "one column": ("label\n0\n1\n", {}, r"inputs are columns \[\], labels column 0"),
    "a name twice": (text(names="a,a,c,label"), {}, "two columns are called 'a'"),
    "two columns of labels": (text(), {"labels": ("label", "a")}, "expected one column"),
    "an open quote": (text() + '"0.1,0.2,0.3,1\n', {}, "line 14: unexpected end of data"),
    "text behind a quote": ('a,label\n"1"2,0\n', {}, "line 2: ',' expected after"),
}


@pytest.mark.parametrize(("content", "keys", "message"), TEXT.values(), ids=TEXT)
def test_a_mistake_in_a_text_is_named(tmp_path: Path, content: str | bytes, keys: dict[str, Any], message: str) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(from_file, path, message, **{"test": 3, **keys})


# Spikes.

TIMES = [np.array([1.0, 50.0, 99.0]), np.array([2.0]), np.array([30.0, 60.0])]
UNITS = [np.array([0, 1, 2]), np.array([3]), np.array([0, 0])]
FLAT = {
    "times": np.concatenate(TIMES),
    "units": np.concatenate(UNITS),
    "samples": np.array([0, 0, 0, 1, 2, 2]),
    "y": np.array([0, 1, 0]),
}
KEYS: dict[str, Any] = {"steps": 10, "test": 1, "duration": "100 ms", "time_unit": "ms", "units": 4}
OFFSETS = {"samples": None, "offsets": np.array([0, 3, 4, 6])}

SPIKES: dict[str, Case] = {
    "no time": (
        {"times": altered(FLAT["times"], np.nan, 4)},
        {},
        "row 2, spike 0 is at nan; expected a time of at least",
    ),
    "infinity": ({"times": altered(FLAT["times"], np.inf, 4)}, {}, "row 2, spike 0 is at inf"),
    "before 0": ({"times": altered(FLAT["times"], -0.1, 3)}, {}, "row 1, spike 0 is at -0.1"),
    "times as texts": ({"times": FLAT["times"].astype("S")}, {}, "'times' has texts; expected numbers"),
    "complex times": ({"times": FLAT["times"] + 0j}, {}, "complex128"),
    "in s": ({"times": FLAT["times"] / 1e3}, {}, 'by 0.099 ms, of samples that last 0.1 s; .* say time_unit = "s"'),
    "in us": ({"times": FLAT["times"] * 1e3}, {}, '6 of 6 spikes after the end .* fit as us: say time_unit = "us"'),
    "in no unit": ({"times": FLAT["times"] + 1e15}, {}, "6 of 6 spikes after the end of their samples at 0.1 s"),
    "not whole steps": (
        {"times": FLAT["times"] + 0.5},
        {"time_unit": "steps", "duration": None},
        "row 0, spike 0 is at 1.5",
    ),
    "late steps": ({}, {"time_unit": "steps", "duration": None}, "4 of 6 spikes in later steps, the last in 99"),
    "a unit too many": (
        {"units": altered(FLAT["units"], 4, 1)},
        {},
        "row 0, spike 1 is of unit 4; expected units 0 to 3",
    ),
    "half a unit": ({"units": altered(FLAT["units"], 0.5, 1)}, {}, "spike 1 has the unit 0.5"),
    "a unit below 0": ({"units": altered(FLAT["units"], -1, 1)}, {}, "spike 1 has the unit -1"),
    "a huge unit": ({"units": altered(FLAT["units"], 2**40, 1)}, {}, f"spike 1 has the unit {2**40}"),
    "fewer units": ({"units": FLAT["units"][:-1]}, {}, "'units' has 5 rows, expected 6 as 'times' has"),
    "fewer samples": ({"samples": FLAT["samples"][:-1]}, {}, "'samples' has 5 rows, expected 6"),
    "a sample too many": (
        {"samples": altered(FLAT["samples"], 3, 5)},
        {},
        "'samples' has 3 for spike 5; expected samples 0",
    ),
    "no sample or offset": ({"samples": None}, {}, "inputs.samples or inputs.offsets is missing"),
    "offsets that fall": (OFFSETS | {"offsets": np.array([0, 4, 3, 6])}, {}, "'offsets' must rise from 0 to 6"),
    "offsets too few": (
        OFFSETS | {"offsets": np.array([0, 6])},
        {},
        "'offsets' has 2 values of type int64, expected 4",
    ),
    "offsets with fractions": (
        OFFSETS | {"offsets": np.array([0.0, 3, 4, 6])},
        {},
        "of type float64, expected 4 whole",
    ),
    "no spike": ({n: FLAT[n][:0] for n in ("times", "units", "samples")}, {}, "none of 3 samples has a spike"),
    "no times": (
        {"times": None, "when": FLAT["times"]},
        {},
        "inputs.times is missing; say which .*: samples, units, when, y",
    ),
    "a wrong name": (
        {},
        {"inputs": {"times": "time"}},
        "inputs.times = 'time': no array of that name; did you mean 'times'",
    ),
    "labels": ({"y": altered(FLAT["y"], -1, 1)}, {}, "row 1 has the label -1"),
    "a gap": ({"y": np.array([0, 2, 0])}, {}, "no sample is of class 1; expected labels 0 to 1; row 1 has 2"),
    "no duration": ({}, {"duration": None}, "duration is missing"),
    "a duration of mV": ({}, {"duration": "100 mV"}, "duration = '100 mV': a unit of mV; expected one of ms"),
    "a duration of 0": ({}, {"duration": "0 ms"}, "duration = '0 ms'; expected a time above 0"),
    "a duration beside steps": ({}, {"time_unit": "steps"}, "duration beside time_unit = 'steps'; leave it out"),
    "no unit of time": ({}, {"time_unit": None}, "time_unit is missing; expected s, ms, us, ns or steps"),
    "another unit of time": ({}, {"time_unit": "msec"}, "time_unit = 'msec'; did you mean"),
    "no units": ({}, {"units": None}, "units is missing, and so is shape; the largest unit is 3: say units = 4"),
    "units beside a shape": ({}, {"shape": (2, 3)}, r"shape = \[2, 3\] has 6 units; expected 4"),
    "another show": ({}, {"show": "rate"}, "show = 'rate'; did you mean 'rates'"),
    "very many steps": (
        {},
        {"steps": 10**9},
        "steps = 1000000000: too many for 3 samples; expected at most 357,913,941",
    ),
}


@pytest.mark.parametrize("ending", [".npz", ".h5"])
@pytest.mark.parametrize(("changes", "keys", "message"), SPIKES.values(), ids=SPIKES)
def test_a_mistake_in_spikes_is_named(
    tmp_path: Path, ending: str, changes: dict[str, Any], keys: dict[str, Any], message: str
) -> None:
    arrays = {name: a for name, a in {**FLAT, **changes}.items() if a is not None}
    path = tmp_path / f"own{ending}"
    if ending == ".npz":
        np.savez(path, **arrays)
    else:
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array
    refused(from_spike_file, path, message, **{**KEYS, **keys})


def test_lists_of_different_lengths_are_named_by_their_sample(tmp_path: Path) -> None:
    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        for name, values in (("times", TIMES), ("units", [UNITS[0], UNITS[1], UNITS[2][:1]])):
            column = file.create_dataset(f"spikes/{name}", (3,), h5py.vlen_dtype(np.float64))
            for k, of_sample in enumerate(values):
                column[k] = of_sample
        file["labels"] = [0, 1, 0]
    refused(from_spike_file, path, "row 2 has 2 times of spikes, but 1 units", **KEYS)
    with h5py.File(path, "r+") as file:
        del file["spikes/units"]
        file["spikes/units"] = np.arange(6)
    refused(from_spike_file, path, "one of 'spikes/times' and 'spikes/units' has a list for each sample", **KEYS)


# Event files.

GOOD = "time,unit\n1,0\n50,3\n"
EVENTS: dict[str, tuple[str, bytes | str | None, dict[str, Any], str]] = {
    "an empty file": ("b/2.csv", "", {}, "b/2.csv: it is empty"),
    "another ending": ("b/2.txt", GOOD, {}, r"b/2.txt: no file of events; nearest|b/2.txt: no file of events; "),
    "two kinds": ("b/2.bin", bytes(5), {}, r"b/2.bin: 'a/1.csv' ends in .csv; expected files of one kind"),
    "a text in a cell": ("b/2.csv", GOOD + "x,1\n", {}, "b/2.csv: line 4, column 'time': 'x' is no number"),
    "a ragged row": ("b/2.csv", GOOD + "1\n", {}, "b/2.csv: line 4 has 1 columns, expected 2 as line 1 has"),
    "no time": ("b/2.csv", GOOD + "nan,1\n", {}, "b/2.csv, spike 2 is at nan; expected a time of at least 0"),
    "before 0": ("b/2.csv", GOOD + "-1,1\n", {}, "b/2.csv, spike 2 is at -1.0"),
    "half a unit": ("b/2.csv", GOOD + "1,0.5\n", {}, "b/2.csv: event 2 has the unit 0.5"),
    "a unit too many": ("b/2.csv", GOOD + "1,4\n", {}, "b/2.csv, spike 2 is of unit 4; expected units 0 to 3"),
    "other columns": (
        "b/2.csv",
        "when,unit\n1,0\n",
        {},
        "b/2.csv: columns when, unit; expected time and unit, or time, x",
    ),
    "five columns": ("b/2.csv", "1,2,3,4,5\n", {}, r"b/2.csv: an array of shape \(1, 5\); expected 2, 3 or 4 columns"),
    "pixels without a shape": ("b/2.csv", "t,x,y\n1,0,0\n", {}, "b/2.csv: events have x and y; say shape"),
    "a pixel outside": ("b/2.csv", "t,x,y\n1,2,1\n", {"shape": (2, 2)}, "b/2.csv: event 0 has x = 2; expected 0 to 1"),
    "no polarity": (
        "b/2.csv",
        "t,x,y\n1,0,0\n",
        {"shape": (2, 1, 2), "units": None},
        r"b/2.csv: events have no polarity, and shape = \[2, 1, 2\] has; leave its first number out",
    ),
    "a class without a file": ("c/.hidden", "", {}, "c: no file is in it; a class needs samples"),
    "a folder in a class": ("b/2.csv/3.csv", GOOD, {}, "b/2.csv: no file of events"),
    "labels": ("b/2.csv", GOOD, {"labels": "y"}, "labels is for arrays by name"),
    "in us": ("b/1.csv", "time,unit\n" + "90000,1\n" * 9, {}, "9 of 13 spikes after the end .* time_unit = .us."),
}


def folder_of_events(folder: Path) -> Path:
    for name in ("a/1.csv", "b/1.csv", "b/0.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(GOOD)
    return folder


@pytest.mark.parametrize(("name", "content", "keys", "message"), EVENTS.values(), ids=EVENTS)
def test_a_mistake_in_a_folder_is_named(
    tmp_path: Path, name: str, content: bytes | str, keys: dict[str, Any], message: str
) -> None:
    folder = folder_of_events(tmp_path / "ev")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(from_spike_file, folder, message, **{**KEYS, **keys})


def test_a_training_part_alone_is_refused(tmp_path: Path) -> None:
    folder_of_events(tmp_path / "ev" / "train")
    refused(
        from_spike_file, tmp_path / "ev", "it has train; expected folders of classes, or 'train' and 'test'", **KEYS
    )


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = folder_of_events(tmp_path / "ev")
    (tmp_path / "other.csv").write_text(GOOD)
    (folder / "b" / "2.csv").symlink_to(tmp_path / "other.csv")
    refused(from_spike_file, folder, r"b/2.csv: a link leads out of .*ev; expected a file in it", **KEYS)


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    folder = folder_of_events(tmp_path / "ev")
    (folder / "b" / "2.csv").symlink_to("2.csv")
    refused(from_spike_file, folder, r"b/2.csv: ", **KEYS)


def test_bytes_that_are_no_events_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ev" / "a").mkdir(parents=True)
    (tmp_path / "ev" / "a" / "1.bin").write_bytes(bytes(7))
    keys = {**KEYS, "time_unit": None, "units": None, "shape": (2, 2)}
    refused(from_spike_file, tmp_path / "ev", "a/1.bin: 7 bytes; expected five for each event", **keys)
    refused(from_spike_file, tmp_path / "ev", "time_unit = 'ms': files that end in .bin have us", **KEYS)


# Files.


@pytest.mark.parametrize("read", [from_file, from_spike_file])
def test_a_file_that_is_not_there_is_answered_with_its_nearest(tmp_path: Path, read: Any) -> None:
    (tmp_path / "own.npz").touch()
    keys = {"test": 3} if read is from_file else KEYS
    refused(read, tmp_path / "onw.npz", r"no such file, nor .*elsewhere/onw.npz; did you mean 'own.npz'", **keys)


def test_a_file_of_another_kind_is_answered_with_those_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "own.xls").touch()
    refused(from_file, tmp_path / "own.xls", r"no file of numbers; .*\.csv.*\.npz", test=3)
    refused(from_spike_file, tmp_path / "own.xls", r"no file of spikes, nor a folder of event files; .*\.h5", **KEYS)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "own.csv")
    refused(from_file, tmp_path / "own.csv", "it is a named pipe, expected a regular file", test=3)


def test_what_does_not_fit_into_memory_is_refused_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "own.npz", x=X.astype(np.float32), y=Y)
    monkeypatch.setattr(footprint, "SMALL", 0)
    monkeypatch.setattr(footprint, "available_memory", lambda: 100)
    refused(
        from_file,
        tmp_path / "own.npz",
        "the data set needs at least .* for inputs that are scaled",
        test=3,
        scaling="minmax",
    )

"""Data of a user's own: what files of numbers, files of spikes and folders of event files become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import InputError, SpecError
from neurosim.program.trial.stimuli import Events
from neurosim.scenario import datasets, engine, schema
from neurosim.scenario.datasets import Dataset, from_arrays, from_file, from_spike_file
from neurosim.scenario.datasets.own import event_files

TINY = (Path(__file__).parents[1] / "digits_sleep.toml").read_text(encoding="utf-8")
N, UNITS = 30, 4
Y = np.arange(N) % 3
NAMES = np.array(["b", "c", "a"])[Y]
X = np.random.default_rng(0).integers(0, 9, (N, UNITS)) / 8


@pytest.fixture(autouse=True)
def no_other_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path / "elsewhere"))


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def hdf5(path: Path, **arrays: Any) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name.replace("__", "/")] = values
    return path


def lists(file: Any, name: str, values: Sequence[np.ndarray], type_: str) -> None:
    column = file.create_dataset(name, (len(values),), h5py.vlen_dtype(np.dtype(type_)))
    for k, of_sample in enumerate(values):
        column[k] = of_sample


def same(a: Dataset, b: Dataset) -> bool:
    stored = zip(a.rows.arrays(), b.rows.arrays(), strict=True)
    parts = all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("labels", "train", "validation", "test"))
    return parts and all(np.array_equal(p, q) for p, q in stored)


# numbers


@pytest.mark.parametrize(
    "names",
    [("x", "y"), ("X", "y"), ("data", "target"), ("inputs", "labels"), ("features", "labels")],
    ids="-".join,
)
@pytest.mark.parametrize("write", [npz, hdf5])
def test_arrays_of_usual_names_are_found(tmp_path: Path, write: Any, names: tuple[str, str]) -> None:
    path = write(tmp_path / ("a.npz" if write is npz else "a.h5"), **dict(zip(names, (X, Y), strict=True)), other=X)
    data = from_file(path, test=6)
    np.testing.assert_array_equal(data.array, X)
    np.testing.assert_array_equal(data.labels, Y)


def test_arrays_of_other_names_are_named(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "a.hdf5", a__b=X, c=Y, who=Y // 2)
    data = from_file(path, test=6, inputs="a/b", labels="c", groups="who")
    np.testing.assert_array_equal(data.array, X)
    assert data.groups is not None
    np.testing.assert_array_equal(data.groups, Y // 2)


@pytest.mark.parametrize("write", [npz, hdf5])
def test_a_published_test_part_is_tested_on(tmp_path: Path, write: Any) -> None:
    path = write(
        tmp_path / ("a.npz" if write is npz else "a.h5"), x_train=X[:20], y_train=Y[:20], x_test=X[20:], y_test=Y[20:]
    )
    data = from_file(path, validation=5)
    assert data.test.tolist() == list(range(20, 30))
    assert len(data.train) + len(data.validation) == 20
    assert same(data, from_file(path, validation=5, inputs=["x_train", "x_test"], labels=["y_train", "y_test"]))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_is_what_its_columns_say(tmp_path: Path, delimiter: str) -> None:
    rows = [[*map(str, x), name, str(y)] for x, name, y in zip(X, NAMES, Y, strict=True)]
    lines = [delimiter.join(row) for row in [["p", "q", "r", "s", "species", "who"], *rows]]
    path = tmp_path / "a.csv"
    path.write_text("\ufeff" + "\r\n".join(lines) + "\r\n\r\n", encoding="utf-8")
    data = from_file(path, test=6, labels="species", groups="who")
    np.testing.assert_array_equal(data.array, X)
    assert data.class_names == ("a", "b", "c")
    assert [data.class_names[k] for k in data.labels] == NAMES.tolist()
    assert data.groups is not None
    np.testing.assert_array_equal(data.groups, Y)
    some = from_file(path, test=6, inputs=["s", 0], labels=5)
    np.testing.assert_array_equal(some.array, X[:, [3, 0]])
    assert some.class_names is None


def test_a_text_without_names_has_columns_by_number(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{','.join(map(str, x))},{y}\n" for x, y in zip(X, Y, strict=True)))
    np.testing.assert_array_equal(from_file(path, test=6, labels=4).array, X)


def test_a_quoted_cell_may_have_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('v,w,label\n0,1,"a, b"\n1,0,"c"\n0,1,"a, b"\n1,1,c\n')
    assert from_file(path, test=1).class_names == ("a, b", "c")


@pytest.mark.parametrize("labels", [NAMES, np.char.encode(NAMES)])
def test_labels_in_text_are_sorted(tmp_path: Path, labels: np.ndarray) -> None:
    for path in (npz(tmp_path / "a.npz", x=X, y=labels), hdf5(tmp_path / "a.h5", x=X, y=np.char.encode(NAMES))):
        data = from_file(path, test=6)
        assert data.class_names == ("a", "b", "c")
        assert data.labels[:3].tolist() == [1, 2, 0]


def test_classes_say_the_order_of_labels(tmp_path: Path) -> None:
    texts, numbers = npz(tmp_path / "a.npz", x=X, y=NAMES), npz(tmp_path / "b.npz", x=X, y=Y * 10 - 0)
    assert from_file(texts, test=6, classes=("c", "b", "a")).labels[:3].tolist() == [1, 0, 2]
    mapped = from_file(numbers, test=6, classes=(20, 0, 10))
    assert (mapped.labels[:3].tolist(), mapped.class_names) == ([1, 2, 0], ("20", "0", "10"))


def test_text_labels_that_look_like_numbers_are_texts_where_classes_are(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("v,w,label\n0,1,07\n1,0,x\n0,1,07\n1,1,x\n")
    assert from_file(path, test=1, classes=("x", "07")).labels.tolist() == [1, 0, 1, 0]


def test_bytes_stay_bytes_where_that_is_exact() -> None:
    pixels = np.array([[0, 255, 3], [51, 0, 7], [1, 2, 3], [4, 5, 6]], np.uint8)
    data = from_arrays("a", pixels, [0, 1, 0, 1], test=1, scaling="bytes")
    assert data.rows.values is not None
    assert data.rows.values.dtype == np.uint8  # type: ignore[union-attr]
    np.testing.assert_array_equal(data.array, pixels / 255)
    sixteenths = from_arrays("a", pixels.astype(np.int64) % 17, [0, 1, 0, 1], test=1, scaling=(0, 16))
    assert sixteenths.rows.values.dtype == np.uint8  # type: ignore[union-attr]
    np.testing.assert_array_equal(sixteenths.array, pixels % 17 / 16)


def test_ranges_are_those_of_the_training_part_alone() -> None:
    x = np.array([[0.0, 5.0], [10.0, 5.0], [20.0, -7.0], [5.0, 9.0]])
    data = from_arrays("a", x, [0, 0, 1, 1], training=2, scaling="minmax", classes=None)
    np.testing.assert_array_equal(data.array, [[0, 0], [1, 0], [1, 0], [0.5, 0]])
    together = from_arrays("a", x, [0, 0, 1, 1], training=2, scaling="minmax-all")
    np.testing.assert_array_equal(together.array, [[0, 0.5], [1, 0.5], [1, 0], [0.5, 0.9]])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scaling", ["minmax", "minmax-all", (-1.6e308, 1.6e308)])
def test_numbers_near_the_largest_are_scaled_without_a_warning(scaling: Any) -> None:
    x = [[-1.6e308, 0.0], [1.6e308, 0.5], [0.8e308, 1.0]]
    data = from_arrays("large", x, [0, 1, 1], training=2, scaling=scaling)
    assert data.array[:, 0].tolist() == [0.0, 1.0, 0.75]


def test_labels_in_text_are_exact_beyond_float64(tmp_path: Path) -> None:
    first, second = 2**53, 2**53 + 1
    path = tmp_path / "own.csv"
    path.write_text(f"a,label\n1,{first}\n0,{second}\n1,{first}\n0,{second}\n")
    assert from_file(path, test=2, classes=[first, second]).labels.tolist() == [0, 1, 0, 1]


def test_the_shape_of_pictures_is_kept(tmp_path: Path) -> None:
    assert from_file(npz(tmp_path / "a.npz", x=X.reshape(N, 2, 2), y=Y), test=6).shape == (2, 2)
    flat = npz(tmp_path / "b.npz", x=X, y=Y)
    assert from_file(flat, test=6).shape is None
    assert from_file(flat, test=6, shape=(4, 1)).shape == (4, 1)


def test_the_split_does_not_follow_from_the_name_of_a_file(tmp_path: Path) -> None:
    a, b = (from_file(npz(tmp_path / f"{n}.npz", x=X, y=Y), test=6, validation=3) for n in "ab")
    assert same(a, b)
    assert not same(a, from_file(tmp_path / "a.npz", test=6, validation=3, split_seed=1))


def test_digits_from_a_file_are_those_by_name(tmp_path: Path) -> None:
    by_name = datasets.load("digits", test=360, validation=287)
    path = npz(tmp_path / "own.npz", x=by_name.array, y=by_name.labels)
    assert same(by_name, from_file(path, test=360, validation=287))


def test_arrays_in_hand_are_what_a_scenario_shows(tmp_path: Path) -> None:
    changes = {
        "size = 256": "size = 8", "test = 360": "test = 60", "validation = 287": "validation = 1637",
        "free_steps = 20": "free_steps = 5", "nudged_steps = 8": "nudged_steps = 2", "steps = 747": "steps = 30",
    }  # fmt: skip
    text = TINY
    for old, new in changes.items():
        text = text.replace(old, new)
    by_name = datasets.load("digits", test=60, validation=1637)
    mine = from_arrays("mine", by_name.array, by_name.labels, test=60, validation=1637)
    one, other = (engine.run(schema.parse(text), ReferenceBackend().compile, data=d) for d in (by_name, mine))
    np.testing.assert_array_equal(one.accuracy_matrix, other.accuracy_matrix)


# spikes

TIMES = [np.array([0.0, 4.9, 5.0, 99.9, 3.0]), np.zeros(0), np.array([50.0, 51.0])]
OF_UNITS = [np.array([3, 3, 0, 2, 3]), np.zeros(0, int), np.array([1, 1])]
SPIKES = {(0, 0, 3), (0, 1, 0), (0, 19, 2), (2, 10, 1)}
"""Sample, step and unit, of twenty steps in 100 ms; two of one unit in one step are one."""
TWENTY: dict[str, Any] = {"steps": 20, "duration": "100 ms", "time_unit": "ms", "units": 4, "test": 1}


def spikes_of(data: Dataset) -> set[tuple[int, int, int]]:
    assert isinstance(data.inputs, Events)
    return {(int(k) // data.inputs.steps, int(k) % data.inputs.steps, int(u)) for k, u in data.inputs.pairs()}


def write_spikes(path: Path, layout: str, factor: float = 1.0) -> Path:
    times, units = np.concatenate(TIMES) * factor, np.concatenate(OF_UNITS)
    lengths = [len(t) for t in TIMES]
    flat = {"times": times, "units": units, "y": np.array([0, 1, 0])}
    if layout == "samples":
        shuffled = np.random.default_rng(1).permutation(len(times))
        flat |= {"sample": np.repeat([0, 1, 2], lengths)[shuffled], "times": times[shuffled], "units": units[shuffled]}
    elif layout == "offsets":
        flat |= {"offsets": np.cumsum([0, *lengths])}
    if path.suffix == ".npz":
        return npz(path, **flat)
    if layout != "lists":
        return hdf5(path, **flat)
    with h5py.File(path, "w") as file:
        lists(file, "spikes/times", [t * factor for t in TIMES], "f8")
        lists(file, "spikes/units", OF_UNITS, "u2")
        file["labels"] = [0, 1, 0]
    return path


LAYOUTS = [("a.h5", "lists"), ("a.h5", "samples"), ("a.h5", "offsets"), ("a.npz", "samples"), ("a.npz", "offsets")]


@pytest.mark.parametrize(("name", "layout"), LAYOUTS)
def test_spikes_are_in_the_steps_of_their_times(tmp_path: Path, name: str, layout: str) -> None:
    data = from_spike_file(write_spikes(tmp_path / name, layout), **TWENTY)
    assert spikes_of(data) == SPIKES
    assert (data.labels.tolist(), data.notes) == ([0, 1, 0], ())


@pytest.mark.parametrize(("unit", "factor"), [("s", 1e-3), ("us", 1e3), ("ns", 1e6)])
def test_times_are_in_the_unit_that_the_scenario_says(tmp_path: Path, unit: str, factor: float) -> None:
    data = from_spike_file(write_spikes(tmp_path / "a.h5", "lists", factor), **{**TWENTY, "time_unit": unit})
    assert spikes_of(data) == SPIKES


def test_times_may_be_numbers_of_steps(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", times=[0, 7, 7], units=[1, 0, 1], offsets=[0, 1, 3], y=[0, 1])
    data = from_spike_file(path, 8, 1, time_unit="steps", units=2)
    assert spikes_of(data) == {(0, 0, 1), (1, 7, 0), (1, 7, 1)}


def test_late_spikes_are_left_out_and_counted(tmp_path: Path) -> None:
    data = from_spike_file(write_spikes(tmp_path / "a.h5", "lists"), **{**TWENTY, "duration": "51 ms", "steps": 51})
    assert (0, 99, 2) not in spikes_of(data)
    assert spikes_of(data) == {(0, 0, 3), (0, 3, 3), (0, 4, 3), (0, 5, 0), (2, 50, 1)}
    assert data.notes == ("data: 2 of 7 spikes are left out, at or after the end of their samples",)


def test_a_spike_right_before_the_end_is_in_the_last_step(tmp_path: Path) -> None:
    """Of 33 steps in 0.3 s, the product with that number is rounded up to 33."""
    times = np.nextafter([0.3, 0.3], 0)
    assert (np.floor(times * 33 / 0.3) == 33).all()
    path = npz(tmp_path / "a.npz", times=times, units=[0, 1], offsets=[0, 1, 2], y=[0, 1])
    data = from_spike_file(path, 33, 1, duration="300 ms", time_unit="s", units=4)
    assert spikes_of(data) == {(0, 32, 0), (1, 32, 1)}


@pytest.mark.parametrize("steps", [20, 400])
def test_rates_are_the_share_of_steps_with_a_spike(tmp_path: Path, steps: int) -> None:
    path = write_spikes(tmp_path / "a.h5", "lists")
    spiking = from_spike_file(path, **{**TWENTY, "steps": steps})
    shown = from_spike_file(path, **{**TWENTY, "steps": steps, "show": "rates"})
    assert isinstance(spiking.inputs, Events)
    np.testing.assert_array_equal(shown.array, spiking.inputs.dense().sum(axis=1) / steps)


def events_of(path: Path, columns: dict[str, np.ndarray]) -> None:
    """Write the events of a sample in the kind of file that the name of the path says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names, values = list(columns), list(columns.values())
    if path.suffix == ".csv":
        lines = [",".join(names), *(",".join(map(str, row)) for row in zip(*values, strict=True))]
        path.write_text("\n".join(lines) + "\n")
    elif path.suffix == ".npy":
        np.save(path, np.rec.fromarrays(values, names=names))
    elif path.suffix == ".npz":
        np.savez(path, **columns)
    else:
        raise AssertionError(path)


@pytest.mark.parametrize("ending", [".csv", ".npy", ".npz"])
def test_a_folder_of_event_files_has_a_sample_a_file(tmp_path: Path, ending: str) -> None:
    for k, label in enumerate(["b", "a", "b"]):
        events_of(tmp_path / "ev" / label / f"{9 - k}{ending}", {"time": TIMES[k], "unit": OF_UNITS[k]})
    (tmp_path / "ev" / "README.txt").write_text("what it is")
    (tmp_path / "ev" / "b" / ".hidden").write_text("not an event")
    (tmp_path / "ev" / ".git").mkdir()
    data = from_spike_file(tmp_path / "ev", **TWENTY)
    assert data.class_names == ("a", "b")
    order = {1: 0, 2: 1, 0: 2}  # a/8, b/7, b/9
    assert spikes_of(data) == {(order[sample], step, unit) for sample, step, unit in SPIKES}


def test_folders_train_and_test_are_the_published_parts(tmp_path: Path) -> None:
    for part in ("Train", "Test"):
        for label in "10":
            for k in range(3 if part == "Train" else 2):
                events_of(tmp_path / "ev" / part / label / f"{k}.csv", {"t": TIMES[0], "unit": OF_UNITS[0]})
    data = from_spike_file(tmp_path / "ev", **{**TWENTY, "test": None})
    assert data.train.tolist() == list(range(6))
    assert data.test.tolist() == [6, 7, 8, 9]
    assert (data.labels.tolist(), data.class_names) == ([0, 0, 0, 1, 1, 1, 0, 0, 1, 1], None)


@pytest.mark.parametrize(("shape", "units"), [((2, 3), [5, 0]), ((2, 2, 3), [5, 6])])
def test_pixels_are_units_row_by_row(tmp_path: Path, shape: tuple[int, ...], units: list[int]) -> None:
    columns = {"t": np.array([0.0, 50.0]), "x": np.array([2, 0]), "y": np.array([1, 0]), "p": np.array([False, True])}
    for label in "ab":
        events_of(tmp_path / "ev" / label / "1.npy", columns)
    data = from_spike_file(tmp_path / "ev", **{**TWENTY, "units": None, "shape": shape})
    assert spikes_of(data) == {(k, step, unit) for k in (0, 1) for step, unit in zip((0, 10), units, strict=True)}
    assert data.shape == shape


def test_columns_without_names_are_time_x_y_and_polarity(tmp_path: Path) -> None:
    for label in "ab":
        (tmp_path / "ev" / label).mkdir(parents=True)
        np.save(tmp_path / "ev" / label / "1.npy", np.array([[0.0, 2, 1, 0], [50.0, 0, 0, 1]]))
    data = from_spike_file(tmp_path / "ev", **{**TWENTY, "units": None, "shape": (2, 2, 3)})
    assert spikes_of(data) == {(k, step, unit) for k in (0, 1) for step, unit in ((0, 5), (10, 6))}


def test_five_bytes_are_an_event(tmp_path: Path) -> None:
    """x, y, then 1 bit and 23 bits: 0x812345 is polarity 1 at 74,565 us; an entry of y 240 begins the clock anew."""
    bytes_ = bytes([2, 1, 0x81, 0x23, 0x45, 0, 240, 0, 0, 0, 3, 0, 0x00, 0x00, 0x07])
    for label in "ab":
        (tmp_path / "ev" / label).mkdir(parents=True)
        (tmp_path / "ev" / label / "1.bin").write_bytes(bytes_)
    columns = event_files.columns_of(bytes_, ".bin")
    found = {name: values.tolist() for name, values in columns.items()}
    assert found == {"time": [0x12345, 7 + 2**13], "x": [2, 3], "y": [1, 0], "p": [1, 0]}
    data = from_spike_file(tmp_path / "ev", 10, 1, shape=(2, 2, 4), duration="100 ms")
    assert spikes_of(data) == {(k, *spike) for k in (0, 1) for spike in ((7, 14), (0, 3))}


def test_the_digest_of_a_folder_follows_from_names_and_contents(tmp_path: Path) -> None:
    def sealed() -> str:
        file = from_spike_file(tmp_path / "ev", **TWENTY).source
        assert file is not None
        return file[1]

    for k, label in enumerate(["b", "a", "b"]):
        events_of(tmp_path / "ev" / label / f"{k}.csv", {"time": TIMES[k], "unit": OF_UNITS[k]})
    first = sealed()
    (tmp_path / "ev" / "README").write_text("beside")
    assert sealed() == first
    (tmp_path / "ev" / "b" / "2.csv").rename(tmp_path / "ev" / "b" / "3.csv")
    assert sealed() != first


def test_data_beside_nothing_are_looked_for_in_the_folder_of_data_sets(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = npz(tmp_path / "data" / "a.npz", x=X, y=Y)
    data = from_file(tmp_path / "a.npz", test=6, folder=tmp_path / "data")
    assert data.source is not None
    assert data.source[0] == str(path)


def test_numbers_in_half_precision_are_taken_as_they_are(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x=X.astype("f2"), y=Y.astype("f2"))
    data = from_file(path, test=6, scaling=(0, 1e300))
    np.testing.assert_array_equal(data.array, X / 1e300)
    spikes = npz(
        tmp_path / "b.npz", times=np.array([1, 9], "f2"), units=np.array([1, 2], "f2"), offsets=[0, 1, 2], y=[0, 1]
    )
    assert spikes_of(from_spike_file(spikes, 10, 1, duration="10 ns", time_unit="ns", units=4)) == {
        (0, 1, 1),
        (1, 9, 2),
    }


# arrays in hand


HANDED: dict[str, tuple[dict[str, Any], str]] = {
    "masked": ({"x": np.ma.masked_equal(X, 1.0)}, "data set mine: inputs has masked values"),
    "complex": ({"x": X + 0j}, "data set mine: inputs has values of type complex128; expected real numbers"),
    "ragged": ({"x": [[0.0, 1.0], [1.0]]}, "data set mine: inputs is no array: its rows differ in length"),
    "one axis": ({"x": X[:, 0]}, r"data set mine: inputs have shape \(30,\); expected \(samples, values\)"),
    "lengths": ({"y": Y[:-1]}, "data set mine: 29 labels for 30 samples"),
    "groups": ({"groups": Y[:-1]}, "data set mine: 29 groups for 30 samples"),
    "shape": ({"shape": (3, 3)}, r"data set mine: shape = \[3, 3\] has 9 units; expected 4"),
    "scaling": ({"scaling": "minmx"}, "scaling = 'minmx'; did you mean 'minmax'"),
    "labels of truth": ({"y": Y == 0}, "labels are of type bool"),
}


@pytest.mark.parametrize(("change", "message"), HANDED.values(), ids=HANDED)
def test_arrays_that_are_none_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_arrays(**{"name": "mine", "x": X, "y": Y, "test": 6, **change})


def test_what_has_a_shape_of_one_axis_is_no_picture() -> None:
    data = from_arrays("mine", X, Y, test=6)
    stream = schema.RotatedStream(kind="rotated", tasks=2, angle=90)
    assert len(stream.build(data)) == 2
    with pytest.raises(SpecError, match="data set mine has 4 values, no image"):
        stream.build(replace(data, shape=(4,)))


def test_classes_may_be_called_by_numbers_below_0() -> None:
    data = from_arrays("a", X, np.where(Y == 0, -1, 1), test=6, classes=(-1, 1))
    assert data.labels.tolist() == (Y > 0).astype(int).tolist()
    assert data.class_names == ("-1", "1")

"""Data sets of files: small ones, written here in the layouts of the published ones."""

from __future__ import annotations

import gzip
import hashlib
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from platformdirs import user_data_path

from neurosim.errors import BackendUnavailable, SpecError
from neurosim.program.schedule import Events
from neurosim.scenario import datasets, engine, schema, streams
from neurosim.scenario.datasets import Dataset, Samples, digits, downloading, files, idx, shd, sources
from neurosim.scenario.datasets.split import Parts, split

SCENARIOS = Path(__file__).parents[2] / "scenarios"
RANDOM = np.random.default_rng(0)
LABELS = {"train": np.repeat(np.arange(10, dtype=np.uint8), 6), "t10k": np.repeat(np.arange(10, dtype=np.uint8), 3)}
IMAGES = {part: RANDOM.integers(0, 256, (len(n), 4, 5), dtype=np.uint8) for part, n in LABELS.items()}


@pytest.fixture(autouse=True)
def no_folder_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)


def idx_bytes(array: np.ndarray) -> bytes:
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def write_images(folder: Path, dot: bool = False, packed: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part in LABELS:
        for what, array in (("images-idx3", IMAGES[part]), ("labels-idx1", LABELS[part])):
            name = f"{part}-{what}-ubyte".replace("-idx", ".idx" if dot else "-idx")
            data = idx_bytes(array)
            (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return write_images(tmp_path / "data" / "mnist", packed=False)


# images in IDX files


@pytest.mark.parametrize("packed", [True, False], ids=["gz", "plain"])
@pytest.mark.parametrize("dot", [True, False], ids=["dot", "dash"])
def test_images_are_read_under_all_their_names(tmp_path: Path, dot: bool, packed: bool) -> None:
    data = datasets.load("mnist", folder=write_images(tmp_path, dot, packed))
    np.testing.assert_array_equal(data.array, np.concatenate([i.reshape(-1, 20) for i in IMAGES.values()]) / 255)
    np.testing.assert_array_equal(data.labels, np.concatenate(list(LABELS.values())))


def test_a_file_is_unpacked_by_what_it_holds_not_by_its_name(tmp_path: Path) -> None:
    array = np.arange(5, dtype=np.uint8)
    (tmp_path / "plain.gz").write_bytes(idx_bytes(array))
    (tmp_path / "packed").write_bytes(gzip.compress(idx_bytes(array)))
    for name in ("plain.gz", "packed"):
        np.testing.assert_array_equal(idx.read_array(tmp_path / name, 1), array)


WHOLE = idx_bytes(IMAGES["train"])
DAMAGED = {
    "empty": (b"", r"begins with b'', expected b'\x00\x00\x08\x03'"),
    "a web page": (b"<html>", r"begins with b'<htm', expected b'\x00\x00\x08\x03'"),
    "labels": (idx_bytes(LABELS["train"]), r"begins with b'\x00\x00\x08\x01', expected b'\x00\x00\x08\x03'"),
    "floats": (b"\0\0\x0d\3" + WHOLE[4:], r"begins with b'\x00\x00\r\x03', expected b'\x00\x00\x08\x03'"),
    "no sizes": (WHOLE[:6], "6 bytes, expected 16 for 0 x 0 x 0 values"),
    "cut": (WHOLE[:-1], "1215 bytes, expected 1216 for 60 x 4 x 5 values"),
    "too long": (WHOLE + b"\0", "1217 bytes, expected 1216 for 60 x 4 x 5 values"),
    "gzip, cut": (gzip.compress(WHOLE)[:-20], "cannot be read: Compressed file ended"),
    "gzip, other checksum": (gzip.compress(WHOLE)[:-8] + bytes(8), "cannot be read: CRC check failed"),
    "gzip, other bytes": (gzip.compress(WHOLE)[:10] + b"\xff" * 99, "cannot be read: Error -3 while decompressing"),
    "no gzip after all": (b"\x1f\x8bno", "cannot be read: "),
    "fewer than labels": (idx_bytes(IMAGES["train"][1:]), "60 labels, expected 59 as there are images in train-images"),
    "of another size": (idx_bytes(IMAGES["train"][:, 1:]), "20 pixels an image, expected 15 as in train-images"),
}


@pytest.mark.parametrize(("data", "message"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused_by_name(images: Path, data: bytes, message: str) -> None:
    (images / "train-images-idx3-ubyte").write_bytes(data)
    with pytest.raises(SpecError, match=re.escape(message)) as error:
        datasets.load("mnist", folder=images)
    assert str(error.value).startswith(f"{images}/t")


# where files are


def test_a_folder_of_the_name_comes_before_the_folder_itself(images: Path) -> None:
    write_images(images.parent, packed=False)
    assert {p.parent for p in files.find("mnist", idx.FILES, images.parent)} == {images}


def test_the_folder_itself_is_looked_at_if_files_are_missing_in_that_of_the_name(images: Path) -> None:
    write_images(images.parent, packed=False)
    (images / "train-images-idx3-ubyte").unlink()
    assert {p.parent for p in files.find("mnist", idx.FILES, images.parent)} == {images.parent}


def test_files_are_never_of_two_folders(images: Path) -> None:
    for path in list(images.iterdir())[:2]:
        path.rename(images.parent / path.name)
    with pytest.raises(SpecError, match="not found in"):
        files.find("mnist", idx.FILES, images.parent)


def test_the_folder_of_another_data_set_is_not_looked_at(images: Path) -> None:
    with pytest.raises(SpecError, match=re.escape(f"not found in {images / 'kmnist'};")):
        datasets.load("kmnist", folder=images)


def test_the_folder_is_the_one_given_else_of_the_environment_else_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert files.root() == user_data_path("neurosim")
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path / "environment"))
    assert files.root() == tmp_path / "environment"
    assert files.root(tmp_path / "given") == tmp_path / "given"


def test_a_missing_file_is_named_with_where_it_was_looked_for_and_where_it_is(images: Path) -> None:
    (images / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(SpecError) as error:
        datasets.load("mnist", folder=images.parent)
    assert str(error.value) == (
        f"data set mnist: t10k-labels-idx1-ubyte[.gz] not found in {images} or {images.parent}; "
        "put the files there, or name their folder with --data or NEUROSIM_DATA; they are at "
        "http://yann.lecun.com/exdb/mnist/, and neurosim.scenario.datasets.download('mnist') gets them"
    )


def test_reading_never_touches_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        pytest.fail("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", never)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    with pytest.raises(SpecError, match="not found"):
        datasets.load("shd", folder=tmp_path)


# parts


def load_images(images: Path, **keys: int) -> Dataset:
    return datasets.load("mnist", folder=images, **keys)  # type: ignore[arg-type]


def test_the_published_test_part_is_the_default(images: Path) -> None:
    data = load_images(images, validation=10)
    np.testing.assert_array_equal(data.test, np.arange(60, 90))
    np.testing.assert_array_equal(np.sort(np.concatenate([data.train, data.validation])), np.arange(60))


def test_a_smaller_test_part_is_a_stratified_one_of_the_published(images: Path) -> None:
    data = load_images(images, test=20)
    assert data.test.min() >= 60
    np.testing.assert_array_equal(np.bincount(data.labels[data.test]), np.full(10, 2))


def test_a_training_part_may_be_a_stratified_one_of_the_samples_left(images: Path) -> None:
    data = load_images(images, validation=10, train=30)
    np.testing.assert_array_equal(np.bincount(data.labels[data.train]), np.full(10, 3))


def test_a_larger_training_part_has_the_samples_of_a_smaller_one(images: Path) -> None:
    small, large = (load_images(images, train=n) for n in (10, 25))
    assert set(small.train) < set(large.train)


def test_the_size_of_one_part_does_not_touch_the_others(images: Path) -> None:
    one, other = load_images(images, validation=10, train=20, test=5), load_images(images, validation=10)
    np.testing.assert_array_equal(one.validation, other.validation)
    assert set(one.train) < set(other.train)


def test_another_split_seed_is_another_split(images: Path) -> None:
    one, other = (load_images(images, test=20, train=20, split_seed=n) for n in (0, 1))
    assert not np.array_equal(one.test, other.test)
    assert not np.array_equal(one.train, other.train)


def test_digits_can_be_trained_on_in_part() -> None:
    whole, part = (datasets.load("digits", 360, 287, train=n) for n in (None, 100))
    assert len(part.train) == 100
    assert set(part.train) < set(whole.train)
    np.testing.assert_array_equal(part.test, whole.test)


def test_the_split_of_the_digits_is_the_same_for_ever() -> None:
    """Accuracies that were published with this project depend on it."""
    data = datasets.load("digits", test=360, validation=287, split_seed=0)
    digests = [
        hashlib.sha256(p.astype("<i8").tobytes()).hexdigest()[:16] for p in (data.train, data.validation, data.test)
    ]
    assert digests == ["3e407cf59287e30a", "c49dbcb67c0f68cb", "e03e7b974f1bd9d7"]


def test_the_digits_are_those_of_scikit_learn_bit_for_bit() -> None:
    sklearn = pytest.importorskip("sklearn.datasets")
    expected, samples = sklearn.load_digits(), digits.read()
    assert samples.inputs.dtype == np.float64
    assert samples.inputs.tobytes() == (expected.data / 16).tobytes()
    np.testing.assert_array_equal(samples.labels, expected.target)


def test_the_digits_are_the_same_for_ever() -> None:
    """What the hashes and accuracies of all runs depend on, said without scikit-learn."""
    samples = digits.read()
    arrays = samples.inputs.astype("<f8"), samples.labels.astype("<i8")
    assert [hashlib.sha256(a.tobytes()).hexdigest()[:16] for a in arrays] == ["23a53393488b04f9", "a3c91c262eddcf7b"]


def test_the_licence_of_the_digits_lies_beside_them() -> None:
    text = Path(digits.__file__).with_name("digits-LICENSE.txt").read_text(encoding="utf-8")
    assert [word for word in ("Alpaydin", "10.24432/C50P49", "by/4.0", "Changes") if word not in text] == []


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"test": 31}, "[data] test = 31; the published test part of mnist has 30 samples"),
        ({"validation": 60}, "[data] validation = 60 leaves none of 60 samples to train"),
        ({"validation": 61}, "[data] validation = 61 leaves none of 60 samples to train"),
        ({"validation": 10, "train": 51}, "[data] validation = 10 leaves 50 of 60 samples to train, expected 51"),
        ({"steps": 10}, "[data] steps = 10: a sample of data set mnist has no time; leave steps out"),
    ],
)
def test_parts_that_the_data_do_not_have_are_refused(images: Path, keys: dict[str, int], message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        load_images(images, **keys)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "[data] test is missing: nobody published a test part of data set digits; give its size"),
        (
            {"test": 1000, "train": 798},
            "test = 1000 and validation = 0 leave 797 of 1797 samples to train, expected 798",
        ),
    ],
)
def test_parts_that_the_digits_do_not_have_are_refused(keys: dict[str, int], message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        datasets.load("digits", **keys)  # type: ignore[arg-type]


@st.composite
def divided(draw: st.DrawFn) -> tuple[Samples, Parts, tuple[int, int, int]]:
    """Samples of classes of some sizes, and the parts that they are divided into."""
    classes, published = draw(st.integers(1, 6)), draw(st.booleans())
    random = np.random.default_rng(draw(st.integers(0, 99)))
    sizes = st.lists(st.integers(3, 40), min_size=classes, max_size=classes)
    pools = [random.permuted(np.repeat(np.arange(classes), draw(sizes))) for _ in range(1 + published)]
    a, b = len(pools[0]), len(pools[-1])
    test = draw(st.integers(0, b if published else b // 3))
    validation, train = (draw(st.integers(1, a // 3)) for _ in range(2))
    samples = Samples(np.zeros((1, 1)), np.concatenate(pools), a if published else None)
    return samples, split("drawn", samples, test, validation, train, random), (train, validation, test)


@given(divided())
def test_parts_share_no_sample_and_have_the_sizes_asked_for(drawn: tuple) -> None:
    _, parts, sizes = drawn
    together = np.concatenate(parts)
    assert len(np.unique(together)) == len(together)
    assert tuple(len(p) for p in parts) == sizes


@given(divided())
def test_a_published_test_part_is_never_trained_on(drawn: tuple) -> None:
    samples, parts, _ = drawn
    if samples.training is not None:
        assert (np.concatenate([parts.train, parts.validation]) < samples.training).all()
        assert (parts.test >= samples.training).all()


@given(divided())
def test_each_part_has_its_share_of_each_class(drawn: tuple) -> None:
    """Up to half a sample at either end, and what rounding that of all classes moves the ends themselves."""
    samples, parts, _ = drawn
    for part, published in ((parts.train, False), (parts.validation, False), (parts.test, True)):
        pool = samples.labels[slice(samples.training, None) if published else slice(samples.training)]
        sizes = np.bincount(pool)
        counts = np.bincount(samples.labels[part], minlength=len(sizes))
        assert (np.abs(counts - sizes * len(part) / len(pool)) <= 1 + len(sizes) * sizes / len(pool)).all()


# spikes in the layout of SHD

Column = list[np.ndarray] | np.ndarray
TIMES = [np.array([0.0, 0.5, 0.5, 1.3999]), np.array([1.4, 3.0]), np.array([])]
UNITS = [np.array([699, 3, 3, 0]), np.array([5, 1]), np.array([])]


def write_spikes(path: Path, time: str = "f2", packed: bool = False, **changed: Column | None) -> Path:
    """Three samples; a keyword replaces a column, or leaves it out."""
    columns: dict[str, Column | None] = {
        "times": TIMES, "units": UNITS, "labels": np.array([1, 0, 2]), "speaker": np.array([4, 0, 1]), **changed
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, type_ in (("times", time), ("units", "u2")):
            if (lists := columns[name]) is not None:
                column = file.create_dataset(f"spikes/{name}", (len(lists),), h5py.vlen_dtype(np.dtype(type_)))
                for k, values in enumerate(lists):
                    column[k] = values
        for name in ("labels", "speaker"):
            if (numbers := columns[name]) is not None:
                file.create_dataset({"labels": "labels", "speaker": "extra/speaker"}[name], data=numbers)
    if packed:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return path


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "shd"
    write_spikes(folder / "shd_train.h5")
    write_spikes(folder / "shd_test.h5", labels=np.array([2, 2, 1]))
    return folder


@pytest.mark.parametrize("time", ["f2", "f4", "f8"])
@pytest.mark.parametrize("packed", [True, False], ids=["gz", "plain"])
@pytest.mark.parametrize(("name", "prefix"), [("shd", "shd"), ("spoken-digits", "spoken")])
def test_spikes_are_read(tmp_path: Path, name: str, prefix: str, packed: bool, time: str) -> None:
    for part in ("train", "test"):
        write_spikes(tmp_path / f"{prefix}_{part}.h5", time, packed)
    data = datasets.load(name, folder=tmp_path)
    assert isinstance(data.inputs, Events)
    assert (data.inputs.trials, data.inputs.steps, data.units, data.classes) == (6, 100, 700, 3)
    np.testing.assert_array_equal(data.test, [3, 4, 5])
    np.testing.assert_array_equal(np.argwhere(data.inputs.dense()[0]), [[1, 699], [36, 3], [99, 0]])


def test_labels_and_speakers_are_those_of_the_files(spoken: Path) -> None:
    data = datasets.load("shd", folder=spoken)
    assert data.labels.tolist() == [1, 0, 2, 2, 2, 1]
    assert data.groups is not None
    assert data.groups.tolist() == [4, 0, 1, 4, 0, 1]


def test_images_have_no_groups(images: Path) -> None:
    assert load_images(images).groups is None


@pytest.mark.parametrize("steps", [1, 2, 10, 100])
def test_a_spike_is_in_the_step_of_its_time(steps: int) -> None:
    times, units = RANDOM.uniform(0, 1.6, 500), RANDOM.integers(0, 700, 500)
    binned = shd.binned([(times, units)], steps).dense()[0]
    expected = np.zeros((steps, 700), dtype=bool)
    for time, unit in zip(times, units, strict=True):
        edges_before = sum(time >= 1.4 * k / (steps - 1) for k in range(steps)) if steps > 1 else 0
        expected[min(edges_before, steps - 1), unit] = True
    np.testing.assert_array_equal(binned, expected)


def test_spikes_after_the_end_are_in_the_last_step(spoken: Path) -> None:
    inputs = datasets.load("shd", folder=spoken).inputs
    assert isinstance(inputs, Events)
    assert inputs.at(1, 99).tolist() == [1, 5]


def test_several_spikes_of_a_unit_in_a_step_are_one() -> None:
    assert shd.binned([(np.array([0.5, 0.501, 0.502]), np.array([7, 7, 8]))], 10).count == 2


def test_the_number_of_steps_can_be_chosen(spoken: Path) -> None:
    inputs = datasets.load("shd", folder=spoken, steps=7).inputs
    assert isinstance(inputs, Events)
    assert (inputs.steps, inputs.trials) == (7, 6)


def test_reading_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    for part in ("train", "test"):
        write_spikes(tmp_path / f"shd_{part}.h5", packed=True)
    before = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    datasets.load("shd", folder=tmp_path)
    assert {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()} == before


OTHER_LAYOUTS: dict[str, tuple[dict[str, Column | None], str]] = {
    "no speakers": ({"speaker": None}, "there is no 'extra/speaker' in it"),
    "no times": ({"times": None}, "there is no 'spikes/times' in it"),
    "no sample": ({"times": []}, "'spikes/times' has shape (0,), expected something for each sample"),
    "a number for all": ({"labels": np.array(3)}, "'labels' has shape (), expected something for each sample"),
    "fewer units": ({"units": UNITS[:2]}, "spikes/units has 2 samples, expected 3 as labels has"),
    "fewer speakers": ({"speaker": np.array([1])}, "extra/speaker has 1 samples, expected 3 as labels has"),
    "times without units": (
        {"units": [UNITS[0], UNITS[1][:1], UNITS[2]]},
        "sample 1 has 2 times of spikes, but 1 units",
    ),
    "unit 700": ({"units": [np.array([699, 3, 3, 700]), *UNITS[1:]]}, "sample 0 has a spike of no unit from 0 to 699"),
    "no number": (
        {"times": [TIMES[0], np.array([0, np.nan]), TIMES[2]]},
        "sample 1 has a spike at no time",
    ),
    "infinity": ({"times": [TIMES[0], np.array([0, np.inf]), TIMES[2]]}, "sample 1 has a spike at no time"),
    "before 0": ({"times": [TIMES[0], np.array([0, -0.1]), TIMES[2]]}, "sample 1 has a spike at no time"),
}


@pytest.mark.parametrize(("columns", "message"), OTHER_LAYOUTS.values(), ids=OTHER_LAYOUTS)
def test_a_file_of_another_layout_is_refused_by_name(spoken: Path, columns: dict, message: str) -> None:
    path = write_spikes(spoken / "shd_train.h5", **columns)
    with pytest.raises(SpecError, match=re.escape(f"{path}: {message}")):
        datasets.load("shd", folder=spoken)


OTHER_CONTENTS: dict[str, tuple[dict[str, Column | None], str]] = {
    "labels as text": ({"labels": np.array([b"a", b"b", b"c"])}, "'labels' has values of type |S1, expected numbers"),
    "labels below 0": ({"labels": np.array([1, -5, 2])}, "labels has -5 in it; expected whole numbers of at least 0"),
    "no label": ({"labels": np.array([1, np.nan, 2])}, "labels has nan in it; expected whole numbers of at least 0"),
    "half a label": ({"labels": np.array([1, 0.5, 2])}, "labels has 0.5 in it; expected whole numbers of at least 0"),
    "half a speaker": ({"speaker": np.array([1, 0.5, 2])}, "extra/speaker has 0.5 in it; expected whole numbers"),
    "a speaker below 0": ({"speaker": np.array([1, -1, 2])}, "extra/speaker has -1 in it; expected whole numbers"),
    "ms": (
        {"times": [t * 1e3 for t in TIMES]},
        "spikes/times has 5 of 6 spikes after the end of their samples at 1.4 s, expected seconds; they would fit as "
        "ms: divide them by 1,000",
    ),
    "us": ({"times": [t * 1e6 for t in TIMES]}, "they would fit as us: divide them by 1,000,000"),
    "no unit": ({"times": [t + 1e15 for t in TIMES]}, "has 6 of 6 spikes after the end of their samples at 1.4 s"),
    "too early": ({"times": [t / 1e3 for t in TIMES]}, "spikes/times has all spikes by 0.003 s, of samples that last"),
    "no spike": ({"times": [TIMES[2]] * 3, "units": [UNITS[2]] * 3}, "none of 3 samples has a spike"),
}


@pytest.mark.parametrize(("columns", "message"), OTHER_CONTENTS.values(), ids=OTHER_CONTENTS)
def test_a_file_with_other_contents_is_refused_by_name(spoken: Path, columns: dict, message: str) -> None:
    path = write_spikes(spoken / "shd_train.h5", "f8", **columns)
    with pytest.raises(SpecError, match=re.escape(str(path)) + ".*" + re.escape(message)):
        datasets.load("shd", folder=spoken)


def test_units_with_a_fraction_are_refused(spoken: Path) -> None:
    path = write_spikes(spoken / "shd_train.h5")
    with h5py.File(path, "r+") as file:
        del file["spikes/units"]
        column = file.create_dataset("spikes/units", (3,), h5py.vlen_dtype(np.dtype("f4")))
        for k, units in enumerate([np.array([699, 3, 3.5, 0]), *UNITS[1:]]):
            column[k] = units
    with pytest.raises(SpecError, match=re.escape("sample 0 has units that are no numbers of units: has 3.5 in it")):
        datasets.load("shd", folder=spoken)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([2, 3, 1], "its labels are 3 numbers from 1 to 3, but no sample is of class 0; expected labels 0 to 2"),
        ([0, 1, 5], "its labels are 4 numbers from 0 to 5, but no sample is of class 3, 4; expected labels 0 to 3"),
        ([0, 1, 2**40], "but no sample is of class 3, 4, 5, 6, 7, 8, 9, 10, ...; expected labels 0 to 3"),
    ],
)
def test_a_class_without_a_sample_is_named(spoken: Path, labels: list[int], message: str) -> None:
    """It would be an output, and a class in the accuracy, of which nothing is ever shown."""
    write_spikes(spoken / "shd_train.h5", labels=np.array(labels))
    with pytest.raises(SpecError, match=re.escape(message)):
        datasets.load("shd", folder=spoken)


def test_images_of_no_class_0_are_refused(images: Path) -> None:
    for part, labels in LABELS.items():
        (images / f"{part}-labels-idx1-ubyte").write_bytes(idx_bytes(labels + 1))
    with pytest.raises(SpecError, match=r"data set mnist: .* from 1 to 10, but no sample is of class 0;"):
        datasets.load("mnist", folder=images)


def test_images_that_unpack_to_very_many_bytes_are_refused(images: Path) -> None:
    path = images / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(WHOLE + bytes(2**26), 1))
    with pytest.raises(SpecError, match=re.escape(f"{path}: cannot be read: its ") + ".* unpack to more than"):
        datasets.load("mnist", folder=images)


def test_more_steps_than_memory_has_bins_are_refused(spoken: Path) -> None:
    with pytest.raises(SpecError, match=r"\[data\] steps = 1000000000000: too many for 3 samples; expected at most"):
        datasets.load("shd", folder=spoken, steps=10**12)


@pytest.mark.parametrize(
    "damage",
    [lambda d: b"", lambda d: b"<html>", lambda d: d[:-100], lambda d: gzip.compress(d)[:-100]],
    ids=["empty", "a web page", "cut", "gzip, cut"],
)
def test_a_damaged_file_of_spikes_is_refused_by_name(spoken: Path, damage: Callable[[bytes], bytes]) -> None:
    path = spoken / "shd_test.h5"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SpecError, match=re.escape(f"{path}: ")):
        datasets.load("shd", folder=spoken)


def test_tasks_can_be_made_of_spikes(spoken: Path) -> None:
    tasks = streams.class_incremental(datasets.load("shd", folder=spoken), 1, class_order=[2, 0, 1])
    assert [t.train.tolist() for t in tasks] == [[2], [1], [0]]
    assert [t.test.tolist() for t in tasks] == [[3, 4], [], [5]]


def test_spikes_are_no_array(spoken: Path) -> None:
    with pytest.raises(SpecError, match="data set shd has spikes in time, expected an array of numbers"):
        _ = datasets.load("shd", folder=spoken).array


def test_a_method_that_shows_arrays_refuses_spikes(spoken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (SCENARIOS / "digits_joint.toml").read_text()
    text, replaced = re.subn(r"\[data\]\n[^[]*", '[data]\nname = "shd"\n\n', text)
    assert replaced == 1
    monkeypatch.setenv("NEUROSIM_DATA", str(spoken))
    with pytest.raises(
        SpecError, match=r"\[training\] method = '.*' shows a sample as an array .* data set shd has spikes"
    ):
        engine.run(schema.parse(text), lambda _: pytest.fail("a backend was asked"))


def test_a_task_without_a_sample_to_train_on_is_refused() -> None:
    text = (SCENARIOS / "digits_joint.toml").read_text()
    data = datasets.load("digits", 360)
    none = Dataset("digits", data.inputs, data.labels, data.train[:0], data.validation, data.test)
    with pytest.raises(SpecError, match=r"no sample of classes .* in the part 'train'"):
        engine.run(schema.parse(text), lambda _: pytest.fail("a backend was asked"), data=none)


# downloads


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that a server on this machine publishes as MNIST."""
    folder = write_images(tmp_path / "published")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        md5 = {p.name: hashlib.md5(p.read_bytes()).hexdigest() for p in folder.iterdir()}
        source = sources.Publisher("its page", f"http://127.0.0.1:{server.server_port}/", md5)
        monkeypatch.setattr(downloading, "SOURCES", {"mnist": source})
        yield folder
        server.shutdown()
        thread.join()


def test_what_was_downloaded_can_be_loaded(publisher: Path, tmp_path: Path) -> None:
    assert datasets.download("mnist", tmp_path / "data") == tmp_path / "data" / "mnist"
    assert len(datasets.load("mnist", folder=tmp_path / "data").labels) == 90


def test_a_file_with_another_checksum_is_refused_and_not_kept(publisher: Path, tmp_path: Path) -> None:
    (publisher / "train-images-idx3-ubyte.gz").write_bytes(b"something else")
    with pytest.raises(SpecError, match=r"data set mnist: download from .* failed: .*; see its page"):
        datasets.download("mnist", tmp_path)
    assert not (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").exists()


def test_a_download_that_is_not_there_is_refused(publisher: Path, tmp_path: Path) -> None:
    (publisher / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(SpecError, match=r"data set mnist: download from .* failed: 404 Client Error"):
        datasets.download("mnist", tmp_path)


def test_without_pooch_the_error_says_how_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(
        BackendUnavailable, match=r"downloading data sets needs pooch: pip install 'neurosim\[download\]'"
    ):
        datasets.download("mnist", tmp_path)


def test_a_data_set_that_nobody_publishes_cannot_be_downloaded(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=re.escape("data set 'mnits' cannot be downloaded; did you mean 'mnist'?")):
        datasets.download("mnits", tmp_path)


def test_what_is_published_are_the_files_that_are_looked_for() -> None:
    spikes = {"shd_train.h5.gz", "shd_test.h5.gz"}
    files_of = {n: spikes if n == "shd" else {f"{f}.gz" for f in idx.FILES} for n in sources.SOURCES}
    assert {n: set(s.md5) for n, s in sources.SOURCES.items()} == files_of
    assert set(sources.SOURCES) < set(datasets.DATASETS)


def test_nobody_writes_into_the_digits_that_all_runs_share() -> None:
    data = datasets.load("digits", test=20)
    for shared in (data.array, data.labels):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 0

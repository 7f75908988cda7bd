"""Data sets as the real tonic reads them, from files in the layout that their publishers chose."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurosim.errors import SpecError
from neurosim.scenario import schema
from neurosim.scenario.datasets.from_code import tonic_sets

tonic = pytest.importorskip("tonic")

Raw = np.ndarray[Any, Any]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of fewer files than were published count as whole."""
    check = tonic.dataset.Dataset._folder_contains_at_least_n_files_of_type
    monkeypatch.setattr(
        tonic.dataset.Dataset,
        "_folder_contains_at_least_n_files_of_type",
        lambda self, n_files, file_type: check(self, 1, file_type),
    )


@pytest.fixture
def nmnist(tmp_path: Path, small: None) -> list[Raw]:
    """Four training and two test samples, as (x, y, p, t), in tmp_path/NMNIST."""
    random, written = np.random.default_rng(0), []
    for part, archive, labels in (("Train", "train.zip", [0, 0, 1, 1]), ("Test", "test.zip", [0, 1])):
        (tmp_path / "NMNIST").mkdir(exist_ok=True)
        (tmp_path / "NMNIST" / archive).touch()
        for k, label in enumerate(labels):
            t = np.sort(random.integers(0, 310_000, 4000))
            x, y, p = random.integers(0, 34, 4000), random.integers(0, 34, 4000), random.integers(0, 2, 4000)
            columns = (x, y, (p << 7) | ((t >> 16) & 0x7F), (t >> 8) & 0xFF, t & 0xFF)
            folder = tmp_path / "NMNIST" / part / str(label)
            folder.mkdir(parents=True, exist_ok=True)
            np.stack(columns, axis=1).astype(np.uint8).tofile(folder / f"{k:05d}.bin")
            written.append(np.stack([x, y, p, t]))
    return written


def test_every_spike_is_where_its_bytes_say(nmnist: list[Raw], tmp_path: Path) -> None:
    samples = tonic_sets.read("NMNIST", tmp_path, 60, "300 ms")
    spikes = samples.inputs.dense()
    assert spikes.shape == (6, 60, 2 * 34 * 34)
    assert samples.labels.tolist() == [0, 0, 1, 1, 0, 1]
    assert (samples.training, samples.shape) == (4, (2, 34, 34))
    for sample, (x, y, p, t) in zip(spikes, nmnist, strict=True):
        expected = np.zeros_like(sample)
        early = t < 300_000
        expected[t[early] // 5000, ((p * 34 + y) * 34 + x)[early]] = True
        np.testing.assert_array_equal(sample, expected)


def test_tonics_own_frames_count_from_the_first_event(nmnist: list[Raw], tmp_path: Path) -> None:
    """So they are ours where the first event is at 0, but for the last window, which tonic leaves out."""
    given = tonic.datasets.NMNIST(str(tmp_path), train=True)[0][0]
    given["t"] -= given["t"][0]
    frames = tonic.transforms.ToFrame(sensor_size=(34, 34, 2), time_window=5000)(given)
    ours = np.zeros((62, 2, 34, 34), dtype=bool)
    ours[given["t"] // 5000, given["p"], given["y"], given["x"]] = True
    np.testing.assert_array_equal(ours[: len(frames)], frames > 0)


def test_nothing_is_downloaded_where_files_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = refusing_network(monkeypatch)
    for name in tonic_sets.SETS:
        with pytest.raises(SpecError, match=f"data set {name}: tonic does not find all its files in {tmp_path}/{name}"):
            tonic_sets.read(name, tmp_path, 10, "300 ms")
    assert not asked
    assert not list(tmp_path.iterdir())


def refusing_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    asked: list[Any] = []

    def refuse(*given: Any, **_: Any) -> Any:
        asked.append(given)
        raise OSError("no network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    return asked


def test_shd_is_that_of_its_files(tmp_path: Path, small: None) -> None:
    write_shd(tmp_path / "SHD")
    data = schema.TonicTable(tonic="SHD", steps=14, duration="1.4 s").build(tmp_path)
    assert (data.units, data.shape, data.classes) == (700, (700,), 2)
    assert data.groups is not None
    assert data.groups.tolist() == [3, 4, 3, 4, 5, 6]
    shown = data.rows.gathered()
    assert not isinstance(shown, np.ndarray)
    expected = np.zeros((6, 14, 700), dtype=bool)
    for k in range(6):
        expected[k, [1, 13], [10 + k, 690 + k]] = True
    np.testing.assert_array_equal(shown.dense(), expected)


def write_shd(folder: Path) -> None:
    folder.mkdir()
    first = 0
    for part, speakers in (("train", [3, 4, 3, 4]), ("test", [5, 6])):
        (folder / f"shd_{part}.h5.zip").touch()
        with h5py.File(folder / f"shd_{part}.h5", "w") as file:
            lists: Callable[..., Any] = file.create_dataset
            times = lists("spikes/times", (len(speakers),), h5py.vlen_dtype(np.float32))
            units = lists("spikes/units", (len(speakers),), h5py.vlen_dtype(np.int64))
            for k in range(len(speakers)):
                times[k], units[k] = [0.15, 1.35], [10 + first + k, 690 + first + k]
            file["labels"] = np.arange(len(speakers)) % 2
            file["extra/speaker"] = speakers
            file["extra/keys"] = np.array([b"zero", b"one"])
        first += len(speakers)


def test_gestures_have_their_users_as_groups(tmp_path: Path, small: None) -> None:
    for part, user in (("Train", 4), ("Test", 9)):
        folder = tmp_path / "DVSGesture" / f"ibmGesture{part}" / f"user{user:02d}_led"
        folder.mkdir(parents=True)
        (tmp_path / "DVSGesture" / f"ibmGesture{part}.tar.gz").touch()
        for label in (1, 0):
            np.save(folder / f"{label}.npy", np.array([[127, 126, 1, 0], [3, 2, 0, 40 + label]], dtype=float))
    samples = tonic_sets.read("DVSGesture", tmp_path, 10, "100 ms")
    assert samples.groups is not None
    assert samples.groups.tolist() == [4, 4, 9, 9]
    assert samples.labels.tolist() == [0, 1, 0, 1]  # in the order of the files' names
    found = np.argwhere(samples.inputs.dense()[0]).tolist()
    assert found == [[0, (1 * 128 + 126) * 128 + 127], [4, (0 * 128 + 2) * 128 + 3]]

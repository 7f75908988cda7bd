"""Events as spikes in time bins, from a stand-in for tonic with the same classes; tests/event_sets has the real one."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from neurosim.errors import BackendUnavailable, SpecError
from neurosim.scenario import schema
from neurosim.scenario.datasets.from_code import tonic_sets
from neurosim.scenario.datasets.from_code.tonic_sets import Sensor

EVENTS = np.dtype([("x", int), ("y", int), ("t", int), ("p", int)])


def events(*rows: tuple[int, int, int, int]) -> Any:
    return np.array(list(rows), dtype=EVENTS)


class StandIn:
    """Two training samples and a test sample of a sensor of 3 x 2 pixels."""

    sensor_size = (3, 2, 2)
    classes = ("left", "right")
    filename, folder_name = "files.zip", "Train"
    there = True
    samples: tuple[Any, ...] = ()

    def __init__(self, save_to: str, train: bool = True):
        self.save_to = save_to
        if not self.there:
            self.download()
        self.own = self.samples[:-1] if train else self.samples[-1:]

    def download(self) -> None:
        raise AssertionError("it would be downloaded")

    def __len__(self) -> int:
        return len(self.own)

    def __getitem__(self, k: int) -> Any:
        return self.own[k]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    kind = type("NMNIST", (StandIn,), {})
    kind.samples = (
        (events((2, 1, 0, 1), (2, 1, 9, 1), (0, 0, 10, 0), (1, 0, 99, 0), (1, 0, 100, 0)), 0),
        (events((1, 1, 50, 0)), 1),
        (events((0, 1, 20, 1)), 0),
    )
    tonic, within = ModuleType("tonic"), ModuleType("tonic.datasets")
    within.NMNIST = kind  # type: ignore[attr-defined]
    tonic.datasets = within  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tonic", tonic)
    monkeypatch.setitem(sys.modules, "tonic.datasets", within)
    return kind


def read(steps: int = 10, duration: str = "0.1 ms") -> Any:
    return tonic_sets.read("NMNIST", Path("folder"), steps, duration)


def test_a_spike_is_in_the_step_of_its_time_since_zero(stand_in) -> None:
    samples = read()
    spikes = samples.inputs.dense()
    assert spikes.shape == (3, 10, 12)
    found = [tuple(map(int, place)) for place in np.argwhere(spikes)]
    last = (0 * 2 + 0) * 3 + 1
    assert found == [(0, 0, (1 * 2 + 1) * 3 + 2), (0, 1, 0), (0, 9, last), (1, 5, (0 * 2 + 1) * 3 + 1),
                     (2, 2, (1 * 2 + 1) * 3 + 0)]  # fmt: skip


def test_labels_parts_shape_and_names_are_those_of_the_set(stand_in) -> None:
    samples = read()
    assert samples.labels.tolist() == [0, 1, 0]
    assert (samples.training, samples.shape, samples.class_names) == (2, (2, 2, 3), ("left", "right"))
    assert samples.groups is None


def test_samples_are_in_the_order_of_their_files(stand_in, monkeypatch) -> None:
    monkeypatch.setattr(stand_in, "data", property(lambda self: ["b", "a"][: len(self)]), raising=False)
    monkeypatch.setattr(stand_in, "users", property(lambda self: [7, 8][: len(self)]), raising=False)
    samples = read()
    assert samples.labels.tolist() == [1, 0, 0]
    assert samples.groups.tolist() == [8, 7, 7]


def test_a_cochlea_has_one_row_and_no_polarity() -> None:
    sensor = Sensor(700, 1, 1)
    assert (sensor.units, sensor.shape) == (700, (700,))
    heard = np.array([(5, 1, 699)], dtype=[("t", int), ("p", int), ("x", int)])
    assert sensor.unit(heard).tolist() == [699]


def test_nothing_is_downloaded(stand_in, monkeypatch) -> None:
    monkeypatch.setattr(stand_in, "there", False)
    with pytest.raises(SpecError) as caught:
        read()
    text = str(caught.value)
    assert (
        "data set NMNIST: tonic does not find all its files in folder/NMNIST".replace(
            "folder", str(Path("folder").absolute())
        )
        in text
    )
    assert "files.zip and the folder Train; put them there, or name the folder of NMNIST with --data" in text


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(3, 0, 0, 0)], "data set NMNIST: x has 3 in it; expected whole numbers from 0 to 2"),
        ([(0, 0, 0, 2)], "data set NMNIST: p has 2 in it; expected whole numbers from 0 to 1"),
        ([(0, 0, -1, 0)], "data set NMNIST: times has -1 in it; expected whole numbers of at least 0"),
        ([(0, 0, 500, 0)] * 9, "9 of 11 spikes come after [data] duration = 0.1 ms; make it longer"),
    ],
)
def test_events_that_are_none_of_the_sensor_are_refused(stand_in, rows, told: str) -> None:
    stand_in.samples = ((events(*rows), 0), *stand_in.samples[1:])
    with pytest.raises(SpecError) as caught:
        read()
    assert told in str(caught.value)


@pytest.mark.parametrize("duration", ["0 ms", "-3 ms", "0.5 us", "3", "3 mV", "long"])
def test_a_duration_is_a_time_of_whole_microseconds(duration: str) -> None:
    with pytest.raises(SpecError, match=re.escape("[data] duration =")):
        tonic_sets.microseconds(duration)


def test_a_duration_has_a_unit() -> None:
    assert [tonic_sets.microseconds(d) for d in ("300 ms", "1.4 s", "7 us")] == [300_000, 1_400_000, 7]


def test_an_unknown_set_is_answered_with_the_nearest() -> None:
    with pytest.raises(SpecError, match=re.escape("[data] tonic = 'NMIST'; did you mean 'NMNIST'?")):
        tonic_sets.read("NMIST", None, 5, "300 ms")


def test_without_tonic_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tonic", None)
    with pytest.raises(
        BackendUnavailable, match=re.escape("[data] tonic = 'NMNIST' needs tonic: pip install 'neurosim[to")
    ):
        read()


def test_it_is_a_source_of_a_scenario(stand_in) -> None:
    table = schema.TonicTable(tonic="NMNIST", steps=10, duration="0.1 ms", test=1)
    data = table.build(Path("folder"))
    assert (data.name, data.units, len(data.train), len(data.test)) == ("NMNIST", 12, 2, 1)

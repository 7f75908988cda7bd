"""The real files, where someone has put them beside the repository; the project does not need them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurosim.program.schedule import Events
from neurosim.scenario import datasets
from neurosim.scenario.datasets import Dataset

FOLDER = Path(__file__).parents[3] / "shared" / "data"


def real(name: str) -> Dataset:
    if not (FOLDER / name).is_dir():
        pytest.skip(f"no {name} in {FOLDER}")
    return datasets.load(name, folder=FOLDER)


@pytest.fixture(scope="module")
def spoken() -> Dataset:
    return real("spoken-digits")


@pytest.mark.parametrize(
    ("name", "first", "test", "training"),
    [
        ("mnist", [6, 7, 6, 3, 1], [4, 5, 7, 7, 0], 7_000),
        ("fashion-mnist", [9, 0, 0, 3, 0], [9, 2, 1, 1, 6], 60_000),
    ],
)
def test_images_have_the_labels_of_their_files(name: str, first: list[int], test: list[int], training: int) -> None:
    data = real(name)
    assert (len(data.train), data.labels[:5].tolist()) == (training, first)
    assert data.labels[data.test[:5]].tolist() == test
    assert (data.units, data.classes) == (784, 10)


def test_fashion_is_the_whole_of_it() -> None:
    """The mean pixel of its training images is known: 0.2860."""
    data = real("fashion-mnist")
    assert (len(data.test), np.bincount(data.labels).tolist()) == (10_000, [7_000] * 10)
    assert data.array[data.train].mean() == pytest.approx(0.2860, abs=5e-5)


@pytest.mark.timeout(30)  # two seconds if spikes are read by the sample, minutes if one by one
def test_all_spoken_digits_are_read(spoken: Dataset) -> None:
    assert isinstance(spoken.inputs, Events)
    assert (spoken.inputs.trials, spoken.inputs.steps, spoken.units, spoken.classes) == (5_000, 100, 700, 20)
    assert (len(spoken.train), len(spoken.test)) == (4_000, 1_000)


def test_spoken_digits_have_the_labels_of_their_files(spoken: Dataset) -> None:
    assert spoken.labels[:5].tolist() == [7, 9, 16, 11, 2]
    assert spoken.labels[spoken.test[:5]].tolist() == [12, 11, 2, 16, 9]


def test_each_word_is_spoken_as_often(spoken: Dataset) -> None:
    for part, number in ((spoken.train, 200), (spoken.test, 50)):
        assert np.bincount(spoken.labels[part]).tolist() == [number] * 20


def test_two_speakers_are_heard_in_the_test_part_only(spoken: Dataset) -> None:
    assert spoken.groups is not None
    assert set(spoken.groups[spoken.test]) - set(spoken.groups[spoken.train]) == {4, 5}


def test_few_spikes_of_a_unit_fall_into_one_step(spoken: Dataset) -> None:
    """The files have 20,100,337 + 5,158,015 spikes, of which a bin of 14 ms makes one of two now and then."""
    assert isinstance(spoken.inputs, Events)
    assert 0.95 < spoken.inputs.count / 25_258_352 < 1.0


def test_nothing_is_heard_in_the_first_step_nor_for_long(spoken: Dataset) -> None:
    """The last spike of a sample is at 1.336 s at the latest, in step 95."""
    assert isinstance(spoken.inputs, Events)
    heard = np.diff(spoken.inputs.offsets).reshape(-1, 100).sum(axis=0)
    assert np.flatnonzero(heard)[[0, -1]].tolist() == [1, 95]

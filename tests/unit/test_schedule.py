"""Phases, probes, events and trials."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.errors import InputError, ModelError
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Phase("free", -1), "phase free: steps = -1; expected a whole number of at least 0"),
        (lambda: Phase("free", 1.5), "phase free: steps = 1.5; expected a whole number"),  # type: ignore[arg-type]
        (lambda: Phase("fr ee", 1), "phase 'fr ee': 'fr ee' is not a name"),
        (lambda: Schedule([]), "a schedule needs at least one phase"),
        (lambda: Schedule([Phase("a", 1), Phase("a", 2)]), "the schedule has two phases called 'a'"),
        (
            lambda: Schedule([Phase("a", 1)], (), {"input.s": "step"}),
            "stimulus input.s: kind 'step'; did you mean 'steps'? (known: constant, events, steps)",
        ),
    ],
)
def test_what_is_no_schedule_is_refused_with_its_place(make: object, message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        make()  # type: ignore[operator]


def test_the_name_of_a_recording() -> None:
    assert Probe("output.s", "end:free").name == "output.s@end:free"


@pytest.fixture
def spikes() -> np.ndarray:
    return np.random.default_rng(0).random((3, 5, 4)) < 0.3


def test_events_list_the_units_of_a_step(spikes: np.ndarray) -> None:
    events = Events.from_dense(spikes)
    for trial, step in np.ndindex(3, 5):
        np.testing.assert_array_equal(events.at(trial, step), np.flatnonzero(spikes[trial, step]))


def test_a_part_of_events_counts_its_trials_from_0(spikes: np.ndarray) -> None:
    part = Events.from_dense(spikes).part(1, 3)
    np.testing.assert_array_equal(part.dense(), spikes[1:])
    assert part.trials == 2


def test_a_part_of_a_part(spikes: np.ndarray) -> None:
    part = Events.from_dense(spikes).part(1, 3).part(1, 2)
    np.testing.assert_array_equal(part.dense(), spikes[2:])
    np.testing.assert_array_equal(part.at(0, 2), np.flatnonzero(spikes[2, 2]))


CHOSEN = [[2, 0], [1, 1, 1], [-1, 0], [], np.array([True, False, True])]


@pytest.mark.parametrize("chosen", CHOSEN, ids=str)
def test_events_are_taken_as_the_rows_of_an_array(spikes: np.ndarray, chosen: list[int]) -> None:
    taken = Events.from_dense(spikes).take(chosen)
    np.testing.assert_array_equal(taken.dense(), spikes[chosen])
    assert taken.count == spikes[chosen].sum()


@given(st.integers(0, 99), st.lists(st.integers(-7, 6), max_size=9), st.floats(0, 1))
def test_any_trials_are_taken_as_the_rows_of_an_array(seed: int, chosen: list[int], density: float) -> None:
    spikes = np.random.default_rng(seed).random((7, 3, 5)) < density
    np.testing.assert_array_equal(Events.from_dense(spikes).take(chosen).dense(), spikes[chosen])


def test_trials_of_a_part_are_taken_by_their_place_in_it(spikes: np.ndarray) -> None:
    taken = Events.from_dense(spikes).part(1, 3).take([1, 0])
    np.testing.assert_array_equal(taken.dense(), spikes[[2, 1]])


@pytest.mark.parametrize("chosen", [[3], [-4]])
def test_a_trial_that_is_not_there_cannot_be_taken(spikes: np.ndarray, chosen: list[int]) -> None:
    with pytest.raises(InputError, match="events: of 3 trials"):
        Events.from_dense(spikes).take(chosen)


def test_events_from_lists_are_those_of_the_dense_array(spikes: np.ndarray) -> None:
    lists = [np.flatnonzero(row) for row in spikes.reshape(15, 4)]
    np.testing.assert_array_equal(Events.from_lists(lists, 5, 4).dense(), spikes)


def test_joined_events_are_those_of_the_joined_arrays(spikes: np.ndarray) -> None:
    events = Events.from_dense(spikes)
    joined = Events.joined([events.part(1, 3), events.part(1, 1), events.part(0, 2)])
    np.testing.assert_array_equal(joined.dense(), np.concatenate([spikes[1:3], spikes[:2]]))


def test_events_without_a_spike() -> None:
    events = Events.from_dense(np.zeros((2, 3, 4)))
    assert (events.count, events.trials, events.dense().shape) == (0, 2, (2, 3, 4))


def test_events_of_no_step() -> None:
    assert Events.from_lists([], 0, 4).count == 0


def test_trials_have_as_many_rows_as_their_stimuli(spikes: np.ndarray) -> None:
    assert Trials({"a.s": np.zeros((3, 2)), "b.x": Events.from_dense(spikes)}).count == 3


def test_stimuli_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match=re.escape("stimulus b.s has 2 trials, expected 3 as for the others")):
        Trials({"a.s": np.zeros((3, 2)), "b.s": np.zeros((2, 2))})


def test_a_part_of_trials_ends_with_the_trials(spikes: np.ndarray) -> None:
    part = Trials({"a.s": np.arange(3.0)[:, None], "b.x": Events.from_dense(spikes)}).part(2, 99)
    assert part.count == 1
    np.testing.assert_array_equal(part.stimuli["a.s"], [[2.0]])


def test_trials_without_a_stimulus_have_a_count() -> None:
    assert Trials({}, 4).part(1, 3).count == 2

"""What drives a network that sleeps: windows of the mean image, how long, and the mean of which tasks."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import SpecError
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, NeuronModel, RateUnit, SpikeInput
from neurosim.model.randomness import stream
from neurosim.model.synapses import Binary
from neurosim.program.schedule import Array, Phase, Schedule
from neurosim.results.result import Result
from neurosim.scenario import datasets, engine, schema
from neurosim.scenario.methods import sleep_replay, threshold_scaling
from neurosim.scenario.preparation import prepare
from neurosim.scenario.preparation.plan import method_of

DIGITS_SLEEP = Path(__file__).parents[1] / "digits_sleep.toml"
SMALLER = {
    "size = 256": "size = 4", "test = 360": "test = 60\ntrain = 60", "validation = 287": "validation = 0",
    "increment = 2": "increment = 5", "free_steps = 20": "free_steps = 4", "nudged_steps = 8": "nudged_steps = 2",
}  # fmt: skip
LENGTH = "steps = 747\ngrowth = 0.3333333333333333"


@pytest.fixture
def scenario_with() -> Callable[..., schema.Scenario]:
    """Two tasks of five digits each, the keys of [sleep] replaced."""

    def parsed(sleep: str, *changes: tuple[str, str]) -> schema.Scenario:
        text = DIGITS_SLEEP.read_text()
        for old, new in [*SMALLER.items(), (LENGTH, sleep), *changes]:
            assert old in text, old
            text = text.replace(old, new)
        return schema.parse(text)

    return parsed


def slept(scenario: schema.Scenario) -> list[int]:
    """Steps of each sleep."""
    result: Result = engine.run(scenario, ReferenceBackend().compile)
    return [s.steps for s in result.stages if s.kind == "slept"]


# spikes


def test_without_a_mask_a_spike_is_one_number_of_the_stream_below_its_probability() -> None:
    mean = np.linspace(0, 1, 49)
    fired = sleep_replay.spikes(mean, 0.7, 200, stream(3, "sleep", 1)).dense()
    np.testing.assert_array_equal(fired, stream(3, "sleep", 1).random((1, 200, 49)) < 0.7 * mean)


def test_a_mask_takes_spikes_away_and_changes_no_other() -> None:
    mean = np.linspace(0, 1, 49)
    whole, masked = (sleep_replay.spikes(mean, 0.7, 200, stream(3, "sleep", 1), mask).dense() for mask in (None, 4))
    kept = sleep_replay.windows(49, 4, 200, _after_spikes(stream(3, "sleep", 1), 200, 49))
    np.testing.assert_array_equal(masked[0], whole[0] & kept)
    assert masked.sum() < whole.sum()


def _after_spikes(random: np.random.Generator, steps: int, units: int) -> np.random.Generator:
    random.random((1, steps, units))
    return random


def test_a_window_is_a_square_inside_the_image() -> None:
    for window in sleep_replay.windows(49, 3, 100, stream(0, "w")).reshape(100, 7, 7):
        rows, columns = (np.flatnonzero(window.any(axis=axis)) for axis in (1, 0))
        assert window.sum() == 9
        assert (np.ptp(rows), np.ptp(columns)) == (2, 2)


def test_windows_are_uniform_over_all_places() -> None:
    steps = 20_000
    windows = sleep_replay.windows(49, 3, steps, stream(0, "w"))
    counts = np.unique(windows.argmax(axis=1), return_counts=True)[1]  # by the first pixel inside
    assert len(counts) == 25
    np.testing.assert_allclose(counts, steps / 25, atol=4 * np.sqrt(steps / 25))


def test_a_mask_as_large_as_the_image_changes_nothing() -> None:
    whole, masked = (sleep_replay.spikes(np.ones(49), 0.5, 50, stream(0, "s"), mask).dense() for mask in (None, 7))
    np.testing.assert_array_equal(whole, masked)


# lengths


def test_sleep_grows_from_task_to_task(scenario_with) -> None:
    assert slept(scenario_with("steps = 30\ngrowth = 0.5")) == [30, 45]


def test_sleep_lasts_as_long_as_the_list_says_for_each_task(scenario_with) -> None:
    assert slept(scenario_with("per_task = [30, 7]")) == [30, 7]


@pytest.mark.parametrize(
    ("sleep", "text"),
    [
        ("", "expected one of 'steps' and 'per_task'"),
        ("steps = 3\nper_task = [3, 3]", "expected one of 'steps' and 'per_task'"),
        ("growth = 0.5\nper_task = [3, 3]", "'growth' goes with 'steps', not with 'per_task'"),
        ("per_task = [3, 0]", "'sleep.per_task.1' = 0: input should be greater than or equal to 1"),
        ("steps = 3\nmask = 0", "'sleep.mask' = 0: input should be greater than or equal to 1"),
        ('steps = 3\nmean_of = "last"', "'sleep.mean_of' = 'last'; known: all, first"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(scenario_with, sleep: str, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        scenario_with(sleep)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("sleep", "text"),
    [
        ("per_task = [3]", "sleep.per_task has 1 lengths, expected 2, one for each task"),
        ("steps = 3\nmask = 9", "sleep.mask = 9: data set digits has images of 8 x 8 pixels; expected at most 8"),
    ],
)
def test_keys_that_the_data_do_not_fit_are_refused(scenario_with, sleep: str, text: str) -> None:
    scenario = scenario_with(sleep)
    with pytest.raises(SpecError) as caught:
        prepare(scenario, scenario.data.build())
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("units", "shape", "mask", "text"),
    [
        (63, None, 64, "sleep.mask = 64: data set digits has 63 inputs in a row; expected at most 63"),
        (64, (64,), 65, "data set digits has 64 inputs in a row; expected at most 64"),
        (60, (2, 5, 6), 6, "data set digits has images of 5 x 6 pixels in 2 channels; expected at most 5"),
    ],
)
def test_a_window_larger_than_a_sample_is_refused(units: int, shape, mask: int, text: str) -> None:
    table = schema.SleepTable(input="input", steps=3, rate=1.0, mask=mask)
    with pytest.raises(SpecError, match=re.escape(text)):
        sleep_replay.check(table, 1, _digits_of(units, shape))
    sleep_replay.check(table.model_copy(update={"mask": mask - 1}), 1, _digits_of(units, shape))


def _digits_of(units: int, shape: tuple[int, ...] | None) -> datasets.Dataset:
    data = datasets.load("digits", 60)
    return replace(data, inputs=data.array[:, :units], shape=shape)


def test_a_window_of_what_is_no_image_is_so_many_units_in_a_row() -> None:
    for units, shape in ((10, None), (16, (16,))):
        windows = sleep_replay.windows(units, 3, 2000, stream(0, "w"), shape)
        assert {(w.sum(), np.ptp(np.flatnonzero(w))) for w in windows} == {(3, 2)}
        assert set(windows.argmax(axis=1)) == set(range(units - 2))


def test_a_window_of_an_image_with_channels_is_the_same_in_each() -> None:
    windows = sleep_replay.windows(60, 3, 500, stream(0, "w"), (2, 5, 6)).reshape(500, 2, 5, 6)
    np.testing.assert_array_equal(windows[:, 0], windows[:, 1])
    rows, columns = windows[:, 0].any(axis=2), windows[:, 0].any(axis=1)
    assert set(rows.argmax(axis=1)) == {0, 1, 2}
    assert set(columns.argmax(axis=1)) == {0, 1, 2, 3}
    assert {(int(w.sum()), np.ptp(np.flatnonzero(r)), np.ptp(np.flatnonzero(c)))
            for w, r, c in zip(windows[:, 0], rows, columns, strict=True)} == {(9, 2, 2)}  # fmt: skip


def test_windows_of_square_images_are_those_of_old() -> None:
    """As they were drawn when only square images had them."""
    random = stream(3, "sleep", 1)
    first = random.integers(0, 7 - 4 + 1, size=(2, 33, 1))
    rows, columns = (first <= np.arange(7)) & (np.arange(7) < first + 4)
    old = (rows[:, :, np.newaxis] & columns[:, np.newaxis, :]).reshape(33, 49)
    again = stream(3, "sleep", 1)
    np.testing.assert_array_equal(sleep_replay.windows(49, 4, 33, again), old)
    assert again.random() == random.random()


def test_a_run_masks_by_the_shape_of_its_data(scenario_with, monkeypatch) -> None:
    shapes = []
    windows = sleep_replay.windows
    monkeypatch.setattr(sleep_replay, "windows", lambda *given: shapes.append(given[-1]) or windows(*given))
    scenario = scenario_with("steps = 5\nmask = 3")
    data = replace(scenario.data.build(), shape=(2, 4, 8))
    engine.run(scenario, ReferenceBackend().compile, data=data)
    assert shapes == [(2, 4, 8)] * 2


# the mean


@pytest.mark.parametrize(("mean_of", "tasks"), [("all", [1, 2]), ("first", [1, 1])])
def test_the_mean_is_of_all_tasks_so_far_or_of_the_first(
    scenario_with, monkeypatch, mean_of: str, tasks: list[int]
) -> None:
    means: list[Array] = []
    spikes = sleep_replay.spikes
    monkeypatch.setattr(sleep_replay, "spikes", lambda mean, *rest: means.append(mean) or spikes(mean, *rest))
    scenario = scenario_with(f'steps = 10\nmean_of = "{mean_of}"')
    data = scenario.data.build()
    engine.run(scenario, ReferenceBackend().compile, data=data)
    for mean, number in zip(means, tasks, strict=True):
        seen = np.concatenate([t.train for t in scenario.stream.build(data)[:number]])
        np.testing.assert_allclose(mean, data.array[seen].mean(axis=0), rtol=0, atol=1e-12)


# scales of layers


def test_a_scale_is_the_larger_of_weight_and_activity_over_the_scale_before() -> None:
    assert threshold_scaling.scales([2.0, 0.5, 3.0], [1.0, 5.0, 4.0]) == [2.0, 2.5, 1.6]


def test_a_layer_without_positive_weights_or_activity_keeps_its_threshold() -> None:
    assert threshold_scaling.scales([-1.0, 3.0], [0.0, 1.0]) == [1.0, 3.0]


@pytest.mark.parametrize("initial", [0.5, 20.0], ids=["activities decide", "weights decide"])
def test_thresholds_are_scaled_by_the_largest_weights_and_activities(scenario_with, initial: float) -> None:
    scenario = scenario_with('steps = 10\nscales = "data"', ("scale = 0.5", f"scale = {initial}"))
    run_state, method = prepare(scenario, scenario.data.build()).begin(0), method_of(scenario)
    with ReferenceBackend().compile(run_state.programs["wake"]) as session:
        run_state.sessions["wake"] = session
        thresholds = threshold_scaling.thresholds(run_state, run_state.tasks[1], method)
    x = run_state.data.array[np.concatenate([t.train for t in run_state.tasks])]
    first, second = run_state.learned["input_hidden.w"], run_state.learned["hidden_output.w"]
    hidden, output = np.zeros((len(x), 4)), np.zeros((len(x), 10))
    for _ in range(4):  # the free phase, from the equation of the rate unit, with eps = 0.5
        drives = x @ first + output @ second.T, hidden @ second
        hidden, output = (np.clip(s + 0.5 * (d - s), 0, 1) for s, d in zip((hidden, output), drives, strict=True))
    f = max(first.max(), hidden.max())
    assert (first.max() > hidden.max()) == (initial > 1), "the case is what it says"
    expected = {"hidden.theta": 2.03 * f, "output.theta": 0.236 * max(second.max(), output.max()) / f}
    assert thresholds == pytest.approx(expected, abs=1e-5)


def test_a_sleep_has_the_scaled_thresholds(scenario_with, monkeypatch) -> None:
    monkeypatch.setattr(threshold_scaling, "scales", lambda weights, activities: [1e6, 1.0])
    result = engine.run(scenario_with('steps = 50\nscales = "data"'), ReferenceBackend().compile)
    asleep = [s for s in result.stages if s.kind == "slept"]
    assert [s.spikes["hidden.spike@step"].count for s in asleep] == [0, 0]


def test_scales_change_no_training_and_no_test(scenario_with, monkeypatch) -> None:
    monkeypatch.setattr(threshold_scaling, "scales", lambda weights, activities: [1.0, 1.0])
    runs = [
        engine.run(scenario_with(f'steps = 50\nscales = "{s}"'), ReferenceBackend().compile) for s in ("none", "data")
    ]
    np.testing.assert_array_equal(*(r.accuracy_matrix for r in runs))
    for name in runs[0].stages[-1].learned:
        np.testing.assert_array_equal(*(r.stages[-1].learned[name] for r in runs))


def network(*projections: Projection, asleep: NeuronModel = Heaviside) -> Network:
    return Network(
        [
            Population("input", 2, {"wake": Clamp, "sleep": SpikeInput}),
            Population("hidden", 2, {"wake": RateUnit, "sleep": Heaviside}),
            Population("output", 2, {"wake": RateUnit, "sleep": asleep}),
        ],
        projections,
    )


FIRST, SECOND = Projection("first", "input", "hidden"), Projection("second", "hidden", "output")


@pytest.mark.parametrize(
    ("described_as", "text"),
    [
        (network(FIRST), "from input on, not every population follows the one before it, and no other"),
        (network(FIRST, SECOND, Projection("skip", "input", "output")), "not every population follows"),
        (network(FIRST, SECOND, Projection("again", "hidden", "hidden")), "not every population follows"),
        (network(FIRST, Projection("second", "hidden", "output", Binary)), "second delivers"),
        (network(FIRST, SECOND, asleep=RateUnit), "asleep output is a RateUnit, without a constant theta"),
    ],
)
def test_scales_of_a_network_that_has_none_are_refused(described_as: Network, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        threshold_scaling.recording(Schedule([Phase("free", 3)]), described_as, "input")
    assert text in str(caught.value)

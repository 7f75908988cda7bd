"""Random streams, data sets, tasks and what drives sleep."""

import re
import subprocess
import sys

import numpy as np
import pytest

from neurosim.errors import SpecError
from neurosim.model.network import Network, Population
from neurosim.model.neurons import Clamp, Heaviside, RateUnit, SpikeInput
from neurosim.model.randomness import stream
from neurosim.program.trial.stimuli import Rows
from neurosim.scenario import datasets, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.memory.mean_input import MeanInput
from neurosim.scenario.methods import ep_schedules, sleep_replay


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return datasets.load("digits", test=360, validation=287, split_seed=0)


# random streams


def test_a_stream_is_the_same_for_ever() -> None:
    assert stream(0, "weights", "p").integers(0, 2**32, 3).tolist() == [2812364557, 1694431329, 3181019070]


def test_a_stream_does_not_depend_on_what_was_drawn_before() -> None:
    first = stream(0, "a").random(4)
    stream(0, "b").random(100)
    np.testing.assert_array_equal(stream(0, "a").random(4), first)


def test_streams_of_other_names_or_seeds_differ() -> None:
    drawn = {
        tuple(s.random(2))
        for s in (stream(0, "a"), stream(1, "a"), stream(0, "b"), stream(0, "a", 0), stream(0, "a", 1))
    }
    assert len(drawn) == 5


def test_a_stream_is_the_same_in_another_process() -> None:
    program = "from neurosim.model.randomness import stream; print(stream(7, 'order', 2, 1).random())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) == stream(7, "order", 2, 1).random()


# data sets


def test_parts_of_a_data_set_share_no_sample_and_leave_none_out(digits: Dataset) -> None:
    together = np.concatenate([digits.train, digits.validation, digits.test])
    np.testing.assert_array_equal(np.sort(together), np.arange(len(digits.labels)))
    assert (len(digits.test), len(digits.validation)) == (360, 287)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_parts_are_stratified(digits: Dataset, part: str) -> None:
    samples = getattr(digits, part)
    expected = np.bincount(digits.labels) * len(samples) / len(digits.labels)
    assert np.abs(np.bincount(digits.labels[samples]) - expected).max() <= 1.0


def test_inputs_lie_between_0_and_1(digits: Dataset) -> None:
    assert (digits.inputs.min(), digits.inputs.max()) == (0.0, 1.0)


def test_a_split_depends_on_its_seed_alone(digits: Dataset) -> None:
    again, other = (datasets.load("digits", 360, 287, seed) for seed in (0, 1))
    np.testing.assert_array_equal(again.test, digits.test)
    assert not np.array_equal(other.test, digits.test)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("digit", 10, 0, 0), "[data] name = 'digit'; did you mean 'digits'?"),
        (("digits", 1000, 797, 0), "[data] test = 1000 and validation = 797 leave none of 1797 samples to train"),
    ],
)
def test_data_that_are_not_there_are_refused(call: tuple[str, int, int, int], message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        datasets.load(*call)


# tasks


@pytest.mark.parametrize(
    ("increment", "initial", "sizes"),
    [
        (2, None, [2] * 5),
        (5, None, [5, 5]),
        (1, None, [1] * 10),
        (2, 4, [4, 2, 2, 2]),
        (3, 1, [1, 3, 3, 3]),
        (10, None, [10]),
        (3, 10, [10]),
    ],
)
def test_tasks_cover_all_classes_once(digits: Dataset, increment: int, initial: int | None, sizes: list[int]) -> None:
    tasks = streams.class_incremental(digits, increment, initial_increment=initial)
    assert [len(t.classes) for t in tasks] == sizes
    assert [c for t in tasks for c in t.classes] == list(range(10))


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_tasks_share_out_every_sample_by_its_class(digits: Dataset, part: str) -> None:
    tasks = streams.class_incremental(digits, 2, class_order=[9, 3, 0, 1, 2, 4, 5, 6, 7, 8])
    assert tasks[0].classes == (9, 3)
    for task in tasks:
        assert set(digits.labels[task.part(part)]) == set(task.classes)
    np.testing.assert_array_equal(np.sort(np.concatenate([t.part(part) for t in tasks])), getattr(digits, part))


def test_joint_is_one_task_with_all_of_it(digits: Dataset) -> None:
    (task,) = streams.joint(digits)
    assert task.classes == tuple(range(10))
    np.testing.assert_array_equal(task.train, digits.train)


@pytest.mark.parametrize("order", [[0, 1], [0, 0, 2, 3, 4, 5, 6, 7, 8, 9], list(range(1, 11)), list(range(11))])
def test_an_order_that_is_not_of_all_classes_is_refused(digits: Dataset, order: list[int]) -> None:
    with pytest.raises(SpecError, match=r"stream\.class_order = .*; expected each class from 0 to 9 once"):
        streams.class_incremental(digits, 2, order)


@pytest.mark.parametrize(("increment", "initial"), [(3, None), (11, None), (2, 3), (2, 11)])
def test_increments_that_do_not_cover_the_classes_are_refused(
    digits: Dataset, increment: int, initial: int | None
) -> None:
    with pytest.raises(SpecError, match="stream: 10 classes cannot be divided into a first"):
        streams.class_incremental(digits, increment, initial_increment=initial)


# sleep replay


def test_an_input_of_zero_never_fires() -> None:
    class Zeros:
        """The smallest number that a generator can draw, each time."""

        def random(self, out: np.ndarray) -> np.ndarray:
            out[...] = 0.0
            return out

    events = sleep_replay.spikes(np.array([0.0, 1e-9]), 0.5, 10, Zeros())  # type: ignore[arg-type]
    assert events.dense().any(axis=(0, 1)).tolist() == [False, True]


def test_a_probability_of_one_always_fires() -> None:
    events = sleep_replay.spikes(np.array([1.0, 0.5]), 2.0, 1000, stream(0, "sleep", 0))
    assert events.dense().all()


def test_spikes_come_at_rate_times_mean() -> None:
    mean = np.array([0.1, 0.4, 0.9])
    shares = sleep_replay.spikes(mean, 0.5, 40_000, stream(0, "sleep", 0)).dense()[0].mean(axis=0)
    np.testing.assert_allclose(shares, 0.5 * mean, atol=4 * np.sqrt(0.25 / 40_000))


def test_a_longer_sleep_begins_as_a_shorter_one() -> None:
    short, long = (sleep_replay.spikes(np.full(3, 0.5), 0.5, n, stream(0, "sleep", 0)).dense()[0] for n in (10, 30))
    np.testing.assert_array_equal(long[:10], short)


def test_the_mean_input_is_that_of_all_samples_seen() -> None:
    samples = np.random.default_rng(0).random((9, 4))
    seen = MeanInput.of_nothing(4).with_samples(Rows(samples[:2])).with_samples(Rows(samples[2:]))
    np.testing.assert_allclose(seen.mean, samples.mean(axis=0), rtol=1e-15)


def test_the_mean_of_nothing_is_zero() -> None:
    np.testing.assert_array_equal(MeanInput.of_nothing(3).mean, np.zeros(3))


def test_sleep_records_the_spikes_of_all_but_the_input() -> None:
    modes = {"wake": RateUnit, "sleep": Heaviside}
    network = Network(
        [
            Population("eye", 2, {"wake": Clamp, "sleep": SpikeInput}),
            Population("a", 2, modes),
            Population("b", 2, modes),
        ]
    )
    schedule = sleep_replay.schedule(network, "eye", 7)
    assert [p.name for p in schedule.probes] == ["a.spike@step", "b.spike@step"]
    assert schedule.stimuli == {"eye.x": "events"}


# training


def test_inference_runs_the_free_phase_only() -> None:
    assert ep_schedules.inference(ep_schedules.symmetric("i", "o", 5, 2, 0.5)) == {
        "steps.plus": 0.0,
        "steps.minus": 0.0,
    }


def test_the_symmetric_nudges_start_from_the_free_state() -> None:
    plus, minus = ep_schedules.symmetric("i", "o", 5, 2, 0.5).phases[1:]
    assert plus.assign["s"] == "s_free"
    assert (plus.constants, minus.constants) == ({"o.beta": 0.5}, {"o.beta": -0.5})

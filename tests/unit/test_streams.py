"""Tasks: which samples each has, how it shows them, and what training, tests, rehearsal and sleep get of them."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.ndimage

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import SpecError
from neurosim.model.randomness import stream
from neurosim.program.schedule import Events
from neurosim.scenario import datasets, engine, schema, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.methods import sleep_replay
from neurosim.scenario.preparation import prepare
from neurosim.scenario.run_state import RunState
from neurosim.scenario.streams import Task
from neurosim.scenario.streams.transformations import Permutation, Rotation

PARTS = ("train", "validation", "test")
SCENARIO = (Path(__file__).parents[1] / "digits_sleep.toml").read_text()
SMALLER = {
    "size = 256": "size = 8", "test = 360": "test = 100\ntrain = 100", "free_steps = 20": "free_steps = 3",
    "nudged_steps = 8": "nudged_steps = 1", "steps = 747": "steps = 20",
}  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return datasets.load("digits", test=360, validation=287)


def spoken() -> Dataset:
    """Spikes of 6 units from 4 speakers; nobody of speaker 3 is to be trained on, nor of speaker 2 tested."""
    random = np.random.default_rng(0)
    inputs = Events.from_dense(random.random((60, 5, 6)) < 0.3)
    groups = np.concatenate([np.repeat([0, 1, 2], 12), np.repeat([0, 1, 3], 8)])
    parts = np.arange(30), np.arange(30, 36), np.arange(36, 60)
    return Dataset("speech", inputs, np.arange(60) % 4, *parts, groups)


def scenario_with(table: dict[str, Any], more: str = "", **changes: str) -> schema.Scenario:
    """A small network, and another stream."""
    text = SCENARIO
    for old, new in SMALLER.items():
        text = text.replace(old, new)
    document = schema.document(text + more) | {"stream": table}
    if changes:
        document["network"]["population"]["output"]["size"] = int(changes["outputs"])
    return schema.from_document(document)


def run_state(table: dict[str, Any], more: str = "", data: Dataset | None = None, **changes: str) -> RunState:
    """A run of it before its first task."""
    scenario = scenario_with(table, more, **changes)
    return prepare(scenario, data or scenario.data.build()).begin(seed=0)


STREAMS = {
    "joint": lambda d: streams.joint(d),
    "class-incremental": lambda d: streams.class_incremental(d, 2),
    "permuted": lambda d: streams.permuted(d, 3),
    "rotated": lambda d: streams.rotated(d, 3, 30),
    "odd-even": lambda d: streams.odd_even(d),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_no_sample_to_test_on_is_trained_on_in_any_task(digits: Dataset, kind: str) -> None:
    tasks = STREAMS[kind](digits)
    train, validation, test = (set(np.concatenate([t.part(p) for t in tasks])) for p in PARTS)
    assert not train & (test | validation)
    assert not test & validation


@pytest.mark.parametrize("kind", STREAMS)
def test_every_sample_of_a_part_is_of_some_task(digits: Dataset, kind: str) -> None:
    for part in PARTS:
        samples = np.unique(np.concatenate([t.part(part) for t in STREAMS[kind](digits)]))
        np.testing.assert_array_equal(samples, getattr(digits, part))


def test_tasks_are_numbered_from_0(digits: Dataset) -> None:
    for build in STREAMS.values():
        tasks = build(digits)
        assert [t.index for t in tasks] == list(range(len(tasks)))


# new classes


def test_many_classes_first_and_then_one_at_a_time(digits: Dataset) -> None:
    tasks = streams.class_incremental(digits, 1, initial_increment=6)
    assert [t.classes for t in tasks] == [(0, 1, 2, 3, 4, 5), (6,), (7,), (8,), (9,)]


def test_all_classes_but_one_and_then_that_one(digits: Dataset) -> None:
    first, last = streams.class_incremental(digits, 1, [0, 1, 2, 4, 5, 6, 7, 8, 9, 3], initial_increment=9)
    assert 3 not in digits.labels[first.train]
    assert set(digits.labels[last.train]) == {3}


@pytest.mark.parametrize(
    ("increment", "initial", "hint"),
    [(3, None, "increment = 2 would do"), (7, None, "increment = 5 would do"), (4, 5, "initial_increment = 6 would do"),
     (3, 12, "initial_increment = 10 would do")],
)  # fmt: skip
def test_increments_that_would_cover_the_classes_are_named(
    digits: Dataset, increment: int, initial: int | None, hint: str
) -> None:
    with pytest.raises(SpecError, match=hint):
        streams.class_incremental(digits, increment, initial_increment=initial)


# new inputs


def shown(data: Dataset, tasks: list[Task], index: int, samples: list[int]) -> Any:
    return streams.inputs(data, tasks, tasks[index].shows(np.array(samples, dtype=np.int64)))


def test_the_first_permuted_task_shows_samples_as_they_are(digits: Dataset) -> None:
    np.testing.assert_array_equal(shown(digits, streams.permuted(digits, 3), 0, [5, 2]), digits.array[[5, 2]])


def test_a_permuted_task_has_one_order_of_units_for_all_samples(digits: Dataset) -> None:
    order = stream(7, "permutation", 2).permutation(64)
    permuted = shown(digits, streams.permuted(digits, 3, permutation_seed=7), 2, [5, 2])
    np.testing.assert_array_equal(permuted, digits.array[[5, 2]][:, order])


def test_orders_of_units_are_the_same_for_ever() -> None:
    assert stream(0, "permutation", 1).permutation(8).tolist() == [2, 4, 6, 1, 3, 0, 5, 7]


def test_more_permuted_tasks_begin_as_fewer_do(digits: Dataset) -> None:
    few, many = streams.permuted(digits, 2), streams.permuted(digits, 5)
    np.testing.assert_array_equal(shown(digits, few, 1, [3]), shown(digits, many, 1, [3]))


def test_spikes_are_permuted_as_arrays_are() -> None:
    events = spoken().inputs
    assert isinstance(events, Events)
    order = np.array([3, 0, 5, 1, 2, 4])
    for part in (events, events.part(7, 30)):
        permuted = Permutation(order)(part)
        assert isinstance(permuted, Events)
        np.testing.assert_array_equal(permuted.dense(), part.dense()[:, :, order])
        assert all((np.diff(permuted.at(t, s)) > 0).all() for t in range(permuted.trials) for s in range(5))


@pytest.mark.parametrize("degrees", [0, 10, 45, -30, 133.5, 270, 360])
@pytest.mark.parametrize("side", [8, 5, 1])
def test_an_image_is_turned_as_scipy_turns_it(degrees: float, side: int) -> None:
    images = np.random.default_rng(1).random((3, side, side))
    expected = [scipy.ndimage.rotate(i, degrees, reshape=False, order=1, mode="grid-constant") for i in images]
    turned = Rotation(degrees)(images.reshape(3, -1))
    np.testing.assert_allclose(turned, np.reshape(expected, (3, -1)), atol=1e-8)


@pytest.mark.parametrize("degrees", [0, 10, -30, 133.5, 180])
@pytest.mark.parametrize("shape", [(5, 8), (8, 3), (2, 6, 4), (3, 5, 5)])
def test_each_channel_of_a_rectangle_is_turned_as_scipy_turns_it(degrees: float, shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(1).random((3, *shape))
    expected = scipy.ndimage.rotate(images, degrees, axes=(-1, -2), reshape=False, order=1, mode="grid-constant")
    turned = Rotation(degrees, shape)(images.reshape(3, -1))
    np.testing.assert_allclose(turned, expected.reshape(3, -1), atol=1e-8)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3, 4, -1])
def test_quarter_turns_are_exact_and_counter_clockwise(quarters: int) -> None:
    image = np.random.default_rng(2).random((8, 8))
    turned = Rotation(90.0 * quarters)(image.reshape(1, 64))
    np.testing.assert_array_equal(turned, np.rot90(image, quarters).reshape(1, 64))


def test_turned_images_stay_between_0_and_1() -> None:
    white = np.ones((1, 28 * 28))
    turned = [Rotation(float(d))(white) for d in range(0, 360, 7)]
    assert (np.min(turned), np.max(turned)) == (0.0, 1.0)


def test_each_rotated_task_turns_further(digits: Dataset) -> None:
    tasks = streams.rotated(digits, 3, 45)
    for k, degrees in enumerate((0.0, 45.0, 90.0)):
        np.testing.assert_array_equal(shown(digits, tasks, k, [4]), Rotation(degrees)(digits.array[[4]]))


def test_rotated_tasks_go_by_the_shape_of_the_data(digits: Dataset) -> None:
    tasks = streams.rotated(replace(digits, shape=(4, 4, 4)), 2, 30)
    assert tasks[1].transformation == Rotation(30.0, (4, 4, 4))
    with pytest.raises(SpecError, match="a sample of data set digits has 64 values, no image; use 'permuted'"):
        streams.rotated(replace(digits, shape=(64,)), 2, 30)


def test_samples_of_several_tasks_are_each_shown_as_their_own_task_does(digits: Dataset) -> None:
    tasks = streams.permuted(digits, 3)
    mixed = streams.SampleRefs(np.array([4, 4, 9, 4, 1]), np.array([2, 0, 1, 1, 2]))
    inputs = streams.inputs(digits, tasks, mixed)
    one_by_one = [shown(digits, tasks, t, [s])[0] for s, t in zip(mixed.samples, mixed.tasks, strict=True)]
    np.testing.assert_array_equal(inputs, one_by_one)


def test_spikes_of_several_tasks_are_each_shown_as_their_own_task_does() -> None:
    data = spoken()
    tasks = streams.permuted(data, 3)
    mixed = streams.SampleRefs(np.array([4, 4, 9, 4, 1]), np.array([2, 0, 1, 1, 2]))
    inputs = streams.inputs(data, tasks, mixed)
    one_by_one = [shown(data, tasks, t, [s]).dense()[0] for s, t in zip(mixed.samples, mixed.tasks, strict=True)]
    assert isinstance(inputs, Events)
    np.testing.assert_array_equal(inputs.dense(), one_by_one)


def test_nothing_can_be_shown(digits: Dataset) -> None:
    assert shown(digits, streams.permuted(digits, 2), 1, []).shape == (0, 64)


def test_only_square_images_are_turned() -> None:
    with pytest.raises(SpecError, match=r"stream\.kind = 'rotated': .* speech has spikes in time.*; use 'permuted'"):
        streams.rotated(spoken(), 2, 30)


def test_values_that_are_no_square_are_not_turned(digits: Dataset) -> None:
    oblong = replace(digits, inputs=digits.array[:, :63])
    with pytest.raises(SpecError, match=r"stream\.kind = 'rotated': .* has 63 values, no square image"):
        streams.rotated(oblong, 2, 30)


@pytest.mark.parametrize("build", [lambda d: streams.permuted(d, 0), lambda d: streams.rotated(d, 0, 30)])
def test_there_is_a_task(digits: Dataset, build: Any) -> None:
    with pytest.raises(SpecError, match=r"stream\.tasks = 0; expected a whole number of at least 1"):
        build(digits)


# other labels


def test_odd_and_even_classes_are_two_outputs(digits: Dataset) -> None:
    tasks = streams.odd_even(digits)
    assert [t.classes for t in tasks] == [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]
    labelled = streams.labelled(digits, tasks)
    np.testing.assert_array_equal(labelled.labels, digits.labels % 2)
    assert labelled.classes == 2


def test_other_tasks_keep_their_labels(digits: Dataset) -> None:
    for build in (streams.joint, lambda d: streams.class_incremental(d, 5), lambda d: streams.permuted(d, 2)):
        np.testing.assert_array_equal(streams.labelled(digits, build(digits)).labels, digits.labels)


def test_an_odd_number_of_classes_has_no_pairs(digits: Dataset) -> None:
    nine = replace(digits, labels=np.minimum(digits.labels, 8))
    with pytest.raises(SpecError, match=r"stream\.kind = 'odd-even': .* has 9 classes, expected an even number"):
        streams.odd_even(nine)


def test_a_network_with_an_output_for_each_class_does_not_fit_odd_and_even(digits: Dataset) -> None:
    scenario = scenario_with({"kind": "odd-even"})
    with pytest.raises(SpecError, match="population output has size 10, expected 2"):
        prepare(scenario, scenario.data.build())


# new samples


def test_a_group_is_left_out_of_the_first_task_and_is_the_second() -> None:
    data = spoken()
    assert data.groups is not None
    first, second = streams.sample_incremental(data, 1)
    for part in PARTS:
        assert 1 not in data.groups[first.part(part)]
        assert set(data.groups[second.part(part)]) <= {1}
        np.testing.assert_array_equal(np.union1d(first.part(part), second.part(part)), getattr(data, part))
    assert first.classes == second.classes == (0, 1, 2, 3)


@pytest.mark.parametrize(("group", "nearest"), [(3, 1), (2, 1), (40, 1), (-1, 0)])
def test_a_group_without_samples_to_train_or_test_on_is_refused(group: int, nearest: int) -> None:
    with pytest.raises(SpecError, match=rf"stream\.group = {group}: expected a group .*; nearest group: {nearest}$"):
        streams.sample_incremental(spoken(), group)


def test_a_single_group_leaves_nobody() -> None:
    data = spoken()
    with pytest.raises(SpecError, match="no group has both"):
        streams.sample_incremental(replace(data, groups=np.zeros(60, dtype=np.int64)), 0)


def test_groups_must_be_known(digits: Dataset) -> None:
    with pytest.raises(SpecError, match=r"stream\.kind = 'sample-incremental': data set digits does not say which"):
        streams.sample_incremental(digits, 0)


# in a scenario file


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "permute", "tasks": 2}, "'stream.kind' = 'permute'; did you mean 'permuted'?"),
        ({"kind": "permuted"}, "'stream.tasks' is missing"),
        ({"kind": "permuted", "tasks": 0}, "'stream.tasks' = 0: input should be greater than or equal to 1"),
        ({"kind": "permuted", "tasks": 2, "sed": 1}, "unknown key 'stream.sed'"),
        ({"kind": "permuted", "tasks": 2, "permutation_sed": 1}, "did you mean 'permutation_seed'?"),
        ({"kind": "rotated", "tasks": 2}, "'stream.angle' is missing"),
        ({"kind": "rotated", "tasks": 2, "angle": float("inf")}, "'stream.angle' = inf: input should be a finite"),
        ({"kind": "sample-incremental"}, "'stream.group' is missing"),
        ({"kind": "odd-even", "tasks": 5}, "unknown key 'stream.tasks'"),
    ],
)  # fmt: skip
def test_mistakes_in_the_table_are_explained(table: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        run_state(table)


@pytest.mark.parametrize(
    ("table", "titles"),
    [
        ({"kind": "permuted", "tasks": 2, "permutation_seed": 3}, 2),
        ({"kind": "rotated", "tasks": 4, "angle": 15}, 4),
        ({"kind": "rotated", "tasks": 2, "angle": -7.5}, 2),
        ({"kind": "class-incremental", "increment": 1, "initial_increment": 6}, 5),
    ],
)
def test_a_table_makes_its_tasks(table: dict[str, Any], titles: int) -> None:
    assert len(run_state(table).tasks) == titles


def test_tasks_do_not_depend_on_the_seed_of_a_run() -> None:
    one = run_state({"kind": "permuted", "tasks": 2})
    other = prepare(one.scenario, one.data).begin(seed=5)
    for part in PARTS:
        np.testing.assert_array_equal(one.tasks[1].part(part), other.tasks[1].part(part))
    samples = one.tasks[1].shows(one.tasks[1].test)
    np.testing.assert_array_equal(one.inputs(samples), other.inputs(samples))


# what the rest of a scenario gets


def test_rehearsed_samples_are_shown_as_their_own_task_showed_them() -> None:
    state = run_state({"kind": "permuted", "tasks": 3}, more="\n[rehearsal]\nfraction = 0.1\n")
    samples = state.samples(state.tasks[2])
    assert np.bincount(samples.tasks).tolist() == [10, 10, 100]
    orders = [np.arange(64), *(stream(0, "permutation", k).permutation(64) for k in (1, 2))]
    expected = [state.data.array[s][orders[t]] for s, t in zip(samples.samples, samples.tasks, strict=True)]
    np.testing.assert_array_equal(state.inputs(samples), expected)


def test_sleep_is_driven_by_the_mean_of_what_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    state = run_state({"kind": "rotated", "tasks": 2, "angle": 90})
    drawn_from = []
    spikes = sleep_replay.spikes

    def spied(mean: np.ndarray, *rest: Any) -> Events:
        drawn_from.append(mean)
        return spikes(mean, *rest)

    monkeypatch.setattr(sleep_replay, "spikes", spied)
    engine.run(state.scenario, ReferenceBackend().compile, data=state.scenario.data.build())
    plain = state.data.array[state.tasks[0].train].mean(axis=0)
    turned = np.rot90(plain.reshape(8, 8)).ravel()
    np.testing.assert_allclose(drawn_from, [plain, (plain + turned) / 2], rtol=1e-12)


class Seen:
    """A session that keeps the trials it is given."""

    def __init__(self, log: list[Any], session: Any):
        self.log, self.session = log, session

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    def __enter__(self) -> "Seen":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def run(self, trials: Any, **settings: Any) -> Any:
        self.log.append((settings["learn"], trials.stimuli))
        return self.session.run(trials, **settings)


def test_training_and_tests_get_transformed_inputs_and_the_labels_of_the_stream() -> None:
    state = run_state({"kind": "odd-even"}, outputs="2")
    data, log = state.scenario.data.build(), []
    result = engine.run(state.scenario, lambda p: Seen(log, ReferenceBackend().compile(p)), data=data)  # type: ignore[arg-type, return-value]
    trained = [s for learns, s in log if learns and "output.target" in s]
    for task, stimuli in zip(state.tasks, trained, strict=True):
        order = stream(0, "order", task.index, 0).permutation(len(task.train))
        np.testing.assert_array_equal(
            np.asarray(stimuli["output.target"]).argmax(axis=1), data.labels[task.train][order] % 2
        )
    assert result.accuracy_matrix.shape == (5, 5)


def test_tests_show_each_task_s_samples_as_it_does() -> None:
    state = run_state({"kind": "permuted", "tasks": 2})
    data, log = state.scenario.data.build(), []
    engine.run(state.scenario, lambda p: Seen(log, ReferenceBackend().compile(p)), data=data)  # type: ignore[arg-type, return-value]
    tested = [s["input.s"] for learns, s in log if not learns]
    order = stream(0, "permutation", 1).permutation(64)
    for inputs in tested:
        np.testing.assert_array_equal(inputs, np.concatenate([data.array[data.test], data.array[data.test][:, order]]))


def test_a_stream_is_philox_of_its_key_from_its_beginning() -> None:
    name = hashlib.sha256(b"neurosim/3/device/x/7").digest()[:16]
    expected = np.random.Generator(np.random.Philox(key=int.from_bytes(name, "little")))
    found = stream(3, "device", "x", 7)
    for draw in ("standard_normal", "random"):
        np.testing.assert_array_equal(getattr(found, draw)(1001), getattr(expected, draw)(1001))
    np.testing.assert_array_equal(found.integers(0, 7, 1001, np.int32), expected.integers(0, 7, 1001, np.int32))

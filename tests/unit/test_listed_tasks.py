"""Tasks that are listed one by one, and what training, tests, rehearsal, sleep and metrics make of unequal ones."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import SpecError
from neurosim.model.randomness import stream
from neurosim.program.schedule import Events
from neurosim.results import metrics
from neurosim.results.analysis.task_titles import task_titles
from neurosim.results.result import Result
from neurosim.scenario import datasets, engine, schema, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.preparation import prepare
from neurosim.scenario.streams import ListedTask, SampleRefs
from neurosim.scenario.streams.transformations import Inversion, Permutation, Rotation

SCENARIO = (Path(__file__).parents[1] / "digits_sleep.toml").read_text()
ENGRAMS = Path(__file__).parents[2] / "scenarios" / "digits_engrams.toml"
SMALLER = {
    "size = 256": "size = 8", "test = 360": "test = 100\ntrain = 100", "free_steps = 20": "free_steps = 3",
    "nudged_steps = 8": "nudged_steps = 1", "steps = 747": "steps = 20",
}  # fmt: skip
UNEQUAL = [
    {"classes": [0, 3]},
    {"classes": [3, 7, 9], "samples": 9, "transformation": {"kind": "permuted", "seed": 3}, "outputs": [0, 1, 1]},
    {"classes": [0, 5], "fraction": 0.5, "transformation": {"kind": "rotated", "angle": 30}, "outputs": [2, 4]},
]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return datasets.load("digits", test=100, validation=50, train=100)


def grouped(data: Dataset) -> Dataset:
    """Sample k is of group k % 4."""
    return replace(data, groups=np.arange(len(data.labels)) % 4)


def listed(data: Dataset, *tasks: dict[str, Any], labels: dict[str, int] | None = None) -> list[streams.Task]:
    return stream_of(list(tasks), labels).build(data)


def stream_of(tasks: list[dict[str, Any]], labels: dict[str, int] | None = None) -> schema.ListStream:
    return schema.ListStream.model_validate({"kind": "list", "task": tasks, "labels": labels or {}})


def scenario_of(tasks: list[dict[str, Any]], more: str = "", outputs: int = 10, **stream: Any) -> schema.Scenario:
    text = SCENARIO
    for old, new in SMALLER.items():
        text = text.replace(old, new)
    document = schema.document(text + more) | {"stream": {"kind": "list", "task": tasks, **stream}}
    document["network"]["population"]["output"]["size"] = outputs
    return schema.from_document(document)


def mistake(data: Dataset, *tasks: dict[str, Any], labels: dict[str, int] | None = None) -> str:
    with pytest.raises(SpecError) as caught:
        listed(data, *tasks, labels=labels)
    return str(caught.value)


# what a task has


def test_a_task_has_the_samples_of_its_classes_in_each_part(digits: Dataset) -> None:
    first, second = listed(digits, {"classes": [0, 3]}, {})
    for name in ("train", "validation", "test"):
        part = getattr(digits, name)
        np.testing.assert_array_equal(first.part(name), part[np.isin(digits.labels[part], [0, 3])])
        np.testing.assert_array_equal(second.part(name), part)
    assert (first.classes, second.classes) == ((0, 3), tuple(range(10)))


def test_a_class_is_named_by_its_name_where_the_data_have_names(digits: Dataset) -> None:
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    [task] = listed(replace(digits, class_names=names), {"classes": ["three", 0]})
    assert task.classes == (3, 0)


def test_a_name_of_digits_is_a_name_first(digits: Dataset) -> None:
    names = tuple(str(9 - c) for c in range(10))
    [task] = listed(replace(digits, class_names=names), {"classes": ["9", 9]}, labels={"9": 5})
    assert (task.classes, task.outputs) == ((0, 9), (5, 9))


def test_a_task_has_the_samples_of_its_groups_alone(digits: Dataset) -> None:
    data = grouped(digits)
    [task] = listed(data, {"groups": [0, 2]})
    assert set(data.groups[np.concatenate([task.train, task.test])]) == {0, 2}
    assert len(task.train) == np.isin(data.groups[data.train], [0, 2]).sum()


def test_training_samples_are_reduced_class_by_class(digits: Dataset) -> None:
    [whole], [few], [half] = (listed(digits, {"classes": [1, 4], **t}) for t in ({}, {"samples": 6}, {"fraction": 0.5}))
    assert np.bincount(digits.labels[few.train]).tolist() == [0, 3, 0, 0, 3]
    assert len(half.train) == round(len(whole.train) / 2)
    assert set(few.train) < set(half.train) < set(whole.train)
    np.testing.assert_array_equal(few.test, whole.test)
    assert (np.diff(half.train) > 0).all()


def test_samples_is_a_bound_and_no_demand(digits: Dataset) -> None:
    [task] = listed(digits, {"classes": [1], "samples": 5000})
    assert len(task.train) == (digits.labels[digits.train] == 1).sum()


def test_tasks_that_share_a_class_share_its_first_samples(digits: Dataset) -> None:
    a, b = listed(digits, {"classes": [1, 4], "samples": 6}, {"classes": [4], "samples": 3})
    assert set(b.train) == {k for k in a.train if digits.labels[k] == 4}


def test_a_transformation_is_that_of_the_stream_of_its_name(digits: Dataset) -> None:
    kinds = [{"kind": "permuted", "seed": 3}, {"kind": "rotated", "angle": 30}, {"kind": "inverted"}]
    permuted, rotated, inverted = listed(digits, *({"transformation": kind} for kind in kinds))
    assert isinstance(permuted.transformation, Permutation)
    np.testing.assert_array_equal(permuted.transformation.order, stream(3, "permutation", 1).permutation(64))
    assert rotated.transformation == Rotation(30.0)
    assert inverted.transformation == Inversion()
    refs = SampleRefs(np.array([5, 5, 5]), np.array([0, 1, 2]))
    x = digits.array[5]
    shown = streams.inputs(digits, [permuted, rotated, inverted], refs)
    np.testing.assert_array_equal(shown[0], x[stream(3, "permutation", 1).permutation(64)])
    np.testing.assert_array_equal(shown[1], Rotation(30.0)(x[np.newaxis])[0])
    np.testing.assert_array_equal(shown[2], 1 - x)


# which output a class excites


def test_a_sample_excites_the_output_that_its_own_task_has_for_its_class(digits: Dataset) -> None:
    tasks = listed(digits, *UNEQUAL)
    three = int(np.flatnonzero(digits.labels == 3)[0])
    refs = SampleRefs(np.array([three, three]), np.array([0, 1]))
    assert streams.labels(digits, tasks, refs).tolist() == [3, 0]


def test_labels_of_the_list_hold_in_tasks_without_outputs(digits: Dataset) -> None:
    a, b = listed(digits, {"classes": [3, 7, 1]}, {"classes": [3], "outputs": [9]}, labels={"3": 0, "7": 1})
    assert (a.outputs, b.outputs) == ((0, 1, 1), (9,))


def test_no_data_set_has_labels_for_tasks_that_differ_in_a_class(digits: Dataset) -> None:
    with pytest.raises(SpecError, match="tasks have outputs 3 and 0 for class 3, expected one"):
        streams.labelled(digits, listed(digits, *UNEQUAL))


# mistakes


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ({"classes": [0, 12]}, "stream.task.1.classes: data set digits has no class 12; expected classes from 0 to 9; "
                               "nearest class: 9"),
        ({"classes": ["three"]}, "stream.task.1.classes: 'three': data set digits, whose classes have no names; "
                                 "expected classes from 0 to 9"),
        ({"classes": [1, 1]}, "stream.task.1.classes = [1, 1]: class 1 is there twice; expected each once"),
        ({"groups": [1]}, "stream.task.1.groups = [1]: data set digits does not say which group a sample is of"),
        ({"classes": [1, 2], "outputs": [0]}, "stream.task.1.outputs has 1 outputs, expected 2: one for each of the "
                                              "classes [1, 2]"),
        ({"classes": [1, 2], "samples": 1}, "stream.task.1.samples = 1: that keeps 1 of"),
        ({"classes": [1], "fraction": 0.01}, "stream.task.1.fraction = 0.01: that keeps 0 of"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_task_names_its_key(digits: Dataset, task: dict[str, Any], text: str) -> None:
    assert text in mistake(digits, {}, task)


def test_an_unknown_name_of_a_class_is_answered_with_the_nearest(digits: Dataset) -> None:
    named = replace(digits, class_names=("zero", "one", *map(str, range(2, 10))))
    assert "no class 'zerro'; did you mean 'zero'?" in mistake(named, {"classes": ["zerro"]})
    assert "stream.labels.zerro: data set digits has no class" in mistake(named, {}, labels={"zerro": 1})


def test_an_unknown_group_is_answered_with_the_nearest(digits: Dataset) -> None:
    assert "has no group 7; nearest group: 3" in mistake(grouped(digits), {"groups": [0, 7]})


def test_a_class_without_a_training_sample_in_the_groups_is_refused(digits: Dataset) -> None:
    data = replace(digits, groups=np.where(digits.labels == 3, 1, 0))
    text = mistake(data, {"classes": [2, 3], "groups": [0]})
    assert text.startswith("stream.task.0.groups: data set digits has no training sample of class 3 in groups [0]")


@pytest.mark.parametrize("kind", [{"kind": "rotated", "angle": 30}, {"kind": "inverted"}])
def test_spikes_in_time_are_neither_turned_nor_inverted(kind: dict[str, Any]) -> None:
    spikes = Events.from_dense(np.random.default_rng(0).random((8, 5, 9)) < 0.3)
    data = Dataset("speech", spikes, np.arange(8) % 2, np.arange(4), np.arange(0), np.arange(4, 8))
    text = mistake(data, {}, {"transformation": kind})
    assert text.startswith(f"stream.task.1.transformation.kind = {kind['kind']!r}: a sample of data set speech has")


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        ({"task": []}, "'stream.task' = []"),
        ({"task": [{"samples": 3, "fraction": 0.5}]}, "'fraction': 0.5}: expected one of 'samples' and 'fraction'"),
        ({"task": [{}, {"clases": [1]}]}, "unknown key 'stream.task.1.clases'; did you mean 'classes'?"),
        ({"task": [{"transformation": {"kind": "rotatd"}}]}, "'stream.task.0.transformation.kind' = 'rotatd'; did you"),
        ({"task": [{"outputs": [-1]}]}, "'stream.task.0.outputs.0' = -1"),
        ({}, "'stream.task' is missing"),
    ],
)  # fmt: skip
def test_the_file_is_checked_key_by_key(stream: dict[str, Any], text: str) -> None:
    with pytest.raises(SpecError) as caught:
        schema.from_document(schema.document(SCENARIO) | {"stream": {"kind": "list", **stream}})
    assert text in str(caught.value)


def test_an_output_that_the_network_does_not_have_is_refused(digits: Dataset) -> None:
    for tasks, text in (
        ([{}, {"classes": [1], "outputs": [7]}], "stream.task.0.classes: a sample is to excite output 9, but"),
        ([{"classes": [1]}, {"classes": [1], "outputs": [7]}], "stream.task.1.outputs: a sample is to excite output 7, "
         "but population output has size 4; expected outputs from 0 to 3"),
        ([{"classes": [1]}], "stream.labels.1: a sample is to excite output 8, but"),
    ):  # fmt: skip
        with pytest.raises(SpecError, match=re.escape(text)):
            prepare(scenario_of(tasks, outputs=4, labels={"1": 8} if "labels" in text else {}), digits)


def test_a_task_without_a_test_sample_is_named(digits: Dataset) -> None:
    data = replace(digits, test=digits.test[digits.labels[digits.test] != 3])
    with pytest.raises(SpecError, match=re.escape("stream.task.1: no sample of classes [3] in the part 'test'")):
        prepare(scenario_of([{}, {"classes": [3]}]), data)


def test_outputs_that_no_task_excites_are_no_mistake(digits: Dataset) -> None:
    assert len(prepare(scenario_of([{"classes": [0, 1]}], outputs=7), digits).tasks) == 1


# runs


def run(scenario: schema.Scenario, data: Dataset) -> Result:
    return engine.run(scenario, ReferenceBackend().compile, data=data)


def test_unequal_tasks_are_trained_slept_on_and_tested_on_their_own_samples(digits: Dataset) -> None:
    scenario = scenario_of(UNEQUAL, outputs=5)
    tasks = scenario.stream.build(digits)
    result = run(scenario, digits)
    assert [s.kind.value for s in result.stages] == ["trained", "slept"] * 3
    assert result.samples == tuple(len(t.test) for t in tasks)
    assert len(set(result.samples)) > 1
    assert result.classes == ((0, 3), (3, 7, 9), (0, 5))
    n, last = np.array(result.samples), result.accuracy_matrix[-1]
    assert result.accuracy == metrics.pooled_accuracy(result.accuracy_matrix, result.samples)
    assert result.accuracy == pytest.approx((n * last).sum() / n.sum())
    assert result.average_accuracy == pytest.approx(last.mean())


def test_accuracies_are_of_the_outputs_of_each_task(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that always says 1 is right where a task has output 1 for a class, and nowhere else."""
    from neurosim.scenario.methods.equilibrium import Equilibrium

    monkeypatch.setattr(Equilibrium, "scores", lambda self, records: np.tile(np.eye(5)[1], (len(_scores(records)), 1)))
    result = run(scenario_of(UNEQUAL, outputs=5), digits)
    tested = streams.listed(digits, [ListedTask(classes=(3, 7, 9))])[0].test
    assert result.accuracy_matrix[-1].tolist() == [0.0, (digits.labels[tested] != 3).mean(), 0.0]


def _scores(records: Any) -> Any:
    return records["output.s@end:free"]


def test_targets_of_rehearsed_samples_are_those_of_their_own_task(digits: Dataset) -> None:
    state = prepare(scenario_of(UNEQUAL, "\n[rehearsal]\nfraction = 1.0\n", outputs=5), digits).begin(0)
    refs = state.samples(state.tasks[2])
    labels = state.labels(refs)
    for task in state.tasks:
        expected = [task.excited[task.classes.index(c)] for c in digits.labels[refs.samples[refs.tasks == task.index]]]
        assert labels[refs.tasks == task.index].tolist() == expected
    assert len(refs) == sum(len(t.train) for t in state.tasks)


def test_the_mean_input_counts_a_sample_for_each_task_that_shows_it(digits: Dataset) -> None:
    state = prepare(scenario_of([{"classes": [0]}, {"classes": [0, 1]}]), digits).begin(0)
    shown = np.concatenate([t.train for t in state.tasks])
    np.testing.assert_allclose(state.seen_until(state.tasks[1]).mean, digits.array[shown].mean(axis=0), atol=1e-12)


def test_a_list_of_all_classes_in_pairs_runs_as_a_class_incremental_stream(digits: Dataset) -> None:
    pairs = [{"classes": [2 * k, 2 * k + 1]} for k in range(5)]
    a = run(scenario_of(pairs), digits)
    document = schema.document(SCENARIO)
    text = SCENARIO
    for old, new in SMALLER.items():
        text = text.replace(old, new)
    b = run(schema.parse(text), digits)
    assert document["stream"]["kind"] == "class-incremental"
    np.testing.assert_array_equal(a.accuracy_matrix, b.accuracy_matrix)
    for x, y in zip(a.stages, b.stages, strict=True):
        for name in x.learned:
            np.testing.assert_array_equal(x.learned[name], y.learned[name])


def test_the_accuracies_of_tasks_are_titled_by_their_classes() -> None:
    assert task_titles([(0, 3), (1, 2, 4, 9), (5, 6, 7, 8)]) == ["0,3", "1,2,...,9", "5-8"]
    assert task_titles([(0, 3), (3,)]) == ["t1", "t2"]


@pytest.mark.parametrize("kind", ["input-conditioned", "bank", "unconditioned"])
def test_gates_are_drawn_for_the_samples_that_unequal_tasks_show(digits: Dataset, kind: str) -> None:
    document = schema.document(ENGRAMS.read_text()) | {"stream": {"kind": "list", "task": UNEQUAL}}
    document["gates"] = {"kind": kind, "populations": ["hidden"], "density": 0.5}
    prepared = prepare(schema.from_document(document), digits)
    state = prepared.begin(0)
    for task in state.tasks:
        trials, _ = prepared.method.trials(state, task.shows(task.test))
        assert np.shape(trials.stimuli["hidden.gate"]) == (len(task.test), 512)

"""Results as tables, labelled arrays and objects of Neo: all three tell the same."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import hand_made_studies as by_hand
import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import BackendUnavailable, InputError
from neurosim.program.schedule import Events
from neurosim.results.result import Result
from neurosim.scenario import engine, schema
from neurosim.scenario.runs.opened import OpenedStudy

pytest.importorskip("pandas")
pytest.importorskip("xarray")
DIGITS = (Path(__file__).parents[1] / "digits_sleep.toml").read_text()
SMALLER = {
    "size = 256": "size = 6", "increment = 2": "increment = 5", "test = 360": "test = 20",
    "validation = 287": "train = 40", "free_steps = 20": "free_steps = 2", "nudged_steps = 8": "nudged_steps = 1",
    "steps = 747": "steps = 60", "theta = 0.236": "theta = 1e6", "theta = 2.03": "theta = 0.05",
}  # fmt: skip
"""The hidden population spikes, the output is silent."""


@pytest.fixture(scope="module")
def slept() -> Result:
    text = DIGITS
    for old, new in SMALLER.items():
        assert old in text, old
        text = text.replace(old, new)
    backend, mode = ns.load("reference")
    return engine.run(schema.parse(text), lambda program: backend.compile(program, mode=mode), 7)


@pytest.fixture
def study(tmp_path: Path) -> OpenedStudy:
    accuracies = {(v, "reference", s): 0.5 + s / 10 for v in ("b", "a") for s in (0, 1)}
    found = ns.open(by_hand.study(tmp_path / "study", accuracies))
    assert isinstance(found, OpenedStudy)
    return found


def all_spikes(result: Result) -> Counter[tuple[int, str, int]]:
    """How many of each task, population and neuron there are, from the events themselves."""
    return Counter(
        (stage.task, name.removesuffix(".spike@step"), int(neuron))
        for stage in result.stages
        for name, events in stage.spikes.items()
        for neuron in events.indices
    )


def test_pandas_xarray_and_neo_agree_on_every_spike(slept: Result) -> None:
    pytest.importorskip("neo")
    expected = all_spikes(slept)
    table = slept.to_pandas()["spikes"]
    assert Counter(zip(table["task"], table["population"], table["neuron"], strict=True)) == expected
    data = slept.to_xarray()
    listed: Counter[tuple[int, str, int]] = Counter()
    for name in ("hidden", "output"):
        found = data[f"{name}.spikes"]
        tasks, neurons = (found[f"{name}.{n}"].values.tolist() for n in ("task", "neuron"))
        listed.update((task, name, neuron) for task, neuron in zip(tasks, neurons, strict=True))
    assert listed == expected
    trains = [(segment, train) for segment in slept.to_neo().segments for train in segment.spiketrains]
    counted = Counter(
        {
            (s.annotations["task"], t.annotations["population"], t.annotations["neuron"]): len(t)
            for s, t in trains
            if len(t)
        }
    )
    assert counted == expected
    assert len(trains) == 2 * (6 + 10), "a silent neuron has a train, too"
    assert data.sizes["output.spike"] == 0


def test_steps_of_spikes_are_those_of_the_events(slept: Result) -> None:
    stage = slept.stages[1]
    expected = stage.spikes["hidden.spike@step"].pairs().tolist()
    table = slept.to_pandas()["spikes"].query("task == 0 and population == 'hidden'")
    assert table[["step", "neuron"]].values.tolist() == expected
    trains = slept.to_neo().segments[1].spiketrains
    for neuron in range(6):
        steps = [step for step, n in expected if n == neuron]
        assert trains[neuron].magnitude.tolist() == steps
        assert str(trains[neuron].units.dimensionality) == "step"
        assert float(trains[neuron].t_stop) == stage.steps


def test_with_the_length_of_a_step_neo_has_times(slept: Result) -> None:
    block, in_steps = slept.to_neo("0.5 ms"), slept.to_neo()
    for with_times, with_steps in zip(block.segments[1].spiketrains, in_steps.segments[1].spiketrains, strict=True):
        assert with_times.rescale("ms").magnitude.tolist() == (with_steps.magnitude / 2).tolist()
    assert (block.name, block.annotations["seed"]) == ("digits_sleep", 7)
    assert [s.name for s in block.segments] == [f"task {t}, {k}" for t in (0, 1) for k in ("trained", "slept")]


@pytest.mark.parametrize("step", [0, "-1 ms", "1 mV", "soon"])
def test_a_step_is_a_time(slept: Result, step: object) -> None:
    with pytest.raises(InputError, match="to_neo: step ="):
        slept.to_neo(step)  # type: ignore[arg-type]


def test_trials_follow_each_other_in_neo_and_are_a_column_in_tables() -> None:
    dense = np.zeros((2, 4, 3))
    dense[0, 1, 2] = dense[1, 3, 2] = 1
    result = by_hand.result(0.5, 0)
    result = replace(result, stages=(replace(result.stages[1], spikes={"h.spike@step": Events.from_dense(dense)}),))
    table = result.to_pandas()["spikes"]
    assert table[["trial", "step", "neuron"]].values.tolist() == [[0, 1, 2], [1, 3, 2]]
    train = result.to_neo().segments[0].spiketrains[2]
    assert (train.magnitude.tolist(), float(train.t_stop)) == ([1, 7], 8)


def test_tables_of_a_study_have_labels_first(study: OpenedStudy) -> None:
    tables = study.to_pandas()
    heads = ["study", "variant", "scenario", "backend", "mode", "seed"]
    assert all(list(table.columns[:6]) == heads for table in tables.values())
    runs = tables["runs"]
    assert runs[["variant", "seed", "accuracy"]].values.tolist() == [
        ["b", 0, 0.5], ["b", 1, 0.6], ["a", 0, 0.5], ["a", 1, 0.6],
    ]  # fmt: skip
    assert runs["counts.trained.synaptic_operations"].tolist() == [1000, 1001] * 2
    assert runs["seconds"].tolist() == [2.0] * 4


def test_accuracies_and_curves_are_those_of_the_matrix(slept: Result) -> None:
    tables = slept.to_pandas()
    matrix = tables["accuracies"].pivot(index="after", columns="tested", values="accuracy").to_numpy()
    np.testing.assert_array_equal(matrix, slept.accuracy_matrix)
    last = tables["curves"].iloc[-1]
    assert (last["task"], last["accuracy"], last["forgetting"]) == (1, slept.accuracy, slept.forgetting)
    assert np.isnan(tables["curves"].iloc[0]["forgetting"])


def test_weights_are_a_row_each_where_they_are_asked_for(slept: Result) -> None:
    assert "weights" not in slept.to_pandas()
    table = slept.to_pandas(weights=True)["weights"].query("task == 1 and stage == 'slept'")
    for name, array in slept.stages[-1].learned.items():
        own = table[table["array"] == name]
        assert len(own) == array.size
        at = (own["row"], own["column"]) if array.ndim == 2 else (own["row"],)
        np.testing.assert_array_equal(array[at], own["value"])


def test_without_spikes_there_is_an_empty_table_with_its_columns() -> None:
    result = replace(by_hand.result(0.5, 0), stages=())
    table = result.to_pandas()["spikes"]
    assert len(table) == 0
    assert list(table.columns) == [
        "scenario", "backend", "mode", "seed", "task", "stage", "population", "trial", "step", "neuron",
    ]  # fmt: skip


def test_xarray_has_the_labels_as_coordinates(study: OpenedStudy) -> None:
    data = study.to_xarray()
    assert data["accuracy_matrix"].dims == ("run", "after", "tested")
    assert data["variant"].values.tolist() == ["b", "b", "a", "a"]
    chosen = data["accuracy"].where((data["variant"] == "a") & (data["seed"] == 1), drop=True)
    assert chosen.values.tolist() == [0.6]
    assert data["curve.forgetting"].values[:, 1].tolist() == [r.result.forgetting for r in study.runs]
    own = data["hidden.spikes"][data["hidden.run"] == 1]
    assert own["hidden.neuron"].values.tolist() == [0, 1] * 2


def test_of_tasks_that_a_run_has_not_xarray_has_nan() -> None:
    from neurosim.results.analysis.frames import to_xarray
    from neurosim.results.analysis.labelled import labelled

    shorter = replace(by_hand.result(0.5, 0), accuracy_matrix=np.array([[0.8]]), samples=(20,))
    matrix = to_xarray(labelled([shorter, by_hand.result(0.5, 1)]))["accuracy_matrix"].values
    assert matrix[0, 0, 0] == 0.8
    assert np.isnan(matrix[0, 1]).all()
    assert not np.isnan(matrix[1]).any()


@pytest.mark.parametrize(("package", "method"), [("pandas", "to_pandas"), ("xarray", "to_xarray"), ("neo", "to_neo")])
def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, package: str, method: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(BackendUnavailable, match=rf"{method} needs .* pip install 'neurosim\["):
        getattr(by_hand.result(0.5, 0), method)()

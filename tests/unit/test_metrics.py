"""Metrics against loops written from the equations, counts, energy, memory, and the tables that show them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rich.console import Console
from samples import MATRIX, a_result

from neurosim.backend.reference import ReferenceBackend
from neurosim.cli.report import tables
from neurosim.program.schedule import Events
from neurosim.report.quantities import quantity
from neurosim.results import metrics
from neurosim.results.costs import counts, energy, memory
from neurosim.results.result import Stage, StageKind
from neurosim.scenario import datasets, engine, schema, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.memory import rehearsal
from neurosim.scenario.schema import RehearsalTable

Rows = list[list[float]]


def matrices(smallest: int = 2) -> st.SearchStrategy[np.ndarray]:
    """Accuracy matrices of up to 7 tasks."""
    accuracies = st.floats(0, 1).map(lambda x: round(x, 6))
    return st.integers(smallest, 7).flatmap(lambda n: arrays.arrays(np.float64, (n, n), elements=accuracies))


checked = settings(deadline=None, max_examples=100, derandomize=True)


# by hand


def test_pooled_accuracy_counts_every_sample_once() -> None:
    assert metrics.pooled_accuracy(MATRIX, (2, 1, 1)) == pytest.approx((2 * 0.6 + 0.4 + 0.7) / 4)


def test_average_accuracy_counts_every_task_once() -> None:
    assert metrics.average_accuracy(MATRIX) == pytest.approx((0.6 + 0.4 + 0.7) / 3)


def test_average_incremental_accuracy_is_of_the_tasks_so_far() -> None:
    expected = (0.9 + (0.5 + 0.8) / 2 + (0.6 + 0.4 + 0.7) / 3) / 3
    assert metrics.average_incremental_accuracy(MATRIX) == pytest.approx(expected)


def test_backward_transfer_is_from_right_after_the_task_to_the_end() -> None:
    assert metrics.backward_transfer(MATRIX) == pytest.approx(((0.6 - 0.9) + (0.4 - 0.8)) / 2)


def test_forgetting_is_the_fall_from_the_best_of_earlier_tasks() -> None:
    risen = np.array([[0.5, 0.0, 0.0], [0.9, 0.8, 0.0], [0.6, 0.4, 0.7]])
    assert metrics.forgetting(risen) == pytest.approx(((0.9 - 0.6) + (0.8 - 0.4)) / 2)
    assert metrics.forgetting_since_learned(risen) == pytest.approx(((0.5 - 0.6) + (0.8 - 0.4)) / 2)


def test_the_best_may_be_from_before_the_task() -> None:
    assert metrics.forgetting(np.array([[0.9, 0.7, 0], [0.9, 0.2, 0], [0.9, 0.1, 0]])) == pytest.approx(0.6 / 2)


def test_the_best_since_a_task_was_learned_is_not_from_before_it() -> None:
    matrix = np.array([[0.9, 0.7, 0], [0.95, 0.2, 0], [0.9, 0.1, 0]])
    assert metrics.forgetting_of_learned(matrix) == pytest.approx(((0.95 - 0.9) + (0.2 - 0.1)) / 2)


def test_backward_transfer_of_all_rows_counts_each_later_row() -> None:
    matrix = np.array([[0.9, 0, 0], [0.5, 0.8, 0], [0.6, 0.4, 0.7]])
    assert metrics.backward_transfer_of_all_rows(matrix) == pytest.approx((-0.4 - 0.3 - 0.4) / 3)


def test_forgetting_is_negative_where_later_tasks_help() -> None:
    assert metrics.forgetting(np.array([[0.2, 0.0], [0.6, 0.9]])) == pytest.approx(-0.4)


def test_forward_transfer_is_above_the_untrained_network() -> None:
    matrix = np.array([[0.9, 0.3, 0.1], [0.5, 0.8, 0.4], [0.6, 0.4, 0.7]])
    assert metrics.forward_transfer(matrix, [0.5, 0.1, 0.2]) == pytest.approx(((0.3 - 0.1) + (0.4 - 0.2)) / 2)


def test_intransigence_is_what_a_task_lacks_of_joint_training() -> None:
    assert metrics.intransigence(MATRIX, [0.9, 0.9, 1.0]) == pytest.approx((0.0 + 0.1 + 0.3) / 3)


ALL_NONE = [
    *(metrics.backward_transfer, metrics.backward_transfer_of_all_rows),
    *(metrics.forgetting, metrics.forgetting_of_learned, metrics.forgetting_since_learned),
]


@pytest.mark.parametrize("metric", ALL_NONE)
def test_a_single_task_has_no_transfer_and_no_forgetting(metric) -> None:
    assert metric(np.array([[0.4]])) is None


def test_a_single_task_has_no_forward_transfer() -> None:
    assert metrics.forward_transfer(np.array([[0.4]]), [0.1]) is None


@pytest.mark.parametrize("accuracies", [[0.1], [0.1, 0.2], [0.1] * 4, 0.1])
@pytest.mark.parametrize("metric", [metrics.forward_transfer, metrics.intransigence])
def test_other_accuracies_are_one_for_each_task(metric, accuracies) -> None:
    with pytest.raises(ValueError, match=r"expected \(3,\): one for each task"):
        metric(MATRIX, accuracies)


# against loops


def mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def loops(r: Rows) -> dict[str, float]:
    """From the equations, tasks counted from 1."""
    t = len(r)

    def at(i: int, j: int) -> float:
        return r[i - 1][j - 1]

    incremental, transfer, chaudhry, later, learned = [], [], [], [], []
    for i in range(1, t + 1):
        incremental.append(mean([at(i, j) for j in range(1, i + 1)]))
    for j in range(1, t):
        transfer.append(at(t, j) - at(j, j))
        best = at(1, j)
        for i in range(2, t):
            if at(i, j) > best:
                best = at(i, j)
        chaudhry.append(best - at(t, j))
        learned.append(max(at(i, j) for i in range(j, t)) - at(t, j))
        later += [at(i, j) - at(j, j) for i in range(j + 1, t + 1)]
    return {
        "average_accuracy": mean([at(t, j) for j in range(1, t + 1)]),
        "average_incremental_accuracy": mean(incremental),
        "backward_transfer": mean(transfer),
        "forgetting": mean(chaudhry),
        "forgetting_since_learned": -mean(transfer),
        "forgetting_of_learned": mean(learned),
        "backward_transfer_of_all_rows": sum(later) / (t * (t - 1) / 2),
    }


@checked
@given(matrices())
def test_metrics_are_those_of_the_equations(matrix: np.ndarray) -> None:
    for name, expected in loops(matrix.tolist()).items():
        assert getattr(metrics, name)(matrix) == pytest.approx(expected, abs=1e-12)


@checked
@given(matrices(), st.data())
def test_metrics_with_other_accuracies_are_those_of_the_equations(matrix: np.ndarray, data: st.DataObject) -> None:
    t = len(matrix)
    other = data.draw(st.lists(st.floats(0, 1), min_size=t, max_size=t))
    forward, lacking = 0.0, 0.0
    for j in range(1, t):
        forward += matrix[j - 1][j] - other[j]
    for j in range(t):
        lacking += other[j] - matrix[j][j]
    assert metrics.forward_transfer(matrix, other) == pytest.approx(forward / (t - 1), abs=1e-12)
    assert metrics.intransigence(matrix, other) == pytest.approx(lacking / t, abs=1e-12)


@checked
@given(matrices(1), st.data())
def test_pooled_accuracy_is_that_of_all_samples(matrix: np.ndarray, data: st.DataObject) -> None:
    """With as many right answers of each task as its accuracy says."""
    samples = data.draw(st.lists(st.integers(1, 50), min_size=len(matrix), max_size=len(matrix)))
    right = [data.draw(st.integers(0, n)) for n in samples]
    matrix[-1] = [r / n for r, n in zip(right, samples, strict=True)]
    assert metrics.pooled_accuracy(matrix, samples) == pytest.approx(sum(right) / sum(samples), abs=1e-12)


@checked
@given(matrices())
def test_forgetting_by_chaudhry_is_the_larger_one(matrix: np.ndarray) -> None:
    order = (metrics.forgetting, metrics.forgetting_of_learned, metrics.forgetting_since_learned)
    values = [f for f in (metric(matrix) for metric in order) if f is not None]
    assert len(values) == 3
    assert values[0] >= values[1] - 1e-12 >= values[2] - 2e-12


# counts


def a_stage(kind: StageKind, **numbers: int) -> Stage:
    return Stage(0, kind, {}, {}, (), 1, 1, 0.1, counts=numbers)


def test_counts_are_added_up_by_kind() -> None:
    stages = [
        a_stage(StageKind.TRAINED, spikes=1, synaptic_operations=10),
        a_stage(StageKind.TESTED, spikes=5, synaptic_operations=7),
        a_stage(StageKind.TRAINED, spikes=2, synaptic_operations=20),
    ]
    assert counts.by_kind(stages) == {
        "trained": {"trials": 2, "steps": 2, "spikes": 3, "synaptic_operations": 30},
        "tested": {"trials": 1, "steps": 1, "spikes": 5, "synaptic_operations": 7},
    }


def test_a_sum_with_an_unknown_count_is_unknown() -> None:
    stages = [a_stage(StageKind.TRAINED), a_stage(StageKind.TRAINED, spikes=2, synaptic_operations=20)]
    assert counts.by_kind(stages) == counts.by_kind(stages[::-1]) == {"trained": {}}


def test_a_run_counts_the_operations_of_all_its_stages_and_tests() -> None:
    text = (Path(__file__).parents[1] / "digits_sleep.toml").read_text()
    for old, new in (
        ("size = 256", "size = 8"),
        ("test = 360", "test = 50\ntrain = 100"),
        ("steps = 747", "steps = 30"),
    ):
        text = text.replace(old, new)
    scenario = schema.parse(text)
    result = engine.run(scenario, ReferenceBackend().compile)
    forwards, backwards = 64 * 8 + 8 * 10, 10 * 8
    assert {kind: of_kind["synaptic_operations"] for kind, of_kind in result.counts.items()} == {
        "trained": 100 * (20 + 8) * (forwards + backwards),
        "slept": (30 + 40 + 50 + 60 + 70) * forwards,
        "tested": 5 * 50 * 20 * (forwards + backwards),
    }
    trials = {"trained": 100, "slept": 5, "tested": 5 * 50}
    steps = {"trained": 100 * (20 + 8), "slept": 30 + 40 + 50 + 60 + 70, "tested": 5 * 50 * 20}
    assert {kind: of_kind["trials"] for kind, of_kind in result.counts.items()} == trials
    assert {kind: of_kind["steps"] for kind, of_kind in result.counts.items()} == steps
    for of_kind in result.counts.values():
        assert 0 < of_kind["effective_synaptic_operations"] < of_kind["synaptic_operations"]
    assert result.counts["slept"]["spikes"] == sum(e.count for s in result.stages for e in s.spikes.values())
    assert result.peak_memory == pytest.approx(memory.peak(), rel=0.5)


# energy


@pytest.mark.parametrize(("name", "joules"), [("loihi", 23.6e-10), ("mac", 4.6e-9), ("ac", 0.9e-10)])
def test_energy_is_operations_times_a_published_figure(name: str, joules: float) -> None:
    (table,) = [t for t in energy.TABLES if t.name == name]
    operations = {"synaptic_operations": 1000, "effective_synaptic_operations": 100, "spikes": 3}
    assert table.energy(operations) == pytest.approx(joules)


def test_every_figure_has_a_source() -> None:
    assert all("20" in t.source for t in energy.TABLES)


def test_the_energy_of_what_was_not_counted_is_not_known() -> None:
    assert all(t.energy({"spikes": 3}) is None for t in energy.TABLES)


# memory


def test_the_peak_of_this_process_is_in_bytes() -> None:
    peak = memory.peak()
    assert peak is None or 2**24 < peak < 2**40


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return datasets.load("digits", test=360, validation=287)


def test_a_sample_of_numbers_takes_as_many_bits_as_they_have(digits: Dataset) -> None:
    assert digits.sample_bits == 64 * 64


def test_a_sample_of_spikes_takes_a_bit_a_step_and_unit(digits: Dataset) -> None:
    spikes = Events.from_dense(np.zeros((1797, 100, 700), dtype=bool))
    assert replace(digits, inputs=spikes).sample_bits == 70_000


@pytest.mark.parametrize(
    "table", [RehearsalTable(fraction=0.03), RehearsalTable(samples=40), RehearsalTable(samples=9999)]
)
def test_the_buffer_has_room_for_what_is_rehearsed(digits: Dataset, table: RehearsalTable) -> None:
    tasks = streams.class_incremental(digits, 2)
    for task in tasks[1:]:
        rehearsed = len(rehearsal.with_rehearsed(table, tasks, task, seed=0)) - len(task.train)
        assert rehearsal.bits(table, tasks[: task.index], digits) == rehearsed * 4096


def test_without_rehearsal_there_is_no_buffer(digits: Dataset) -> None:
    assert rehearsal.bits(None, streams.joint(digits), digits) == 0


def test_the_buffer_of_a_result_is_the_largest_of_its_stages() -> None:
    first, second = a_result().stages
    result = replace(a_result(), stages=(replace(first, memory_bits=7), replace(second, memory_bits=5)))
    assert result.buffer_bits == 7


# tables


def printed(*parts: object) -> str:
    console = Console(width=80, record=True, highlight=False)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return capture.get()


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0 B"), (999.6, "1 kB"), (999_999, "1 MB"), (0.0291, "29.1 mB"), (23.6e-12, "23.6 pB"),
     (4e-14, "0.04 pB"), (5e15, "5e+03 TB")],
)  # fmt: skip
def test_quantities_have_three_digits_and_a_prefix(value: float | None, text: str) -> None:
    assert quantity(value, "B") == text


def test_what_is_not_defined_is_a_dash_and_null() -> None:
    result = a_result(matrix=np.array([[0.4]]))
    assert tables.metrics_line(result) == "ACC 0.400, AIA 0.400, BWT -, forgetting -"
    data = json.loads(json.dumps(tables.run_as_data(replace(result, samples=(3,)), ""), allow_nan=False))
    assert data["forgetting"] is data["backward_transfer"] is data["peak_memory"] is None


def test_metrics_are_told_by_name() -> None:
    assert tables.metrics_line(a_result()) == "ACC 0.567, AIA 0.706, BWT -0.350, forgetting 0.350"


def test_metrics_are_told_by_other_conventions_as_well() -> None:
    line = tables.conventions_line(a_result())
    assert line == "by other conventions: BWT of all rows -0.367, forgetting of learned 0.350"
    data = tables.run_as_data(a_result(), "")
    assert data["forgetting_of_learned"] == pytest.approx(0.35)
    assert data["backward_transfer_of_all_rows"] == pytest.approx(-1.1 / 3)


def test_the_table_of_costs_has_a_row_for_each_kind_that_has_counts() -> None:
    slept = {"spikes": 12, "synaptic_operations": 10**12, "effective_synaptic_operations": 98_765_432}
    by_kind = {"trained": {}, "slept": slept, "tested": {"spikes": 1234, "synaptic_operations": 10**6}}
    text = printed(tables.cost_table(replace(a_result(), counts=by_kind)))
    rows = [line.split() for line in text.splitlines()]
    assert not any(r[:1] == ["trained"] for r in rows)
    assert ["slept", "1", "T", "98,765,432", "12", "2.33", "mJ", "4.6", "J", "88.9", "µJ"] in rows
    assert ["tested", "1,000,000", "-", "1,234", "-", "4.6", "µJ", "-"] in rows
    assert "x 23.6 pJ" in text


def test_tables_fit_into_80_columns() -> None:
    matrix = np.full((10, 10), 0.25)
    classes = tuple((2 * k, 2 * k + 1) for k in range(10))
    most = dict.fromkeys(tables.SHOWN, 99_999_999)
    by_kind = {"pretrained": most, "tested": dict.fromkeys(tables.SHOWN, 10**14)}
    result = replace(a_result(matrix=matrix), classes=classes, counts=by_kind)
    text = printed(tables.accuracy_table(result), tables.cost_table(result))
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("0.25") == 100


def test_the_matrix_of_many_tasks_is_told_by_its_diagonal_and_last_row() -> None:
    matrix = np.arange(144).reshape(12, 12) / 1000
    result = replace(a_result(matrix=matrix), classes=tuple((k,) for k in range(12)))
    rows = [line.split() for line in printed(tables.accuracy_table(result)).splitlines()[2:]]
    shown = np.array([[float(cell) for cell in row] for row in rows])
    np.testing.assert_allclose(shown, np.stack([np.arange(12), np.diag(matrix), matrix[-1]], axis=1), atol=0.0051)


def test_tasks_with_the_same_classes_are_told_by_their_number() -> None:
    same = replace(a_result(), classes=((0, 1), (0, 1), (0, 1)))
    assert printed(tables.accuracy_table(same)).split()[:5] == ["after", "task", "t1", "t2", "t3"]
    assert printed(tables.accuracy_table(a_result())).split()[:5] == ["after", "task", "0,1", "2", "3"]

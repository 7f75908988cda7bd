"""What is drawn is what was computed: lines, bars, cells and dots have the values of the results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from samples import MATRIX, a_result

import neurosim as ns
from neurosim.chip.mapping import MappedLayer, Placement
from neurosim.errors import InputError
from neurosim.plots import style
from neurosim.plots.accuracy import chance
from neurosim.plots.settling import moving
from neurosim.plots.weights import matrices, weight_change
from neurosim.program.schedule import Events
from neurosim.results import metrics
from neurosim.results.analysis.statistics import t_interval
from neurosim.results.costs.device_calls import DeviceCalls
from neurosim.results.costs.energy import TABLES
from neurosim.results.result import Result, Stage, StageKind

matplotlib = pytest.importorskip("matplotlib")
plots = ns.plots
LOWER = MATRIX - np.array([[0.1], [0.2], [0.3]]) * (MATRIX > 0)
RUNS = [a_result(), replace(a_result(matrix=LOWER), seed=4)]
BOTH = np.array([MATRIX, LOWER])


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    matplotlib.use("Agg")
    yield
    matplotlib.pyplot.close("all")


def named(ax, label: str):
    (line,) = [line for line in ax.lines if line.get_label() == label]
    return line


def asleep(*spikes: list[tuple[int, int]], steps: int = 8) -> Result:
    """A run with a sleep for each list of (step, neuron), and as many steps."""
    found = a_result()
    stages = []
    for task, pairs in enumerate(spikes):
        dense = np.zeros((1, steps, 4))
        for step, neuron in pairs:
            dense[0, step, neuron] = 1
        of = {"hidden.spike@step": Events.from_dense(dense)}
        stages.append(Stage(task, StageKind.SLEPT, {}, of, (), 1, steps, 0.1))
    return replace(found, stages=tuple(stages))


def test_the_matrix_has_a_cell_for_each_accuracy() -> None:
    ax = plots.accuracy_matrix(RUNS)
    (cells,) = ax.collections
    np.testing.assert_array_equal(cells.get_array(), BOTH.mean(axis=0).ravel())
    assert ax.texts[0].get_text() == f"0.85\n±{np.std([0.9, 0.8], ddof=1):.2f}"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0,1", "2", "3"]


def test_a_single_run_has_no_deviation() -> None:
    assert [t.get_text() for t in plots.accuracy_matrix(RUNS[:1]).texts] == [f"{v:.2f}" for v in MATRIX.ravel()]


def test_a_curve_begins_where_its_task_was_trained() -> None:
    ax = plots.task_curves(RUNS)
    line = named(ax, "2")
    np.testing.assert_array_equal(line.get_xdata(), [2, 3])
    np.testing.assert_allclose(line.get_ydata(), BOTH.mean(axis=0)[1:, 1])


def test_a_band_is_the_interval_that_its_caption_names() -> None:
    ax = plots.incremental_accuracy(RUNS)
    (band,) = ax.collections
    expected = t_interval(BOTH[:, 0, 0])
    corners = band.get_paths()[0].vertices
    assert {expected.low, expected.high} <= {*corners[corners[:, 0] == 1, 1]}
    assert "Student's t" in ax.get_title(loc="left")
    assert "2 runs" in ax.get_title(loc="left")


def test_another_band_can_be_asked_for_by_its_name() -> None:
    assert "BCa bootstrap" in plots.task_curves(RUNS, band="bootstrap").get_title(loc="left")
    with pytest.raises(InputError, match="'bootstrap'"):
        plots.task_curves(RUNS, band="bootstrp")


def test_a_single_run_has_no_band() -> None:
    ax = plots.incremental_accuracy(RUNS[:1])
    assert (len(ax.collections), ax.get_title(loc="left")) == (0, "")


def test_the_mean_of_incremental_accuracy_is_the_metric() -> None:
    line = named(plots.incremental_accuracy(RUNS[:1]), "mean of the tasks so far")
    assert np.mean(line.get_ydata()) == pytest.approx(RUNS[0].average_incremental_accuracy)


def test_guessing_is_right_once_in_the_classes_so_far() -> None:
    assert chance(((0, 1), (2,), (3,))) == [1 / 2, 1 / 3, 1 / 4]
    assert chance(((0, 1), (0, 1))) == [1 / 2, 1 / 2]
    np.testing.assert_array_equal(
        named(plots.incremental_accuracy(RUNS), "guessing").get_ydata(), [1 / 2, 1 / 3, 1 / 4]
    )


def test_forgetting_ends_at_the_metric() -> None:
    ax = plots.forgetting(RUNS[:1])
    ends = [line.get_ydata()[-1] for line in ax.lines if not line.get_label().startswith("_")]
    assert np.mean(ends) == pytest.approx(metrics.forgetting(MATRIX))


def test_nothing_is_forgotten_of_a_single_task() -> None:
    single = replace(RUNS[0], classes=((0, 1),), accuracy_matrix=np.array([[0.9]]), samples=(2,))
    with pytest.raises(InputError, match="single task"):
        plots.forgetting([single])


def test_runs_of_other_tasks_are_refused_by_their_name() -> None:
    with pytest.raises(InputError, match="seed 9"):
        plots.accuracy_matrix([RUNS[0], replace(RUNS[1], seed=9, classes=((0,), (1,), (2,)))])


def test_sleeps_lie_side_by_side() -> None:
    ax = plots.sleep_raster(asleep([(0, 1), (3, 2)], [(1, 0)]))
    (dots,) = [c for c in ax.collections if len(c.get_offsets())]
    assert sorted(map(tuple, dots.get_offsets().tolist())) == [(0.0, 1.0), (3.0, 2.0), (9.0, 0.0)]
    assert [line.get_xdata()[0] for line in ax.lines] == [8.0]
    assert [t.get_text() for t in ax.texts] == ["sleep 1", "sleep 2"]


def test_activity_is_spikes_a_step_of_all_sleeps() -> None:
    ax = plots.sleep_activity([asleep([(0, 1), (0, 2), (3, 2)], [(0, 0)])])
    (stairs,) = ax.patches
    np.testing.assert_allclose(stairs.get_data().values[:4], [3 / 2, 0, 0, 1 / 2])
    assert stairs.get_label() == "hidden: 75% of spikes in the first quarter"


def test_a_sleep_that_has_ended_counts_no_more() -> None:
    ax = plots.sleep_activity([asleep([(0, 0)], steps=4), asleep([(0, 0), (7, 0)], steps=8)])
    np.testing.assert_allclose(ax.patches[0].get_data().values, [1, 0, 0, 0, 0, 0, 0, 1])


def test_a_run_without_sleep_has_no_raster() -> None:
    with pytest.raises(InputError, match="no sleep"):
        plots.sleep_raster(replace(RUNS[0], stages=RUNS[0].stages[:1]))


def test_weights_before_and_after_are_counted_in_the_same_bins() -> None:
    result = a_result(weight=0.3)
    ax = plots.weights_before_after(result, "p.w")
    after, before = (s.get_data() for s in ax.patches)
    np.testing.assert_array_equal(after.edges, before.edges)
    assert (before.values.sum(), after.values.sum(), after.values[0], before.values[-1]) == (4, 4, 1, 4)
    assert ax.get_title(loc="left") == "25.0% changed, on average by -0.05"
    assert matrices(result) == ["p.w"]


def test_a_matrix_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'p\.w'"):
        weight_change(RUNS[0], "p.v")


def test_states_are_drawn_over_the_steps_of_all_phases() -> None:
    states = np.outer(np.arange(5.0), [1.0, 2.0])
    ax = plots.settling({"hidden": states}, {"free": 3, "nudged": 2})
    lines = [line for line in ax.lines if len(line.get_xdata()) == 5]
    np.testing.assert_array_equal([line.get_ydata() for line in lines], states.T)
    assert [t.get_text() for t in ax.texts] == ["free", "nudged"]
    with pytest.raises(InputError, match="expected 4"):
        plots.settling({"hidden": states}, {"free": 4})


def test_units_that_move_most_are_drawn() -> None:
    states = np.zeros((3, 40))
    states[2, 20:32] = 1.0
    np.testing.assert_array_equal(moving(states), np.arange(20, 32))


def test_energy_is_drawn_after_each_step() -> None:
    line = plots.network_energy(np.array([3.0, 2.0, 1.0]), {"free": 2, "nudged": 1}).lines[0]
    np.testing.assert_array_equal(line.get_xydata(), [[1, 3], [2, 2], [3, 1]])


COUNTED = [
    replace(RUNS[0], counts={"trained": {"synaptic_operations": n, "effective_synaptic_operations": 10, "spikes": 0}})
    for n in (100, 300)
]


def test_a_bar_is_the_mean_count_of_the_runs() -> None:
    bars = {c.get_label(): [p.get_width() for p in c] for c in plots.operations(COUNTED).containers}
    assert bars == {"synaptic operations": [200], "effective synaptic operations": [10], "spikes recorded": []}


def test_energy_is_a_count_times_its_figure() -> None:
    bars = {c.get_label(): [p.get_width() for p in c] for c in plots.energy(COUNTED).containers}
    figures = {t.name: t.joules for t in TABLES}
    assert bars["mac"] == pytest.approx([200 * figures["mac"]["synaptic_operations"]])
    assert bars["ac"] == pytest.approx([10 * figures["ac"]["effective_synaptic_operations"]])


def test_a_count_that_a_run_lacks_has_no_bar() -> None:
    bars = {c.get_label(): len(c) for c in plots.operations([COUNTED[0], replace(RUNS[1], counts={})]).containers}
    assert bars == {"synaptic operations": 0, "effective synaptic operations": 0, "spikes recorded": 0}


def test_chip_utilisation_is_of_the_fullest_core() -> None:
    from neurosim.chip.limits import LOIHI1

    fullest = {"compartments": 0.25, "in_axons": 0.5, "out_axons": 0.0, "synapse_bits": 2.0}
    part = MappedLayer("hidden", 256, 64, 10, 100, 900, 1, fullest, ())
    ax = plots.chip_utilisation(Placement(LOIHI1, (part,)))
    assert [c[0].get_width() for c in ax.containers] == list(fullest.values())
    assert ax.get_xlim()[1] > 2.0


def test_equal_runs_are_said_to_be_equal() -> None:
    ax = plots.first_difference(RUNS[0], replace(RUNS[0], backend="brian2"))
    assert ax.get_title(loc="left") == "brian2:numpy beside reference:numpy:\nall weights and spikes are equal"
    assert not named(ax, "largest difference of a weight").get_ydata().any()


def test_the_first_stage_that_differs_is_marked() -> None:
    ax = plots.first_difference(RUNS[0], a_result(weight=0.75, spikes=3))
    assert ax.get_title(loc="left").endswith("first difference: 1 slept")
    np.testing.assert_allclose(named(ax, "largest difference of a weight").get_ydata(), [0, 0.25])
    np.testing.assert_array_equal(named(ax, "spikes that differ").get_xydata(), [[1, 2]])


def test_runs_with_other_stages_are_not_compared() -> None:
    with pytest.raises(InputError, match="other stages"):
        plots.first_difference(RUNS[0], replace(RUNS[0], stages=()))


def test_latencies_have_their_percentiles() -> None:
    ax = plots.latencies([0.001 * k for k in range(1, 101)])
    assert sum(p.get_height() for p in ax.patches) == 100
    assert [line.get_xdata()[0] for line in ax.lines] == pytest.approx([50, 95, 99])
    with pytest.raises(InputError, match="no calls"):
        plots.latencies([])


def test_percentiles_of_parts_are_in_milliseconds() -> None:
    parts = [DeviceCalls(f"tested/{k}", 5, 0, 0.001 * k, 0.002 * k, 0.003 * k, 1.0, 1.0, 0, 0, ()) for k in (1, 2)]
    ax = plots.latency_percentiles(parts)
    np.testing.assert_allclose(named(ax, "p95").get_ydata(), [2, 4])


def test_a_dot_is_a_mean_and_a_line_its_interval() -> None:
    ax = plots.study_metric({"sleep": RUNS, "none": RUNS[:1]}, "average_accuracy")
    values = [r.average_accuracy for r in RUNS]
    runs, interval, mean, *_ = ax.lines
    np.testing.assert_array_equal(runs.get_xdata(), values)
    expected = t_interval(values)
    np.testing.assert_allclose(interval.get_xdata(), [expected.low, expected.high])
    np.testing.assert_allclose(mean.get_xydata(), [[np.mean(values), 0.0]])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["sleep", "none"]
    with pytest.raises(InputError, match="'accuracy'"):
        plots.study_metric({"sleep": RUNS}, "accurracy")


def test_backends_of_a_variant_lie_beside_each_other() -> None:
    ax = plots.study_metric({"sleep": [RUNS[0], replace(RUNS[0], backend="brian2")]})
    heights = [line.get_ydata()[0] for line in ax.lines if line.get_marker() in "os" and len(line.get_ydata())]
    assert heights[0] < 0 < heights[1]


def test_a_picture_goes_into_the_axes_that_are_given() -> None:
    _, ax = matplotlib.pyplot.subplots()
    assert plots.task_curves(RUNS, ax=ax) is ax


def contrast(a: str, b: str) -> float:
    def luminance(colour: str) -> float:
        shares = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", style.PALETTE)
def test_colours_are_seen_on_light_and_on_dark(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 3
    assert contrast(colour, "#15171b") >= 3


def test_no_two_of_the_first_36_look_alike() -> None:
    assert len({(style.colour(k), style.mark(k)) for k in range(36)}) == 36

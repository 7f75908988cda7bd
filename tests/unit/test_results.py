"""Differences, tiers and tables of results."""

import json
from dataclasses import replace

import numpy as np
import pytest
from samples import MATRIX, a_result

from neurosim.cli.report.tables import run_as_data
from neurosim.program.schedule import Events
from neurosim.results.agreement.comparison import Comparison
from neurosim.results.agreement.differences import largest_difference, spikes_that_differ
from neurosim.results.agreement.teacher_forced import Segment
from neurosim.results.agreement.tiers import Agreement, agreement, meets, tier
from neurosim.results.result import Result, StageKind

# speed


def test_speed_is_of_training_alone() -> None:
    assert a_result().samples_per_s == pytest.approx(10 / 0.5)


# stages


@pytest.mark.parametrize("kind", StageKind)
def test_a_kind_of_stage_is_its_text_wherever_it_is_written(kind: StageKind) -> None:
    assert str(kind) == f"{kind}" == json.loads(json.dumps(kind)) == kind.value
    assert json.dumps({kind: kind}) == json.dumps({kind.value: kind.value})


# differences


def test_the_largest_difference_of_any_array() -> None:
    a = {"x": np.zeros(3), "y": np.zeros(2)}
    assert largest_difference(a, {"x": np.zeros(3), "y": np.array([0.0, -2.0])}) == 2.0


def test_arrays_of_other_names_differ_without_bound() -> None:
    assert largest_difference({"x": np.zeros(3)}, {"y": np.zeros(3)}) == float("inf")


def test_the_sign_of_a_zero_is_no_difference() -> None:
    assert largest_difference({"x": np.array([0.0])}, {"x": np.array([-0.0])}) == 0.0


def test_arrays_with_a_nan_do_not_agree() -> None:
    assert largest_difference({"x": np.array([np.nan])}, {"x": np.array([0.0])}) == float("inf")


def test_spikes_that_differ_are_those_of_one_recording_only() -> None:
    a, b = np.zeros((1, 3, 2)), np.zeros((1, 3, 2))
    a[0, 0, 0] = a[0, 1, 1] = b[0, 1, 1] = b[0, 2, 1] = b[0, 2, 0] = 1
    assert spikes_that_differ(Events.from_dense(a), Events.from_dense(b)) == 3


def test_a_spike_one_step_later_differs() -> None:
    a = np.zeros((1, 3, 2))
    a[0, 0, 0] = 1
    assert spikes_that_differ(Events.from_dense(a), Events.from_dense(np.roll(a, 1, axis=1))) == 2


# tiers


def test_equal_runs_are_t0() -> None:
    assert tier(agreement(a_result(), a_result())) == "T0"


@pytest.mark.parametrize(
    ("other", "reached"),
    [
        (a_result(weight=np.nextafter(0.5, 1)), "T1"),
        (a_result(weight=0.5 + 1e-11), "none"),
        (a_result(spikes=2), "none"),
        (a_result(spikes=0), "none"),
        (a_result(matrix=MATRIX + 0.01), "T1"),
    ],
    ids=["one ulp", "1e-11", "one spike more", "one spike less", "accuracies"],
)
def test_a_run_that_differs_anywhere_is_not_t0(other: Result, reached: str) -> None:
    free = agreement(a_result(), other)
    assert not free.is_exact
    assert tier(free) == reached


@pytest.mark.parametrize(
    ("other", "where"),
    [(a_result(weight=0.6), "task 1, slept"), (a_result(matrix=MATRIX + 0.01), "accuracies"), (a_result(), None)],
)
def test_the_first_difference_is_named(other: Result, where: str | None) -> None:
    assert agreement(a_result(), other).first_difference == where


def test_the_worst_stage_counts() -> None:
    early = a_result()
    changed = replace(early.stages[0], learned={"p.w": np.zeros((2, 2))})
    free = agreement(a_result(), replace(early, stages=(changed, early.stages[1])))
    assert (free.max_abs_dw, free.first_difference) == (0.5, "task 1, trained")


def test_a_weight_that_is_not_a_number_is_not_t0() -> None:
    assert tier(agreement(a_result(), a_result(weight=float("nan")))) == "none"


DRIFTED = Agreement(1e-3, 10, 0, "task 1, trained")


@pytest.mark.parametrize(
    ("segment", "reached"),
    [
        (Segment(9e-13, 0, 0.0), "T1"),
        (Segment(2e-12, 0, 0.0), "none"),
        (Segment(9e-9, 0, 1e-9), "T1"),
        (Segment(2e-8, 0, 1e-9), "none"),
        (Segment(0.0, 1, 1.0), "none"),
    ],
)
def test_segments_decide_over_t1(segment: Segment, reached: str) -> None:
    assert tier(DRIFTED, [Segment(0.0, 0, 0.0), segment]) == reached


@pytest.mark.parametrize(
    ("reached", "demanded", "enough"),
    [("T0", "T0", True), ("T0", "T1", True), ("T1", "T1", True), ("T1", "T0", False), ("none", "T1", False)],
)
def test_a_tier_meets_its_own_and_lower_ones(reached: str, demanded: str, enough: bool) -> None:
    assert meets(reached, demanded) is enough


# as data


def test_the_data_of_a_run_are_json() -> None:
    data = json.loads(json.dumps(run_as_data(a_result(), "runs/x")))
    assert data["accuracy_matrix"] == MATRIX.tolist()
    assert data["run_dir"] == "runs/x"


def test_segments_are_part_of_a_comparison_s_data_where_there_are_some() -> None:
    free = agreement(a_result(), a_result())
    segments = (Segment(1.0, 2, 3.0), Segment(4.0, 1, 0.5))
    assert "segments" not in Comparison(a_result(), free, "T0", 1.0).as_data()
    assert Comparison(a_result(), free, "T0", 1.0, segments).as_data()["segments"] == {
        "count": 2, "max_abs_dw": 4.0, "spikes_different": 3, "amplification": 3.0,
    }  # fmt: skip

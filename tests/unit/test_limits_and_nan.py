"""Limits hold for NaN and infinity, which compare with nothing or with everything."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend.remote.backend import RemoteBackend
from neurosim.errors import InputError, ModelError
from neurosim.program.lowering.bounds import largest
from neurosim.program.precision import Precision, check_format, check_on_grid
from neurosim.program.precision.formats import GridFormat, SingleFormat, WeightFormat
from neurosim.program.precision.ledger import changes, ledger_entry
from neurosim.program.precision.saturation import saturations
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.results.agreement.differences import largest_difference
from neurosim.results.agreement.teacher_forced import Segment
from neurosim.results.agreement.tiers import segments_reach_t1

NAN, INFINITE = float("nan"), float("inf")
FORMATS: list[Precision] = [ns.Grid(), ns.FixedPoint(), ns.Float32()]


def program(precision: Precision, stimulus: str = "constant") -> Program:
    network = ns.Network(
        [
            ns.Population("a", 2, ns.Clamp if stimulus == "constant" else ns.SpikeInput),
            ns.Population("b", 3, ns.RateUnit),
        ],
        [ns.Projection("p", "a", "b")],
    )
    variable = "a.s" if stimulus == "constant" else "a.x"
    return ns.lower(network, ns.Schedule([ns.Phase("run", 2)], (), {variable: stimulus}), precision=precision)


@pytest.mark.parametrize("precision", FORMATS, ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("value", [NAN, INFINITE, -INFINITE])
def test_what_is_not_finite_is_not_rounded(precision: Precision, value: float) -> None:
    lowered = program(precision)
    weights = np.zeros((2, 3))
    weights[1, 2] = value
    for refuses in (ns.quantise, changes):
        with pytest.raises(InputError, match=r"learned variable 'p\.w' has values that are not finite"):
            refuses({"p.w": weights}, lowered)
    with pytest.raises(InputError, match="not finite"):
        check_format("p.w", weights, lowered.formats()["p.w"])


def test_what_is_too_large_for_the_grid_is_not_rounded_to_infinity() -> None:
    with pytest.raises(
        InputError, match=r"'p\.w' has values that are too large to be rounded to multiples of 2\*\*-24"
    ):
        ns.quantise({"p.w": np.full((2, 3), 1e308)}, program(ns.Grid()))
    with pytest.raises(InputError, match="too large"):
        check_on_grid("p.w", np.array([1e308]), 24)
    with pytest.raises(InputError, match=r"stimulus 'a\.s' has values beyond what the grid holds"):
        bind(program(ns.Grid()), ns.Trials({"a.s": np.full((1, 2), 1e308)}))


@pytest.mark.parametrize("value", [1e154, 1e200, 1e308])
def test_the_loss_of_what_is_far_beyond_a_format_is_a_number(value: float) -> None:
    with pytest.raises(InputError, match="it has a relative error of 1, and 6 of 6 values are beyond"):
        ns.quantise({"p.w": np.full((2, 3), value)}, program(ns.FixedPoint()))


def test_a_loss_is_the_same_number_whether_its_squares_overflow_or_not() -> None:
    values, form = np.array([1.0, 3.0, -2.0]), GridFormat(1)
    small, large = (ledger_entry("w", values * k, values * k * 0.75, form) for k in (1.0, 1e307))
    assert math.isclose(small.relative_error, large.relative_error, rel_tol=1e-15)
    assert small.relative_error == 0.25


@pytest.mark.parametrize("form", [GridFormat(4), SingleFormat(), WeightFormat()], ids=str)
def test_no_format_has_nan(form: object) -> None:
    with pytest.raises(InputError):
        check_format("w", np.array([NAN]), form)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [NAN, INFINITE])
def test_nan_is_no_spike(value: float) -> None:
    spikes = np.zeros((1, 2, 2))
    spikes[0, 1, 0] = value
    with pytest.raises(InputError, match="events: the array has values that are not finite"):
        ns.Events.from_dense(spikes)
    with pytest.raises(InputError, match=r"stimulus 'a\.x': events: the array has values that are not finite"):
        bind(program(ns.Float64(), "events"), ns.Trials({"a.x": spikes}))


EVENTS: list[tuple[object, object, object, object, str]] = [
    ([0, 2, 1], [0, 1], 2, 3, "offsets must not fall"),
    ([0, 1, 3], [0, 1], 2, 3, "end at most at the number of spikes, 2"),
    ([], [], 2, 3, "offsets must not fall"),
    ([-1, 0, 1], [0], 2, 3, "offsets has -1 in it"),
    ([0, 1, 1], [0], 3, 3, "offsets of 2 steps are no whole trials of 3 steps"),
    ([0, 1], [0], 0, 3, "no whole trials of 0 steps"),
    ([0, 2], [1, 0], 1, 3, "unit 0 follows unit 1 in one step; expected units that ascend"),
    ([0, 2], [1, 1], 1, 3, "unit 1 follows unit 1 in one step"),
    ([0, 1, 3], [2, 1, 1], 2, 3, "unit 1 follows unit 1 in one step"),
    ([0, 1], [3], 1, 3, "units that spike has 3 in it; expected whole numbers from 0 to 2"),
    ([0, 1], [0.5], 1, 3, "units that spike has 0.5 in it"),
    ([0.5, 1], [0], 1, 3, "offsets has 0.5 in it"),
    ([0, 1], [True], 1, 3, "units that spike has values of type bool"),
    ([[0, 1]], [0], 1, 3, "arrays of 2 and 1 axes"),
    ([0, 1], [0], 1.0, 3, "events: steps = 1.0; expected a whole number"),
    ([0, 1], [0], 1, True, "events: units = True; expected a whole number"),
]


@pytest.mark.parametrize(("offsets", "indices", "steps", "units", "message"), EVENTS, ids=[e[-1] for e in EVENTS])
def test_events_that_make_no_sense_are_refused(
    offsets: object, indices: object, steps: object, units: object, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        ns.Events(offsets, indices, steps, units)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [[[0.5]], [["a"]], [[True]], [[2, 1]], [[3]], [[[0]]], [[NAN]], [[0]] * 3])
def test_lists_of_units_that_make_no_sense_are_refused(given: object) -> None:
    with pytest.raises(InputError, match="events: "):
        ns.Events.from_lists(given, 2 if len(given) == 3 else 1, 3)  # type: ignore[arg-type]


def test_events_have_their_types_whatever_they_are_made_of() -> None:
    events = ns.Events([0, 1, 1, 3], np.array([2, 0, 1], np.uint8), np.int64(3), 3)  # type: ignore[arg-type]
    assert (events.offsets.dtype, events.indices.dtype, type(events.steps)) == (np.int64, np.int32, int)
    assert events.dense().sum() == 3
    given = np.array([0, 1], np.int32)
    assert ns.Events(np.array([0, 2]), given, 1, 2).indices is given


def test_a_register_that_would_hold_nan_is_counted() -> None:
    model = ns.NeuronModel("M", {"s": 0.0}, {"k": 1.0}, {"s": "clip(s + k*drive, -4, 4)"})
    network = ns.Network(
        [ns.Population("a", 1, ns.Clamp), ns.Population("m", 1, model)], [ns.Projection("p", "a", "m")]
    )
    lowered = ns.lower(network, ns.Schedule([ns.Phase("run", 3)], (), {"a.s": "constant"}), precision=ns.FixedPoint())
    run = bind(lowered, ns.Trials({"a.s": np.full((1, 1), 1.0)}))
    with pytest.raises(InputError, match=r"learned variable 'p\.w' has values that are not finite"):
        saturations(run, {"p.w": np.full((1, 1), NAN)})
    with pytest.raises(InputError, match=r"learned variable 'p\.v': the program has none"):
        saturations(run, {"p.v": np.zeros((1, 1))})


@pytest.mark.parametrize("bad", [NAN, INFINITE])
def test_what_is_not_finite_is_infinitely_far(bad: float) -> None:
    good = {"a": np.zeros(2), "b": np.zeros(2)}
    for name in good:
        other = {**good, name: np.array([0.0, bad])}
        assert largest_difference(good, other) == largest_difference(other, good) == INFINITE
        assert largest_difference(other, other) == INFINITE


@pytest.mark.parametrize("difference", [NAN, INFINITE])
@pytest.mark.parametrize("amplification", [0.0, NAN, INFINITE])
def test_no_segment_that_differs_without_end_is_within_the_tolerance(difference: float, amplification: float) -> None:
    assert not segments_reach_t1([Segment(difference, 0, amplification)])


def test_a_fixed_point_that_fits_is_found_for_finite_values_alone() -> None:
    for bad in (NAN, INFINITE):
        with pytest.raises(InputError, match="fixed point: array 'p' has values that are not finite"):
            ns.FixedPoint().fitted({"p": np.array([0.5, bad])})


def test_a_loss_may_be_allowed_without_end_but_not_by_nan() -> None:
    ns.quantise({"p.w": np.full((2, 3), 1e308)}, program(ns.FixedPoint(largest_loss=INFINITE)))
    with pytest.raises(ModelError, match="largest_loss = nan; expected a finite number"):
        ns.FixedPoint(largest_loss=NAN)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [((-2.0, 1.0), 2.0), ((0.5, 3.0), 3.0), ((-3.0, -1.0), 3.0), ((NAN, 1.0), INFINITE), ((0.0, NAN), INFINITE)],
)
def test_an_end_that_is_not_known_bounds_nothing(interval: tuple[float, float], expected: float) -> None:
    assert largest(interval) == expected


def test_an_output_whose_bounds_overflow_has_none_on_the_grid() -> None:
    model = ns.NeuronModel("M", {"s": 0.0}, update={"s": "drive"}, output="(s + 8e307)*10 - (s + 8e307)*10")
    network = ns.Network([ns.Population("m", 1, model)], [ns.Projection("p", "m", "m")])
    with pytest.raises(ModelError, match="population m: under grid arithmetic what it delivers needs bounds"):
        ns.lower(network, ns.Schedule([ns.Phase("run", 1)]), precision=ns.Grid())


@pytest.mark.parametrize("deadline", [NAN, INFINITE, 0.0, -1.0, "5"])
def test_a_deadline_ends(deadline: object) -> None:
    with pytest.raises(InputError, match="backend there: deadline = "):
        RemoteBackend("there", "reference", deadline=deadline)  # type: ignore[arg-type]

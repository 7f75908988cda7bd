"""Which rules a learning engine can do, how they are printed, and which term is named of those that it cannot.

What the texts do on Lava's learning engine is in tests/lava/test_learning_rules.py.
"""

from __future__ import annotations

import math

import pytest

import neurosim as ns
from neurosim.chip.coefficients import nearest
from neurosim.chip.limits import LOIHI1, LOIHI2
from neurosim.chip.rules import RuleOnChip, on_chip
from neurosim.program.precision import WeightFormat

FORM = WeightFormat(8, -7)
UNIT = 2.0**-7
TWO_PHASES = (ns.Phase("free", 5, assign={"s_free": "s"}), ns.Phase("nudged", 3))


def translated(
    rule: ns.LearningRule, pre=ns.SpikeInput, post=ns.TracedLIF, *, synapse=None, phases=None, stimuli=None, chip=LOIHI2
) -> RuleOnChip:
    """A rule between two populations, `a` and `b`."""
    made = {} if synapse is None else {"synapse": synapse}
    network = ns.Network(
        [ns.Population("a", 3, pre), ns.Population("b", 2, post)],
        [ns.Projection("ab", "a", "b", learning=[rule], **made)],
    )
    kind = {"a.x": "events"} if pre is ns.SpikeInput else {"a.s": "constant"} if pre is ns.Clamp else {}
    schedule = ns.Schedule(phases or [ns.Phase("run", 5)], stimuli={**kind, **(stimuli or {})})
    return on_chip(ns.lower(network, schedule).rules[0], ns.lower(network, schedule), chip, FORM)


def hebb(text: str, at: str = "step", **params: float) -> ns.LearningRule:
    return ns.LearningRule("rule", at, {"w": text}, params)


@pytest.mark.parametrize(
    ("wanted", "mantissa", "exponent"),
    [(1.0, 4, -2), (7.0, 7, 0), (-0.75, -6, -3), (1.6, 6, -2), (0.0078125, 1, -7), (1792.0, 7, 8)],
)
def test_the_nearest_coefficient_has_the_largest_mantissa(wanted, mantissa, exponent):
    found = nearest(wanted)
    assert (found.mantissa, found.exponent) == (mantissa, exponent)


@pytest.mark.parametrize("wanted", [0.003, -0.003, 1e5])
def test_a_coefficient_out_of_range_has_no_nearest(wanted):
    assert nearest(wanted) is None


def test_a_product_of_spikes_is_a_condition_and_a_trace_of_one_step():
    """Lava's floating point does not know x0 as a factor."""
    rule = translated(hebb("w + 1.5*arrived", "post.spike"))
    assert rule.legal
    assert rule.floating_pt.dw == "6*2^5*y0*x1"
    (trace,) = rule.floating_pt.traces
    assert (trace.impulse, trace.tau) == (1.0, 1e-3)
    assert rule.fixed_pt.traces[0].tau == 0


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("w + c*pre.z*post.trace", "x0*y1"),
        ("w + c*pre.trace*post.z", "y0*x1"),
        ("w + c*pre.trace*post.trace", "u0*x1*y1"),
    ],
)
def test_the_condition_is_the_spike_that_a_product_has(text, condition):
    rule = translated(hebb(text, c=1.0), ns.TracedLIF)
    assert rule.fixed_pt.form == condition


def test_a_trace_is_known_by_its_equations():
    own = ns.NeuronModel(
        "Own",
        state={"v": 0.0, "memory": 0.0},
        params={"kept": 0.8},
        update={"v": "v + drive", "memory": "memory*kept"},
        spike="v > 1",
        reset={"v": "0", "memory": "0.5 + memory"},
        output="spike",
    )
    rule = translated(hebb("w + 1*arrived*post.memory"), post=own)
    (trace,) = rule.floating_pt.traces
    assert (trace.slot, trace.means, trace.impulse) == ("y1", "post.memory", 0.5)
    assert trace.tau == pytest.approx(-1 / math.log(0.8))


def test_time_constants_are_whole_steps_in_fixed_point():
    rule = translated(hebb("w + 1*arrived*post.trace"), post=ns.TracedLIF(tau_trace=3.4))
    assert rule.floating_pt.traces[0].tau == pytest.approx(3.4)
    assert rule.fixed_pt.traces[0].tau == 3
    assert rule.fixed_pt.traces[0].tau_error == pytest.approx(-0.4 / 3.4)
    assert rule.fixed_pt.largest_error == pytest.approx(0.4 / 3.4)


def test_weights_are_counted_in_their_unit():
    """w + 0.5 is 64 units of 2**-7."""
    assert translated(hebb("w + 0.5", "post.spike")).fixed_pt.dw == "4*2^4*y0"
    assert translated(hebb("w + 0.5", "post.spike")).fixed_pt.unit == UNIT


def test_like_products_are_one_and_what_cancels_is_gone():
    rule = translated(hebb("w + 2*(arrived + 1) - 1*arrived - 2", "post.spike"))
    assert rule.fixed_pt.form == "y0*x1"


def test_weight_decay_is_a_factor_w():
    rule = translated(hebb("w - 0.25*w", "post.spike"))
    assert rule.floating_pt.dw == "-4*2^-4*y0*w"
    assert rule.fixed_pt.dw == "-4*2^-4*y0*w"


def test_fixed_point_makes_good_for_its_shift():
    """Two traces and the weight are 7 + 7 + 9 bits: a shift of 23 + 4 - 15, and as much in the coefficient."""
    rule = translated(hebb("w + 4*w*pre.trace*post.trace"), ns.TracedLIF)
    assert rule.fixed_pt.shifts == (12,)
    assert rule.floating_pt.shifts == (0,)
    scales = math.prod(t.scale for t in rule.fixed_pt.traces)
    assert rule.fixed_pt.coefficients[0].wanted == pytest.approx(4 / scales * 2**12)
    assert rule.floating_pt.coefficients[0].wanted == pytest.approx(4.0)


def test_sleep_has_a_threshold_on_the_weight_and_is_printed_without():
    rule = translated(ns.SleepPlasticity(inc=0.25, dec=0.125), post=ns.Heaviside)
    assert not rule.legal
    assert "threshold" in rule.reason
    assert rule.term == "where(w <= 0.0, ..., 0)"
    assert rule.fixed_pt.dw == "6*2^4*y0*x1 - 4*2^3*y0"


def test_a_smooth_gate_is_named():
    rule = translated(ns.SmoothSleepPlasticity, post=ns.Heaviside)
    assert not rule.legal
    assert rule.term.startswith("sigmoid(-w")
    assert rule.fixed_pt is None


def test_stdp_is_printed_on_both_chips():
    for chip in (LOIHI1, LOIHI2):
        rule = translated(ns.STDP, ns.TracedLIF, chip=chip)
        assert rule.legal
        assert not rule.fixed_pt.three_factor
        assert rule.fixed_pt.form == "y0*x1 + y0*x2 - x0*y1"


def test_the_clip_of_stdp_is_left_to_the_weight():
    rule = translated(ns.STDP, ns.TracedLIF)
    assert any("clip to [0, 1]" in r and "saturates at -2 and 1.98438" in r for r in rule.remarks)


def test_stdp_at_arrival_reads_the_trace_at_the_synapse():
    """Its old value is (trace - arrived)/keep, so the text has the trace of the spikes that arrive."""
    rule = translated(ns.ArrivalSTDP, synapse=ns.Traced)
    assert rule.legal
    assert {t.means for t in rule.floating_pt.traces} == {"trace", "spike in this step", "post.trace"}
    by_form = dict(
        zip(rule.floating_pt.form.replace(" - ", " + ").split(" + "), rule.floating_pt.coefficients, strict=True)
    )
    assert by_form["y0*x1"].wanted == pytest.approx(0.01 / UNIT)
    assert by_form["y0*x2"].wanted == pytest.approx(0.012 / UNIT)


def test_equilibrium_propagation_marks_the_ends_of_its_phases():
    rule = translated(ns.EquilibriumPropagation, ns.Clamp, ns.RateUnit, phases=TWO_PHASES)
    assert rule.legal
    assert rule.fixed_pt.three_factor
    means = {t.slot: (t.means, t.source) for t in rule.fixed_pt.traces}
    assert means["x1"] == ("pre.s", "payload")
    assert means["y1"] == ("post.s", "neuron")
    assert {means["y2"][0], means["y3"][0]} == {"end of nudged", "end of free"}
    assert any("the ends of nudged and free" in r for r in rule.remarks)


def test_a_value_of_a_graded_spike_counts_where_a_spike_arrives():
    """A value of 0 is not sent, so the trace would still hold the one before it."""
    rule = translated(ns.EquilibriumPropagation, ns.Clamp, ns.RateUnit, phases=TWO_PHASES)
    assert all(term.split("*")[0] == "x0" for term in rule.fixed_pt.form.split(" - "))


def test_loihi_1_has_no_third_factors():
    rule = translated(ns.EquilibriumPropagation, ns.Clamp, ns.RateUnit, phases=TWO_PHASES, chip=LOIHI1)
    assert not rule.legal
    assert "third factor" in rule.reason
    assert rule.term == "pre.s*post.s"


def test_a_signal_of_both_signs_is_the_difference_of_two():
    rule = translated(ns.ThreeFactor, post=ns.SurrogateLIF, synapse=ns.Eligible, stimuli={"b.signal": "steps"})
    assert rule.legal
    assert rule.fixed_pt.form == "u0*x1*y1*y2 - u0*x1*y1*y3"
    assert {t.means for t in rule.fixed_pt.traces} >= {"max(post.signal, 0)", "max(-post.signal, 0)"}
    assert any("post.signal" in r and "[0, 1]" in r for r in rule.remarks)


def test_an_eligibility_that_is_kept_is_no_trace_of_a_neuron():
    rule = translated(
        ns.ThreeFactor(kappa=0.5), post=ns.SurrogateLIF, synapse=ns.Eligible, stimuli={"b.signal": "steps"}
    )
    assert (rule.legal, rule.term) == (False, "eligibility")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("w + 1*arrived*tanh(post.trace)", "tanh(post.trace)"),
        ("w + 1*where(post.trace > 1, arrived, 0)", "where(post.trace > 1.0, arrived, 0.0)"),
        ("w + 1*arrived/(1 + post.trace)", "arrived / (1.0 + post.trace)"),
        ("1*arrived", "w' without + w"),
        ("w + 1*post.bias*arrived", "post.bias"),
    ],
)
def test_a_term_that_is_no_product_is_named(text, term):
    rule = translated(hebb(text))
    assert not rule.legal
    assert rule.term == term


def test_a_coefficient_below_the_smallest_is_told():
    rule = translated(hebb("w + 1e-6*arrived"))
    assert not rule.legal
    assert "0.0078125" in rule.reason


def test_more_traces_than_there_are_are_told():
    model = ns.NeuronModel(
        "Many",
        state={"v": 0.0, **dict.fromkeys("abcd", 0.0)},
        update={"v": "v + drive", **{n: f"0.{k + 5}*{n}" for k, n in enumerate("abcd")}},
        spike="v > 1",
        reset={"v": "0", **{n: f"{n} + 1" for n in "abcd"}},
        output="spike",
    )
    rule = translated(hebb("w + 1*arrived*(post.a + post.b + post.c + post.d)"), post=model)
    assert not rule.legal
    assert "needs 4 traces, and the post-synaptic side has 3" in rule.reason
    assert rule.term == "post.a, post.b, post.c, post.d"


def test_a_spike_at_its_start_and_at_its_arrival_are_two():
    rule = translated(hebb("w + 1*arrived*post.z - 1*pre.z*post.z"), ns.TracedLIF)
    assert (rule.legal, rule.term) == (False, "arrived and pre.z")


def test_a_rule_that_changes_nothing_says_so():
    rule = translated(hebb("w + lr*arrived", lr=0.0))
    assert (rule.legal, rule.reason) == (False, "it changes nothing")


def test_momentum_is_no_trace():
    rule = translated(ns.MomentumPropagation, ns.Clamp, ns.RateUnit, synapse=ns.Momentum, phases=TWO_PHASES)
    assert (rule.legal, rule.term) == (False, "m")


def test_values_of_two_moments_in_one_product_are_refused():
    rule = translated(hebb("w + 1*pre.s*post.s_free", "end:nudged"), ns.RateUnit, ns.RateUnit, phases=TWO_PHASES)
    assert not rule.legal
    assert "ends of the phases free and nudged" in rule.reason


def test_binary_synapses_deliver_what_they_do_not_learn():
    rule = translated(ns.BinaryPropagation, ns.Clamp, ns.RateUnit, synapse=ns.Binary, phases=TWO_PHASES)
    assert not rule.legal
    assert "no function of it" in rule.reason


def test_a_rule_of_a_population_is_for_the_loop():
    network = ns.Network(
        [ns.Population("a", 2, ns.Clamp), ns.Population("b", 2, ns.RateUnit, learning=[ns.BiasPropagation])],
        [ns.Projection("ab", "a", "b")],
    )
    program = ns.lower(network, ns.Schedule(TWO_PHASES, stimuli={"a.s": "constant"}))
    rule = on_chip(program.rules[0], program, LOIHI2, FORM)
    assert (rule.legal, rule.term) == (False, "b.bias")


def test_a_grid_does_not_change_a_text():
    network = ns.Network(
        [ns.Population("a", 3, ns.SpikeInput), ns.Population("b", 2, ns.Heaviside)],
        [ns.Projection("ab", "a", "b", learning=[hebb("w + 0.5*arrived", "post.spike")])],
    )
    schedule = ns.Schedule([ns.Phase("run", 5)], stimuli={"a.x": "events"})
    found = []
    for precision in (ns.Float64(), ns.Grid()):
        program = ns.lower(network, schedule, precision=precision)
        found.append(on_chip(program.rules[0], program, LOIHI2, FORM))
    assert found[0] == found[1]


def test_constants_of_a_run_are_obeyed():
    network = ns.Network(
        [ns.Population("a", 3, ns.SpikeInput), ns.Population("b", 2, ns.Heaviside)],
        [ns.Projection("ab", "a", "b", learning=[hebb("w + lr*arrived", "post.spike", lr=0.5)])],
    )
    program = ns.lower(network, ns.Schedule([ns.Phase("run", 5)], stimuli={"a.x": "events"}))
    one, two = (on_chip(program.rules[0], program, LOIHI2, FORM, c) for c in ({}, {"ab.rule.lr": 1.0}))
    assert two.fixed_pt.coefficients[0].wanted == 2 * one.fixed_pt.coefficients[0].wanted

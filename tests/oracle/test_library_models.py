"""Neurons, synapses and rules of the library against the same written out by hand, one neuron and synapse at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import neurosim as ns
from neurosim.backend.contract import Records
from neurosim.backend.delivered_weights import delivered_weights
from neurosim.backend.reference import ReferenceBackend
from neurosim.model.learning import LearningRule
from neurosim.model.neurons import NeuronModel
from neurosim.model.synapses import SynapseModel
from neurosim.program.precision import Grid, Precision, on_grid
from neurosim.program.run import bind
from neurosim.program.schedule import Array

STEPS, INPUTS, UNITS = 150, 8, 6


def dyadic(seed: int, low: float, high: float, shape: tuple[int, ...]) -> Array:
    """Multiples of 2**-12: sums of such weights are exact in any order."""
    return np.round(np.random.default_rng(seed).uniform(low, high, shape) * 2**12) / 2**12


def spikes(seed: int, probability: float = 0.25, units: int = INPUTS) -> Array:
    return (np.random.default_rng(seed).random((STEPS, units)) < probability).astype(float)


def execute(
    network: ns.Network,
    schedule: ns.Schedule,
    learned: Mapping[str, Array],
    stimuli: Mapping[str, Array],
    precision: Precision | None = None,
) -> tuple[Records, dict[str, Array]]:
    with ReferenceBackend().compile(ns.lower(network, schedule, precision=precision)) as session:
        session.write(learned)
        records = session.run(ns.Trials(dict(stimuli)))
        return records, session.read()


def driven_by(unit: NeuronModel, w: Array, x: Array, *probes: str) -> list[Array]:
    """What neurons of a model do under spikes, one recording a probe, shape (steps, units)."""
    network = ns.Network(
        [ns.Population("input", w.shape[0], ns.SpikeInput), ns.Population("n", w.shape[1], unit)],
        [ns.Projection("p", "input", "n")],
    )
    schedule = ns.Schedule(
        [ns.Phase("run", len(x))], [ns.Probe(f"n.{v}", "step") for v in probes], {"input.x": "events"}
    )
    records, _ = execute(network, schedule, {"p.w": w}, {"input.x": x[None]})
    found = [records[f"n.{v}@step"] for v in probes]
    return [f.dense()[0].astype(float) if isinstance(f, ns.Events) else f[0] for f in found]


# Neurons


def test_lif_to_value() -> None:
    w, x, decay = dyadic(1, -0.1, 0.5, (INPUTS, UNITS)), spikes(1), math.exp(-0.5 / 8)
    fired, v = driven_by(ns.LIFToValue(tau_mem=8, dt=0.5, v_reset=-0.25), w, x, "spike", "v")
    for j in range(UNITS):
        u = 0.0
        for k in range(STEPS):
            u = decay * u + x[k] @ w[:, j]
            z = u >= 1.0
            u = -0.25 if z else u
            assert (fired[k, j], v[k, j]) == (z, u)
    assert 20 < fired.sum() < 0.6 * fired.size


def test_a_refractory_neuron_waits_and_does_not_integrate() -> None:
    w, x, decay = dyadic(2, 0.0, 0.5, (INPUTS, UNITS)), spikes(2), math.exp(-0.1)
    fired, v = driven_by(ns.RefractoryLIF(t_ref=3.0, v_reset=0.125), w, x, "spike", "v")
    for j in range(UNITS):
        u, free_from = 0.0, 0
        for k in range(STEPS):
            if k >= free_from:
                u = decay * u + x[k] @ w[:, j]
            z = k >= free_from and u >= 1.0
            if z:
                u, free_from = 0.125, k + 4
            assert (fired[k, j], v[k, j]) == (z, u)
    assert fired.sum() > 100
    gaps = [np.diff(np.flatnonzero(fired[:, j])).min() for j in range(UNITS)]
    assert min(gaps) == 4


def test_a_neuron_whose_reset_is_above_its_threshold_waits_as_well() -> None:
    """It spikes again as soon as it may, and not before: each n + 1 steps."""
    for steps in (0, 1, 3):
        unit = ns.RefractoryLIF(t_ref=float(steps), v_reset=1.25)
        fired, _ = driven_by(unit, np.array([[1.5]]), np.ones((12, 1)), "spike", "v")
        assert np.flatnonzero(fired[:, 0]).tolist() == list(range(0, 12, steps + 1))


@pytest.mark.parametrize("t_ref", [0.0, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("v_reset", [0.0, -0.25, 0.75])
def test_a_reset_below_the_threshold_gives_the_bits_of_a_test_of_the_membrane_alone(t_ref, v_reset) -> None:
    """The same neuron with a wait that ends a step earlier, which no test of the spike looks at."""
    alone = replace(
        ns.RefractoryLIF,
        update={"v": "where(wait > 0, v, decay*v + drive + bias)", "wait": "maximum(wait - 1, 0)"},
        spike="v >= theta",
        reset={"v": "v_reset", "wait": "wait_steps"},
    )
    w, x = np.random.default_rng(8).uniform(-0.4, 0.9, (INPUTS, UNITS)), spikes(9)
    found, expected = (
        driven_by(unit(t_ref=t_ref, v_reset=v_reset), w, x, "spike", "v") for unit in (ns.RefractoryLIF, alone)
    )
    np.testing.assert_array_equal(found, expected)
    assert found[0].sum() > 50


def test_without_a_refractory_period_it_is_a_neuron_that_resets_to_a_value() -> None:
    w, x = dyadic(3, 0.0, 0.4, (INPUTS, UNITS)), spikes(3)
    a = driven_by(ns.RefractoryLIF(t_ref=0.0), w, x, "spike", "v")
    b = driven_by(ns.LIFToValue, w, x, "spike", "v")
    np.testing.assert_array_equal(a, b)


def test_an_adaptive_threshold_rises_and_recovers() -> None:
    w, x, decay, recovery = dyadic(4, 0.0, 0.5, (INPUTS, UNITS)), spikes(4), math.exp(-0.1), math.exp(-1 / 40)
    fired, v, threshold = driven_by(ns.AdaptiveLIF(tau_adapt=40, rise=0.25, theta=0.5), w, x, "spike", "v", "a")
    for j in range(UNITS):
        u = a = 0.0
        for k in range(STEPS):
            u, a = decay * u + x[k] @ w[:, j], recovery * a
            z = u >= 0.5 + a
            if z:
                u, a = u - 0.5, a + 0.25
            assert (fired[k, j], v[k, j], threshold[k, j]) == (z, u, a)
    assert fired.sum() > 100


def test_current_neurons_are_those_of_the_spiking_network_with_latent_replay() -> None:
    """z(t) = H(u(t) - 1), i(t+1) = a*i + h, u(t+1) = (b*u + i)*(1 - z): two recurrent layers and a readout.

    In the equations a layer sees z of the layer below in the same t, its own of t - 1; a step here computes t + 1.
    """
    a, b = math.exp(-1 / 5), math.exp(-1 / 10)
    w1, v1 = dyadic(5, -0.1, 0.3, (INPUTS, 7)), dyadic(6, -0.2, 0.2, (7, 7))
    w2, v2, w3 = dyadic(7, -0.1, 0.4, (7, 5)), dyadic(8, -0.2, 0.2, (5, 5)), dyadic(9, -1, 1, (5, 3))
    x = spikes(5, 0.2)
    network = ns.Network(
        [
            ns.Population("input", INPUTS, ns.SpikeInput),
            ns.Population("one", 7, ns.CurrentLIF),
            ns.Population("two", 5, ns.CurrentLIF),
            ns.Population("out", 3, ns.LeakyReadout),
        ],
        [
            ns.Projection("w1", "input", "one"),
            ns.Projection("v1", "one", "one", delay=2),
            ns.Projection("w2", "one", "two"),
            ns.Projection("v2", "two", "two", delay=2),
            ns.Projection("w3", "two", "out"),
        ],
    )
    probes = [ns.Probe(v, "step") for v in ("one.spike", "two.spike", "out.o", "out.f", "two.u")]
    schedule = ns.Schedule([ns.Phase("run", STEPS)], probes, {"input.x": "events"})
    learned = {"w1.w": w1, "v1.w": v1, "w2.w": w2, "v2.w": v2, "w3.w": w3}
    records, _ = execute(network, schedule, learned, {"input.x": x[None]})

    i1, u1, i2, u2, f, o = (np.zeros(n) for n in (7, 7, 5, 5, 3, 3))
    before1, before2 = np.zeros(7), np.zeros(5)
    fired = 0.0
    for t in range(STEPS):
        z1, z2 = (u1 >= 1).astype(float), (u2 >= 1).astype(float)
        i1, u1 = a * i1 + (x[t] @ w1 + before1 @ v1), (b * u1 + i1) * (1 - z1)
        i2, u2 = a * i2 + (z1 @ w2 + before2 @ v2), (b * u2 + i2) * (1 - z2)
        f, o = a * f + z2 @ w3, b * o + f
        before1, before2 = z1, z2
        np.testing.assert_array_equal(records["one.spike@step"].dense()[0, t], u1 >= 1)
        np.testing.assert_array_equal(records["two.spike@step"].dense()[0, t], u2 >= 1)
        np.testing.assert_array_equal(records["two.u@step"][0, t], u2)
        np.testing.assert_array_equal(records["out.f@step"][0, t], f)
        np.testing.assert_array_equal(records["out.o@step"][0, t], o)
        fired += z2.sum()
    assert fired > 100


def test_a_current_neuron_that_resets_by_subtraction() -> None:
    w, x, a, b = dyadic(10, -0.1, 0.2, (INPUTS, UNITS)), spikes(10), math.exp(-1 / 5), math.exp(-1 / 10)
    fired, i, u = driven_by(ns.SubtractiveCurrentLIF, w, x, "spike", "i", "u")
    for j in range(UNITS):
        current = membrane = 0.0
        for k in range(STEPS):
            current, membrane = a * current + x[k] @ w[:, j], b * membrane + current
            z = membrane >= 1
            membrane -= z
            assert (fired[k, j], i[k, j], u[k, j]) == (z, current, membrane)
    assert fired.sum() > 100


def test_a_current_neuron_of_loihi() -> None:
    w, x = dyadic(14, -0.05, 0.15, (INPUTS, UNITS)), spikes(14)
    fired, u, v = driven_by(ns.CubaLIF, w, x, "spike", "u", "v")
    for j in range(UNITS):
        current = membrane = 0.0
        for k in range(STEPS):
            current = 0.75 * current + x[k] @ w[:, j]
            membrane = 0.875 * membrane + current
            z = membrane > 1
            membrane *= not z
            assert (fired[k, j], u[k, j], v[k, j]) == (z, current, membrane)
    assert fired.sum() > 100


def test_traces() -> None:
    w, x, keep = dyadic(11, 0.0, 0.4, (INPUTS, UNITS)), spikes(11), math.exp(-1 / 20)
    fired, z, trace = driven_by(ns.TracedLIF, w, x, "spike", "z", "trace")
    np.testing.assert_array_equal(driven_by(ns.LIF, w, x, "spike")[0], fired)
    np.testing.assert_array_equal(z, fired)
    expected = np.zeros(UNITS)
    for k in range(STEPS):
        expected = keep * expected + fired[k]
        np.testing.assert_array_equal(trace[k], expected)
    assert trace.max() > 2


def test_the_pseudo_derivative_is_that_of_the_membrane_before_its_reset() -> None:
    w, x, decay = dyadic(12, 0.0, 0.4, (INPUTS, UNITS)), spikes(12), math.exp(-0.1)
    fired, v, psi = driven_by(ns.SurrogateLIF(theta=0.5, height=0.3), w, x, "spike", "v", "psi")
    before = np.vstack([np.zeros(UNITS), v[:-1]])
    membrane = decay * before + x @ w
    np.testing.assert_array_equal(v, membrane - 0.5 * fired)
    np.testing.assert_allclose(psi, 0.6 * np.maximum(0, 1 - np.abs(membrane / 0.5 - 1)), rtol=1e-14, atol=1e-15)
    assert psi[fired > 0].max() > 0.3


def test_a_low_pass_filter_has_gain_one_and_stays_in_its_bounds() -> None:
    (y,) = driven_by(ns.LowPass(tau=5.0), np.array([[0.75, 3.0]]), np.ones((200, 1)), "y")
    k = np.arange(1, 201)
    np.testing.assert_allclose(y[:, 0], 0.75 * (1 - np.exp(-k / 5)), rtol=0, atol=1e-14)
    assert y[:, 1].max() == 1.0


@pytest.mark.parametrize(
    "unit",
    [
        ns.LIF, ns.LIFToValue, ns.RefractoryLIF, ns.AdaptiveLIF, ns.CurrentLIF, ns.SubtractiveCurrentLIF, ns.CubaLIF,
        ns.TracedLIF, ns.SurrogateLIF, ns.Sign, ns.LowPass, ns.LogisticReadout,
    ],
    ids=lambda u: u.name,
)  # fmt: skip
def test_what_a_neuron_of_the_library_delivers_is_bounded_by_one(unit: NeuronModel) -> None:
    network = ns.Network([ns.Population("a", 1, unit)], [ns.Projection("p", "a", "a")])
    program = ns.lower(network, ns.Schedule([ns.Phase("run", 1)]), precision=Grid())
    assert program.group("a").bound == 1.0


# Synapses


def one_step(synapse: SynapseModel, h: Array, precision: Precision | None = None) -> Array:
    """What each unit of an input delivers, shape as h: one unit a trial."""
    network = ns.Network(
        [ns.Population("input", h.shape[0], ns.Clamp), ns.Population("n", h.shape[1], ns.LowPass(tau=1e-3))],
        [ns.Projection("p", "input", "n", synapse)],
    )
    schedule = ns.Schedule([ns.Phase("run", 1)], [ns.Probe("n.y", "step")], {"input.s": "constant"})
    name = f"p.{next(iter(synapse.state))}"
    learned, _ = ns.quantise({name: h}, ns.lower(network, schedule, precision=precision))
    records, _ = execute(network, schedule, learned, {"input.s": np.eye(h.shape[0])}, precision)
    return records["n.y@step"][:, 0]


hidden = arrays.arrays(np.float64, (4, 3), elements=st.floats(-2, 2) | st.sampled_from([0.0, -0.0, 5e-324, -5e-324]))


@settings(max_examples=40, deadline=None)
@given(hidden, st.floats(2.0**-10, 1.0) | st.just(1.0), st.sampled_from([None, Grid()]))
def test_binary_synapses_deliver_one_of_two_weights(h: Array, scale: float, precision: Precision | None) -> None:
    network = ns.Network(
        [ns.Population("input", 4, ns.Clamp), ns.Population("n", 3, ns.LowPass)],
        [ns.Projection("p", "input", "n", ns.Binary(scale=scale))],
    )
    schedule = ns.Schedule([ns.Phase("run", 1)], stimuli={"input.s": "constant"})
    program = ns.lower(network, schedule, precision=precision)
    learned, _ = ns.quantise({"p.h": h}, program)
    found = delivered_weights(bind(program, ns.Trials({"input.s": np.zeros((1, 4))})), learned)["p"]
    low, high = (-scale, scale) if precision is None else (on_grid(np.array(x), 24) for x in (-scale, scale))
    np.testing.assert_array_equal(found, np.where(learned["p.h"] >= 0, high, low))


@settings(max_examples=25, deadline=None)
@given(hidden, st.floats(0, 1))
def test_ternary_synapses_deliver_one_of_three_weights(h: Array, theta: float) -> None:
    expected = 0.5 * np.where(h > theta, 1, np.where(h < -theta, -1, 0))
    np.testing.assert_array_equal(one_step(ns.Ternary(scale=0.5, theta=theta), h), expected)


@settings(max_examples=25, deadline=None)
@given(hidden)
def test_excitatory_and_inhibitory_synapses_keep_their_sign(h: Array) -> None:
    w = h / 2
    np.testing.assert_array_equal(one_step(ns.Excitatory, w), np.clip(w, 0, None))
    np.testing.assert_array_equal(one_step(ns.Inhibitory, w), np.clip(w, None, 0))


@settings(max_examples=25, deadline=None)
@given(hidden, st.floats(-2, 2))
def test_a_sign_unit_puts_out_minus_one_or_one(w: Array, bias: float) -> None:
    network = ns.Network(
        [ns.Population("input", 4, ns.Clamp), ns.Population("n", 3, ns.Sign(scale=0.5, gain=-2.0))],
        [ns.Projection("p", "input", "n")],
    )
    schedule = ns.Schedule([ns.Phase("run", 1)], [ns.Probe("n.s", "step")], {"input.s": "constant"})
    learned = {"p.w": w, "n.bias": np.full(3, bias)}
    records, _ = execute(network, schedule, learned, {"input.s": np.eye(4)})
    np.testing.assert_array_equal(records["n.s@step"][:, 0], np.where(-w + bias >= 0, 1, -1))


# Rules


def propagate(
    synapse: SynapseModel, rule: LearningRule, initial: Mapping[str, Array], count: int = 25
) -> tuple[list[Array], Array]:
    """States of one matrix after each trial, and its EP estimate of each trial, float64, from what was recorded."""
    symmetric = rule.phase == "minus"
    network = ns.Network(
        [ns.Population("x", 5, ns.Clamp), ns.Population("y", 4, ns.RateUnit)],
        [ns.Projection("p", "x", "y", synapse, learning=[rule])],
    )
    nudged = [ns.Phase("nudged", 3, {"y.beta": 0.5})]
    if symmetric:
        nudged = [
            ns.Phase("plus", 3, {"y.beta": 0.5}, assign={"s_plus": "s", "s": "s_free"}),
            ns.Phase("minus", 3, {"y.beta": -0.5}),
        ]
    phases = [ns.Phase("free", 6, assign={"s_free": "s"}), *nudged]
    probes = [ns.Probe("y.s", f"end:{p.name}") for p in phases]
    schedule = ns.Schedule(phases, probes, {"x.s": "constant", "y.target": "constant"})
    random = np.random.default_rng(0)
    x, target = random.random((count, 5)), random.random((count, 4))
    states, estimates = [], []
    with ReferenceBackend().compile(ns.lower(network, schedule)) as session:
        session.write(initial)
        for k in range(count):
            records = session.run(ns.Trials({"x.s": x[k : k + 1], "y.target": target[k : k + 1]}))
            free, *late = (records[p.name][0] for p in probes)
            first, second = (late[0], late[1]) if symmetric else (late[0], free)
            difference = np.array([[x[k, i] * first[j] - x[k, i] * second[j] for j in range(4)] for i in range(5)])
            estimates.append(difference / (2 * 0.5) if symmetric else difference / 0.5)
            states.append(session.read())
    return states, np.array(estimates)


def metaplastic(h: Array, gradient: Array, lr: float, m: float) -> Array:
    """One step, a synapse at a time, by the math library."""
    new = np.empty_like(h)
    for index in np.ndindex(h.shape):
        value, g = float(h[index]), float(gradient[index])
        factor = 1.0 - math.tanh(m * value) ** 2 if value * g < 0 else 1.0
        new[index] = value + lr * g * factor
    return new


@pytest.mark.parametrize("rule", [ns.BinaryPropagation, ns.SymmetricBinaryPropagation])
@pytest.mark.parametrize("m", [0.0, 1.35, 4.0])
def test_metaplastic_steps_are_those_of_an_independent_computation(rule: LearningRule, m: float) -> None:
    h = np.random.default_rng(3).uniform(-0.8, 0.8, (5, 4))
    states, gradients = propagate(ns.Binary(scale=0.5), rule(lr=0.3, m=m), {"p.h": h})
    shrunk = 0
    for state, g in zip(states, gradients, strict=True):
        shrunk += int(((h * g) < 0).sum())
        np.testing.assert_allclose(state["p.h"], metaplastic(h, g, 0.3, m), rtol=0, atol=1e-15)
        h = state["p.h"]
    assert shrunk > 20


@pytest.mark.parametrize(("rule", "estimate"), [
    (ns.BinaryPropagation, "(pre.s*post.s - pre.s_free*post.s_free)/beta"),
    (ns.SymmetricBinaryPropagation, "(pre.s_plus*post.s_plus - pre.s*post.s)/(2*beta)"),
])  # fmt: skip
def test_with_m_zero_it_is_plain_binary(rule: LearningRule, estimate: str) -> None:
    h = np.random.default_rng(4).uniform(-0.3, 0.3, (5, 4))
    plain = LearningRule("ep", rule.at, {"h": f"h + lr*{estimate}*maximum(1, -h**2)"}, {"lr": 0.3, "beta": 0.5})
    found, _ = propagate(ns.Binary(scale=0.5), rule(lr=0.3, m=0.0), {"p.h": h})
    expected, _ = propagate(ns.Binary(scale=0.5), plain, {"p.h": h})
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a["p.h"], b["p.h"])
    assert (np.sign(found[-1]["p.h"]) != np.sign(h)).any()


def test_consolidated_weights_resist_and_fresh_ones_do_not() -> None:
    consolidated, fresh = np.full((5, 4), 3.0), np.full((5, 4), 0.05)
    for h, moves in ((consolidated, False), (fresh, True)):
        states, g = propagate(ns.Binary(scale=0.5), ns.BinaryPropagation(lr=0.3, m=1.35), {"p.h": h}, count=1)
        shrinking = g[0] < -1e-3
        assert shrinking.any()
        assert (np.abs(states[0]["p.h"] - h)[shrinking] > 0.1 * np.abs(0.3 * g[0])[shrinking]).all() == moves


@pytest.mark.parametrize("rule", [ns.MomentumPropagation, ns.SymmetricMomentumPropagation])
def test_momentum_and_weight_decay(rule: LearningRule) -> None:
    w = np.random.default_rng(5).uniform(-0.5, 0.5, (5, 4))
    states, gradients = propagate(ns.Momentum, rule(lr=0.1, momentum=0.8, weight_decay=0.02), {"p.w": w})
    m = np.zeros_like(w)
    for state, g in zip(states, gradients, strict=True):
        m = 0.8 * m + g - 0.02 * w
        w = w + 0.1 * m
        np.testing.assert_allclose(state["p.m"], m, rtol=0, atol=1e-14)
        np.testing.assert_allclose(state["p.w"], w, rtol=0, atol=1e-14)


def test_without_momentum_and_decay_it_is_plain_equilibrium_propagation() -> None:
    w = np.random.default_rng(6).uniform(-0.5, 0.5, (5, 4))
    found, _ = propagate(ns.Momentum, ns.MomentumPropagation(lr=0.1, momentum=0.0), {"p.w": w})
    expected, _ = propagate(ns.Dense, ns.EquilibriumPropagation(lr=0.1), {"p.w": w})
    np.testing.assert_allclose(found[-1]["p.w"], expected[-1]["p.w"], rtol=0, atol=1e-13)


@pytest.mark.parametrize("rule", [ns.AdamPropagation, ns.SymmetricAdamPropagation])
def test_adam(rule: LearningRule) -> None:
    w = np.random.default_rng(7).uniform(-0.5, 0.5, (5, 4))
    states, gradients = propagate(ns.Adam, rule(lr=0.01), {"p.w": w})
    m = v = np.zeros_like(w)
    for t, (state, g) in enumerate(zip(states, gradients, strict=True), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w + 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(state["p.w"], w, rtol=0, atol=1e-9)
        w, m, v = state["p.w"], state["p.m"], state["p.v"]


def learn_from_spikes(
    unit: NeuronModel,
    synapse: SynapseModel,
    rule: LearningRule,
    initial: Mapping[str, Array],
    stimuli: Mapping[str, Array],
    source: NeuronModel | None = None,
) -> tuple[Records, dict[str, Array]]:
    """Spikes of an input, relayed one to one by neurons of the model `source` if given, onto neurons that learn."""
    populations = [ns.Population("input", INPUTS, ns.SpikeInput), ns.Population("post", UNITS, unit)]
    projections = [ns.Projection("p", "pre" if source else "input", "post", synapse, learning=[rule])]
    if source is not None:
        populations.append(ns.Population("pre", INPUTS, source))
        projections.append(ns.Projection("relay", "input", "pre"))
        initial = {**initial, "relay.w": 2 * np.eye(INPUTS)}
    kinds = {n: "events" if n == "input.x" else "steps" for n in stimuli}
    probes = [ns.Probe("post.spike", "step")] + [ns.Probe("post.psi", "step")] * ("psi" in unit.state)
    schedule = ns.Schedule([ns.Phase("run", STEPS)], probes, kinds)
    stimuli = {n: s[None] for n, s in stimuli.items()}
    return execute(ns.Network(populations, projections), schedule, initial, stimuli)


def test_pair_stdp_is_the_sum_over_all_pairs_of_spikes() -> None:
    """Weights far from their bounds, so that the order of pairs does not matter."""
    w, x = dyadic(20, 0.1, 0.3, (INPUTS, UNITS)), spikes(20, 0.15)
    unit = ns.TracedLIF(theta=1.0, tau_trace=12.0)
    relay = ns.TracedLIF(tau_mem=0.01, tau_trace=7.0, theta=2.0)  # spikes exactly where its input does
    rule = ns.STDP(a_plus=1e-4, a_minus=2e-4, w_min=-10, w_max=10)
    records, learned = learn_from_spikes(unit, ns.Dense, rule, {"p.w": w}, {"input.x": x}, relay)
    post = records["post.spike@step"].dense()[0]
    expected = w.copy()
    for i, j in np.ndindex(w.shape):
        for t_pre in np.flatnonzero(x[:, i]):
            for t_post in np.flatnonzero(post[:, j]):
                if t_post > t_pre:
                    expected[i, j] += 1e-4 * math.exp(-(t_post - t_pre) / 7.0)
                elif t_post < t_pre:
                    expected[i, j] -= 2e-4 * math.exp(-(t_pre - t_post) / 12.0)
    assert post.sum() > 50
    np.testing.assert_allclose(learned["p.w"], expected, rtol=0, atol=1e-13)
    assert np.abs(expected - w).max() > 1e-4


def test_stdp_by_arrival_counts_from_the_steps_in_which_spikes_arrive() -> None:
    w, x = dyadic(21, 0.1, 0.3, (INPUTS, UNITS)), spikes(21, 0.15)
    rule = ns.ArrivalSTDP(a_plus=1e-4, a_minus=2e-4, w_min=-10, w_max=10, keep=0.85)
    unit = ns.TracedLIF(tau_trace=12.0)
    records, learned = learn_from_spikes(unit, ns.Traced, rule, {"p.w": w}, {"input.x": x})
    post = records["post.spike@step"].dense()[0]
    expected = w.copy()
    for i, j in np.ndindex(w.shape):
        for arrival in np.flatnonzero(x[:, i]):
            for t_post in np.flatnonzero(post[:, j]):
                if t_post >= arrival:
                    expected[i, j] += 1e-4 * 0.85 ** (t_post - arrival)
                else:
                    expected[i, j] -= 2e-4 * math.exp(-(arrival - t_post) / 12.0)
    assert post.sum() > 50
    np.testing.assert_allclose(learned["p.w"], expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("rule", [ns.STDP, ns.ArrivalSTDP])
@pytest.mark.parametrize(("a_plus", "a_minus"), [(0.2, 0.0), (0.0, 0.2), (0.1, 0.1)])
def test_stdp_stays_in_its_bounds(rule: LearningRule, a_plus: float, a_minus: float) -> None:
    w, x = dyadic(22, -0.25, 0.75, (INPUTS, UNITS)), spikes(22, 0.3)
    synapse, source = (ns.Traced, None) if rule is ns.ArrivalSTDP else (ns.Dense, ns.TracedLIF)
    fast = rule(a_plus=a_plus, a_minus=a_minus, w_max=0.5)
    _, learned = learn_from_spikes(ns.TracedLIF, synapse, fast, {"p.w": w}, {"input.x": x}, source)
    low, high = learned["p.w"].min(), learned["p.w"].max()
    assert 0.0 <= low <= high <= 0.5
    assert high == 0.5 if a_plus > a_minus else low == 0.0 or a_plus == a_minus


@pytest.mark.parametrize("kappa", [0.0, 0.9])
def test_three_factors(kappa: float) -> None:
    w, x, decay = dyadic(23, 0.0, 0.3, (INPUTS, UNITS)), spikes(23, 0.2), math.exp(-1 / 10)
    signal = np.random.default_rng(23).uniform(-1, 1, (STEPS, UNITS))
    rule, stimuli = ns.ThreeFactor(lr=0.003, kappa=kappa), {"input.x": x, "post.signal": signal}
    records, learned = learn_from_spikes(ns.SurrogateLIF, ns.Eligible, rule, {"p.w": w}, stimuli)
    psi, expected = records["post.psi@step"][0], w.copy()
    for i, j in np.ndindex(w.shape):
        trace = eligibility = 0.0
        for k in range(STEPS):
            trace = decay * trace + x[k, i]
            eligibility = kappa * eligibility + trace * psi[k, j]
            expected[i, j] += 0.003 * signal[k, j] * eligibility
    np.testing.assert_allclose(learned["p.w"], expected, rtol=0, atol=1e-13)
    assert np.abs(expected - w).max() > 0.01


def test_the_delta_rule_is_online_logistic_regression() -> None:
    random = np.random.default_rng(24)
    target = np.eye(3)[random.integers(0, 3, 200)]
    x = random.random((200, 6)) + np.repeat(target, 2, axis=1)
    network = ns.Network(
        [ns.Population("x", 6, ns.Clamp), ns.Population("y", 3, ns.LogisticReadout, [ns.DeltaBias(lr=0.3)])],
        [ns.Projection("p", "x", "y", learning=[ns.DeltaRule(lr=0.3)])],
    )
    schedule = ns.Schedule(
        [ns.Phase("run", 1)], [ns.Probe("y.y", "end:run")], {"x.s": "constant", "y.target": "constant"}
    )
    records, learned = execute(network, schedule, {}, {"x.s": x, "y.target": target})
    w, b = np.zeros((6, 3)), np.zeros(3)
    for k in range(200):
        y = 1 / (1 + np.exp(-(x[k] @ w + b)))
        np.testing.assert_allclose(records["y.y@end:run"][k], y, rtol=0, atol=1e-13)
        w, b = w + 0.3 * np.outer(x[k], target[k] - y), b + 0.3 * (target[k] - y)
    np.testing.assert_allclose(learned["p.w"], w, rtol=0, atol=1e-13)
    np.testing.assert_allclose(learned["y.bias"], b, rtol=0, atol=1e-13)
    assert (records["y.y@end:run"][100:].argmax(axis=1) == target[100:].argmax(axis=1)).mean() > 0.9

"""Standard models follow solve_ivp within an error that is stated, and integrators are what they are called."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend


def trace(model: ns.OdeModel, milliseconds: float, current: float, variable: str = "v") -> np.ndarray:
    """One neuron with a constant current, a value at the end of each step."""
    steps = round(milliseconds / model.dt)
    probe = ns.Probe(f"cell.{variable}", "step")
    schedule = ns.Schedule([ns.Phase("run", steps)], [probe], {"cell.i_ext": "constant"})
    program = ns.lower(ns.Network([ns.Population("cell", 1, model)], []), schedule)
    with ReferenceBackend().compile(program) as session:
        records = session.run(ns.Trials({"cell.i_ext": np.array([[current]])}))
    return np.asarray(records[f"cell.{variable}@step"])[0, :, 0]


def spike_times(model: ns.OdeModel, milliseconds: float, current: float) -> np.ndarray:
    """Times at the end of the step in which a neuron with a constant current spikes."""
    steps = round(milliseconds / model.dt)
    schedule = ns.Schedule([ns.Phase("run", steps)], [ns.Probe("cell.spike", "step")], {"cell.i_ext": "constant"})
    program = ns.lower(ns.Network([ns.Population("cell", 1, model)], []), schedule)
    with ReferenceBackend().compile(program) as session:
        spikes = session.run(ns.Trials({"cell.i_ext": np.array([[current]])}))["cell.spike@step"]
    return (spikes.pairs()[:, 0] + 1) * model.dt


def solved(
    right_side: Callable[[float, np.ndarray], list[float]],
    start: list[float],
    milliseconds: float,
    peak: float,
    reset: Callable[[np.ndarray], list[float]],
) -> np.ndarray:
    """Spike times of an ODE that is reset where its first variable reaches the peak."""

    def reached(t: float, y: np.ndarray) -> float:
        return float(y[0] - peak)

    reached.terminal, reached.direction = True, 1  # type: ignore[attr-defined]
    times, now, state = [], 0.0, np.array(start)
    while now < milliseconds:
        found = solve_ivp(right_side, (now, milliseconds), state, events=reached, rtol=1e-9, atol=1e-9, max_step=1.0)
        now = found.t[-1]
        if found.status == 1:
            times.append(now)
            state = np.array(reset(found.y[:, -1]))
    return np.array(times)


def values(model: ns.OdeModel) -> dict[str, float]:
    return {n: q.value for n, q in model.params.items() if hasattr(q, "value")}


def adex(current: float, milliseconds: float) -> np.ndarray:
    p = values(ns.AdEx)

    def right_side(t: float, y: np.ndarray) -> list[float]:
        v, w = y
        rise = p["g_l"] * p["delta_t"] * math.exp((v - p["v_t"]) / p["delta_t"])
        return [(p["g_l"] * (p["e_l"] - v) + rise - w + current) / p["c_m"], (p["a"] * (v - p["e_l"]) - w) / p["tau_w"]]

    return solved(right_side, [-70.6, 0.0], milliseconds, p["v_peak"], lambda y: [p["v_r"], y[1] + p["b"]])


def izhikevich(current: float, milliseconds: float) -> np.ndarray:
    p = values(ns.Izhikevich)

    def right_side(t: float, y: np.ndarray) -> list[float]:
        v, u = y
        return [0.04 * v**2 + 5 * v + 140 - u + current, p["a"] * (p["b"] * v - u)]

    return solved(right_side, [-65.0, -13.0], milliseconds, p["v_peak"], lambda y: [p["c"], y[1] + p["d"]])


@pytest.mark.parametrize(
    ("model", "exact", "current", "integrator", "dt", "error"),
    [
        (ns.AdEx, adex, 1.0, "rk4", 0.01, 0.1),
        (ns.AdEx, adex, 1.0, "euler", 0.01, 0.2),
        (ns.Izhikevich, izhikevich, 10.0, "rk4", 0.01, 0.1),
        (ns.Izhikevich, izhikevich, 10.0, "euler", 0.01, 0.3),
    ],
    ids=lambda value: getattr(value, "name", None) or str(getattr(value, "__name__", value)),
)
def test_spike_times_are_within_an_error_in_ms(model, exact, current, integrator, dt, error) -> None:
    expected = exact(current, 200.0)
    found = spike_times(replace(model, integrator=integrator, dt=dt), 200.0, current)
    assert len(expected) >= 5
    assert len(found) == len(expected)
    assert np.abs(found - expected).max() < error


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
@pytest.mark.parametrize(("model", "exact", "current"), [(ns.AdEx, adex, 1.0), (ns.Izhikevich, izhikevich, 10.0)])
def test_a_quarter_of_the_step_is_about_a_quarter_of_the_error(model, exact, current, integrator) -> None:
    """Also of Runge and Kutta's order: a spike is in a step, and a reset at its end."""
    expected = exact(current, 200.0)

    def error(dt: float) -> float:
        found = spike_times(replace(model, integrator=integrator, dt=dt), 200.0, current)
        return float(np.abs(found - expected).max())

    assert 3 < error(0.04) / error(0.01) < 8


def hodgkin_huxley(current: float, milliseconds: float, times: np.ndarray) -> np.ndarray:
    p = values(ns.HodgkinHuxley)

    def ratio(x: float, scale: float) -> float:
        return scale if x == 0 else x / math.expm1(x / scale)

    def right_side(t: float, y: np.ndarray) -> list[float]:
        v, m, n, h = y
        x = v - p["v_t"]
        am, bm = 0.32 * ratio(13 - x, 4), 0.28 * ratio(x - 40, 5)
        an, bn = 0.032 * ratio(15 - x, 5), 0.5 * math.exp((10 - x) / 40)
        ah, bh = 0.128 * math.exp((17 - x) / 18), 4 / (1 + math.exp((40 - x) / 5))
        flow = p["g_l"] * (p["e_l"] - v) + p["g_na"] * m**3 * h * (p["e_na"] - v) + p["g_k"] * n**4 * (p["e_k"] - v)
        return [(flow + current) / p["c_m"], am * (1 - m) - bm * m, an * (1 - n) - bn * n, ah * (1 - h) - bh * h]

    start = [-65.0, 0.0097, 0.0271, 0.9976]
    return solve_ivp(right_side, (0, milliseconds), start, t_eval=times, rtol=1e-9, atol=1e-9).y[0]


def upstrokes(membrane: np.ndarray, dt: float) -> np.ndarray:
    """When it comes above -20 mV, in ms."""
    return np.flatnonzero((membrane[:-1] <= -20) & (membrane[1:] > -20)) * dt


def test_hodgkin_and_huxleys_spikes_are_near_those_of_the_solution() -> None:
    dt = 0.005
    found = upstrokes(trace(replace(ns.HodgkinHuxley, dt=dt), 40.0, 0.5), dt)
    expected = upstrokes(hodgkin_huxley(0.5, 40.0, np.arange(1, 8001) * dt), dt)
    assert len(expected) >= 3
    np.testing.assert_allclose(found, expected, atol=0.2)


def test_half_the_step_is_half_the_error_of_exponential_euler() -> None:
    def error(dt: float) -> float:
        found = trace(replace(ns.HodgkinHuxley, dt=dt), 8.0, 0.5)
        return float(np.abs(found - hodgkin_huxley(0.5, 8.0, np.arange(1, len(found) + 1) * dt)).mean())

    assert error(0.01) / error(0.005) == pytest.approx(2, rel=0.15)


@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("rk4", 4)])
def test_the_order_of_an_integrator_is_what_it_is_known_for(integrator: str, order: int) -> None:
    """The logistic equation, whose solution is known."""

    def error(steps: int) -> float:
        model = ns.ode(
            "dx/dt = x*(1 - x) + i_ext", params={"i_ext": ns.driven()}, initial={"x": 0.1}, output="x",
            integrator=integrator, dt=1 / steps,
        )  # fmt: skip
        return abs(trace(model, 4.0, 0.0, "x")[-1] - 1 / (1 + 9 * math.exp(-4)))

    assert math.log2(error(4) / error(8)) == pytest.approx(order, abs=0.3)


def test_an_exact_step_is_the_solution_however_long() -> None:
    for dt in (0.1, 1.0, 10.0):
        found = trace(replace(ns.LeakyIF, dt=dt), 40.0, 0.15)
        times = np.arange(1, len(found) + 1) * dt
        np.testing.assert_allclose(found, -70 + 15 * (1 - np.exp(-times / 20)), rtol=1e-13)


def test_exponential_euler_of_a_linear_equation_is_exact() -> None:
    stepwise = trace(replace(ns.LeakyIF, integrator="exponential-euler"), 40.0, 0.15)
    np.testing.assert_allclose(stepwise, trace(ns.LeakyIF, 40.0, 0.15), rtol=1e-12)


def test_conductances_pull_towards_their_reversal() -> None:
    model = ns.ConductanceLIF
    step = replace(model, integrator="rk4").neuron()
    assert step.update["g_exc"].startswith("g_exc + exc + dt / 6.0")
    assert trace(model, 50.0, 0.05)[-1] == pytest.approx(-55.0, abs=0.5)  # 0.05 nA over 10 nS, 5 ms of membrane


@pytest.mark.parametrize(
    ("model", "current"),
    [
        (ns.LeakyIF, 0.3), (ns.ExponentialCurrentLIF, 0.6), (ns.ConductanceLIF, 0.2), (ns.AdEx, 1.0),
        (ns.Izhikevich, 10.0), (ns.HodgkinHuxley, 0.5),
    ],
    ids=lambda value: getattr(value, "name", ""),
)  # fmt: skip
def test_a_standard_model_spikes_as_it_is(model: ns.OdeModel, current: float) -> None:
    assert 2 <= len(spike_times(model, 200.0, current)) <= 40
    assert len(spike_times(model, 200.0, 0.0)) == 0

"""Exact steps: propagators are numbers of a matrix exponential, whatever the time constants are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

import neurosim as ns
from neurosim.errors import EquationError, ModelError
from neurosim.model.ode.integrators.matrix_exponential import exponentials

CURRENTS = ("dv/dt = (e_l - v + ge + gi)/tau_m", "dge/dt = -ge/tau_e", "dgi/dt = -gi/tau_i")
TIMES = st.floats(0.01, 1000)


def currents(**values: float) -> ns.OdeModel:
    params = {"tau_m": 20.0, "tau_e": 5.0, "tau_i": 10.0, "e_l": -49.0, **values}
    return ns.ode(*CURRENTS, output="v", params=params, ports={"exc": "ge", "inh": "gi"}, dt=0.1, name="currents")


def constants(model: ns.OdeModel) -> dict[str, float]:
    return model.neuron().constants


@given(TIMES, TIMES, TIMES, st.floats(-100, 100))
@settings(max_examples=25, deadline=None)
def test_propagators_are_the_exponential_of_the_augmented_matrix(m: float, e: float, i: float, rest: float) -> None:
    matrix = np.zeros((4, 4))
    matrix[0] = np.array([-1, 1, 1, rest]) / m
    matrix[1, 1], matrix[2, 2] = -1 / e, -1 / i
    expected = expm(matrix * 0.1)
    found = constants(currents(tau_m=m, tau_e=e, tau_i=i, e_l=rest))
    names = ("v_from_v", "v_from_ge", "v_from_gi", "v_offset")
    np.testing.assert_allclose([found[n] for n in names], expected[0], rtol=1e-9, atol=1e-13)


@given(TIMES)
@settings(max_examples=25, deadline=None)
def test_a_decay_is_the_float_nearest_to_the_exponential(tau: float) -> None:
    import mpmath

    with mpmath.workdps(80):
        expected = float(mpmath.exp(-mpmath.mpf(0.1) / mpmath.mpf(tau)))
    assert constants(currents(tau_e=tau))["ge_from_ge"] == expected


def test_equal_time_constants_give_the_limit() -> None:
    found = constants(currents(tau_m=5.0))["v_from_ge"]
    assert found == pytest.approx(0.1 / 5 * math.exp(-0.1 / 5), rel=1e-15)


def test_nearly_equal_time_constants_lose_no_digits() -> None:
    near = constants(currents(tau_m=5.0 * (1 + 1e-13)))["v_from_ge"]
    assert near == pytest.approx(0.1 / 5 * math.exp(-0.1 / 5), rel=1e-12)


@pytest.mark.parametrize("tau", [1e-3, 1e-6, 1e-12, 1e-300])
def test_a_time_constant_towards_0_gives_its_fixed_point(tau: float) -> None:
    found = constants(currents(tau_m=tau))
    assert found["v_from_v"] == pytest.approx(math.exp(max(-0.1 / tau, -800)), rel=1e-14)
    assert found["v_offset"] == pytest.approx(-49.0)


def test_variables_that_do_not_meet_have_no_propagator() -> None:
    assert {"ge_from_v", "ge_from_gi", "ge_offset"}.isdisjoint(constants(currents()))


def test_oscillations_are_exact() -> None:
    model = ns.ode("dx/dt = omega*y", "dy/dt = -omega*x", params={"omega": "2 kHz"}, output="x", dt="0.1 ms")
    found = constants(model)
    assert found["x_from_x"] == pytest.approx(math.cos(0.2), rel=1e-15)
    assert found["x_from_y"] == pytest.approx(math.sin(0.2), rel=1e-15)


def test_what_is_driven_has_a_propagator() -> None:
    model = ns.ode(
        "dv/dt = (r*i_ext - v)/tau", params={"r": "100 MOhm", "tau": "10 ms", "i_ext": ns.driven()}, output="v"
    )
    assert constants(model)["v_from_i_ext"] == pytest.approx(100 * (1 - math.exp(-0.01)), rel=1e-14)


def test_what_is_learned_has_a_propagator() -> None:
    model = ns.ode("dv/dt = (bias - v)/tau", params={"tau": "10 ms", "bias": ns.learned(1.0)}, output="v")
    assert constants(model)["v_from_bias"] == pytest.approx(1 - math.exp(-0.01), rel=1e-14)


def test_an_equation_without_decay_adds_up() -> None:
    model = ns.ode("dx/dt = rate", params={"rate": 3.0}, output="x", dt=0.5)
    assert constants(model) == {"x_from_x": 1.0, "x_offset": 1.5}


def test_constants_of_equations_may_be_any_expression() -> None:
    model = ns.ode("dx/dt = -x*where(n > 2, exp(-n), tanh(n)*floor(n))/tau", params={"tau": 10, "n": 3}, output="x")
    assert constants(model)["x_from_x"] == pytest.approx(math.exp(-0.01 * math.exp(-3)), rel=1e-15)


def test_a_model_called_with_other_parameters_has_other_propagators() -> None:
    assert constants(currents()(tau_m="0.04 s")) == constants(currents(tau_m=40.0))


def test_another_step_has_other_propagators() -> None:
    assert currents().neuron("1 ms").constants["ge_from_ge"] == math.exp(-0.2)
    assert currents().neuron(1.0) == currents().neuron("1 ms")


# values of each neuron


def test_an_array_gives_each_neuron_the_propagators_of_its_value() -> None:
    taus = np.array([5.0, 20.0, 5.0, 1e-6])
    model, arrays = currents().discretised({"tau_m": taus}, 4)
    for name, values in arrays.items():
        assert values.tolist() == [constants(currents(tau_m=t))[name] for t in taus]
    assert set(arrays) == {"v_from_v", "v_from_ge", "v_from_gi", "v_offset"}
    assert model == currents().neuron()


def test_an_array_of_one_value_gives_numbers() -> None:
    model, arrays = currents().discretised({"tau_m": np.full(3, 20.0)}, 3)
    assert arrays == {}
    assert model == currents().neuron()


def test_propagators_are_computed_once_for_each_distinct_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from neurosim.model.ode.integrators import exact

    model, counts, compute = currents(), [], exact.exponentials
    monkeypatch.setattr(exact, "exponentials", lambda sets: counts.append(len(sets)) or compute(sets))
    model.discretised({"tau_m": np.tile([5.0, 10.0, 20.0], 100), "tau_e": np.full(300, 2.0)}, 300)
    assert counts == [3]  # those of the model itself had been computed when it was made


@given(st.lists(st.lists(st.floats(-20, 20), min_size=9, max_size=9), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_an_exponential_of_a_matrix_is_mpmaths(entries: list[list[float]]) -> None:
    import mpmath

    matrices = np.array(entries).reshape(-1, 3, 3)
    with mpmath.workdps(60):
        expected = [mpmath.expm(mpmath.matrix(m.tolist())) for m in matrices]
        wanted = [[float(m[i, j]) for i in range(3) for j in range(3)] for m in expected]
    found = exponentials(matrices.tolist()).reshape(-1, 9)
    np.testing.assert_allclose(found, wanted, rtol=1e-15, atol=1e-60)


def test_a_number_among_arrays_is_a_value_for_all() -> None:
    _, arrays = currents().discretised({"tau_m": [5.0, 10.0], "tau_e": 2.0}, 2)
    assert arrays["v_from_ge"][1] == constants(currents(tau_m=10.0, tau_e=2.0))["v_from_ge"]


def test_a_step_for_arrays_may_be_another() -> None:
    _, arrays = currents().discretised({"tau_m": [5.0, 10.0]}, 2, dt="1 ms")
    assert arrays["v_from_v"].tolist() == [currents(tau_m=t).neuron(1.0).constants["v_from_v"] for t in (5.0, 10.0)]


def test_a_population_takes_parameters_of_the_differential_equations() -> None:
    population = ns.Population("p", 2, currents(), parameters={"tau_m": [5.0, 10.0], "e_l": -60.0})
    expected = [constants(currents(tau_m=t, e_l=-60.0))["v_offset"] for t in (5.0, 10.0)]
    assert population.parameters["v_offset"].values.tolist() == expected
    assert isinstance(population.model, ns.NeuronModel)


def test_a_constant_of_propagators_and_of_a_reset_cannot_change_in_a_run() -> None:
    model = ns.ode(
        "dv/dt = (e_l - v)/tau", spike="v > 1", reset={"v": "e_l"}, params={"tau": 10, "e_l": -1.0}, name="both"
    )
    with pytest.raises(ModelError, match=r"e_l = 3.*e_l == -1.0"):
        model.neuron()(e_l=3.0)
    assert model(e_l=3.0).neuron().constants["e_l"] == 3.0


def test_a_step_that_grows_beyond_all_numbers_is_refused() -> None:
    with pytest.raises(EquationError, match="model ode: an exact step of 1000 ms has no finite value"):
        ns.ode("dx/dt = x", output="x", dt=1000)


def test_an_equation_may_read_the_step() -> None:
    model = ns.ode("dx/dt = -x/(2*dt)", output="x", dt=0.1)
    assert constants(model) == {"x_from_x": math.exp(-0.5)}

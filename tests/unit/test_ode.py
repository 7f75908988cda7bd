"""`ns.ode`: what equations may be written, and what discrete form they become."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import neurosim as ns

LIF = {
    "spike": "v > v_th",
    "reset": {"v": "v_r"},
    "params": {"tau": "20 ms", "e_l": "-49 mV", "v_th": "-50 mV", "v_r": "-60 mV"},
}


def lif(*equations: str, **given: object) -> ns.OdeModel:
    return ns.ode(*(equations or ["dv/dt = (e_l - v)/tau"]), **{**LIF, **given})


def update_of(model: ns.OdeModel) -> dict[str, str]:
    return dict(model.neuron().update)


# what is read


def test_parameters_are_in_the_units_inside() -> None:
    found = lif(params={**LIF["params"], "tau": "0.02 s", "e_l": "-49000 uV"}).params
    assert (found["tau"].value, found["e_l"].value) == (20.0, -49.0)


def test_lines_of_brian2_are_read() -> None:
    model = ns.ode(
        """
        # a comment
        dv/dt = (e_l - v +
                 ge)/tau : volt (unless refractory)  # the membrane
        dge/dt = -ge/tau_e : volt
        tau : second
        e_l : volt (constant)
        """,
        spike="v > -50*mV",
        reset="v = e_l",
        refractory="5*ms",
        params={"tau": 20, "e_l": "-60 mV", "tau_e": "5 ms"},
    )
    assert tuple(model.derivatives) == ("v", "ge")
    assert model.held == {"v"}


def test_one_text_is_as_good_as_several() -> None:
    one = ns.ode("dx/dt = -x/tau\ndy/dt = x - y", params={"tau": 2}, output="x")
    assert one == ns.ode("dx/dt = -x/tau", "dy/dt = x - y", params={"tau": 2}, output="x")


def test_a_part_of_equations_is_put_in_wherever_its_name_stands() -> None:
    named = lif("dv/dt = pull/tau", "pull = far - v", "far = e_l + 1 mV")
    assert named.neuron().constants == lif("dv/dt = (e_l + 1 mV - v)/tau").neuron().constants


@pytest.mark.parametrize("threshold", ["v > -50 mV", "v > -50*mV", "v > -0.05 volt", "v > -50"])
def test_a_number_with_a_unit_stands_in_an_expression(threshold: str) -> None:
    assert lif(spike=threshold).neuron().spike == "v > -50.0"


def test_a_parameter_goes_before_a_unit_of_its_name() -> None:
    assert ns.ode("dx/dt = -x/ms", params={"ms": 2.0}, output="x").neuron().constants["x_from_x"] == math.exp(-0.05)


def test_resets_of_brian2_go_one_after_another() -> None:
    model = lif("dv/dt = (e_l - v - w)/tau", "dw/dt = -w/tau", reset="v = v_r; w += 0.5*(v - e_l)  # both\nw *= 2")
    assert dict(model.reset) == {"v": "v_r", "w": "(w + 0.5 * (v_r - e_l)) * 2.0"}


def test_numbers_are_taken_for_a_reset_and_a_refractory_time() -> None:
    model = lif(reset={"v": -60}, refractory=2)
    assert model.neuron().constants["refractory_steps"] == 20


# the integrator


@pytest.mark.parametrize(
    ("equation", "integrator"),
    [("dx/dt = -x/tau", "exact"), ("dx/dt = (a - x)*(1 + a)/tau", "exact"), ("dx/dt = -x*x/tau", "euler")],
)
def test_without_an_integrator_a_linear_model_is_exact_and_another_euler(equation: str, integrator: str) -> None:
    params = {"tau": 2.0, "a": 3.0} if "a" in equation.replace("tau", "") else {"tau": 2.0}
    model = ns.ode(equation, params=params, output="x", name="m")
    assert model.integrator == integrator
    why = "linear" if integrator == "exact" else "not linear"
    assert repr(model) == f"<OdeModel m: {integrator}, chosen for its equations are {why}; dt = 0.1 ms>"


def test_an_integrator_that_was_given_is_not_said_to_be_chosen() -> None:
    assert repr(lif(integrator="euler", name="m")) == "<OdeModel m: euler; dt = 0.1 ms>"


def test_a_model_with_other_parameters_still_says_that_its_integrator_was_chosen() -> None:
    assert "chosen" in repr(lif(name="m")(tau=10))
    assert "chosen" not in repr(replace(lif(name="m"), integrator="rk4"))


def test_euler() -> None:
    assert update_of(lif(integrator="euler"))["v"] == "v + dt * ((e_l - v) / tau)"


def test_exponential_euler_of_a_constant_rate_has_derived_constants() -> None:
    model = lif(integrator="exponential-euler").neuron()
    assert model.update["v"] == "v_keep * v + v_gain * (e_l / tau)"
    assert model.derived["v_keep"] == "exp((-(1.0 / tau))*dt)"


def test_exponential_euler_of_a_rate_that_is_0_is_euler() -> None:
    model = ns.ode("dx/dt = b - a*x", params={"a": 0.0, "b": 2.0}, output="x", integrator="exponential-euler")
    from neurosim.model.equations.derived import compute

    neuron = model.neuron()
    found = compute(neuron.derived.items(), neuron.constants, "here")
    assert found == {"x_keep": 1.0, "x_gain": 0.1}


def test_the_same_equations_integrate_otherwise() -> None:
    assert replace(lif(), integrator="euler") == lif(integrator="euler")


# refractory times


@pytest.mark.parametrize(("time", "steps"), [("5 ms", 50), ("0.1 ms", 1), ("0.04 ms", 1), ("0.3 ms", 3), (0, 1)])
def test_a_refractory_time_counts_steps_as_brian2_does(time: str | float, steps: int) -> None:
    assert lif(refractory=time).neuron().constants["refractory_steps"] == steps


@pytest.mark.parametrize("integrator", ["euler", "exact"])
def test_a_refractory_time_follows_from_parameters(integrator: str) -> None:
    from neurosim.model.equations.derived import compute

    model = lif(refractory="tau/4", integrator=integrator).neuron()
    values = {**model.constants, **compute(model.derived.items(), model.constants, "here")}
    assert values["refractory_steps"] == 50


@pytest.mark.parametrize("integrator", ["euler", "exact"])
def test_a_refractory_time_may_be_one_of_each_neuron(integrator: str) -> None:
    model = lif(refractory="t_ref", integrator=integrator, params={**LIF["params"], "t_ref": "1 ms"})
    network = ns.Network([ns.Population("p", 2, model, parameters={"t_ref": [1.0, 3.0], "e_l": 0.0})], [])
    assert first_gap(network).tolist() == gap_of(model, 1.0) + gap_of(model, 3.0)


def first_gap(network: ns.Network) -> np.ndarray:
    backend, mode = ns.load("reference")
    schedule = ns.Schedule([ns.Phase("run", 400)], [ns.Probe("p.spike", "step")])
    with backend.compile(ns.lower(network, schedule), mode=mode) as session:
        spikes = session.run(ns.Trials({}, count=1))["p.spike@step"].dense()[0]
    return np.array([np.diff(np.flatnonzero(column))[0] for column in spikes.T])


def gap_of(model: ns.OdeModel, time: float) -> list[int]:
    return first_gap(ns.Network([ns.Population("p", 1, model(t_ref=time, e_l=0.0))], [])).tolist()


def test_a_neuron_integrates_again_after_its_refractory_time() -> None:
    def gap(steps: int) -> int:
        return gap_of(lif(refractory="t_ref", params={**LIF["params"], "t_ref": "1 ms"}), steps / 10)[0]

    assert [gap(n) - gap(1) for n in (2, 5, 20)] == [1, 4, 19]


def test_without_marks_what_the_reset_sets_stands_still() -> None:
    assert lif(refractory="2 ms").held == {"v"}


def test_what_is_not_marked_goes_on() -> None:
    model = lif("dv/dt = (e_l - v)/tau (unless refractory)", "dw/dt = -w/tau", refractory="2 ms", reset="v=v_r; w=e_l")
    assert model.held == {"v"}
    assert "steps_left" not in update_of(model)["w"]


def test_what_reads_what_stands_still_has_propagators_for_that() -> None:
    model = lif("dv/dt = (e_l - v)/tau (unless refractory)", "dw/dt = (v - w)/tau", refractory="2 ms")
    found = model.neuron().constants
    assert found["w_from_v_still"] == pytest.approx(1 - math.exp(-0.1 / 20))
    assert found["w_from_v"] == pytest.approx(0.1 / 20 * math.exp(-0.1 / 20))


def test_without_a_refractory_time_nothing_stands_still() -> None:
    assert lif("dv/dt = (e_l - v)/tau (unless refractory)").held == frozenset()


# what arrives


@pytest.mark.parametrize(
    ("reset", "expected"),
    [
        ("v = v_r", "v + where(just_spiked > 0.0, 0.0, exc)"),
        ("v -= 10*mV", "v + exc"),
        ("v = 0.5*v", "v + where(just_spiked > 0.0, 0.5 * exc, exc)"),
    ],
)
def test_a_reset_leaves_of_what_arrived_with_it_what_it_leaves_of_the_variable(reset: str, expected: str) -> None:
    model = lif(reset=reset, ports={"exc": "v"}, integrator="euler")
    assert update_of(model)["v"].startswith(f"{expected} + dt")


def test_several_ports_add_to_one_variable() -> None:
    model = lif("dv/dt = (e_l - v + g)/tau", "dg/dt = -g/tau", ports={"a": "g", "b": "g"})
    assert update_of(model)["g"] == "g_from_g * (g + (a + b))" or update_of(model)["g"] == "g_from_g * (g + a + b)"


def test_nothing_arrives_at_a_model_without_ports() -> None:
    network = [ns.Population("a", 1, lif()), ns.Population("b", 1, lif())]
    with pytest.raises(ValueError, match="has no port 'drive'"):
        ns.Network(network, [ns.Projection("p", "a", "b")])


# models as values


def test_a_model_is_pickled() -> None:
    model = lif(refractory="2 ms")
    again = pickle.loads(pickle.dumps(model))
    assert again == model
    assert again.neuron() == model.neuron()


def test_a_parameter_that_is_set_by_a_number_keeps_its_dimension() -> None:
    assert lif()(tau=10).params["tau"] == lif(params={**LIF["params"], "tau": "10 ms"}).params["tau"]


def test_equations_are_those_of_a_step_and_others_those_that_were_given() -> None:
    model = lif(refractory="2 ms")
    assert model.equations() == model.neuron().equations()
    assert model.differential_equations() == (
        "dv/dt = (e_l - v)/tau (unless refractory)",
        "spike where v > v_th",
        "v' = v_r where it spiked",
        "refractory = 2 ms",
    )


def test_modes_may_have_differential_equations() -> None:
    models = {"wake": lif(), "sleep": ns.LIF}
    population = ns.Population("p", 2, models, parameters={"tau": [10.0, 20.0], "tau_mem": 5.0})
    assert population.model_in("wake") == lif().neuron()
    assert population.model_in("sleep") == ns.LIF(tau_mem=5.0)
    assert set(population.parameters) == {"v_from_v", "v_offset"}


def test_a_network_of_such_models_is_written_and_read() -> None:
    network = ns.Network([ns.Population("p", 2, lif(), parameters={"tau": [10.0, 20.0]})], [])
    assert ns.Network.from_json(network.to_json(), network.arrays()) == network


def test_importing_the_language_imports_no_mathematics() -> None:
    code = "import sys, neurosim.model.network; print(sorted({'pint', 'mpmath', 'sympy', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# dimensions


@pytest.mark.parametrize(
    ("name", "dimension"),
    [("v", "mV"), ("tau", "ms"), ("g", "uS"), ("e", "mV"), ("exc", "uS"), ("c", "nF"), ("i", "nA"), ("free", "1/ms")],
)
def test_a_dimension_follows_from_others(name: str, dimension: str) -> None:
    model = ns.ode(
        "dv/dt = (g*(e - v) + i)/c + free*v", "dg/dt = -g/tau",
        params={"e": 0, "c": "200 pF", "tau": 5, "i": ns.driven(), "free": 0}, ports={"exc": "g"},
        initial={"v": "-60 mV"}, output="v",
    )  # fmt: skip
    assert str(model.dimension_of(name)) == dimension


def test_a_dimension_that_nothing_says_is_not_known() -> None:
    assert ns.ode("dx/dt = -x/tau", params={"tau": "1 ms"}, output="x").dimension_of("x") is None


def test_a_model_without_units_has_none_for_time() -> None:
    """FitzHugh and Nagumo's equations as they are published."""
    model = ns.ode(
        "dv/dt = v - v**3/3 - w + i", "dw/dt = 0.08*(v + 0.7 - 0.8*w)", params={"i": 0.5}, output="v", integrator="rk4"
    )
    assert model.dimension_of("v") is None


def test_a_unit_anywhere_asks_for_units_of_time() -> None:
    with pytest.raises(ValueError, match="as v per time is"):
        ns.ode("dv/dt = v - v**3/3", output="v", initial={"v": "1 mV"})


@pytest.mark.parametrize("integrator", ["exact", "exponential-euler", "euler", "rk4"])
@pytest.mark.parametrize("rate", ["1/tau", "1/(tau**1.5)", "exp(-tau/9)"])
def test_a_value_for_each_neuron_is_that_value_for_all_where_they_are_equal(integrator: str, rate: str) -> None:
    """Also where it is another one than that of the model."""
    model = ns.ode(f"dv/dt = (1 - v)*{rate}", params={"tau": 2.0}, spike="v > 9", integrator=integrator, dt=0.1)

    def last(**given: Any) -> list[float]:
        net = ns.NetworkBuilder()
        cells = net.population("cells", 3, **given)
        return ns.simulate(net, 5, [cells.v])["cells.v"].values[-1].tolist()  # type: ignore[union-attr]

    alone = last(model=model(tau=7.3))
    assert last(model=model, parameters={"tau": [7.3, 7.3, 7.3]}) == alone != last(model=model)
    assert last(model=model, parameters={"tau": 7.3}) == alone
    assert last(model=model, parameters={"tau": [7.3, 2.0, 7.3]}) == [alone[0], last(model=model)[0], alone[2]]

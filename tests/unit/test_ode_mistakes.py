"""What `ns.ode` refuses, and what it says then: where, what was found, what was expected, the nearest choice."""

from __future__ import annotations

import re

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import EquationError, ModelError

LIF = {
    "spike": "v > v_th",
    "reset": {"v": "v_r"},
    "params": {"tau": "20 ms", "e_l": "-49 mV", "v_th": "-50 mV", "v_r": "-60 mV"},
    "name": "lif",
}
MEMBRANE = "dv/dt = (e_l - v)/tau"


def lif(*equations: str, **given: object) -> ns.OdeModel:
    return ns.ode(*(equations or [MEMBRANE]), **{**LIF, **given})


def params(**values: object) -> dict[str, object]:
    return {**LIF["params"], **values}


EQUATIONS = {
    "a time in mV": (
        lambda: lif(params=params(tau="20 mV")),
        "model lif, dv/dt = (e_l - v)/tau: '(e_l - v) / tau' has no unit; expected mV/ms, as v per time is "
        "(e_l in mV, tau in mV, v in mV)",
    ),
    "a sum of two dimensions": (
        lambda: lif("dv/dt = (e_l - v + g)/tau", params=params(g="3 nS")),
        "in 'e_l - v + g', 'e_l - v' is in mV and 'g' is in uS; expected one unit",
    ),
    "an exponent with a dimension": (
        lambda: lif("dv/dt = exp(e_l)*(e_l - v)/tau"), "'e_l' is in mV; expected no unit, for exp takes numbers",
    ),
    "a power with a dimension": (
        lambda: lif("dv/dt = (e_l - v)**n/tau", params=params(n="2 mV")),
        "expected no unit, for the exponent is no number",
    ),
    "sides of a spike condition": (
        lambda: lif(spike="v > tau"), "model lif, spike: in 'v > tau', 'v' is in mV and 'tau' is in ms",
    ),
    "a reset of another dimension": (
        lambda: lif(reset={"v": "tau"}), "model lif, reset of v: 'tau' is in ms; expected mV, as v is (tau in ms)",
    ),
    "a refractory time that is none": (
        lambda: lif(refractory="e_l"), "model lif, refractory: 'e_l' is in mV; expected ms, a time (e_l in mV)",
    ),
    "a refractory time with another unit": (
        lambda: lif(refractory="5 mV"), "model lif, refractory: '5.0 * mV' is in mV; expected ms, a time",
    ),
    "a refractory time that changes": (
        lambda: lif(refractory="x", params=params(x=ns.driven())), "refractory: 'x' changes in a run",
    ),
    "an initial value of another dimension": (
        lambda: lif(initial={"v": "3 nA"}),
        "model lif, dv/dt = (e_l - v)/tau: in 'e_l - v', 'e_l' is in mV and 'v' is in nA",
    ),
    "a unit behind an equation": (
        lambda: lif(f"{MEMBRANE} : amp"), "in 'e_l - v', 'e_l' is in mV and 'v' is in nA; expected one unit",
    ),
    "a unit of a parameter": (
        lambda: lif(MEMBRANE, "tau : volt"), "model lif: tau is in ms; expected mV, the unit of its line",
    ),
    "an unknown name": (
        lambda: lif("dv/dt = (e_l - v)/tua"), "unknown name 'tua' in '(e_l - v) / tua'; did you mean 'tau'?",
    ),
    "an unknown name in a spike condition": (
        lambda: lif(spike="v > vth"), "model lif, spike: unknown name 'vth' in 'v > vth'; did you mean 'v_th'?",
    ),
    "time": (
        lambda: lif("dv/dt = (e_l - v)/tau*t"), "'t' in '(e_l - v)/tau*t': equations have no time; let a stimulus",
    ),
    "noise": (
        lambda: lif("dv/dt = (e_l - v)/tau + xi"), "equations have no noise",
    ),
    "a function that there is not": (
        lambda: lif("dv/dt = (e_l - v)/tau*sin(v)"), "unknown function 'sin'",
    ),
    "Python": (
        lambda: lif("dv/dt = __import__('os').system('true')"), "is not part of the equation language",
    ),
    "a quadratic equation, exactly": (
        lambda: lif("dv/dt = (e_l - v)*v/tau/e_l", integrator="exact"),
        "model lif, dv/dt: '(e_l - v) * v / tau / e_l' is not linear, so it has no exact step; use "
        "integrator='exponential-euler', 'rk4' or 'euler'",
    ),
    "a quadratic equation, by exponential Euler": (
        lambda: lif("dv/dt = (e_l - v)*v/tau/e_l", integrator="exponential-euler"),
        "is not linear in v, so exponential Euler does not apply; use integrator='rk4' or 'euler'",
    ),
    "too large a step of Runge and Kutta": (
        lambda: ns.ode(*(f"dx{i}/dt = x0*x1*x2*x3*(x0 + x1*x2 + x3)*x{i}" for i in range(4)), integrator="rk4",
                       output="x0"),
        "use integrator='exponential-euler' or 'euler'",
    ),
    "no equation": (
        lambda: lif("dv/dt -> v"), "model lif: 'dv/dt -> v' is no equation; expected such as 'dv/dt = -v/tau'",
    ),
    "nothing on the right": (
        lambda: lif("dv/dt ="), "model lif: 'dv/dt =' has nothing on its right side",
    ),
    "a flag that there is not": (
        lambda: lif(f"{MEMBRANE} : volt (unless refractry)"), "did you mean 'unless refractory'?",
    ),
    "a flag in another place": (
        lambda: lif(MEMBRANE, "x = v : volt (unless refractory)"), "(unless refractory) at",
    ),
    "two equations of one variable": (
        lambda: lif(MEMBRANE, "dv/dt = -v/tau"), "model lif: two lines are of 'v'; expected one",
    ),
    "parts that read one another": (
        lambda: lif("dv/dt = a/tau", "a = b + v", "b = a + v"), "a part of equations reads itself: 'a' reads 'b'",
    ),
    "a reset that is no assignment": (
        lambda: lif(reset="v"), "model lif, reset: 'v' is no assignment; expected such as 'v = v_r' or 'w += b'",
    ),
    "a reset that is not linear in what arrives": (
        lambda: lif(reset="v = v*v/v_th", ports={"exc": "v"}),
        "model lif, reset of v: 'v * v / v_th' is not linear in v, to which a port adds",
    ),
    "a division by 0": (
        lambda: ns.ode("dx/dt = -x/0", output="x", name="m"), "model m, dx/dt: '-x / 0.0' divides by a constant",
    ),
    "a coefficient without a value": (
        lambda: lif(params=params(tau="0 ms")), "has no finite value for these parameters",
    ),
}  # fmt: skip

MODELS = {
    "a unit without a parameter": (
        lambda: lif(MEMBRANE, "tua : second"),
        "model lif: 'tua' has a unit, but no value; give params={'tua': ...} (did you mean 'tau'?",
    ),
    "a port at no variable": (
        lambda: lif(ports={"exc": "ge"}), "model lif, a port of 'ge': not a variable; known: v",
    ),
    "a reset of no variable": (
        lambda: lif(reset={"w": "v_r"}), "model lif, reset of 'w': not a variable; known: v",
    ),
    "an initial value of no variable": (
        lambda: lif(initial={"u": 0}), "model lif, initial of 'u': not a variable; known: v",
    ),
    "an integrator that there is not": (
        lambda: lif(integrator="exponential_euler"), "did you mean 'exponential-euler'?",
    ),
    "a step of no time": (
        lambda: lif(dt="0.1 mV"), "model lif: dt = '0.1 mV': a unit of mV; expected one of ms",
    ),
    "a step of 0": (lambda: lif(dt=0), "model lif: dt = 0 ms; expected more than 0"),
    "a unit that there is not": (lambda: lif(params=params(tau="20 mss")), "there is no unit mss"),
    "a name with a meaning": (
        lambda: ns.ode("dx/dt = -x*spike", params={"spike": 1}, output="x"), "'spike' has a meaning of its own",
    ),
    "a name of the discrete form": (
        lambda: lif(params=params(v_offset=1)), "'v_offset' is a name of its discrete form; choose another",
    ),
    "a name of a hidden state": (
        lambda: lif(MEMBRANE, "dsteps_left/dt = 1/ms", refractory=2), "'steps_left' is a name of its discrete form",
    ),
    "a name that is declared twice": (lambda: lif(params=params(v=1)), "model lif: 'v' is declared twice"),
    "a parameter called dt": (lambda: lif(params=params(dt=1)), "'dt' has a meaning of its own in equations"),
    "no differential equation": (lambda: ns.ode("x = 2", name="none"), "model none: it has no differential equation"),
    "a reset without a spike": (
        lambda: ns.ode(MEMBRANE, reset={"v": 0}, params=params(), output="v"), "but no spike condition",
    ),
    "nothing that is put out": (
        lambda: ns.ode(MEMBRANE, params=params()), "it puts out nothing; give spike='v > v_th' or output='v'",
    ),
    "another parameter": (lambda: lif()(tua=3), "model lif has no parameter 'tua'; did you mean 'tau'?"),
    "an array for one parameter": (lambda: lif()(tau=[1.0, 2.0]), "model lif: tau = [1.0, 2.0]; expected"),
    "an array of another length": (
        lambda: lif().discretised({"tau": [1.0, 2.0]}, 3), "model lif: tau has shape (2,); expected (3,)",
    ),
    "an array of no parameter": (
        lambda: lif().discretised({"tua": np.ones(3)}, 3), "model lif: no parameter 'tua'; did you mean 'tau'?",
    ),
    "an array of a driven parameter": (
        lambda: lif(params=params(tau=ns.driven(1.0))).discretised({"tau": np.ones(3)}, 3), "no parameter 'tau'",
    ),
    "a parameter of no model of a population": (
        lambda: ns.Population("p", 3, lif(), parameters={"tua": 3.0}),
        "population p: parameters: no model has a constant 'tua'; did you mean 'tau'?",
    ),
    "two modes with one name": (
        lambda: ns.Population("p", 2, {"wake": lif(), "sleep": lif(params=params(e_l="1 mV"))},
                              parameters={"tau": [1.0, 2.0]}),
        "modes need different values of 'v_offset'",
    ),
    "the dimension of nothing": (lambda: lif().dimension_of("tua"), "model lif has no 'tua'; did you mean 'tau'?"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", EQUATIONS)
def test_a_mistake_in_equations_is_told(mistake: str) -> None:
    make, message = EQUATIONS[mistake]
    with pytest.raises(EquationError, match=re.escape(message)):
        make()


@pytest.mark.parametrize("mistake", MODELS)
def test_a_mistake_in_a_model_is_told(mistake: str) -> None:
    make, message = MODELS[mistake]
    with pytest.raises(ModelError, match=re.escape(message)):
        make()

"""`ode`: what a user writes of a model of differential equations, taken or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neurosim.edges.values import by_name, text, texts
from neurosim.errors import ModelError
from neurosim.model.ode.language.lines import Line, LineKind, read
from neurosim.model.ode.language.reset import simultaneous
from neurosim.model.ode.model import GivenValue, OdeModel, Parameter, parameter
from neurosim.model.units import MILLISECONDS, Dimension, inside, quantity


def ode(
    *equations: str,
    spike: str | None = None,
    reset: Mapping[str, str | float] | str | None = None,
    refractory: str | float | None = None,
    params: Mapping[str, Parameter] | None = None,
    ports: Mapping[str, str] | None = None,
    initial: Mapping[str, GivenValue] | None = None,
    dt: str | float = 0.1,
    integrator: str | None = None,
    output: str | None = None,
    name: str = "ode",
) -> OdeModel:
    """dx/dt = f(x, parameters); spike where a condition holds; then the reset: a neuron model of such equations.

    Inside there are ms, mV, nA, uS, MOhm and nF. A text with a unit is converted, ``"0.02 V"`` is 20; a number is in
    the unit inside. The dimension of every variable is inferred, and every equation is checked by it.

    Parameters
    ----------
    *equations
        Differential equations, ``"dv/dt = (e_l - v + ge)/tau_m"``; parts of equations with a name, ``"i = g*(e - v)"``;
        units of parameters, ``"tau_m : second"``. A text may have several lines, with comments behind ``#``. What is
        written as in Brian2 is read: ``: volt`` is a check, ``(unless refractory)`` says what stands still.
    spike
        The condition for a spike, on the values after integration.
    reset
        New values of variables of the neurons that spiked, all at once; or statements as in Brian2,
        ``"v = v_r; w += b"``.
    refractory
        A time, a parameter, or an expression of parameters. As in Brian2, a neuron that spikes in step k can spike
        again from step k + n on, n = floor(refractory/dt + 0.001); in the steps between, what is marked
        ``(unless refractory)`` stands still, and nothing is added to it. Where nothing is marked, that is what the
        reset sets.
    params
        Values by name: constants, and `driven(...)` or `learned(...)`.
    ports
        The variable to which each port adds what arrives, ``{"exc": "ge"}``.
    initial
        Values of variables at a trial's start; 0 where none is given.
    dt
        The length of a step.
    integrator
        ``"exact"``
            for linear equations: the numbers of a matrix exponential.
        ``"exponential-euler"``
            for equations that are each linear in their own variable.
        ``"euler"``, ``"rk4"``
            for any.
        None
            exact where equations are linear, else euler, as in Brian2.
    output
        What others receive: an expression, or spikes where there is a spike condition and none is given.
    name
        Named in errors and listings.

    Returns
    -------
    OdeModel
        For a `Population`, as any model.

    Raises
    ------
    EquationError
        For equations that cannot be read, names that are not there, dimensions that do not fit, and equations that the
        integrator cannot take.
    ModelError
        For names that clash, and values that do not fit.

    References
    ----------
    .. [1] S. Rotter, M. Diesmann (1999): Exact digital simulation of time-invariant linear systems with applications to
       neuronal modeling. Biological Cybernetics 81, 381-402.

    Examples
    --------
    >>> import neurosim as ns
    >>> lif = ns.ode("dv/dt = (e_l - v)/tau_m", spike="v > -50 mV", reset={"v": "-60 mV"}, ports={"exc": "v"},
    ...              params={"tau_m": "20 ms", "e_l": "-49 mV"}, initial={"v": "-60 mV"}, name="LIF")
    >>> lif
    <OdeModel LIF: exact, chosen for its equations are linear; dt = 0.1 ms>
    >>> lif.equations()[2]
    "v' = v_from_v * (v + where(just_spiked > 0.0, 0.0, exc)) + v_offset"
    """
    where = f"model {text(name, 'model: name', error=ModelError)}"
    for given in equations:
        text(given, f"{where}: equations", error=ModelError)
    lines = read(equations, where)
    by_kind = {kind: {line.name: line for line in lines if line.kind is kind} for kind in LineKind}
    derivatives = {n: line.text for n, line in by_kind[LineKind.DIFFERENTIAL].items()}
    new_values = _reset(reset, where)
    given_params = _named(params, where, "params", "{'tau_m': '20 ms'}")
    starting = _named(initial, where, "initial", "{'v': '-60 mV'}")
    return OdeModel(
        name,
        derivatives,
        {n: parameter(v, f"{where}: {n} =") for n, v in given_params.items()},
        {n: line.text for n, line in by_kind[LineKind.EXPRESSION].items()},
        {line.name: dimension_written(line, where) for line in lines if line.unit is not None},
        None if spike is None else text(spike, f"{where}, spike", error=ModelError),
        new_values,
        None if refractory is None else _expression(refractory, f"{where}, refractory"),
        _held(lines, new_values) if refractory is not None else frozenset(),
        texts(ports or {}, f"{where}, ports", error=ModelError),
        {v: quantity(x, f"{where}: initial {v} =") for v, x in starting.items()},
        None if output is None else text(output, f"{where}, output", error=ModelError),
        inside(dt, MILLISECONDS, f"{where}: dt ="),
        integrator,
    )


def _held(lines: Sequence[Line], reset: Mapping[str, str]) -> frozenset[str]:
    """What stands still while a neuron is refractory: what is marked, else what the reset sets."""
    return frozenset(line.name for line in lines if line.unless_refractory) or frozenset(reset)


def _named(given: Mapping[str, object] | None, where: str, what: str, example: str) -> Mapping[str, object]:
    return {} if given is None else by_name(given, f"{where}, {what}", example, error=ModelError)


def _reset(given: Mapping[str, str | float] | str | None, where: str) -> dict[str, str]:
    if isinstance(given, str):
        return simultaneous(given, f"{where}, reset")
    named = _named(given, where, "reset", "{'v': 'v_r'}")
    return {v: _expression(x, f"{where}, reset of {v}") for v, x in named.items()}


def _expression(given: object, what: str) -> str:
    """A text, or a number as a text."""
    return given if isinstance(given, str) else repr(quantity(given, what).value)


def dimension_written(line: Line, where: str) -> Dimension:
    """Return the dimension that stands behind the colon of a line.

    Raises
    ------
    ModelError
        For a unit that there is not.
    """
    dimension = quantity(f"1 {'' if line.unit == '1' else line.unit}", f"{where}, unit of {line.name}").dimension
    assert dimension is not None, "a text has one"
    return dimension

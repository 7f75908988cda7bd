"""What a population is in NIR: its own models as they are, those of the library by what a consumer's step does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.interchange.nir import neurons
from neurosim.interchange.nir.graphs.graph import NoWord
from neurosim.interchange.nir.neurons import BIAS, LATE_BIAS, WAIT, Form
from neurosim.model import neurons as library
from neurosim.model.equations.derived import compute
from neurosim.model.network import Population
from neurosim.model.neurons import NeuronModel

Array = NDArray[np.float64]
Number = float | Array


@dataclass(frozen=True)
class Written:
    """A population as a node.

    Attributes
    ----------
    values
        Its fields: one number, or one for each neuron.
    choices
        What NIR leaves open, and the model says.
    biases
        By the name of the variable.
    gain_of_weights
        By which weights and biases that lead to it are multiplied.
    waits
        Steps for which it waits.
    """

    kind: str
    values: Mapping[str, Number]
    choices: Mapping[str, Any]
    biases: Mapping[str, Number] = field(default_factory=dict)
    gain_of_weights: Number = 1.0
    waits: int = 0
    remarks: tuple[str, ...] = ()


Convert = Callable[[Mapping[str, Number], float | None, Array | None], Written]
"""Of constants and derived constants, the step of a consumer, and a bias."""


def written(p: Population, mode: str, weights: Mapping[str, Array], dt: float | None, gain: str | None) -> Written:
    """A population as a node.

    Parameters
    ----------
    dt
        The step of a consumer that integrates by forward Euler, in ms; None for time constants as they are.
    gain
        ``"folded"`` or ``"kept"``; None for what suits the model.

    Raises
    ------
    UnsupportedFeature
        For a model that NIR has no node for.
    """
    model = p.model_in(mode)
    constants: dict[str, Number] = {**model.constants, **{n: a.values for n, a in p.parameters.items()}}  # type: ignore[union-attr]
    for name in p.initial:
        if name != WAIT:
            raise NoWord(f"population {p.name}: first values of {name}: NIR's neurons begin at 0")
    form = neurons.form_of(model)
    if form is not None:
        found = _of_form(p, model, form, constants, weights, dt)
        return folded(found) if gain == "folded" else found
    for original, convert in LIBRARY:
        if _same_equations(model, original):
            _check_start(p, model)
            found = convert(_with_derived(model, constants), dt, weights.get(f"{p.name}.bias"))
            return found if gain == "kept" else folded(found)
    raise NoWord(
        f"population {p.name}: {model.name}: NIR has no node with these equations; "
        f"expected one of NIR's own, or {', '.join(m.name for m, _ in LIBRARY)}"
    )


def folded(w: Written) -> Written:
    """The same with a resistance of 1, and weights that have what it was; what is not of an LIF node stays."""
    r = w.values.get("r")
    if w.kind != "LIF" or r is None or np.all(np.asarray(r) == 1):
        return w
    remark = "r is 1, and the weights that lead to it have what it was, for Norse does not look at r"
    return Written(
        w.kind, {**w.values, "r": 1.0}, w.choices, w.biases, w.gain_of_weights * r, w.waits, (*w.remarks, remark)
    )


def _of_form(
    p: Population, model: NeuronModel, form: Form, constants: Mapping[str, Number], weights: Mapping[str, Array],
    dt: float | None,
) -> Written:  # fmt: skip
    values = {n: constants[n] for n in neurons.fields_of(form.kind)}
    choices: dict[str, Any] = form.choices()
    remarks: tuple[str, ...] = ()
    if "dt" in constants:
        choices["dt"] = float(np.max(constants["dt"]))
    own = choices.get("dt")
    if dt is not None and own is not None and any(n.startswith("tau") for n in values):
        values, remarks = _for_euler(values, form, own, dt)
        choices |= {"dt": dt, "integrator": "euler"}
    biases = {n: weights[f"{p.name}.{n}"] for n, there in ((BIAS, form.bias), (LATE_BIAS, form.late_bias)) if there}
    late = {"feedback_bias": "step-later"} if form.late_bias else {}
    waits = int(model.state[WAIT]) - 1 if form.waits else 0
    return Written(form.kind, values, {**choices, **late}, biases, 1.0, waits, (*remarks, *_told(choices)))


def _for_euler(
    values: Mapping[str, Number], form: Form, own: float, dt: float
) -> tuple[dict[str, Number], tuple[str, ...]]:
    """Time constants with which forward Euler and another step do the same."""
    found, remarks = dict(values), []
    for name in (n for n in values if n.startswith("tau")):
        ratio = own / (1000 * np.asarray(values[name], dtype=np.float64))
        share = ratio if form.integrator == "euler" else 1 - np.exp(-ratio)
        new = dt / (1000 * share)
        if not np.array_equal(new, values[name]):
            remarks.append(f"{name} is such that forward Euler with {dt:g} ms does what was done with {own:g} ms")
        found[name] = _plain(new)
    return found, tuple(remarks)


def _plain(value: Any) -> Number:
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array


def _told(choices: Mapping[str, Any]) -> tuple[str, ...]:
    """What a consumer must be told, for NIR has no word for it."""
    found = []
    if choices.get("reset") == "subtract":
        found.append("its reset subtracts the threshold: ask the consumer for that")
    if choices.get("threshold") == "at":
        found.append("it spikes at the threshold, too; NIR's neurons spike above it")
    if choices.get("current") == "old":
        found.append("its membrane reads the current of the step before")
    return tuple(found)


def _same_equations(model: NeuronModel, original: NeuronModel) -> bool:
    parts = ("update", "derived", "spike", "reset", "output", "ports")
    return all(getattr(model, n) == getattr(original, n) for n in parts)


def _check_start(p: Population, model: NeuronModel) -> None:
    for name, value in model.state.items():
        if value:
            raise NoWord(f"population {p.name}: {name} is {value:g} at a trial's start: NIR's neurons begin at 0")


def _with_derived(model: NeuronModel, constants: Mapping[str, Number]) -> dict[str, Number]:
    return {**constants, **compute(model.derived.items(), constants, f"model {model.name}")}  # type: ignore[arg-type,dict-item]


def _tau(decay: Number, dt: float) -> Number:
    """The time constant, in s, with which forward Euler decays by a factor in a step of dt ms."""
    return _plain(dt / (1000 * (1 - np.asarray(decay, dtype=np.float64))))


def _step(constants: Mapping[str, Number], dt: float | None, default: float = 1.0) -> float:
    return float(np.max(constants.get("dt", default))) if dt is None else dt


def _lif(reset: str) -> Convert:
    def convert(c: Mapping[str, Number], dt: float | None, bias: Array | None) -> Written:
        step = _step(c, dt)
        tau = _tau(c["decay"], step)
        choices = {"dt": step, "integrator": "euler", "reset": reset, "threshold": "at"}
        values = {"tau": tau, "r": _plain(np.asarray(tau) * 1000 / step), "v_leak": 0.0, "v_threshold": c["theta"],
                  "v_reset": c.get("v_reset", 0.0)}  # fmt: skip
        remark = f"tau is such that forward Euler with {step:g} ms decays as it does"
        return Written("LIF", values, choices, _biases(bias), 1.0, 0, (remark, *_told(choices)))

    return convert


def _biases(bias: Array | None) -> dict[str, Number]:
    return {} if bias is None else {BIAS: bias}


def _cuba(syn: Number, mem: Number, step: float) -> dict[str, Number]:
    """Fields with which i' = syn i + drive, and v' = mem v + i."""
    tau_syn, tau_mem = _tau(syn, step), _tau(mem, step)
    return {
        "tau_syn": tau_syn,
        "tau_mem": tau_mem,
        "r": _plain(np.asarray(tau_mem) * 1000 / step),
        "v_leak": 0.0,
        "w_in": _plain(np.asarray(tau_syn) * 1000 / step),
    }


def _current_based(kind: str, reset: str, current: str, threshold: str) -> Convert:
    def convert(c: Mapping[str, Number], dt: float | None, bias: Array | None) -> Written:
        step = _step(c, dt)
        decays = (c["a"], c["b"]) if "a" in c else (1 - np.asarray(c["du"]), 1 - np.asarray(c["dv"]))
        values = _cuba(_plain(decays[0]), _plain(decays[1]), step)
        choices = {"dt": step, "integrator": "euler", "current": current}
        if kind == "CubaLIF":
            values |= {"v_threshold": c["theta"], "v_reset": 0.0}
            choices |= {"reset": reset, "threshold": threshold}
        remark = f"its time constants are such that forward Euler with {step:g} ms decays as it does"
        return Written(kind, values, choices, {}, 1.0, 0, (remark, *_told(choices)))

    return convert


def _loihi(c: Mapping[str, Number], dt: float | None, bias: Array | None) -> Written:
    """Its bias moves the membrane, which no node's does."""
    if bias is not None and bias.any():
        raise NoWord("CubaLIF: a bias of the membrane: NIR's current-based neurons have one of the current alone")
    return _current_based("CubaLIF", "value", "new", "above")(c, dt, None)


LIBRARY: tuple[tuple[NeuronModel, Convert], ...] = (
    (library.LIF, _lif("subtract")),
    (library.LIFToValue, _lif("value")),
    (library.SubtractiveCurrentLIF, _current_based("CubaLIF", "subtract", "old", "at")),
    (library.LeakyReadout, _current_based("CubaLI", "", "old", "")),
    (library.CubaLIF, _loihi),
)
"""Models of the library that NIR has a node for, and what makes it of them.

`CurrentLIF` is none of them: it resets a step after its spike and loses the current of that step."""

"""NIR's neurons as models: parameters stand in the model as they stand in the file, so that they come back exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from neurosim.interchange.nir.choices import ALLOWED, OF_A_NODE
from neurosim.interchange.nir.graphs.primitives import NEURONS
from neurosim.model.neurons import NeuronModel, learned

SPIKING = ("LIF", "IF", "CubaLIF", "Threshold")
CURRENT_BASED = ("CubaLIF", "CubaLI")
READOUT = "Readout"
"""A population in the place of an Output behind linear nodes, and of a relay; NIR has no node for it."""

BIAS, LATE_BIAS, WAIT = "bias", "late_bias", "wait"


@dataclass(frozen=True)
class Form:
    """What the equations of a population depend on.

    Attributes
    ----------
    kind
        Of the node: ``"LIF"``; or `READOUT`.
    integrator, reset, current, charge, threshold
        As of `neurosim.interchange.nir.choices.Choices`.
    bias
        Whether it has a learned bias.
    late_bias
        Whether it has one that acts from its second step on.
    waits
        Whether it begins some steps after the trial does.
    """

    kind: str
    integrator: str = "euler"
    reset: str = "value"
    current: str = "new"
    charge: str = "current"
    threshold: str = "above"
    bias: bool = False
    late_bias: bool = False
    waits: bool = False

    def choices(self) -> dict[str, str]:
        """The choices that its equations depend on, by name."""
        return {n: getattr(self, n) for n in relevant(self.kind)}


def relevant(kind: str) -> tuple[str, ...]:
    """The choices on which the equations of a kind of node depend."""
    open_choices = NEURONS[kind].open if kind in NEURONS else ()
    return tuple(n for n in OF_A_NODE if n in open_choices)


def model(form: Form, steps: int = 0, dt: float = 0.1) -> NeuronModel:
    """The neuron model of a form.

    Parameters
    ----------
    steps
        For which it waits.
    dt
        Of a step, in ms; NIR's times are in s.
    """
    equations = _equations(form)
    params: dict[str, Any] = dict.fromkeys(fields_of(form.kind), 1.0)
    if "dt" in NEURONS[form.kind].open if form.kind in NEURONS else False:
        params["dt"] = dt
    params |= {n: learned() for n, there in ((BIAS, form.bias), (LATE_BIAS, form.late_bias)) if there}
    state = {n: 0.0 for n in equations["update"] if n != WAIT} | ({WAIT: steps + 1.0} if _counts(form) else {})
    return NeuronModel(
        f"NIR{form.kind}",
        state,
        params,
        equations["update"],
        equations["spike"],
        equations["reset"],
        "spike" if equations["spike"] else "v",
        derived=equations["derived"],
        requires=tuple(f"{n} > 0" for n in params if n.startswith("tau") or n == "dt"),
    )


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields of a node that its model has as parameters."""
    return NEURONS[kind].fields if kind in NEURONS else ()


def _counts(form: Form) -> bool:
    return form.waits or form.late_bias


def _equations(form: Form) -> dict[str, Any]:
    """Update, spike, reset and derived constants, as texts."""
    derived, update = _dynamics(form)
    if form.waits:
        update = {n: f"where({WAIT} > 1, {n}, {text})" for n, text in update.items()}
    if _counts(form):
        update[WAIT] = f"maximum({WAIT} - 1, 0)"
    spike = _spike(form)
    return {"derived": derived, "update": update, "spike": spike, "reset": _reset(form)}


def _dynamics(form: Form) -> tuple[dict[str, str], dict[str, str]]:
    """Derived constants and update of a neuron that does not wait."""
    drive = _drive(form)
    if form.kind in ("Threshold", READOUT):
        return {}, {"v": drive}
    if form.kind in ("IF", "I"):
        gain = "r*dt/1000" if form.charge == "current" else "r"
        return {"gain": gain}, {"v": f"v + gain*({drive})"}
    if form.kind not in CURRENT_BASED:
        return {"share": _share("tau", form)}, {"v": f"v + share*((v_leak - v) + r*({drive}))"}
    derived = {"share_syn": _share("tau_syn", form), "share_mem": _share("tau_mem", form)}
    current = f"i + share_syn*(w_in*({drive}) - i)"
    read = "i" if form.current == "old" else f"({current})"
    return derived, {"i": current, "v": f"v + share_mem*((v_leak - v) + r*{read})"}


def _drive(form: Form) -> str:
    bias = " + bias" if form.bias else ""
    return f"drive{bias}" + (f" + where({WAIT} > 0, 0, {LATE_BIAS})" if form.late_bias else "")


def _share(tau: str, form: Form) -> str:
    """What a step takes a variable towards its target: dt/tau, or 1 - exp(-dt/tau)."""
    ratio = f"dt/(1000*{tau})"
    return ratio if form.integrator == "euler" else f"1 - exp(-{ratio})"


def _spike(form: Form) -> str | None:
    if form.kind not in SPIKING:
        return None
    sign = ">" if form.threshold == "above" else ">="
    test = f"v {sign} {threshold_of(form.kind)}"
    return f"{test} and {WAIT} == 0" if form.waits else test


def threshold_of(kind: str) -> str:
    """The field that is its threshold."""
    return "threshold" if kind == "Threshold" else "v_threshold"


def _reset(form: Form) -> dict[str, str]:
    if form.kind not in SPIKING or form.kind == "Threshold":
        return {}
    return {"v": "v_reset" if form.reset == "value" else "v - v_threshold"}


@lru_cache(maxsize=1)
def _forms() -> Mapping[object, Form]:
    """Every form by its equations."""
    found: dict[object, Form] = {}
    for kind in (*NEURONS, READOUT):
        own = relevant(kind)
        for values in product(*(ALLOWED[n] for n in own), (False, True), (False, True), (False, True)):
            fields: dict[str, Any] = dict(zip((*own, "bias", "late_bias", "waits"), values, strict=True))
            form = Form(kind, **fields)
            found.setdefault(_key(_equations(form)), form)
    return found


def _key(equations: Mapping[str, Any]) -> object:
    return tuple(
        tuple(sorted(part.items())) if isinstance(part, Mapping) else part
        for part in (equations[n] for n in ("derived", "update", "spike", "reset"))
    )


def form_of(found: NeuronModel) -> Form | None:
    """The form whose equations a model has; None for a model of another origin."""
    parts = {n: getattr(found, n) for n in ("derived", "update", "spike", "reset")}
    form = _forms().get(_key(parts))
    return form if form is not None and set(fields_of(form.kind)) <= set(found.params) else None

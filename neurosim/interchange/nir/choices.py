"""What NIR leaves open, and what is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from neurosim.edges.values import shown
from neurosim.errors import ModelError, nearest
from neurosim.model.units import MILLISECONDS, inside

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "integrator": ("euler", "exact"),
    "reset": ("value", "subtract"),
    "current": ("new", "old"),
    "charge": ("current", "impulse"),
    "threshold": ("above", "at"),
    "bias": ("aligned", "immediate"),
    "feedback_bias": ("at-once", "step-later"),
    "delays": ("nearest", "up", "down"),
    "chains": ("multiplied", "relayed"),
    "input": ("events", "values"),
}
"""The values of each choice but `dt`, the first where neither the caller nor the file says one."""

OF_A_NODE = ("integrator", "reset", "current", "charge", "threshold")
"""Those that may differ from population to population; a file of ours has them at its nodes."""


@dataclass(frozen=True)
class Choices:
    """What NIR leaves open. The first value of each is the default; docs/explanation/nir.md shows what each changes.

    Parameters
    ----------
    dt
        Of a step: a time, ``"0.1 ms"``, or a number of ms.
    integrator
        ``"euler"``: k = 1 - dt/tau; ``"exact"``: k = exp(-dt/tau), in v' = k v + (1 - k)(R drive + v_leak).
    reset
        ``"value"``: v' = v_reset; ``"subtract"``: v' = v - v_threshold.
    current
        What the membrane of a current-based neuron reads: the ``"new"`` current of this step, or the ``"old"`` one.
    charge
        IF and I: v' = v + R dt drive (``"current"``, dt in s), or v + R drive (``"impulse"``).
    threshold
        A spike is ``"above"`` the threshold, or ``"at"`` it, too.
    bias
        ``"aligned"``: neurons of a deeper layer, whose input comes some steps later, begin those steps later;
        ``"immediate"``: they begin at once.
    feedback_bias
        A bias on a way back acts ``"at-once"``, as in snnTorch, or from the ``"step-later"`` on, as in Norse.
    delays
        To whole steps: ``"nearest"``, ``"up"`` or ``"down"``.
    chains
        Several linear nodes in a row are ``"multiplied"`` into one projection, or ``"relayed"``: each ends in a
        population that passes on what arrives, a step later.
    input
        An Input node takes ``"events"`` or ``"values"``.

    Raises
    ------
    ModelError
        For a value that a choice does not have, naming the nearest.
    """

    dt: float = 0.1
    integrator: str = "euler"
    reset: str = "value"
    current: str = "new"
    charge: str = "current"
    threshold: str = "above"
    bias: str = "aligned"
    feedback_bias: str = "at-once"
    delays: str = "nearest"
    chains: str = "multiplied"
    input: str = "events"
    origin: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dt", _step(self.dt))
        for name, allowed in ALLOWED.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ModelError(f"nir: {name} = {shown(value)}; {nearest(str(value), allowed)}")

    def as_data(self) -> dict[str, float | str]:
        """Each choice by its name."""
        return {name: getattr(self, name) for name in NAMES}

    def __str__(self) -> str:
        return ", ".join(f"{n} {v:g} ms" if n == "dt" else f"{n} {v}" for n, v in self.as_data().items())


NAMES = tuple(f.name for f in fields(Choices) if f.name != "origin")
"""Of all choices."""


def chosen(arguments: Mapping[str, Any], file: Mapping[str, Any]) -> Choices:
    """The choices of a caller, then those of a file, then the defaults; `origin` tells which is whose.

    Parameters
    ----------
    arguments
        By name; None, or none of that name, where the caller leaves it open.
    file
        What the file says of itself; names and values that are none of these are not looked at.

    Raises
    ------
    ModelError
        For an argument that no choice has.
    """
    given = {n: v for n, v in arguments.items() if v is not None}
    for name in given:
        if name not in NAMES:
            raise ModelError(f"nir: no choice is called {shown(name)}; {nearest(name, NAMES)}")
    plain = {n: float(v) if isinstance(v, np.ndarray) and v.shape == () else v for n, v in file.items()}
    written = {n: v for n, v in plain.items() if n not in given and is_choice(n, v)}
    origin = {n: "argument" if n in given else "file" if n in written else "default" for n in NAMES}
    return Choices(**{**written, **given}, origin=origin)


def is_choice(name: str, value: object) -> bool:
    """Whether a file's value is one that a choice of that name has."""
    if name == "dt":
        return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < LONGEST_STEP
    return isinstance(value, str) and value in ALLOWED.get(name, ())


LONGEST_STEP = 1e9
"""In ms."""


def _step(given: object) -> float:
    found = inside(given, MILLISECONDS, "nir: dt =")
    if not 0 < found < LONGEST_STEP:
        raise ModelError(f"nir: dt = {shown(given)}; expected a time above 0")
    return found

"""Neuron models as equations: `NeuronModel`, and the models of the library.

A model's equations are simultaneous: every right-hand side reads the values before the step. A step is, in this
order: new state from old state, drives and parameters; the spike test on the new state; the reset of the neurons that
spiked. What is delivered to others is `output`, one step later.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from neurosim.errors import ModelError, nearest
from neurosim.model.expressions import FUNCTIONS, check

RESERVED_IN_EQUATIONS = {"pre", "post", "arrived", "spike", "output", "out", "fired", "effective", *FUNCTIONS}
"""Names that no variable or constant may have."""

RESERVED_FOR_PARTS = {"steps", "new", "own"}
"""Names that no population, projection, phase or rule may have."""


def check_name(identifier: str, where: str, reserved: set[str] = RESERVED_IN_EQUATIONS) -> None:
    """Refuse a name that could not be a variable of every backend's language."""
    ok = (
        identifier.isidentifier() and identifier.isascii() and not identifier.startswith("_") and "__" not in identifier
    )
    if not ok or keyword.iskeyword(identifier):
        raise ModelError(
            f"{where}: '{identifier}' is not a name; names have ASCII letters, digits and single underscores, "
            "and start with a letter"
        )
    if identifier in reserved:
        raise ModelError(f"{where}: '{identifier}' has a meaning of its own; choose another name")


@dataclass(frozen=True)
class Learned:
    """A per-neuron parameter that rules may change; it persists over trials and modes."""

    initial: float = 0.0


@dataclass(frozen=True)
class Driven:
    """A per-neuron parameter that a stimulus sets; where no stimulus does, it keeps its default."""

    default: float = 0.0


def learned(initial: float = 0.0) -> Learned:
    return Learned(float(initial))


def driven(default: float = 0.0) -> Driven:
    return Driven(float(default))


@dataclass(frozen=True)
class NeuronModel:
    """state' = update(state, drives, parameters); spike = test(state'); state' = reset(state') where it spiked.

    Parameters
    ----------
    name
        Named in errors and listings.
    state
        Variables of each neuron and their values at a trial's start.
    params
        Numbers (constants, run arguments), `learned(...)` or `driven(...)`.
    update
        New value of each state variable that changes.
    spike, reset
        The condition for a spike, and the new values of the neurons that spiked.
    output
        What others receive: ``"spike"``, or an expression of state and parameters.
    ports
        Names of the sums of what arrives; a model without ports is an input.
    alias
        Other names of variables, for rules: a clamped input's free state is its state.

    Raises
    ------
    EquationError
        For a name that the model does not have, or an expression outside the language.
    ModelError
        For names that clash, or an input with equations.
    """

    name: str = "model"
    state: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, float | Learned | Driven] = field(default_factory=dict)
    update: Mapping[str, str] = field(default_factory=dict)
    spike: str | None = None
    reset: Mapping[str, str] = field(default_factory=dict)
    output: str = "s"
    ports: tuple[str, ...] = ("drive",)
    alias: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"model {self.name}"
        declared = [*self.state, *self.params, *self.ports, *self.alias]
        for n in declared:
            check_name(n, where)
            if declared.count(n) > 1:
                raise ModelError(f"{where}: '{n}' is declared twice")
        for short, meant in self.alias.items():
            if meant not in {*self.state, *self.params}:
                raise ModelError(f"{where}: alias {short} stands for '{meant}'; {nearest(meant, self.variables)}")
        for what, equations in (("update", self.update), ("reset", self.reset)):
            for variable, text in equations.items():
                if variable not in self.state:
                    raise ModelError(f"{where}, {what} of '{variable}': not a state; {nearest(variable, self.state)}")
                check(text, self.names if what == "update" else self.variables, f"{where}, {what} of {variable}")
        self._check_output(where)

    def _check_output(self, where: str) -> None:
        if self.spike is not None:
            check(self.spike, self.variables, f"{where}, spike", kind="condition")
        if self.output == "spike":
            if self.spike is None:
                raise ModelError(f"{where}: its output is 'spike', but it has no spike condition")
        else:
            check(self.output, self.variables, f"{where}, output")
        if self.reset and self.spike is None:
            raise ModelError(f"{where}: it has a reset, but no spike condition")
        if self.is_input and (self.state or self.update):
            raise ModelError(f"{where}: an input (no ports) has no state; what it puts out is its stimulus")

    @property
    def variables(self) -> set[str]:
        """What rules and outputs may read."""
        return {*self.state, *self.params, *self.alias}

    @property
    def names(self) -> set[str]:
        """What the update may read."""
        return self.variables | set(self.ports)

    @property
    def is_input(self) -> bool:
        return not self.ports

    def __call__(self, **values: float) -> NeuronModel:
        """The same model with other values of its constants (or other initial values of what is learned or driven)."""
        params = dict(self.params)
        for n, value in values.items():
            if n not in params:
                raise ModelError(f"model {self.name} has no parameter '{n}'; {nearest(n, params)}")
            kind = type(params[n])
            params[n] = kind(float(value)) if kind in (Learned, Driven) else float(value)
        return replace(self, params=params)


Clamp = NeuronModel(
    "Clamp",
    params={"s": driven()},
    ports=(),
    output="s",
    alias={"s_free": "s", "s_plus": "s"},
)
"""s = stimulus. An input held at its stimulus; its free and nudged states are that same value."""

SpikeInput = NeuronModel("SpikeInput", params={"x": driven()}, ports=(), spike="x > 0.5", output="spike")
"""spike = (x > 0.5). An input that spikes where its stimulus says so."""

_PHASE_STATES = {"s_free": 0.0, "s_plus": 0.0}
_RATE_PARAMS: dict[str, float | Learned | Driven] = {"eps": 0.5, "beta": 0.0, "bias": learned(), "target": driven()}
_FORCE = "drive + bias + beta*(target - s)"


def _rate_unit(name: str, activation: str) -> NeuronModel:
    return NeuronModel(
        name,
        state={"s": 0.0, **_PHASE_STATES},
        params=_RATE_PARAMS,
        update={"s": activation},
        output="s",
    )


def _leaky_rate_unit(name: str, activation: str) -> NeuronModel:
    potential = f"u + eps*(-u + {_FORCE})"
    return NeuronModel(
        name,
        state={"u": 0.0, "s": 0.0, **_PHASE_STATES},
        params=_RATE_PARAMS,
        update={"u": potential, "s": activation.format(potential)},
        output="s",
    )


RateUnit = _rate_unit("RateUnit", f"clip(s + eps*(-s + {_FORCE}), 0, 1)")
"""s' = clip(s + eps*(-s + drive + bias + beta*(target - s)), 0, 1). Hard-sigmoid rate unit, projected Euler.

The state is kept in [0, 1] after each step of length eps (Scellier & Bengio 2017, their practice); beta > 0 nudges it
towards the target. Dimensionless."""

TanhRateUnit = _rate_unit("TanhRateUnit", f"clip(s + eps*(-s + tanh({_FORCE})), -1, 1)")
"""s' = clip(s + eps*(-s + tanh(drive + bias + beta*(target - s))), -1, 1). Rate unit kept in [-1, 1].

The fixed points are those of the primitive function of Ernoult et al. 2019, approached in steps of eps; for eps <= 1
the projection is void."""

LeakyRateUnit = _leaky_rate_unit("LeakyRateUnit", "clip({}, 0, 1)")
"""u' = u + eps*(-u + drive + bias + beta*(target - s)), s' = clip(u', 0, 1). Leaky unit with a hard-sigmoid output.

An ordinary differential equation du/dt = -u + ... in Euler steps; nothing is projected, u may leave [0, 1]."""

LeakyTanhRateUnit = _leaky_rate_unit("LeakyTanhRateUnit", "tanh({})")
"""u' = u + eps*(-u + drive + bias + beta*(target - s)), s' = tanh(u'). Leaky unit with a tanh output."""

Heaviside = NeuronModel(
    "Heaviside",
    state={"v": 0.0},
    params={"decay": 0.999, "theta": 1.0},
    update={"v": "decay*v + drive"},
    spike="v >= theta",
    reset={"v": "0"},
    output="spike",
)
"""v' = decay*v + drive; spike where v' >= theta; then v' = 0. The unit of sleep replay (Tadros et al. 2022)."""

LIF = NeuronModel(
    "LIF",
    state={"v": 0.0},
    params={"decay": 0.9, "bias": learned(), "theta": 1.0},
    update={"v": "decay*v + drive + bias"},
    spike="v >= theta",
    reset={"v": "v - theta"},
    output="spike",
)
"""v' = decay*v + drive + bias; spike where v' >= theta; then v' = v' - theta. Leaky integrate-and-fire.

`decay` is exp(-dt/tau_mem); the reset subtracts the threshold, so what exceeds it is kept."""

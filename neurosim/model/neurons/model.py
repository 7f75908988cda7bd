"""What a neuron model is: `NeuronModel`, its kinds of parameters, and the names that it may use.

A model's equations are simultaneous: every right-hand side reads the values before the step. A step is, in this
order: new state from old state, drives and parameters; the spike test on the new state; the reset of the neurons that
spiked. What is delivered to others is `output`, one step later.
"""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from neurosim.edges.values import by_name, number, numbers, several, shown, text, texts
from neurosim.errors import ModelError, nearest
from neurosim.model.display.described import Described, shortest
from neurosim.model.equations.conditions import check_conditions
from neurosim.model.equations.derived import compute, follows_from, in_order
from neurosim.model.equations.expressions import FUNCTIONS, check

RESERVED_IN_EQUATIONS = {
    "pre",
    "post",
    "arrived",
    "spike",
    "output",
    "out",
    "fired",
    "effective",
    "past",
    "late",
    "synapses",
    *FUNCTIONS,
}
"""Names that no variable or constant may have."""

RESERVED_FOR_PARTS = {"steps", "new", "own"}
"""Names that no population, projection, phase or rule may have."""


def check_name(identifier: str, where: str, reserved: set[str] = RESERVED_IN_EQUATIONS) -> None:
    """Refuse a name that could not be a variable of every backend's language.

    Raises
    ------
    ModelError
        For what is no text or no identifier of ASCII letters, a word of Python's syntax, or a reserved name.
    """
    if not isinstance(identifier, str):
        raise ModelError(f"{where}: {shown(identifier)} is not a name; expected a text")
    ok = (
        identifier.isidentifier() and identifier.isascii() and not identifier.startswith("_") and "__" not in identifier
    )
    if keyword.iskeyword(identifier):
        raise ModelError(f"{where}: {shown(identifier)} is a word of Python's syntax; choose another name")
    if not ok:
        raise ModelError(
            f"{where}: {shown(identifier)} is not a name; names have ASCII letters, digits and single underscores, "
            "and start with a letter"
        )
    if identifier in reserved:
        raise ModelError(f"{where}: '{identifier}' has a meaning of its own; choose another name")


@dataclass(frozen=True)
class Learned:
    """A per-neuron parameter that rules may change; it persists over trials and modes.

    Parameters
    ----------
    initial
        Value of every neuron before anything is learned.

    Raises
    ------
    ModelError
        For an initial value that is no finite number.
    """

    initial: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "initial", number(self.initial, "learned: initial value", error=ModelError))


@dataclass(frozen=True)
class Driven:
    """A per-neuron parameter that a stimulus sets; where no stimulus does, it keeps its default.

    Parameters
    ----------
    default
        Value of every neuron where no stimulus is given.

    Raises
    ------
    ModelError
        For a default that is no finite number.
    """

    default: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "default", number(self.default, "driven: default", error=ModelError))


def learned(initial: float = 0.0) -> Learned:
    """A parameter of a `NeuronModel` with a value for each neuron that rules may change.

    It outlives a trial, and all modes of a population share it.

    Parameters
    ----------
    initial
        Value of every neuron before anything is learned, in the unit of the equation that reads it.

    Returns
    -------
    Learned
        For the `params` of a model: ``NeuronModel(..., params={"bias": learned()})``.

    Raises
    ------
    ModelError
        For an initial value that is no finite number.
    """
    return Learned(initial)


def driven(default: float = 0.0) -> Driven:
    """A parameter of a `NeuronModel` with a value for each neuron that a stimulus sets.

    Parameters
    ----------
    default
        Value of every neuron where no stimulus is given, in the unit of the equation that reads it.

    Returns
    -------
    Driven
        For the `params` of a model: ``NeuronModel(..., params={"target": driven()})``.

    Raises
    ------
    ModelError
        For a default that is no finite number.
    """
    return Driven(default)


@dataclass(frozen=True)
class NeuronModel(Described):
    """state' = update(state, drives, parameters); spike = test(state'); state' = reset(state') where it spiked.

    Equations are texts in the equation language (docs/reference/equations.md). Every variable has shape (neurons,).
    A step has no unit: models with time constants have a `dt`, in the library in ms.

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
    derived
        Constants that follow from others, ``{"decay": "exp(-dt/tau)"}``: computed once for a run, or for a phase with
        constants of its own, and read like any constant.
    requires
        Conditions of constants, ``("tau > 0",)``: a value that does not meet them is refused where it is given. No part
        of the equations: models that differ in them alone are equal, and JSON has none.

    Raises
    ------
    EquationError
        For a name that the model does not have, an expression outside the language, or a derived constant that
        follows from itself or is not finite.
    ModelError
        For names that clash, an input with equations, values that are no finite numbers or against a condition.

    Examples
    --------
    A leaky integrator, and the same with another time constant:

    >>> import neurosim as ns
    >>> leaky = ns.NeuronModel(
    ...     "Leaky", state={"v": 0.0}, params={"tau": 10.0, "dt": 1.0}, derived={"keep": "exp(-dt/tau)"},
    ...     update={"v": "keep*v + drive"}, output="v",
    ... )
    >>> leaky(tau=20.0).constants
    {'tau': 20.0, 'dt': 1.0}
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
    derived: Mapping[str, str] = field(default_factory=dict)
    requires: Sequence[str] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        where = f"model {text(self.name, 'model: name', error=ModelError)}"
        self._take(where)
        declared = [*self.state, *self.params, *self.ports, *self.alias, *self.derived]
        for n, times in Counter(declared).items():
            check_name(n, where)
            if times > 1:
                raise ModelError(f"{where}: '{n}' is declared twice")
        object.__setattr__(self, "derived", in_order(self.derived, self.constants, where))
        follow = compute(self.derived.items(), self.constants, where)
        check_conditions(self.requires, {**self.constants, **follow}, where)
        for short, meant in self.alias.items():
            if meant not in {*self.state, *self.params}:
                raise ModelError(f"{where}: alias {short} stands for '{meant}'; {nearest(meant, self.variables)}")
        for what, equations, known in (("update", self.update, self.names), ("reset", self.reset, self.variables)):
            for variable, equation in equations.items():
                if variable not in self.state:
                    raise ModelError(f"{where}, {what} of '{variable}': not a state; {nearest(variable, self.state)}")
                check(equation, known, f"{where}, {what} of {variable}")
        self._check_output(where)

    def _take(self, where: str) -> None:
        """What was given, as the kinds of values that the fields are of; a single port stands for itself."""
        object.__setattr__(self, "state", numbers(self.state, f"{where}, state", error=ModelError))
        given = by_name(self.params, f"{where}, params", "{'tau': 10.0, 'bias': learned()}", error=ModelError)
        object.__setattr__(self, "params", {n: _parameter(v, f"{where}: {n} =") for n, v in given.items()})
        for what in ("update", "reset", "alias", "derived"):
            object.__setattr__(self, what, texts(getattr(self, what), f"{where}, {what}", error=ModelError))
        for what in ("ports", "requires"):
            several_texts = several(getattr(self, what), str, f"{where}, {what}", "texts", error=ModelError)
            object.__setattr__(self, what, several_texts)
        text(self.output, f"{where}, output", error=ModelError)
        if self.spike is not None:
            text(self.spike, f"{where}, spike", error=ModelError)

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
    def constants(self) -> dict[str, float]:
        """The constants that are run arguments, and their values; derived ones follow from them."""
        return {n: v for n, v in self.params.items() if not isinstance(v, (Learned, Driven))}

    @property
    def variables(self) -> set[str]:
        """Names that rules and outputs may read: state, parameters, aliases and derived constants."""
        return {*self.state, *self.params, *self.alias, *self.derived}

    @property
    def names(self) -> set[str]:
        """Names that the update may read: `variables`, and the ports."""
        return self.variables | set(self.ports)

    @property
    def is_input(self) -> bool:
        """Whether it has no ports, so that its output is its stimulus."""
        return not self.ports

    def equations(self) -> tuple[str, ...]:
        """Its equations as lines of text, in the order of a step.

        Derived constants, the state at a trial's start, the update, the spike test on the new state, the reset of
        the neurons that spiked, and what others receive.

        Examples
        --------
        >>> import neurosim as ns
        >>> for line in ns.CubaLIF.equations():
        ...     print(line)
        u = 0 at a trial's start
        v = 0 at a trial's start
        u' = u*(1 - du) + drive
        v' = v*(1 - dv) + (u*(1 - du) + drive) + bias
        spike where v > theta
        v' = 0 where it spiked
        output = spike
        """
        lines = [f"{n} = {text}" for n, text in self.derived.items()]
        lines += [f"{n} = {shortest(value)} at a trial's start" for n, value in self.state.items()]
        lines += [f"{n}' = {text}" for n, text in self.update.items()]
        if self.spike is not None:
            lines.append(f"spike where {self.spike}")
        lines += [f"{n}' = {text} where it spiked" for n, text in self.reset.items()]
        return (*lines, f"output = {self.output}")

    def __call__(self, /, **values: float) -> NeuronModel:
        """The same model with other values of its constants (or other initial values of what is learned or driven).

        Raises
        ------
        ModelError
            For a name that is no parameter, a derived constant, or a value that is no finite number or against a
            condition of the model.
        EquationError
            If a derived constant is then not finite.
        """
        params = dict(self.params)
        for n, value in values.items():
            if n in self.derived:
                sources = ", ".join(follows_from(self.derived, n))
                raise ModelError(f"model {self.name}: '{n}' is derived; set what it follows from: {sources}")
            if n not in params:
                raise ModelError(f"model {self.name} has no parameter '{n}'; {nearest(n, params)}")
            kind = type(params[n])
            found = number(value, f"model {self.name}: {n} =", error=ModelError)
            params[n] = kind(found) if kind in (Learned, Driven) else found
        return replace(self, params=params)


def _parameter(value: float | Learned | Driven, what: str) -> float | Learned | Driven:
    return value if isinstance(value, (Learned, Driven)) else number(value, what, error=ModelError)

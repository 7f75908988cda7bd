"""Neuron models as differential equations: `OdeModel`, made by `neurosim.model.ode.ode`.

What runs is a plain `NeuronModel`, the discrete form: `OdeModel.equations` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import shown
from neurosim.errors import EquationError, ModelError, nearest
from neurosim.model.display.described import Described
from neurosim.model.fixed import is_single
from neurosim.model.neurons import Driven, Learned, NeuronModel
from neurosim.model.ode.dimensions.inference import infer
from neurosim.model.ode.dimensions.unification import Dimensions
from neurosim.model.ode.discrete import Discrete, arrays_of
from neurosim.model.ode.integrators.exact import Linear
from neurosim.model.ode.integrators.stepwise import STEPWISE
from neurosim.model.ode.names_given import check_names
from neurosim.model.ode.resolution import resolved
from neurosim.model.ode.system import System
from neurosim.model.units import MILLISECONDS, Dimension, Quantity, inside, quantity

INTEGRATORS = ("exact", *STEPWISE)
"""How a step is made of differential equations."""

GivenValue = float | str | Quantity
"""A number in the unit inside, or a text with a unit."""

Parameter = GivenValue | Learned | Driven
"""A constant, or what is set for each neuron."""


@dataclass(frozen=True, repr=False)
class OdeModel(Described):
    """dx/dt = f(x, parameters); spike where a condition holds; then the reset. Made by `ode`.

    Parameters
    ----------
    name
        Named in errors and listings.
    derivatives
        The right side of each variable's differential equation.
    params
        Constants in the units inside, `driven(...)` or `learned(...)`.
    expressions
        Parts of equations that have a name.
    units
        Dimensions that were written behind an equation or a parameter.
    spike, reset
        The condition for a spike, and the new values of the neurons that spiked.
    refractory
        A time: a neuron that spiked in step k integrates again in step k + refractory/dt.
    held
        Variables that stand still while a neuron is refractory.
    ports
        The variable to which each port adds what arrives.
    initial
        Values of variables at a trial's start; 0 where none is given.
    output
        What others receive; None for spikes.
    dt
        The length of a step in ms.
    integrator
        ``"exact"``, ``"exponential-euler"``, ``"euler"``, ``"rk4"``; None chooses as `ode` says.

    Attributes
    ----------
    chosen
        Whether the integrator was chosen, not given.

    Raises
    ------
    EquationError
        For names that the model does not have, dimensions that do not fit, and equations that the integrator cannot
        take.
    ModelError
        For names that clash, and values that do not fit.
    """

    name: str
    derivatives: Mapping[str, str]
    params: Mapping[str, Quantity | Learned | Driven]
    expressions: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Dimension] = field(default_factory=dict)
    spike: str | None = None
    reset: Mapping[str, str] = field(default_factory=dict)
    refractory: str | None = None
    held: frozenset[str] = frozenset()
    ports: Mapping[str, str] = field(default_factory=dict)
    initial: Mapping[str, Quantity] = field(default_factory=dict)
    output: str | None = None
    dt: float = 0.1
    integrator: str | None = None
    chosen: bool = field(init=False, repr=False, compare=False)
    _dimensions: Dimensions = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_names(self)
        object.__setattr__(self, "_dimensions", infer(self))
        object.__setattr__(self, "chosen", self.integrator is None)
        if self.integrator is None:
            object.__setattr__(self, "integrator", "exact" if self._is_linear() else "euler")
        elif self.integrator not in INTEGRATORS:
            known = nearest(str(self.integrator), INTEGRATORS)
            raise ModelError(f"{self.where}: integrator {shown(self.integrator)}; {known}")
        self.neuron()

    @property
    def where(self) -> str:
        """How an error of this model begins."""
        return f"model {self.name}"

    @property
    def own_names(self) -> set[str]:
        """The names that equations may read: variables, parameters, parts of equations, and dt."""
        return {*self.derivatives, *self.params, *self.expressions, "dt"}

    def __repr__(self) -> str:
        why = f", chosen for its equations are {'' if self.integrator == 'exact' else 'not '}linear"
        return f"<OdeModel {self.name}: {self.integrator}{why if self.chosen else ''}; dt = {self.dt:g} ms>"

    def differential_equations(self) -> tuple[str, ...]:
        """Return its equations as they were given, as lines of text.

        Examples
        --------
        >>> import neurosim as ns
        >>> for line in ns.LeakyIF.differential_equations():
        ...     print(line)
        dv/dt = (e_l - v + r_m*i_ext)/tau_m (unless refractory)
        spike where v > v_th
        v' = v_r where it spiked
        refractory = t_ref
        """
        lines = [f"{n} = {given}" for n, given in self.expressions.items()]
        for v, given in self.derivatives.items():
            lines.append(f"d{v}/dt = {given}{' (unless refractory)' if v in self.held else ''}")
        if self.spike is not None:
            lines.append(f"spike where {self.spike}")
        lines += [f"{v}' = {given} where it spiked" for v, given in self.reset.items()]
        lines += [f"refractory = {self.refractory}"] if self.refractory is not None else []
        return tuple(lines)

    def equations(self) -> tuple[str, ...]:
        """Return the equations of a step, those of `neuron`, as lines of text."""
        return self.neuron().equations()

    def __call__(self, /, **values: Parameter) -> OdeModel:
        """Return the same model with other parameters.

        Parameters
        ----------
        **values
            Numbers in the units inside, or texts with a unit.

        Raises
        ------
        ModelError
            For a name that is no parameter, or a value that is none.
        EquationError
            For a unit that does not fit its equations.
        """
        params = dict(self.params)
        for n, value in values.items():
            if n not in params:
                raise ModelError(f"{self.where} has no parameter '{n}'; {nearest(n, params)}")
            params[n] = _again(params[n], value, f"{self.where}: {n} =")
        return replace(self, params=params, integrator=None if self.chosen else self.integrator)

    def neuron(self, dt: float | str | None = None) -> NeuronModel:
        """Return the discrete form, in numbers.

        Parameters
        ----------
        dt
            The length of a step, in ms or with a unit; that of the model where none is given.

        Raises
        ------
        ModelError
            For a dt that is no time above 0.
        """
        if dt is not None:
            return replace(self, dt=inside(dt, MILLISECONDS, f"{self.where}: dt =")).neuron()
        return self._neuron

    def dimension_of(self, name: str) -> Dimension | None:
        """Return the dimension of a variable, a parameter or a port, which has that of its variable; None if unknown.

        Raises
        ------
        ModelError
            For another name.

        Examples
        --------
        >>> import neurosim as ns
        >>> str(ns.ConductanceLIF.dimension_of("exc"))
        'uS'
        """
        known = {*self.derivatives, *self.params, *self.ports}
        if name not in known:
            raise ModelError(f"{self.where} has no '{name}'; {nearest(name, known)}")
        return self._dimensions.known(self.ports.get(name, name))

    def discretised(
        self, params: Mapping[str, object], size: int, dt: float | str | None = None
    ) -> tuple[NeuronModel, dict[str, NDArray[np.float64]]]:
        """Return the discrete form, and the constants of it that differ from neuron to neuron.

        Parameters
        ----------
        params
            Numbers in the units inside, and arrays of shape (size,), by the names of parameters.
        size
            How many neurons.
        dt
            The length of a step, in ms or with a unit; that of the model where none is given.

        Returns
        -------
        NeuronModel, dict
            For ``Population(..., parameters=arrays)``; each array has shape (size,). Propagators are computed once for
            each distinct set of parameters.

        Raises
        ------
        ModelError
            For a name that is no parameter with one value, another shape, and what is not finite.
        """
        if dt is not None:
            return replace(self, dt=inside(dt, MILLISECONDS, f"{self.where}: dt =")).discretised(params, size)
        alone = {n: v for n, v in params.items() if is_single(v)}
        model = self(**alone) if alone else self  # type: ignore[arg-type]  # it says what it does not take
        others = {n: v for n, v in params.items() if n not in alone}
        known = [n for n, v in self.params.items() if isinstance(v, Quantity)]
        return model._discrete.per_neuron(arrays_of(others, known, size, self.where))

    @cached_property
    def _neuron(self) -> NeuronModel:
        return self._discrete.neuron()

    @cached_property
    def _discrete(self) -> Discrete:
        assert self.integrator is not None, "chosen where none was given"
        return Discrete(self._system, self.integrator)

    def _is_linear(self) -> bool:
        try:
            Linear.of(self._system.derivatives, self._system.inputs, self.where)
        except EquationError:
            return False
        return True

    @cached_property
    def _system(self) -> System:
        return resolved(self)


def _again(old: Quantity | Learned | Driven, value: object, what: str) -> Quantity | Learned | Driven:
    """A value in place of another: a number stays in the unit of the old one."""
    found = parameter(value, what)
    if isinstance(found, Quantity) and found.dimension is None and isinstance(old, Quantity):
        return Quantity(found.value, old.dimension)
    return type(old)(found.value) if isinstance(found, Quantity) and not isinstance(old, Quantity) else found


def parameter(value: object, what: str) -> Quantity | Learned | Driven:
    """Return a parameter in the units inside.

    Raises
    ------
    ModelError
        Beginning with `what`, for what is no number, no text with a unit, and nothing that is set for each neuron.
    """
    return value if isinstance(value, (Quantity, Learned, Driven)) else quantity(value, what)

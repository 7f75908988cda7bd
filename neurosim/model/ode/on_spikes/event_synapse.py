"""`EventSynapse`: what is stored at a synapse, how it goes on between spikes, and what spikes do to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from neurosim.errors import ModelError, nearest
from neurosim.model.display.described import Described
from neurosim.model.equations.expressions import names_in, parse
from neurosim.model.neurons import check_name
from neurosim.model.ode.dimensions.unification import Dimensions
from neurosim.model.ode.names_given import WITH_A_MEANING
from neurosim.model.ode.on_spikes.dimensions import infer
from neurosim.model.ode.on_spikes.lowering import Lowered, lower
from neurosim.model.ode.on_spikes.pathways import ANY_PORT, Pathways, read
from neurosim.model.units import MILLISECONDS, Dimension, Quantity, inside, quantity

WEIGHT = "w"
"""The variable whose first values are the weights that a projection is given."""


@dataclass(frozen=True, repr=False)
class EventSynapse(Described):
    """Variables of each synapse: linear equations between spikes, statements at spikes. Made by `synapse`.

    Parameters
    ----------
    name
        Named in errors and listings.
    derivatives
        The right side of each differential equation.
    stored
        Variables without one, which only spikes change; `w` among them has the weights at first.
    on_pre, on_post
        Statements for a spike that arrives, and for one of the post-synaptic neuron.
    params
        Constants in the units inside.
    expressions
        Parts of equations that have a name.
    units
        Dimensions that were written behind an equation or a name.
    initial
        First values of variables; 0 where none is given.
    dt
        The length of a step in ms; None for that of the network.

    Raises
    ------
    EquationError
        For names that there are not, equations that are not linear, and dimensions that do not fit.
    ModelError
        For names that clash.
    """

    name: str
    derivatives: Mapping[str, str]
    stored: tuple[str, ...]
    on_pre: str
    on_post: str = ""
    params: Mapping[str, Quantity] = field(default_factory=dict)
    expressions: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Dimension] = field(default_factory=dict)
    initial: Mapping[str, Quantity] = field(default_factory=dict)
    dt: float | None = None

    def __post_init__(self) -> None:
        self._check_names()
        infer(self, self._pathways, None, "")
        self.lowered(self.dt or 1.0)

    @property
    def where(self) -> str:
        """How an error of this synapse begins."""
        return f"synapse {self.name}"

    @property
    def variables(self) -> tuple[str, ...]:
        """What is kept for each synapse."""
        return (*self.stored, *self.derivatives)

    @property
    def own_names(self) -> set[str]:
        """The names that equations and statements may read: variables, parameters, parts of equations."""
        return {*self.variables, *self.params, *self.expressions}

    @property
    def has_weight(self) -> bool:
        """Whether anything reads or writes `w`."""
        lowered = self.lowered(self.dt or 1.0)
        updates = {n: text for rule in lowered.rules for n, text in rule.update.items()}
        return WEIGHT in updates or any(
            WEIGHT in names_in(parse(t)) for t in (lowered.synapse.weight, *updates.values())
        )

    @property
    def has_on_post(self) -> bool:
        """Whether a spike of the post-synaptic neuron does anything."""
        return bool(self._pathways.on_post)

    def __repr__(self) -> str:
        return f"<EventSynapse {self.name}: {', '.join(self.variables)}>"

    def equations(self) -> tuple[str, ...]:
        """Return what was written, as lines of text.

        Examples
        --------
        >>> import neurosim as ns
        >>> ns.synapse("dx/dt = -x/tau", on_pre="ge_post += w*x; x += 1", params={"tau": "20 ms"}).equations()
        ('dx/dt = -x/tau', 'on_pre: ge_post += w*x; x += 1')
        """
        lines = [f"{n} = {given}" for n, given in self.expressions.items()]
        lines += [f"d{v}/dt = {given}" for v, given in self.derivatives.items()]
        moments = (("on_pre", self.on_pre), ("on_post", self.on_post))
        lines += [f"{moment}: {'; '.join(given.split(chr(10)))}" for moment, given in moments if given.strip()]
        return tuple(lines)

    def __call__(self, /, **values: float | str) -> EventSynapse:
        """Return the same synapse with other parameters.

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
            found = quantity(value, f"{self.where}: {n} =")
            params[n] = replace(found, dimension=found.dimension or params[n].dimension)
        return replace(self, params=params)

    def lowered(self, dt: float | str | None = None) -> Lowered:
        """Return the `SynapseModel` and the rule of a step, for a `Projection`.

        Parameters
        ----------
        dt
            The length of a step, in ms or with a unit; that of the synapse where none is given.

        Raises
        ------
        ModelError
            For a dt that is no time above 0, and where there is none.
        """
        step = self.dt if dt is None else inside(dt, MILLISECONDS, f"{self.where}: dt =")
        if step is None or not step > 0:
            raise ModelError(f"{self.where}: dt = {step}; expected a time above 0, such as '0.1 ms'")
        return lower(self, self._pathways, step)

    def port(self, ports: Mapping[str, str], to: str | None, where: str) -> str | None:
        """Return the port that a spike adds to, of those of a population; `to` where that is all there is to know.

        Parameters
        ----------
        ports
            The variable that each adds to.
        to
            The port that was asked for.
        where
            How an error begins.

        Raises
        ------
        ModelError
            If no port adds to the variable of the statement, several do, or the one that was asked for does not.
        """
        target = self._pathways.target
        if target == ANY_PORT or not ports or (to is not None and to not in ports):
            return to
        fitting = [p for p, variable in ports.items() if variable == target]
        if not fitting:
            raise ModelError(
                f"{where}: on_pre adds to '{target}', and no port does; {nearest(target, [*ports.values()])}"
            )
        if to is None and len(fitting) > 1:
            raise ModelError(f"{where}: ports {', '.join(fitting)} add to '{target}'; expected to='{fitting[0]}'")
        if to is not None and to not in fitting:
            raise ModelError(
                f"{where}: on_pre adds to '{target}', port '{to}' to '{ports[to]}'; expected to='{fitting[0]}'"
            )
        return to or fitting[0]

    def dimensions(self, delivered: Dimension | None, what: str) -> Dimensions:
        """Return the dimensions of variables and parameters.

        Parameters
        ----------
        delivered
            Of what a spike adds to; None if it is unknown.
        what
            Names that in a message.

        Raises
        ------
        EquationError
            If what a spike adds is of another dimension.
        """
        return infer(self, self._pathways, delivered, what)

    @cached_property
    def _pathways(self) -> Pathways:
        return read(self)

    def _check_names(self) -> None:
        declared = [*self.variables, *self.params, *self.expressions]
        for n in declared:
            check_name(n, self.where)
            if n in WITH_A_MEANING or n == ANY_PORT:
                raise ModelError(f"{self.where}: '{n}' has a meaning of its own in equations; choose another name")
            if declared.count(n) > 1:
                raise ModelError(f"{self.where}: '{n}' is declared twice")
        if WEIGHT in self.params or WEIGHT in self.expressions:
            raise ModelError(f"{self.where}: '{WEIGHT}' is what each synapse has by itself; choose another name")
        for n in self.initial:
            if n not in self.variables:
                raise ModelError(f"{self.where}, initial of '{n}': not a variable; {nearest(n, self.variables)}")

"""Populations, projections and the network they make: validated, immutable, to JSON and back.

Wherever a model, a list of rules or a flag may differ between modes (`wake`, `sleep`), a plain value serves every
mode, and a mapping chooses by mode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import several, shown, text, whole_number
from neurosim.errors import ModelError, nearest
from neurosim.model.connectivity import ALL_TO_ALL, Connectivity, Delays, SharedWeights, Wiring, wiring_of
from neurosim.model.connectivity.delays import LONGEST
from neurosim.model.display.notebook import network_html
from neurosim.model.equations.expressions import check, names_in, parse
from neurosim.model.fixed import FixedArray, Given
from neurosim.model.learning import LearningRule
from neurosim.model.network.given import (
    GivenModels,
    Models,
    Rules,
    check_connectivity,
    check_synapse_arrays,
    delays,
    directions,
    discrete_models,
    frozen_rules,
    with_initial,
    with_parameters,
    with_synapse_parameters,
)
from neurosim.model.neurons import RESERVED_FOR_PARTS, Learned, NeuronModel, check_name
from neurosim.model.synapses import Dense, SynapseModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NO_ARRAYS: Mapping[str, NDArray[Any]] = MappingProxyType({})


@dataclass(frozen=True)
class Population:
    """`size` neurons of one model in each mode, with rules for their own learned parameters.

    Parameters
    ----------
    name
        Names its variables: ``hidden.s``; no other part of the network has it.
    size
        How many neurons, at least 1. Each variable has shape (size,).
    model
        A `NeuronModel`, or one for each mode: ``{"wake": ns.RateUnit, "sleep": ns.Heaviside}``. An `OdeModel` becomes
        its discrete form, and `parameters` those constants of it that follow from them.
    learning
        A `LearningRule`, several, or those of each mode; they change learned parameters, such as biases.
    parameters
        Values of constants of the model, in every mode that has them: ``{"tau_mem": array}``. An array of shape (size,)
        has a value for each neuron; it is copied, and no rule changes it. A number is put into the model.
    initial
        Values of states at a trial's start, likewise.

    Raises
    ------
    ModelError
        For a name that is none, a size that is no whole number of at least 1, or models and rules that are none; for
        values of what is no constant or no state, of another shape, not finite, or against a condition of the model.
    EquationError
        If a derived constant is not finite for the value of some neuron.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.Population("out", 3, ns.LIF, parameters={"tau_mem": [10.0, 20.0, 40.0]}).parameters
    {'tau_mem': <3 values from 10 to 40>}
    """

    name: str
    size: int
    model: GivenModels
    learning: Rules = ()
    parameters: Mapping[str, Given] = field(default_factory=dict)
    initial: Mapping[str, Given] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name, f"population {shown(self.name)}", RESERVED_FOR_PARTS)
        where = f"population {self.name}"
        object.__setattr__(self, "size", whole_number(self.size, f"{where}: size", least=1, error=ModelError))
        object.__setattr__(self, "learning", frozen_rules(self.learning, where))
        model, values = discrete_models(self.model, self.parameters, self.size, where)
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "parameters", values)
        for what, taken in (("parameters", with_parameters), ("initial", with_initial)):
            model, arrays = taken(self.discrete, getattr(self, what), self.size, where)
            object.__setattr__(self, "model", model)
            object.__setattr__(self, what, arrays)
        for n in sorted({*self.parameters} & {*self.initial}):
            raise ModelError(f"{where}: '{n}' is a constant of one mode and a state of another; rename one of them")

    @property
    def fixed(self) -> Mapping[str, FixedArray]:
        """The arrays of `parameters` and of `initial`, by name."""
        return {**self.parameters, **self.initial}  # type: ignore[dict-item]  # made so when the population was

    @property
    def discrete(self) -> Models:
        """Its model, or one for each mode, in discrete form: what `model` is once the population is made."""
        return self.model  # type: ignore[return-value]  # made so when the population was

    def model_in(self, mode: str) -> NeuronModel:
        """Its model in a mode of the network."""
        return self.discrete if isinstance(self.discrete, NeuronModel) else self.discrete[mode]

    def rules_in(self, mode: str) -> Sequence[LearningRule]:
        """Its rules in a mode of the network."""
        return _rules_in(self.learning, mode)


@dataclass(frozen=True)
class Projection:
    """drive_j += sum over its synapses (i, j) of weight_ij * output_i, put out `delay` steps before.

    A `reciprocal` projection also delivers backwards, from `post` to `pre`, through the same weights.

    Parameters
    ----------
    name
        Names its variables: ``name.w``; no other part of the network has it.
    pre, post
        Names of populations; a `Population` stands for its name.
    synapse
        What is stored for each synapse, and what it delivers.
    learning
        A `LearningRule`, several, or those of each mode; they change the state of the synapses.
    connectivity
        `AllToAll()`, `OneToOne()`, `Pairs(sources, targets)`, or any other `Connectivity`; synapses of `Conv1d`,
        `Conv2d`, `SumPool2d`, `AvgPool2d` and `Flatten` share weights. Learned arrays have shape (pre, post) for the
        first, that of the kernel where weights are shared, else (synapses,).
    parameters
        Values of constants of the synapse: ``{"u": array}``. An array has a value for each synapse, in the shape of the
        learned arrays; it is copied, and no rule changes it. A number is put into the synapse.
    reciprocal
        True, False, or the modes in which the one matrix is used in both directions.
    port, reciprocal_port
        The sums that it adds to, at `post` and, backwards, at `pre`.
    delay
        Steps, at least 1: in step k arrives what was put out at the end of step k - delay; from an input what its
        stimulus was in that step. In both directions. One number, or one for each synapse where not all pairs of
        neurons have one. None for the shortest: 1 from a population, 0 from an input.

    Raises
    ------
    ModelError
        For a name that is none, or a part of the wrong kind. What does not fit its populations is an error of the
        `Network`.
    """

    name: str
    pre: str
    post: str
    synapse: SynapseModel = Dense
    learning: Rules = ()
    reciprocal: bool | Sequence[str] = False
    port: str = "drive"
    reciprocal_port: str = "drive"
    delay: int | Delays | Sequence[int] | NDArray[np.integer] | None = None
    connectivity: Connectivity = ALL_TO_ALL
    parameters: Mapping[str, Given] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name, f"projection {shown(self.name)}", RESERVED_FOR_PARTS)
        where = f"projection {self.name}"
        for side in ("pre", "post"):
            object.__setattr__(self, side, _name_of(getattr(self, side), f"{where}: {side} ="))
        if not isinstance(self.synapse, SynapseModel):
            raise ModelError(f"{where}: synapse {shown(self.synapse)}; expected a SynapseModel, such as ns.Dense")
        object.__setattr__(self, "learning", frozen_rules(self.learning, where))
        object.__setattr__(self, "reciprocal", directions(self.reciprocal, where))
        for what in ("port", "reciprocal_port"):
            text(getattr(self, what), f"{where}: {what} =", error=ModelError)
        object.__setattr__(self, "delay", delays(self.delay, where))
        check_connectivity(self.connectivity, where)
        synapse, arrays = with_synapse_parameters(self.synapse, self.parameters, where)
        object.__setattr__(self, "synapse", synapse)
        object.__setattr__(self, "parameters", arrays)

    @property
    def fixed(self) -> Mapping[str, FixedArray]:
        """The arrays of `parameters`, by name."""
        return self.parameters  # type: ignore[return-value]  # made so when the projection was

    @property
    def initial(self) -> Mapping[str, float]:
        """The first values of its learned variables: those of the synapse, or for a pool or `Flatten` its own."""
        own = self.connectivity.initial if isinstance(self.connectivity, SharedWeights) else None
        behind_weight = names_in(parse(self.synapse.weight)) if own is not None else set()
        return {n: x if own is None or n not in behind_weight else own for n, x in self.synapse.state.items()}

    @property
    def longest_delay(self) -> int:
        """The most steps of any of its synapses; 1 where none is given."""
        if isinstance(self.delay, Delays):
            return self.delay.longest
        return self.delay if isinstance(self.delay, int) else 1

    def rules_in(self, mode: str) -> Sequence[LearningRule]:
        """Its rules in a mode of the network."""
        return _rules_in(self.learning, mode)

    def is_reciprocal_in(self, mode: str) -> bool:
        """Whether it delivers backwards, too, in a mode of the network."""
        return self.reciprocal if isinstance(self.reciprocal, bool) else mode in self.reciprocal


def _name_of(population: object, what: str) -> str:
    return population.name if isinstance(population, Population) else text(population, what, error=ModelError)


def _rules_in(learning: Rules, mode: str) -> Sequence[LearningRule]:
    found = learning.get(mode, ()) if isinstance(learning, Mapping) else learning
    return (found,) if isinstance(found, LearningRule) else found


@dataclass(frozen=True)
class Variable:
    """A learned variable: its shape, (units,), (pre, post), (synapses,) or that of a kernel, and its initial value."""

    shape: tuple[int, ...]
    initial: float


@dataclass(frozen=True)
class Network:
    """Populations and projections that fit together.

    Parameters
    ----------
    populations, projections
        Its parts; each has a name of its own.

    Attributes
    ----------
    modes
        Those that the models of its populations name, in their order; ``("wake",)`` where none does.

    Raises
    ------
    ModelError
        For a name used twice, a projection to nowhere, a mode that a population lacks, a port that a model lacks,
        or rules whose variables do not exist.
    EquationError
        For a rule with a name that neither side of its projection has.

    Examples
    --------
    >>> import neurosim as ns
    >>> network = ns.Network(
    ...     [ns.Population("input", 3, ns.SpikeInput), ns.Population("out", 2, ns.LIF(tau_mem=20.0))],
    ...     [ns.Projection("w", "input", "out")],
    ... )
    >>> network.learned()
    {'out.bias': Variable(shape=(2,), initial=0.0), 'w.w': Variable(shape=(3, 2), initial=0.0)}
    """

    populations: Sequence[Population]
    projections: Sequence[Projection] = ()
    modes: tuple[str, ...] = field(init=False)
    _wirings: Mapping[str, Wiring | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = (("populations", Population, "Populations"), ("projections", Projection, "Projections"))
        for what, kind, wanted in parts:
            found = several(getattr(self, what), kind, f"network: {what}", wanted, error=ModelError)
            object.__setattr__(self, what, found)
        seen: set[str] = set()
        for part in self.parts:
            if part.name in seen:
                raise ModelError(f"the name '{part.name}' is used twice in the network")
            seen.add(part.name)
        object.__setattr__(self, "modes", self._find_modes())
        for mode in self.modes:
            for projection in self.projections:
                self._check_projection(projection, mode)
            for population in self.populations:
                self._check_rules_of_population(population, mode)
        object.__setattr__(self, "_wirings", {j.name: self._wired(j) for j in self.projections})
        self.learned()
        for j in self.projections:
            if j.fixed:
                check_synapse_arrays(j.synapse, j.fixed, self._shape(j), f"projection {j.name}")

    def _find_modes(self) -> tuple[str, ...]:
        named = [tuple(p.discrete) for p in self.populations if not isinstance(p.discrete, NeuronModel)]
        modes = tuple(dict.fromkeys(m for group in named for m in group)) or ("wake",)
        for p in self.populations:
            if not isinstance(p.discrete, NeuronModel):
                for mode in modes:
                    if mode not in p.discrete:
                        raise ModelError(f"population {p.name} has no model for mode '{mode}'")
        for part in self.parts:
            chosen = list(part.learning) if isinstance(part.learning, Mapping) else []
            if isinstance(part, Projection) and not isinstance(part.reciprocal, bool):
                chosen += part.reciprocal
            for mode in chosen:
                if mode not in modes:
                    raise ModelError(f"{part.name}: no population has a mode '{mode}'; {nearest(mode, modes)}")
        return modes

    @property
    def parts(self) -> list[Population | Projection]:
        """Its populations, then its projections."""
        return [*self.populations, *self.projections]

    def __getitem__(self, name: str) -> Population | Projection:
        """The part of a name.

        Raises
        ------
        ModelError
            If no part has it.
        """
        for part in self.parts:
            if part.name == name:
                return part
        raise ModelError(f"the network has no part '{name}'; {nearest(name, self.names)}")

    @property
    def names(self) -> list[str]:
        """The names of its parts, in their order."""
        return [part.name for part in self.parts]

    def population(self, name: str, wanted_by: str = "network") -> Population:
        """The population of a name; `wanted_by` begins the error where there is none.

        Raises
        ------
        ModelError
            If no population has it.
        """
        for p in self.populations:
            if p.name == name:
                return p
        raise ModelError(f"{wanted_by}: no population '{name}'; {nearest(name, [p.name for p in self.populations])}")

    def _check_projection(self, j: Projection, mode: str) -> None:
        where = f"projection {j.name}"
        pre = self.population(j.pre, where).model_in(mode)
        post = self.population(j.post, where).model_in(mode)
        ends = [(j.post, post, j.port)]
        if j.is_reciprocal_in(mode):
            ends.append((j.pre, pre, j.reciprocal_port))
        for population, model, port in ends:
            if port not in model.ports:
                what = "is an input" if model.is_input else f"has no port '{port}'; {nearest(port, model.ports)}"
                raise ModelError(f"{where} ends at {population}, whose model {model.name} (mode {mode}) {what}")
        own = {*j.synapse.state, *j.synapse.params}
        sides = {f"pre.{n}" for n in pre.variables} | {f"post.{n}" for n in post.variables}
        for rule in j.rules_in(mode):
            if rule.at == "post.spike" and post.spike is None:
                raise ModelError(f"{where}, rule {rule.name}: {j.post} does not spike in mode {mode}")
            _check_rule(rule, where, own, sides | {"arrived"}, set(j.synapse.state))
        _check_distinct(j.rules_in(mode), where)

    def _check_rules_of_population(self, p: Population, mode: str) -> None:
        model = p.model_in(mode)
        can_learn = {n for n, v in model.params.items() if isinstance(v, Learned)}
        for rule in p.rules_in(mode):
            if rule.at == "post.spike":
                raise ModelError(f"population {p.name}, rule {rule.name}: 'post.spike' is for projections")
            constants = {*model.constants, *model.derived}
            shadowed = constants & set(rule.params)  # a rule's own constant goes before the model's
            _check_rule(rule, f"population {p.name}", set(), model.variables - shadowed, can_learn)
        _check_distinct(p.rules_in(mode), f"population {p.name}")

    def wiring(self, projection: str) -> Wiring | None:
        """Return the source and the target of each synapse of a projection; None where it connects all to all.

        Raises
        ------
        ModelError
            If no projection has the name.
        """
        if projection not in self._wirings:
            raise ModelError(f"network: no projection '{projection}'; {nearest(projection, list(self._wirings))}")
        return self._wirings[projection]

    def wirings(self) -> dict[str, Wiring]:
        """Return the wiring of each projection that does not connect all to all, by its name."""
        return {name: wiring for name, wiring in self._wirings.items() if wiring is not None}

    def synapses(self, projection: str) -> int:
        """Return how many synapses a projection has.

        Raises
        ------
        ModelError
            If no projection has the name.
        """
        wiring = self.wiring(projection)
        j = self[projection]
        assert isinstance(j, Projection)
        return self.population(j.pre).size * self.population(j.post).size if wiring is None else len(wiring)

    def _wired(self, j: Projection) -> Wiring | None:
        """The synapses of a projection, with a delay each where the shortest will not do."""
        wiring = self._connected(j)
        if wiring is None:
            if isinstance(j.delay, Delays):
                raise ModelError(
                    f"projection {j.name}: {len(j.delay):,} delays, but it connects all to all, with one delay; "
                    "give its pairs as Pairs(), or one number"
                )
            return None
        if isinstance(j.delay, Delays):
            if len(j.delay) != len(wiring):
                raise ModelError(f"projection {j.name}: {len(j.delay):,} delays for {len(wiring):,} synapses")
            return wiring.delayed(j.delay.array)
        pre = self.population(j.pre)
        if j.delay is None or (j.delay == 1 and not any(pre.model_in(mode).is_input for mode in self.modes)):
            return wiring
        if j.longest_delay > LONGEST:
            raise ModelError(
                f"projection {j.name}: delay of {j.longest_delay:,} steps; at most {LONGEST:,} can be kept"
            )
        return wiring.delayed(np.broadcast_to(np.int32(j.longest_delay), len(wiring)))

    def _connected(self, j: Projection) -> Wiring | None:
        pre, post = self.population(j.pre).size, self.population(j.post).size
        return wiring_of(j.connectivity, pre, post, f"projection {j.name}")

    def learned(self) -> dict[str, Variable]:
        """Every learned variable of every mode: ``population.parameter`` and ``projection.state``.

        Raises
        ------
        ModelError
            If modes give one parameter different initial values.
        """
        found: dict[str, Variable] = {}
        for p in self.populations:
            for mode in self.modes:
                for n, v in p.model_in(mode).params.items():
                    if isinstance(v, Learned):
                        variable = Variable((p.size,), v.initial)
                        if found.setdefault(f"{p.name}.{n}", variable) != variable:
                            raise ModelError(f"population {p.name}: modes give '{n}' different initial values")
        for j in self.projections:
            shape = self._shape(j)
            found.update({f"{j.name}.{n}": Variable(shape, initial) for n, initial in j.initial.items()})
        return found

    def _shape(self, j: Projection) -> tuple[int, ...]:
        if isinstance(j.connectivity, SharedWeights):
            return j.connectivity.kernel
        wiring = self._wirings[j.name]
        return (self.population(j.pre).size, self.population(j.post).size) if wiring is None else (len(wiring),)

    def fixed(self) -> dict[str, FixedArray]:
        """Every array of fixed parameters and of initial values: ``population.name`` and ``projection.name``."""
        return {f"{part.name}.{n}": array for part in self.parts for n, array in part.fixed.items()}

    def _repr_html_(self) -> str:
        return network_html(self)

    def draw(self, *, ax: Axes | None = None) -> Axes:
        """Draw a node for each population, with its size, and an arrow for each projection, with its synapses.

        Parameters
        ----------
        ax
            Where to draw; None for a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            Where it is drawn.

        Raises
        ------
        BackendUnavailable
            Where matplotlib is missing.
        """
        from neurosim.model.network import picture

        return picture.draw(self, ax)

    def to_json(self) -> str:
        """The network as JSON; `from_json` gives an equal one, with the `arrays` that the text names.

        Raises
        ------
        ModelError
            For a connectivity of someone else's class that no entry point names: its pairs have a form, as `Pairs`.
        """
        from neurosim.model.network import json_format

        return json_format.to_json(self)

    def arrays(self) -> dict[str, NDArray[np.int32] | NDArray[np.float64]]:
        """What the JSON names and does not have in it, by digest.

        Sources and targets of `Pairs`, int32 of shape (2, synapses), and delays, (synapses,); fixed parameters and
        initial values, float64 of their shapes. Empty for a network without any.
        """
        from neurosim.model.network import json_format

        return json_format.arrays_of(self)

    @classmethod
    def from_json(cls, text: str, arrays: Mapping[str, NDArray[Any]] = NO_ARRAYS) -> Network:
        """The network that `to_json` wrote.

        Parameters
        ----------
        arrays
            The arrays that the text names, as `arrays` gives them; others beside them do no harm.

        Raises
        ------
        ModelError
            If the text is not such a document, or of another version; or if an array that it names is not given, or
            is another than its name says.
        """
        from neurosim.model.network import json_format

        return cls(*json_format.parts_of(json_format.parsed(text), arrays))

    def save(self, path: str | Path) -> None:
        """Write the network to a file, its JSON; what `arrays` gives, if anything, to ``STEM.h5`` beside it, before.

        Raises
        ------
        InputError
            If a file cannot be written, or ``STEM.h5`` is something else than arrays of a network.
        ModelError
            For a connectivity of someone else's class, as from `to_json`.
        """
        from neurosim.model.network import files

        files.save(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Network:
        """The network that `save` wrote.

        Raises
        ------
        InputError
            If a file is missing, is of another version, or is not as it was written.
        """
        from neurosim.model.network import files

        return files.load(Path(path), cls)


def _check_rule(rule: LearningRule, where: str, own: set[str], sides: set[str], writable: set[str]) -> None:
    for n in rule.params:
        if n in own | sides:
            raise ModelError(f"{where}, rule {rule.name}: constant '{n}' has the name of a variable")
    for variable, equation in rule.update.items():
        place = f"{where}, rule {rule.name}, update of {variable}"
        if variable not in writable:
            raise ModelError(f"{place}: not a learned variable; {nearest(variable, writable)}")
        check(equation, own | sides | set(rule.params), place)


def _check_distinct(rules: Sequence[LearningRule], where: str) -> None:
    names = [r.name for r in rules]
    for n in names:
        if names.count(n) > 1:
            raise ModelError(f"{where}: two rules are called '{n}'; give one another name")

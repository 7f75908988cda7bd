"""Describes a network step by step: populations, sources, and what connects them.

Each call checks what it is given, and draws what is random from a stream with the name of the part, so that a part
added later changes no other.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import by_name, shown, text, whole_number
from neurosim.errors import ModelError, nearest
from neurosim.model.connectivity import AllToAll, Connectivity, Delays, wiring_of
from neurosim.model.connectivity.delays import LONGEST
from neurosim.model.connectivity.rules import Sides, WiringRule
from neurosim.model.connectivity.rules.matrix import MatrixWiring
from neurosim.model.distributions import Given, values
from neurosim.model.network import Network, Population, Projection
from neurosim.model.network.given import Rules, check_connectivity
from neurosim.model.neurons import Driven, NeuronModel, SpikeInput
from neurosim.model.ode import OdeModel
from neurosim.model.ode.on_spikes import EventSynapse
from neurosim.model.randomness import stream
from neurosim.model.synapses import Dense, SynapseModel
from neurosim.model.units import MILLISECONDS, Dimension
from neurosim.program.memory.footprint import MOST_NEURONS, NUMBER, MemoryPart, check_memory, figure
from neurosim.simulation.description.groups import NeuronGroup, SynapseGroup
from neurosim.simulation.description.on_spikes import AtSynapses, kept_on_spikes, port_of
from neurosim.simulation.description.recordable import SPIKES
from neurosim.simulation.description.setup import Setup
from neurosim.simulation.sources import Source
from neurosim.simulation.sources.steps import duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Number = float | NDArray[np.float64]
Ended = NeuronGroup | str
"""A population or source as an end of a projection: itself, or its name."""


class NetworkBuilder:
    """Builds a network, part by part.

    Parameters
    ----------
    seed
        Of all that is drawn: wiring, weights, delays, initial values, sources.
    dt
        Of a step: a time, ``"0.1 ms"``, or a number of ms. None for that of the first model that has one; others must
        have the same then. A given `dt` holds for all models.

    Raises
    ------
    ModelError
        For a seed or a step that is none.

    Examples
    --------
    >>> import neurosim as ns
    >>> net = ns.NetworkBuilder(seed=1)
    >>> noise = net.source("noise", ns.poisson(20, rate="100 Hz"))
    >>> cells = net.population("cells", 10, ns.LIF(dt=0.1))
    >>> net.connect(noise, cells, ns.pairs([0, 1], [2, 2]), weight=0.4)
    SynapseGroup(name='noise_cells', synapses=2, variables=('w',))
    """

    def __init__(self, seed: int = 0, dt: str | float | None = None):
        self.seed = whole_number(seed, "network: seed =", error=ModelError)
        self._dt = None if dt is None else duration(dt, "network: dt =")
        self._dt_is_given = dt is not None
        self._populations: dict[str, Population] = {}
        self._models: dict[str, NeuronModel | OdeModel] = {}
        self._projections: dict[str, Projection] = {}
        self._connected: dict[str, SynapseGroup] = {}
        self._weights: dict[str, NDArray[np.float64]] = {}
        self._sources: dict[str, Source] = {}

    @property
    def dt(self) -> float:
        """Of a step, in ms.

        Raises
        ------
        ModelError
            If neither the builder nor a model has one yet.
        """
        if self._dt is None:
            raise ModelError("network: no model has a step; expected NetworkBuilder(dt='0.1 ms')")
        return self._dt

    def population(
        self,
        name: str,
        size: int,
        model: NeuronModel | OdeModel,
        *,
        parameters: Mapping[str, Given] | None = None,
        initial: Mapping[str, Given] | None = None,
        inputs: Mapping[str, Source] | None = None,
        learning: Rules = (),
    ) -> NeuronGroup:
        """Add neurons of one model.

        Parameters
        ----------
        name
            Names its variables: ``e.v``.
        size
            How many.
        model
            Of `ode`, or a `NeuronModel`.
        parameters, initial
            Values of constants, and of states at the start: a number, a text with a unit, an array of shape (size,),
            or a distribution.
        inputs
            What drives its driven parameters: ``{"current": ns.step_current("1 nA", "10 ms", "50 ms")}``.
        learning
            Rules for its own learned parameters.

        Raises
        ------
        ModelError
            For a name that is used, a model that is none, or values that do not fit it.
        """
        self._check_new(name, "population")
        where = f"population {name}"
        if not isinstance(model, (NeuronModel, OdeModel)):
            raise ModelError(f"{where}: model {shown(model)}; expected a model, such as ns.LIF or one of ns.ode(...)")
        size = whole_number(size, f"{where}: size", least=1, error=ModelError)
        _check_neurons(size, where)
        dt = self._step_with(model, where)
        drawn = {
            what: {
                n: values(v, stream(self.seed, what, name, n), (size,), _dimension(model, n), f"{where}: {n}")
                for n, v in by_name(given or {}, f"{where}: {what}", "{'v': '-60 mV'}", error=ModelError).items()
            }
            for what, given in (("parameters", parameters), ("initial", initial))
        }
        _check_constants(model, drawn["parameters"], where)
        plain, arrays = _plain(model, drawn["parameters"], size, dt)
        found = Population(name, size, plain, learning, arrays, drawn["initial"])
        driven = {f"{name}.{n}": s for n, s in _inputs(inputs or {}, model, plain, size, where).items()}
        self._populations[name], self._models[name], self._dt = found, model, dt
        self._sources |= driven
        return self[name]

    def source(self, name: str, source: Source) -> NeuronGroup:
        """Add neurons that spike as a source says.

        A spike of a source in one step is felt in the next, as that of a neuron is.

        Raises
        ------
        ModelError
            For a name that is used, and a source of numbers, which drives a parameter of a population: see `inputs`.
        """
        self._check_new(name, "source")
        where = f"source {name}"
        if not isinstance(source, Source):
            raise ModelError(f"{where}: {shown(source)}; expected a source, such as ns.poisson(200, rate='15 Hz')")
        if not source.is_spikes:
            raise ModelError(
                f"{where}: {source} gives numbers, no spikes; give it to a driven parameter of a population: "
                f"population(..., inputs={{'current': source}})"
            )
        self._populations[name], self._models[name] = Population(name, source.size or 1, SpikeInput), SpikeInput
        self._sources[f"{name}.x"] = source
        return self[name]

    def include(
        self,
        network: Network,
        weights: Mapping[str, NDArray[np.float64]] | None = None,
        sources: Mapping[str, Source] | None = None,
    ) -> None:
        """Add all parts of a network that is there already, such as one that was read from NIR.

        Delays stay as they are: what an input without one gets in a step is felt in that step.

        Parameters
        ----------
        network
            Its populations and projections keep their names.
        weights
            Values of its learned arrays, by name: ``"fc1.w"``; others have their first values.
        sources
            What drives its inputs, by their names, as of `drive`.

        Raises
        ------
        ModelError
            For a name that is used, a model of another step, and weights and sources that do not fit.
        """
        if not isinstance(network, Network):
            raise ModelError(f"include: network {shown(network)}; expected an ns.Network")
        first = _first_values(network, weights or {})
        for part in network.parts:
            self._check_new(part.name, "part")
        for p in network.populations:
            model = p.model_in("wake")
            self._dt = self._same_step(model, p.name)
            self._populations[p.name], self._models[p.name] = p, model
        for j in network.projections:
            self._projections[j.name] = j
            shape = first[f"{j.name}.{next(iter(j.synapse.state))}"].shape if j.synapse.state else (0,)
            self._connected[j.name] = SynapseGroup(j.name, int(np.prod(shape)), tuple(j.synapse.state), {})
        self._weights |= first
        for name, source in (sources or {}).items():
            self.drive(name, source)

    def _same_step(self, model: NeuronModel, name: str) -> float | None:
        """The step of the network, which a model that is included must have."""
        own = model.constants.get("dt")
        if None not in (own, self._dt) and own != self._dt:
            raise ModelError(
                f"include: population {name} has dt = {own:g} ms, this network {self._dt:g} ms; expected one"
            )
        return own if self._dt is None else self._dt

    def drive(self, population: Ended, source: Source) -> NeuronGroup:
        """Have a source drive an input that has none: spikes in the step in which they come, or values.

        Raises
        ------
        ModelError
            For what is no input, is driven already, or takes another kind of source.
        """
        group = self[population.name if isinstance(population, NeuronGroup) else population]
        model = self._populations[group.name].model_in("wake")
        where = f"source {group.name}"
        if not model.is_input:
            raise ModelError(
                f"{where}: {group.name} is no input; give it to a driven parameter: population(..., inputs=...)"
            )
        variable = next(n for n, v in model.params.items() if isinstance(v, Driven))
        key = f"{group.name}.{variable}"
        if key in self._sources:
            raise ModelError(f"{where}: {group.name} is driven already")
        takes = "spikes" if model.spike is not None else "values"
        if not isinstance(source, Source) or source.is_spikes != (takes == "spikes"):
            raise ModelError(f"{where}: {shown(source)}; expected a source of {takes}, such as {SUCH_AS[takes]}")
        if source.size not in (None, group.size):
            raise ModelError(f"{where}: a source for {source.size} neurons; expected one for {group.size}")
        self._sources[key] = source
        return group

    def connect(
        self,
        pre: Ended,
        post: Ended,
        wiring: WiringRule | Connectivity | None = None,
        *,
        weight: Given | None = None,
        delay: Given = 0.0,
        to: str | None = None,
        synapse: SynapseModel | EventSynapse = Dense,
        learning: Rules = (),
        parameters: Mapping[str, Given] | None = None,
        name: str | None = None,
    ) -> SynapseGroup:
        """Connect neurons.

        Parameters
        ----------
        pre, post
            What `population` and `source` gave back, or their names.
        wiring
            Which pairs have a synapse: `random`, `fixed_in_degree`, `one_to_one` and others. None for all pairs.
        weight
            First values of the synapses: a number, a text with a unit, an array, or a distribution. Needed but where
            the wiring has them (`from_matrix`).
        delay
            A time from a spike to its effect, for all or for each synapse. With 0 a spike of one step is felt in the
            next; a time of n steps adds n.
        to
            The port of `post` that it adds to; None where there is one, or where a synapse with statements says it.
        synapse, learning, parameters
            What is stored for each synapse, the rules that change it, and values of its constants. An `EventSynapse`
            has its rules itself.
        name
            Names its variables; None for ``pre_post``.

        Raises
        ------
        ModelError
            For ends, a port or a name that there is not, values that do not fit, and a wiring without a pair.
        """
        sides = [self._end(end, what) for end, what in ((pre, "pre"), (post, "post"))]
        name = self._name_between(*sides) if name is None else name
        self._check_new(name, "projection")
        where = f"projection {name}"
        port = self._port(sides[1], self._asked(synapse, sides, to, where), where)
        constants = by_name(parameters or {}, f"{where}: parameters", "{'tau': '20 ms'}", error=ModelError)
        kept = self._kept(synapse, learning, sides[1], port, constants, where)
        connectivity = self._wired(wiring, sides, name)
        shape = self._shape(connectivity, sides, where)
        _check_synapses(math.prod(shape), " x ".join(map(figure, shape)), len(kept.synapse.state), where)
        weights = self._weights_of(kept, weight, wiring, name, shape)
        projection = Projection(
            name,
            sides[0],
            sides[1],
            kept.synapse,
            kept.rules,
            connectivity=connectivity,
            port=port,
            delay=self._delays(delay, shape, name, sides[0]),
            parameters={n: self._each(v, n, name, shape, kept.parameters_in.get(n)) for n, v in constants.items()},
        )
        ends = {**{s: self._populations[s] for s in sides}, sides[1]: kept.post}
        Network(list(ends.values()), [projection])  # what does not fit is told here
        self._populations.update(ends)
        self._dt = self._step_with(synapse, where) if isinstance(synapse, EventSynapse) else self._dt
        self._projections[name] = projection
        self._weights.update(weights)
        known = {} if kept.weight is None or kept.weight_in is None else {kept.weight: kept.weight_in}
        self._connected[name] = SynapseGroup(name, int(np.prod(shape)), tuple(kept.synapse.state), known)
        return self._connected[name]

    def build(self) -> Setup:
        """Return the immutable network, with its weights and sources.

        Raises
        ------
        ModelError
            If there is no population, or parts that do not fit together.
        """
        if not self._populations:
            raise ModelError("network: it has no population; expected population(name, size, model) before")
        network = Network(tuple(self._populations.values()), tuple(self._projections.values()))
        return Setup(network, dict(self._weights), dict(self._sources), self.dt, self.seed)

    def __getitem__(self, name: str) -> NeuronGroup:
        """Return a population or source by its name.

        Raises
        ------
        ModelError
            For a name that there is not.
        """
        if not isinstance(name, str) or name not in self._populations:
            raise ModelError(f"network: no population {shown(name)}; {nearest(str(name), self._populations)}")
        p = self._populations[name]
        model = p.model_in("wake")
        spikes = [SPIKES] if model.spike is not None or model.is_input else []
        return NeuronGroup(name, p.size, (*spikes, *model.state), _dimensions(self._models[name]))

    @property
    def groups(self) -> dict[str, NeuronGroup | SynapseGroup]:
        """What `population`, `source` and `connect` gave back so far, by name."""
        return {**{n: self[n] for n in self._populations}, **self._connected}

    def draw(self, *, ax: Axes | None = None) -> Axes:
        """Draw populations and projections as of `Network.draw`.

        Raises
        ------
        ModelError
            As of `build`.
        BackendUnavailable
            Where matplotlib is missing.
        """
        return self.build().network.draw(ax=ax)

    __iter__ = None  # it is no list of populations, though they have names

    def _repr_html_(self) -> str:
        return self.build().network._repr_html_() if self._populations else ""

    def _check_new(self, name: str, what: str) -> None:
        if text(name, f"{what}: name", error=ModelError) in {**self._populations, **self._projections}:
            raise ModelError(f"{what} {name}: the network has a part of this name already")

    def _step_with(self, model: NeuronModel | OdeModel | EventSynapse, where: str) -> float | None:
        """The step of the network with one more model; None where neither has one."""
        own = model.constants.get("dt") if isinstance(model, NeuronModel) else model.dt
        if self._dt is None:
            return own
        if own not in (None, self._dt) and not self._dt_is_given:
            raise ModelError(
                f"{where}: {model.name} has dt = {own:g} ms, others have {self._dt:g} ms; "
                f"expected one, or NetworkBuilder(dt=...) for all"
            )
        return self._dt

    def _end(self, end: Ended, what: str) -> str:
        if not isinstance(end, (NeuronGroup, str)):
            raise ModelError(f"connect: {what} = {shown(end)}; expected a population or a source, or its name")
        own = self[end.name if isinstance(end, NeuronGroup) else end]
        if isinstance(end, NeuronGroup) and end.size != own.size:
            raise ModelError(
                f"connect: {what} = {end.name} of {end.size} neurons; that of this network has {own.size}, "
                f"so it is of another one"
            )
        return own.name

    def _name_between(self, pre: str, post: str) -> str:
        """``pre_post``, or with a number behind it where that is used."""
        first = f"{pre}_{post}"
        names = chain([first], (f"{first}_{k}" for k in count(2)))
        return next(n for n in names if n not in {**self._populations, **self._projections})

    def _port(self, post: str, port: str | None, where: str) -> str:
        ports = self._populations[post].model_in("wake").ports
        if not ports:
            raise ModelError(f"{where}: {post} is a source; expected a population as post")
        if port is None and len(ports) > 1:
            raise ModelError(
                f"{where}: {post} has ports {', '.join(ports)}; expected to='{ports[0]}' or another of them"
            )
        port = ports[0] if port is None else port
        if port not in ports:
            raise ModelError(f"{where}: {post} has no port '{port}'; {nearest(str(port), ports)}")
        return port

    def _asked(
        self, synapse: SynapseModel | EventSynapse, sides: Sequence[str], to: str | None, where: str
    ) -> str | None:
        """The port that is asked for: by `to`, or by the statement of a synapse that adds to a variable."""
        if not isinstance(synapse, (SynapseModel, EventSynapse)):
            raise ModelError(
                f"{where}: synapse {shown(synapse)}; expected ns.Dense, another, or one of ns.synapse(...)"
            )
        if isinstance(synapse, EventSynapse):
            return port_of(synapse, self._populations[sides[0]], self._models[sides[1]], to, where)
        return to

    def _kept(
        self,
        synapse: SynapseModel | EventSynapse,
        learning: Rules,
        post: str,
        port: str,
        parameters: Collection[str],
        where: str,
    ) -> AtSynapses:
        """What is kept at the synapses of a projection."""
        population, port_in = self._populations[post], _dimension(self._models[post], port)
        if not isinstance(synapse, EventSynapse):
            return AtSynapses(synapse, learning, population, next(iter(synapse.state)), port_in)
        if learning:
            raise ModelError(f"{where}: learning given; the statements of synapse {synapse.name} are its rule")
        return kept_on_spikes(synapse, population, self._step_with(synapse, where), port, port_in, parameters, where)

    def _weights_of(
        self, kept: AtSynapses, weight: Given | None, wiring: object, name: str, shape: tuple[int, ...]
    ) -> dict[str, NDArray[np.float64]]:
        """First values of the first variable of the synapses of a projection, under its name."""
        where = f"projection {name}"
        if kept.weight is None:
            if weight is not None:
                raise ModelError(f"{where}: a weight is given, but no statement of {kept.synapse.name} has a 'w'")
            return {}
        found = self._each(_weight(weight, wiring, where), "weight", name, shape, kept.weight_in)
        return {f"{name}.{kept.weight}": np.broadcast_to(np.float64(found), shape)}

    def _wired(self, wiring: WiringRule | Connectivity | None, sides: Sequence[str], name: str) -> Connectivity:
        rule = AllToAll() if wiring is None else wiring
        if not isinstance(rule, WiringRule):
            if isinstance(rule, type) or not hasattr(rule, "indices"):
                called = ", called with its arguments" if callable(rule) else ""
                raise ModelError(f"projection {name}: wiring {shown(rule)}; expected such as ns.random(p=0.1){called}")
            return rule
        pre, post = (self._populations[s].size for s in sides)
        ends = Sides(pre, post, sides[0] == sides[1], f"projection {name}")
        expected = rule.expected(ends)
        _check_synapses(expected, f"about {figure(expected)}", 2, ends.where)  # two indices and a weight
        return rule.draw(stream(self.seed, "wiring", name), ends)

    def _shape(self, connectivity: Connectivity, sides: Sequence[str], where: str) -> tuple[int, ...]:
        """Of the learned arrays of a projection."""
        check_connectivity(connectivity, where)
        pre, post = (self._populations[s].size for s in sides)
        wiring = wiring_of(connectivity, pre, post, where)
        return (pre, post) if wiring is None else (len(wiring),)

    def _each(
        self, given: Given, what: str, name: str, shape: tuple[int, ...], dimension: Dimension | None
    ) -> float | NDArray[np.float64]:
        """What is given for the synapses of a projection, drawn from a stream of its own."""
        return values(given, stream(self.seed, what, name), shape, dimension, f"projection {name}: {what}")

    def _delays(self, delay: Given, shape: tuple[int, ...], name: str, pre: str) -> int | Delays | None:
        """Steps from that in which a neuron spikes to that in which it is felt; None for 1 from a population."""
        times = self._each(delay, "delay", name, shape, MILLISECONDS)
        if np.min(times) < 0:
            raise ModelError(f"projection {name}: delay of {np.min(times):g} ms; expected 0 or more")
        from_source = self._populations[pre].model_in("wake").is_input
        if isinstance(times, float) and not times and not from_source:
            return None
        if np.max(times) > (longest := (LONGEST - 1) * self.dt):
            raise ModelError(f"projection {name}: delay of {np.max(times):g} ms; expected at most {longest:g} ms")
        if len(shape) > 1 and np.ndim(times):
            raise ModelError(
                f"projection {name}: a delay for each synapse, but it connects all to all; expected one delay, or a "
                f"wiring with a list of pairs, such as ns.random(p=1)"
            )
        steps = np.rint(np.asarray(times) / self.dt).astype(np.int64) + 1
        return int(steps) if steps.ndim == 0 else Delays(steps)


SUCH_AS = {"spikes": "ns.poisson(20, rate='100 Hz')", "values": "ns.current('1')"}
"""Sources of each kind."""


def _first_values(network: Network, weights: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """The learned arrays of a network, with those that are given in their places."""
    learned = network.learned()
    for name in weights:
        if name not in learned:
            raise ModelError(f"include: weights: the network has no '{name}'; {nearest(str(name), learned)}")
    found = {
        n: np.asarray(weights[n], float) if n in weights else np.full(v.shape, v.initial) for n, v in learned.items()
    }
    for name, variable in learned.items():
        if found[name].shape != variable.shape:
            raise ModelError(f"include: weights: {name} has shape {found[name].shape}; expected {variable.shape}")
    return found


def _check_neurons(size: int, where: str) -> None:
    """Refuse neurons that fit no memory, before anything is drawn for them."""
    if size > MOST_NEURONS:
        raise ModelError(f"{where}: size = {figure(size)}; at most {MOST_NEURONS:,} neurons are possible")
    check_memory([MemoryPart(f"its {figure(size)} neurons", NUMBER * size)], where, ModelError)


def _check_synapses(count: int, what: str, numbers: int, where: str) -> None:
    """Refuse synapses that fit no memory, before anything is drawn for them; each has so many numbers."""
    check_memory([MemoryPart(f"its {what} synapses", NUMBER * count * numbers)], where, ModelError)


def _plain(
    model: NeuronModel | OdeModel, parameters: Mapping[str, Number], size: int, dt: float | None
) -> tuple[NeuronModel, Mapping[str, Number]]:
    """The model in steps of the network, with the parameters that differ from neuron to neuron."""
    if isinstance(model, OdeModel):
        return model.discretised(parameters, size, dt)
    if "dt" in model.constants and dt is not None:
        model = model(dt=dt)
    return model, parameters


def _check_constants(model: NeuronModel | OdeModel, parameters: Collection[str], where: str) -> None:
    """Refuse values for what a stimulus sets: nobody would read them."""
    for n in parameters:
        if isinstance(model.params.get(n), Driven):
            raise ModelError(f"{where}: parameters: {n} is driven; expected inputs={{'{n}': ns.current(...)}}")


def _inputs(
    given: Mapping[str, Source], model: NeuronModel | OdeModel, plain: NeuronModel, size: int, where: str
) -> dict[str, Source]:
    """What drives parameters of a population, checked against its model."""
    inputs = by_name(given, f"{where}: inputs", "{'current': source}", error=ModelError)
    driven = [n for n, v in plain.params.items() if isinstance(v, Driven)]
    for variable, source in inputs.items():
        what = f"{where}: inputs: {variable}"
        if variable not in driven:
            raise ModelError(f"{what}: no driven parameter of {plain.name}; {nearest(variable, driven)}")
        if not isinstance(source, Source) or source.is_spikes:
            raise ModelError(f"{what} = {shown(source)}; expected a source of numbers, such as ns.step_current(...)")
        if source.size not in (None, size):
            raise ModelError(f"{what}: a source for {source.size} neurons; expected one for {size}")
        dimension = _dimension(model, variable)
        if source.measured_in is not None and dimension not in (None, source.measured_in):
            raise ModelError(f"{what}: a unit of {source.measured_in}; expected one of {dimension}")
    return dict(inputs)


def _weight(given: Given | None, wiring: object, where: str) -> Given:
    """The weights, or those that the wiring has."""
    if given is not None:
        return given
    if isinstance(wiring, MatrixWiring):
        return wiring.weights
    raise ModelError(f"{where}: no weight; expected weight='1 mV', a number, an array or ns.normal(...)")


def _dimension(model: NeuronModel | OdeModel, name: str) -> Dimension | None:
    return model.dimension_of(name) if isinstance(model, OdeModel) else None


def _dimensions(model: NeuronModel | OdeModel) -> dict[str, Dimension]:
    """What the variables of a model are measured in, as far as that is known."""
    if not isinstance(model, OdeModel):
        return {}
    found = {n: model.dimension_of(n) for n in model.derivatives}
    return {n: d for n, d in found.items() if d is not None}

"""A graph becomes a network: populations, projections and biases, each with what was done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from neurosim.errors import InputError
from neurosim.interchange.nir import neurons
from neurosim.interchange.nir.choices import OF_A_NODE, Choices, is_choice
from neurosim.interchange.nir.depth import Alignment, Way, timing
from neurosim.interchange.nir.graphs import linear
from neurosim.interchange.nir.graphs.flat import Flat, flattened, ways
from neurosim.interchange.nir.graphs.graph import DEFAULTS, OUR_KEY, Graph, Node
from neurosim.interchange.nir.graphs.primitives import LINEAR, NEURONS
from neurosim.interchange.nir.imported import Imported
from neurosim.interchange.nir.importing.names import free, part_name, part_names
from neurosim.interchange.nir.importing.projections import (
    WEIGHTLESS,
    Array,
    Connected,
    connected,
    delay_steps,
    is_rounded,
)
from neurosim.interchange.nir.neurons import BIAS, LATE_BIAS, READOUT, Form
from neurosim.interchange.nir.report import Remark, Report
from neurosim.model.connectivity import Delays, Pairs
from neurosim.model.connectivity.delays import LONGEST
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, SpikeInput
from neurosim.program.memory.footprint import MOST_NEURONS, NUMBER, MemoryPart, check_memory, figure

MOST_IN_A_NAME = 3
"""Nodes after which a projection is called; with more it is called after its populations."""


def imported(graph: Graph, choices: Choices, title: str = "NIR graph") -> Imported:
    """The network of a graph.

    Raises
    ------
    InputError
        For a graph that does not fit together.
    ModelError
        For parameters that a neuron cannot have.
    UnsupportedFeature
        For what neurosim has no word for.
    """
    return _Import(graph, choices, title).result()


@dataclass
class _Import:
    """One graph on its way to a network."""

    graph: Graph
    choices: Choices
    title: str

    def __post_init__(self) -> None:
        self.remarks: list[Remark] = []
        self.parts: dict[str, str] = {}
        self.weights: dict[str, Array] = {}
        self.nodes: dict[str, tuple[str, ...]] = {}

    @cached_property
    def flat(self) -> Flat:
        flat = flattened(self.graph)
        _check_sizes(flat)
        self.remarks += [Remark("graph", text) for text in flat.remarks]
        flat = _with_relays(flat) if self.choices.chains == "relayed" else flat
        for name, node in flat.nodes.items():
            if node.kind == "Delay" and is_rounded(flat, name, self.choices):
                self.remarks.append(Remark(name, f"delays are rounded to whole steps of {self.choices.dt:g} ms"))
        return flat

    @cached_property
    def stations(self) -> dict[str, str]:
        """The kind of each node that becomes a population: inputs first."""
        kinds = {n: self._kind(n) for n in self.flat.nodes}
        return {n: k for n, k in sorted(kinds.items(), key=lambda item: item[1] != "Input") if k}

    def _kind(self, name: str) -> str:
        node = self.flat.nodes[name]
        if self.flat.is_inner(name):
            return ""
        if node.kind == "Output":
            ends = [a for a, b in self.flat.edges if b == name]
            return READOUT if any(self.flat.nodes[a].kind in LINEAR or self.flat.is_inner(a) for a in ends) else ""
        return node.kind if node.kind in (*NEURONS, "Input", READOUT) else ""

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of each population, by that of its node."""
        return part_names(self.stations)

    @cached_property
    def ways(self) -> list[Way]:
        found = []
        for source, kind in self.stations.items():
            for between, target in ways(self.flat, source, self.stations):
                if self.stations[target] == "Input":
                    raise InputError(f"edge to node {target}, an Input; expected none")
                steps = [delay_steps(self.flat, n, self.choices) for n in between if self._is(n, "Delay")]
                soonest = sum(int(s.min()) for s in steps)
                at_once = kind == "Input" and all(s.min() == s.max() for s in steps)  # delays of synapses are 1 or more
                found.append(Way(source, target, between, soonest, at_once))
        return found

    def _is(self, name: str, kind: str) -> bool:
        return self.flat.nodes[name].kind == kind

    @cached_property
    def timing(self) -> Alignment:
        return timing(list(self.stations), self.ways, {n: self._written(n, "depth") for n in self.stations})

    def _written(self, name: str, key: str) -> int:
        """A whole number that a file of ours has at a node; 0 where it has none."""
        found = _ours(self.flat.nodes[name]).get(key, 0)
        whole = isinstance(found, (int, float, np.number, np.ndarray)) and np.ndim(found) == 0 and 0 <= found < LONGEST
        return int(found) if whole else 0

    def result(self) -> Imported:
        """The network, and all that is known of it."""
        if set(self.stations.values()) <= {"Input"}:
            raise InputError("the graph has no neurons")
        projections = [p for way in self.ways if (p := self._projection(way)) is not None]
        populations = [self._population(n) for n in self.stations]
        self._tell_outputs()
        report = Report(self.title, self.choices, self.parts, self.remarks)
        lag = {self.names[n]: self.timing.depth[n] for n in self.stations}
        network = Network(populations, projections)
        return Imported(network, self.weights, report, self.graph, self.choices, self.nodes, lag)

    # populations

    def _population(self, name: str) -> Population:
        kind, part = self.stations[name], self.names[name]
        size = self.flat.size(name)
        self.nodes[part] = (name,)
        if kind == "Input":
            self.parts[part] = f"{size:,} inputs, {self.choices.input}"
            return Population(part, size, SpikeInput if self.choices.input == "events" else Clamp)
        node = self.flat.nodes[name]
        form, steps = self._form(name, kind)
        values = {n: self._values(node, n, size, name) for n in neurons.fields_of(kind)}
        self._tell(part, form, steps, size, values)
        for variable, found in self.biases[name].items():
            self.weights[f"{part}.{variable}"] = found
        return Population(part, size, neurons.model(form, steps, self.choices.dt), parameters=values)

    def _values(self, node: Node, field: str, size: int, name: str) -> float | Array:
        """A parameter: one number where all neurons have the same."""
        if field not in node.values:  # of a graph that was made in Python
            return DEFAULTS[field]
        found = linear.each(node, field, size, name)
        if field.startswith("tau") and not found.min() > 0:
            raise InputError(f"node {name}: {field} = {found.min():g} s; expected a time above 0")
        return float(found[0]) if (found == found[0]).all() else found

    def _form(self, name: str, kind: str) -> tuple[Form, int]:
        """The equations of a population, and the steps for which it waits."""
        biases = self.biases[name]
        own = {n: getattr(self._choices_of(name), n) for n in neurons.relevant(kind)}
        depth = self.timing.depth[name]
        steps = depth if self.choices.bias == "aligned" and (biases or self._moves_alone(name, kind, own)) else 0
        if "waits" in _ours(self.flat.nodes[name]) and self.choices.origin.get("bias") != "argument":
            steps = self._written(name, "waits")
        return Form(kind, **own, bias=BIAS in biases, late_bias=LATE_BIAS in biases, waits=steps > 0), steps

    def _choices_of(self, name: str) -> Choices:
        """The choices of a node: a file of ours has some at each, which count where the caller leaves them open."""
        origin = self.choices.origin
        ours = _ours(self.flat.nodes[name])
        written = {n: ours[n] for n in OF_A_NODE if origin.get(n) != "argument" and is_choice(n, ours.get(n))}
        return replace(self.choices, **written)

    def _moves_alone(self, name: str, kind: str, own: Mapping[str, str]) -> bool:
        """Whether a neuron leaves its rest, or spikes, with nothing coming in."""
        node = self.flat.nodes[name]
        leaks = "v_leak" in node.values and bool((node.array("v_leak") != 0).any())
        if kind not in neurons.SPIKING:
            return leaks
        threshold = node.array(neurons.threshold_of(kind))
        return leaks or bool((threshold < 0).any() or (own["threshold"] == "at" and (threshold == 0).any()))

    def _tell(self, part: str, form: Form, steps: int, size: int, values: Mapping[str, Any]) -> None:
        own = ", ".join(sorted(n for n, v in values.items() if np.ndim(v)))
        lag = self.timing.depth[self.nodes[part][0]]
        text = f"{size:,} neurons, {form.kind}"
        text += f"; {own} of each neuron" if own else ""
        text += f"; {_steps(lag)} behind NIR's consumers" if lag else ""
        text += ", and begins so much later" if steps else ""
        self.parts[part] = text
        different = {n: v for n, v in form.choices().items() if v != getattr(self.choices, n)}
        if different:
            self.remarks.append(Remark(part, "its file says " + ", ".join(f"{n} {v}" for n, v in different.items())))
        if lag and form.bias and not steps:
            self.remarks.append(Remark(part, f"its bias acts {_steps(lag)} before what comes in with it"))

    # biases

    @cached_property
    def biases(self) -> dict[str, dict[str, Array]]:
        """The biases of each population, those that act a step later apart."""
        found: dict[str, dict[str, Array]] = {n: {} for n in self.stations}
        for name, node in self.flat.nodes.items():
            value = linear.bias_of(node, self.flat.shapes.get(name, ())) if node.kind in LINEAR else None
            if value is None:
                continue
            for between, target in ways(self.flat, name, self.stations):
                variable = LATE_BIAS if self._is_late(name, target) else BIAS
                there = self._behind(value, name, between)
                before = found[target].get(variable)
                found[target][variable] = there if before is None else before + there
        return found

    def _is_late(self, name: str, target: str) -> bool:
        if self.choices.feedback_bias == "at-once":
            return False
        through = [w for w in self.ways if name in w.between and w.target == target]
        return bool(through) and all(w in self.timing.back for w in through)

    def _behind(self, value: Array, name: str, between: tuple[str, ...]) -> Array:
        """What comes of a bias behind further nodes."""
        before = name
        for n in between:
            if self._is(n, "Delay"):
                self.remarks.append(Remark(n, f"the bias of {name} passes a delay; here it acts from the start"))
            elif self.flat.nodes[n].kind not in WEIGHTLESS:
                value = np.asarray(linear.matrix(self.flat.nodes[n], self.flat.shapes[before], n) @ value)
            before = n
        if not np.isfinite(value).all():
            raise InputError(f"node {name}: its bias is not finite behind {', '.join(between)}")
        return value

    # projections

    def _projection(self, way: Way) -> Projection | None:
        synapses = connected(self.flat, way.source, way.between, self.choices)
        between = tuple(n for n in way.between if not self.flat.is_inner(n))
        pre, post = self.names[way.source], self.names[way.target]
        if synapses is None:
            self.remarks.append(Remark(f"{pre} to {post}", f"{', '.join(between)} connect nothing"))
            return None
        name = self._name_of(between, pre, post)
        self.nodes[name] = between
        self.weights[f"{name}.w"] = synapses.weights
        self.parts[name] = self._told(way, between, synapses)
        if late := self.timing.late(way):
            self.remarks.append(
                Remark(name, f"a way back through other layers: {_steps(late)} later than NIR's consumers")
            )
        delay = self._delay(way, synapses, name)
        return Projection(name, pre, post, connectivity=synapses.connectivity, delay=delay)

    def _name_of(self, between: tuple[str, ...], pre: str, post: str) -> str:
        short = 0 < len(between) <= MOST_IN_A_NAME
        name = part_name("_".join(between)) if short else f"{pre}_{post}"
        return free(name, {*self.names.values(), *self.nodes})

    def _delay(self, way: Way, synapses: Connected, name: str) -> int | Delays | None:
        steps = self.timing.shift(way) + synapses.steps
        if np.max(steps) > LONGEST:
            raise InputError(f"projection {name}: a delay of {np.max(steps):,} steps; at most {LONGEST:,} can be kept")
        if isinstance(steps, np.ndarray):
            return Delays(steps)
        return None if steps == self._shortest(way) else int(steps)

    def _shortest(self, way: Way) -> int:
        """The steps of a projection without a delay."""
        return 0 if self.stations[way.source] == "Input" else 1

    def _told(self, way: Way, between: tuple[str, ...], synapses: Connected) -> str:
        kinds = " x ".join(self.flat.nodes[n].kind for n in reversed(between)) or "an edge"
        count = synapses.weights.size
        text = f"{self.names[way.source]} to {self.names[way.target]}, {kinds}, {count:,} synapses"
        weighted = [n for n in between if self.flat.nodes[n].kind not in WEIGHTLESS]
        if len(weighted) > 1:
            text += ", multiplied"
        if isinstance(synapses.connectivity, Pairs):
            text += f", unrolled: {len(np.unique(synapses.weights)):,} different weights"
        if way in self.timing.back:
            text += "; a way back"
        steps = self.timing.shift(way) + synapses.steps
        if np.ndim(steps) or steps != self._shortest(way):
            text += f"; delay {np.min(steps)}" + (f" to {np.max(steps)}" if np.ndim(steps) else "") + " steps"
        return text

    def _tell_outputs(self) -> None:
        for name, node in self.flat.nodes.items():
            if node.kind == "Output" and not self.flat.is_inner(name) and name not in self.stations:
                sources = [self.names[a] for a, b in self.flat.edges if b == name and a in self.names]
                if sources:
                    self.remarks.append(Remark("graph", f"Output {name} is what {', '.join(sources)} puts out"))


ARRAYS = 8
"""Of as many numbers as a node puts out: the least that a population and a projection to it have."""


def _check_sizes(flat: Flat) -> None:
    """Refuse what fits no memory, before anything is allocated for it."""
    sizes = {n: math.prod(shape) for n, shape in flat.shapes.items()}
    for name, size in sizes.items():
        if size > MOST_NEURONS:
            raise InputError(f"node {name}: {figure(size)} values; at most {MOST_NEURONS:,} neurons are possible")
    parts = [MemoryPart(f"the {figure(size)} values of node {n}", ARRAYS * NUMBER * size) for n, size in sizes.items()]
    check_memory(parts, "the graph")


def _steps(count: int) -> str:
    return f"{count} step{'s' * (count > 1)}"


def _ours(node: Node) -> Mapping[str, Any]:
    """What neurosim has written at a node."""
    found = node.metadata.get(OUR_KEY, {})
    return found if isinstance(found, Mapping) else {}


def _with_relays(flat: Flat) -> Flat:
    """The same with a population behind each weighted linear node that another linear node follows."""
    nodes, edges = dict(flat.nodes), list(flat.edges)
    for name, node in flat.nodes.items():
        onward = [t for t in flat.after[name] if flat.nodes[t].kind in LINEAR]
        if node.kind not in LINEAR or node.kind in WEIGHTLESS or not onward:
            continue
        relay = free(f"{name}_relay", nodes)
        nodes[relay] = Node(READOUT, {})
        edges = [(relay, b) if a == name and b in onward else (a, b) for a, b in edges] + [(name, relay)]
    return Flat(nodes, tuple(edges), flat.remarks)

"""A network becomes a graph: NIR's own models exactly, those of the library by what a consumer does in a step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import real_array, shown
from neurosim.errors import InputError, ModelError, nearest
from neurosim.interchange.nir.choices import Choices, chosen
from neurosim.interchange.nir.depth import Alignment, Way, timing
from neurosim.interchange.nir.exporting.library import Written, written
from neurosim.interchange.nir.graphs.graph import OUR_KEY, Graph, Node, NoWord, Value
from neurosim.interchange.nir.imported import Imported
from neurosim.interchange.nir.importing.names import free
from neurosim.interchange.nir.neurons import BIAS, LATE_BIAS, READOUT
from neurosim.interchange.nir.report import Remark, Report
from neurosim.model.connectivity import AllToAll, Delays, OneToOne, wiring_of
from neurosim.model.network import Network, Population, Projection
from neurosim.model.units import MILLISECONDS, inside
from neurosim.program.memory.footprint import NUMBER, MemoryPart, check_memory

Array = NDArray[np.float64]
MAY_BE_LOST = ("rules", "ties")
GAINS = ("folded", "kept")
DTYPES = ("float32", "float64")
MODE = "wake"


@dataclass(frozen=True)
class Wishes:
    """How a graph is to be written, as of `neurosim.interchange.nir.traffic.write`; dt in ms."""

    dt: float | None
    gain: str | None
    dtype: str
    leave_out: frozenset[str]

    @classmethod
    def of(cls, dt: str | float | None, gain: str | None, dtype: str, leave_out: Collection[str]) -> Wishes:
        """The same, checked.

        Raises
        ------
        ModelError
            For a value that there is not.
        """
        for name, value, allowed in (("gain", gain or "kept", GAINS), ("dtype", dtype, DTYPES)):
            if value not in allowed:
                raise ModelError(f"nir: {name} = {shown(value)}; {nearest(str(value), allowed)}")
        lost = [leave_out] if isinstance(leave_out, str) else list(leave_out)
        for value in lost:
            if value not in MAY_BE_LOST:
                raise ModelError(f"nir: leave_out = {shown(value)}; {nearest(str(value), MAY_BE_LOST)}")
        step = None if dt is None else inside(dt, MILLISECONDS, "nir: dt =")
        if step is not None and not step > 0:
            raise ModelError(f"nir: dt = {shown(dt)}; expected a time above 0")
        return cls(step, gain, dtype, frozenset(lost))


def exported(
    network: Network | Imported, weights: Mapping[str, NDArray[Any]] | None, wishes: Wishes
) -> tuple[Graph, Report]:
    """The graph of a network, and what was done.

    Raises
    ------
    UnsupportedFeature
        For what NIR has no word for.
    InputError
        For weights that do not fit the network.
    """
    if isinstance(network, Imported):
        values = network.weights if weights is None else checked(network.network, weights)
        if wishes.dt is None and wishes.gain is None and (graph := unchanged(network, values)) is not None:
            return graph, Report("export to NIR", network.choices, network.report.parts, [AS_IT_WAS])
        return _Export(network.network, values, wishes).result()
    if not isinstance(network, Network):
        raise ModelError(f"nir: network {shown(network)}; expected an ns.Network, or what ns.nir.read gave back")
    return _Export(network, checked(network, weights or {}), wishes).result()


AS_IT_WAS = Remark("graph", "its nodes are as they were read, but for weights that were changed since")


def checked(network: Network, weights: Mapping[str, NDArray[Any]]) -> dict[str, Array]:
    """A value for each learned array of a network: the given one, or its first one.

    Raises
    ------
    InputError
        For an array that the network does not have, or one of another shape or not finite.
    """
    learned = network.learned()
    for name in weights:
        if name not in learned:
            raise InputError(f"nir: weights: the network has no '{name}'; {nearest(str(name), learned)}")
    found = {}
    for name, variable in learned.items():
        given = weights.get(name)
        array = (
            np.full(variable.shape, variable.initial) if given is None else real_array(given, f"nir: weights: {name}")
        )
        if array.shape != variable.shape or not np.isfinite(array).all():
            raise InputError(
                f"nir: weights: {name} has shape {array.shape}; expected finite numbers of shape {variable.shape}"
            )
        found[name] = array
    return found


def unchanged(imported: Imported, weights: Mapping[str, Array]) -> Graph | None:
    """The graph that was read, with weights that have changed since in their nodes; None if no node can have them."""
    new = {n: w for n, w in weights.items() if not np.array_equal(w, imported.weights[n])}
    nodes: dict[str, Any] = dict(imported.graph.nodes)
    for name, array in new.items():
        owner, _, variable = name.partition(".")
        made_of = imported.nodes[owner]
        node = nodes.get(made_of[0]) if len(made_of) == 1 else None
        if variable != "w" or not isinstance(node, Node) or node.kind not in ("Affine", "Linear", "Scale"):
            return None
        field, value = ("scale", array) if node.kind == "Scale" else ("weight", array.T)
        nodes[made_of[0]] = replace(node, values={**node.values, field: _like(value, node.values[field])})
    metadata = {**imported.graph.metadata, OUR_KEY: imported.choices.as_data()}
    return Graph(nodes, imported.graph.edges, metadata)


def _like(value: Array, before: Value) -> NDArray[Any]:
    assert not isinstance(before, str)
    return value.reshape(before.shape).astype(before.dtype if before.dtype.kind == "f" else np.float64)


class _Export:
    """One network on its way to a graph."""

    def __init__(self, network: Network, weights: Mapping[str, Array], wishes: Wishes):
        self.network, self.weights, self.wishes = network, weights, wishes
        self.nodes: dict[str, Node] = {}
        self.edges: list[tuple[str, str]] = []
        self.remarks: list[Remark] = []
        self.parts: dict[str, str] = {}
        self._check()
        self.written = {p.name: self._written(p) for p in network.populations if not p.model_in(MODE).is_input}
        self.choices = self._choices()
        self.timing = self._timing()

    def _check(self) -> None:
        """Refuse what NIR has no word for, by name."""
        for part in self.network.parts:
            for rule in part.rules_in(MODE):
                where = f"{'projection' if isinstance(part, Projection) else 'population'} {part.name}"
                if "rules" not in self.wishes.leave_out:
                    raise NoWord(
                        f"{where}: rule {rule.name}: NIR has no word for learning; leave_out 'rules' writes the rest"
                    )
                self.remarks.append(Remark(part.name, f"rule {rule.name} is left out"))
        for j in self.network.projections:
            self._check_projection(j)

    def _check_projection(self, j: Projection) -> None:
        where = f"projection {j.name}"
        if j.is_reciprocal_in(MODE):
            if "ties" not in self.wishes.leave_out:
                raise NoWord(
                    f"{where} delivers in both directions: NIR has no word for weights that are tied; "
                    "leave_out 'ties' writes each direction with weights of its own"
                )
            self.remarks.append(Remark(j.name, "each direction has weights of its own"))
        first = next(iter(j.synapse.state), None)
        if first is None or j.synapse.weight != first:
            raise NoWord(f"{where}: synapse {j.synapse.name} delivers {j.synapse.weight}: NIR has a plain weight alone")
        post = self.network.population(j.post).model_in(MODE)
        if len(post.ports) > 1:
            raise NoWord(f"{where}: {j.post} has ports {', '.join(post.ports)}: NIR's neurons have one input")

    def _written(self, p: Population) -> Written:
        found = written(p, MODE, self.weights, self.wishes.dt, self.wishes.gain)
        self.remarks += [Remark(p.name, text) for text in found.remarks]
        return found

    def _choices(self) -> Choices:
        """What the graph says of itself: the choices that all of its populations share, else the first one's."""
        found: dict[str, Any] = {}
        for w in self.written.values():
            for name, value in w.choices.items():
                found.setdefault(name, value)
        inputs = [p.model_in(MODE) for p in self.network.populations if p.model_in(MODE).is_input]
        found["input"] = "events" if all(m.spike for m in inputs) else "values"
        own = chosen(found, {})
        origin = {n: "network" if n in found else "default" for n in own.origin}
        return replace(own, origin=origin)

    def _timing(self) -> Alignment:
        names = [p.name for p in self.network.populations]
        names.sort(key=lambda n: n in self.written)
        self.ways = {j.name: Way(j.pre, j.post, (j.name,), 0, j.pre not in self.written) for j in self._directions()}
        return timing(names, self.ways.values())

    def _directions(self) -> list[Projection]:
        """The projections, and those backwards of tied ones as of their own."""
        found = []
        for j in self.network.projections:
            found.append(j)
            if j.is_reciprocal_in(MODE):
                names = {*self.network.names, *(k.name for k in found)}
                found.append(replace(j, name=free(f"{j.name}_back", names), pre=j.post, post=j.pre, reciprocal=False))
        return found

    def result(self) -> tuple[Graph, Report]:
        """The graph, and what was done."""
        for p in self.network.populations:
            self._put_population(p)
        carriers = self._carriers()
        for j in self._directions():
            self._put_projection(j, carriers.get(j.name, ()))
        self._put_outputs()
        graph = Graph(self.nodes, tuple(self.edges), {OUR_KEY: self.choices.as_data()})
        return graph, Report("export to NIR", self.choices, self.parts, self.remarks)

    def _put_population(self, p: Population) -> None:
        if p.name not in self.written:
            self.nodes[p.name] = Node("Input", {"shape": np.array([p.size])})
            self.parts[p.name] = f"{p.size:,} inputs"
            return
        w = self.written[p.name]
        depth = self.timing.depth[p.name]
        ours = {**w.choices, "depth": depth, "waits": w.waits}
        if w.kind == READOUT:
            self.parts[p.name] = f"{p.size:,} sums, which an Output has"
            self.nodes[p.name] = Node("Output", {"shape": np.array([p.size])}, {OUR_KEY: ours})
            return
        values = {n: self._narrow(np.broadcast_to(v, p.size), f"{p.name}.{n}") for n, v in w.values.items()}
        self.nodes[p.name] = Node(w.kind, values, {OUR_KEY: ours})
        self.parts[p.name] = f"{p.size:,} neurons, {w.kind}"
        if depth:
            self.remarks.append(Remark(p.name, f"consumers without a delay have its spikes {depth} steps earlier"))

    def _narrow(self, values: NDArray[Any], what: str) -> NDArray[Any]:
        """Numbers in the type that is asked for; what is rounded is told."""
        found = np.ascontiguousarray(values, dtype=self.wishes.dtype)
        if not np.isfinite(found).all():
            raise InputError(f"nir: {what} is too large for {self.wishes.dtype}")
        if (largest := float(np.abs(found.astype(np.float64) - values).max(initial=0))) > 0:
            owner = what.partition(".")[0]
            self.remarks.append(Remark(owner, f"{what} rounded to {self.wishes.dtype}, by {largest:.2g} at most"))
        return found

    # biases

    def _carriers(self) -> dict[str, tuple[str, ...]]:
        """The biases that the node of each projection has beside its weights, by the projection's name."""
        found: dict[str, tuple[str, ...]] = {}
        for name, w in self.written.items():
            into = [j for j in self._directions() if j.post == name]
            forward = [j for j in into if self.ways[j.name] not in self.timing.back]
            backward = [j for j in into if self.ways[j.name] in self.timing.back]
            for variable, chosen_from in ((BIAS, forward or backward), (LATE_BIAS, backward)):
                if variable not in w.biases:
                    continue
                if not chosen_from:
                    raise NoWord(f"population {name} has a bias and no projection to it: NIR has biases at those alone")
                carrier = min(chosen_from, key=lambda j: isinstance(j.connectivity, OneToOne))
                found[carrier.name] = (*found.get(carrier.name, ()), variable)
        return found

    # projections

    def _put_projection(self, j: Projection, biases: tuple[str, ...]) -> None:
        w = self.written[j.post]
        array = self._weights(j)
        node = self._node(j, array * w.gain_of_weights, [np.asarray(w.biases[b] * w.gain_of_weights) for b in biases])
        chain = [n for n in (*self._delays(j), None) if n is not None]
        before = j.pre
        if node is not None:
            self.nodes[j.name] = node
            chain.append((j.name, node))
        for name, made in chain:
            self.nodes[name] = made
            self.edges.append((before, name))
            before = name
        if before == j.pre and (before, j.post) in self.edges:
            raise NoWord(f"projection {j.name}: a second edge from {j.pre} to {j.post}: NIR has one of them")
        self.edges.append((before, j.post))
        self.parts[j.name] = f"{j.pre} to {j.post}, {node.kind if node else 'an edge'}"

    def _weights(self, j: Projection) -> Array:
        """The weights of a direction, in the shape of its connectivity; of one backwards turned round."""
        first = next(iter(j.synapse.state))
        own = f"{j.name}.{first}"
        if own in self.weights:
            return self.weights[own]
        forwards = next(k for k in self.network.projections if k.post == j.pre and j.name.startswith(f"{k.name}_back"))
        found = self.weights[f"{forwards.name}.{first}"]
        return found.T if isinstance(j.connectivity, AllToAll) else found

    def _node(self, j: Projection, weights: Array, biases: list[Array]) -> Node | None:
        """The node of a projection; None where an edge does."""
        if isinstance(j.connectivity, OneToOne) and not biases:
            return None if (weights == 1).all() else Node("Scale", {"scale": self._narrow(weights, f"{j.name}.w")})
        matrix = weights.T if isinstance(j.connectivity, AllToAll) else self._full(j, weights)
        values = {"weight": self._narrow(matrix, f"{j.name}.w")}
        if not biases:
            return Node("Linear", values)
        size = self.network.population(j.post).size
        bias = sum(np.broadcast_to(b, size) for b in biases)
        return Node("Affine", {**values, "bias": self._narrow(np.asarray(bias), f"{j.post}.bias")})

    def _full(self, j: Projection, weights: Array) -> Array:
        """Pairs as a matrix of shape (post, pre)."""
        pre, post = (self.network.population(n).size for n in (j.pre, j.post))
        check_memory([MemoryPart("its matrix", NUMBER * pre * post)], f"nir: projection {j.name}")
        forwards = j.name in self.network.names
        wiring = wiring_of(j.connectivity, *((pre, post) if forwards else (post, pre)), f"projection {j.name}")
        if wiring is None:
            return weights.T
        matrix = np.zeros((post, pre))
        sources, targets = wiring if forwards else (wiring.post, wiring.pre)
        np.add.at(matrix, (targets, sources), weights)
        if not isinstance(j.connectivity, OneToOne):
            self.remarks.append(Remark(j.name, "pairs are written as a matrix, with 0 where there is no synapse"))
        return matrix

    def _delays(self, j: Projection) -> list[tuple[str, Node]]:
        """The Delay node of a projection, if it has delays beyond those of its layer."""
        way, size = self.ways[j.name], self.network.population(j.pre).size
        steps: Any = self._steps(j, size) if isinstance(j.delay, Delays) else self._one_delay(j)
        extra = np.asarray(steps) - self.timing.wanted(way)
        if extra.min() < 0:
            self.remarks.append(Remark(j.name, f"comes {-int(extra.min())} steps later in consumers: a loop of layers"))
            extra = np.maximum(extra, 0)
        if not extra.any():
            return []
        seconds = np.broadcast_to(extra * (self.wishes.dt or self.choices.dt) / 1000, size)
        name = free(f"{j.name}_delay", {*self.network.names, *self.nodes})
        return [(name, Node("Delay", {"delay": np.ascontiguousarray(seconds, dtype=np.float64)}))]

    def _one_delay(self, j: Projection) -> int:
        if isinstance(j.delay, int):
            return j.delay
        return 1 if j.pre in self.written else 0

    def _steps(self, j: Projection, size: int) -> NDArray[np.int64]:
        """The delay of each source, where all of its synapses have the same."""
        assert isinstance(j.delay, Delays)
        wiring = self.network.wiring(j.name)
        assert wiring is not None
        steps = np.full(size, int(j.delay.array.min()), np.int64)
        steps[wiring.pre] = j.delay.array
        if not np.array_equal(steps[wiring.pre], j.delay.array):
            raise NoWord(
                f"projection {j.name}: synapses of one source have different delays: NIR has one for each neuron"
            )
        return steps

    def _put_outputs(self) -> None:
        """An Output behind each population that leads to no other."""
        onward = {j.pre for j in self._directions() if j.pre != j.post}
        for name, w in self.written.items():
            if name not in onward and w.kind != READOUT:
                out = free(f"{name}_out", {*self.network.names, *self.nodes})
                self.nodes[out] = Node("Output", {"shape": np.array([self.network.population(name).size])})
                self.edges.append((name, out))

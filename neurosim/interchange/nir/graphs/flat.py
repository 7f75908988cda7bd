"""A graph without subgraphs, its edges mended where old tools wrote them wrong, and the shape behind each node."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from neurosim.errors import InputError, nearest
from neurosim.interchange.nir.graphs import linear
from neurosim.interchange.nir.graphs.graph import Edge, Graph, Node
from neurosim.interchange.nir.graphs.primitives import LINEAR, NEURONS

Shape = tuple[int, ...]
APART = "."
"""Between the name of a subgraph and that of a node in it."""


@dataclass(frozen=True)
class Flat:
    """Nodes and edges of a graph and of all graphs within it.

    Attributes
    ----------
    nodes
        By name; one in a subgraph is called ``SUBGRAPH.NODE``.
    remarks
        What was mended.
    after
        Of each node those that it leads to, in the order of the edges.
    shapes
        Of what each node puts out.
    """

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    remarks: tuple[str, ...] = ()
    after: Mapping[str, list[str]] = field(init=False, repr=False)
    shapes: Mapping[str, Shape] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        after: dict[str, list[str]] = {n: [] for n in self.nodes}
        for source, target in self.edges:
            after[source].append(target)
        object.__setattr__(self, "after", after)
        object.__setattr__(self, "shapes", _shapes(self.nodes, after))

    def is_inner(self, name: str) -> bool:
        """Whether a node is an Input or an Output of a subgraph, through which signals only pass."""
        return self.nodes[name].kind in ("Input", "Output") and APART in name

    def size(self, name: str) -> int:
        """How many values a node puts out."""
        return math.prod(self.shapes[name])


def flattened(graph: Graph) -> Flat:
    """The nodes of a graph and of its subgraphs.

    Raises
    ------
    InputError
        For an edge to a node that there is not, a subgraph without one Input and one Output, and nodes whose shapes do
        not fit or cannot be told.
    UnsupportedFeature
        For weights of more dimensions than are read.
    """
    remarks: list[str] = []
    nodes, edges = _flat(graph, "", remarks)
    return Flat(nodes, tuple(edges), tuple(remarks))


def _flat(graph: Graph, above: str, remarks: list[str]) -> tuple[dict[str, Node], list[Edge]]:
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    entry: dict[str, str] = {}
    leave: dict[str, str] = {}
    for name, node in graph.nodes.items():
        own = f"{above}{name}"
        if isinstance(node, Node):
            entry[name] = leave[name] = own
            inner = {own: node}
        else:
            inner, between = _flat(node, f"{own}{APART}", remarks)
            edges += between
            entry[name], leave[name] = (_door(node, own, kind) for kind in ("Input", "Output"))
        if clash := nodes.keys() & inner.keys():
            raise InputError(f"node {min(clash)} is there twice: in a graph within the graph, and beside it")
        nodes |= inner
    edges += [(leave[a], entry[b]) for a, b in _mended(graph, above, remarks)]
    return nodes, edges


def _door(graph: Graph, name: str, kind: str) -> str:
    doors = [n for n, node in graph.nodes.items() if isinstance(node, Node) and node.kind == kind]
    if len(doors) != 1:
        raise InputError(f"the graph {name} within the graph has {len(doors)} nodes of kind {kind}; expected one")
    return f"{name}{APART}{doors[0]}"


def _mended(graph: Graph, above: str, remarks: list[str]) -> list[Edge]:
    """The edges of a graph. Where they name one node that there is not, and do not name one that there is, it is that.

    So the subgraphs of the NIR paper are read, whose neurons were renamed after their edges were made.
    """
    named = list(dict.fromkeys(end for edge in graph.edges for end in edge))
    unknown = [n for n in named if n not in graph.nodes]
    spare = [n for n in graph.nodes if n not in named]
    where = f"the graph {above.rstrip(APART)}" if above else "the graph"
    if not unknown:
        return list(graph.edges)
    if len(unknown) != 1 or len(spare) != 1:
        raise InputError(
            f"{where} has an edge to or from '{unknown[0]}', no node of it; {nearest(unknown[0], graph.nodes)}"
        )
    remarks.append(
        f"{where}: its edges name '{unknown[0]}', no node of it; taken for {spare[0]}, which they do not name"
    )
    meant = {unknown[0]: spare[0]}
    return [(meant.get(a, a), meant.get(b, b)) for a, b in graph.edges]


def _shapes(nodes: Mapping[str, Node], after: Mapping[str, list[str]]) -> dict[str, Shape]:
    """Of what each node puts out: its own, or what follows from what comes in."""
    found: dict[str, Shape] = {}
    reached = {target for targets in after.values() for target in targets}
    single: Shape = (1,)
    open_ends = [(n, single) for n, node in nodes.items() if node.kind in NEURONS and n not in reached]
    open_ends += [(n, own) for n, node in nodes.items() if (own := _own_shape(node, n)) is not None]
    while open_ends:  # the last one first: what a node says itself goes before that nothing comes in
        name, shape = open_ends.pop()
        if name in found:
            continue
        found[name] = shape
        for target in after[name]:
            open_ends.append((target, shape_behind(nodes[target], shape, target)))
    for name in nodes:
        if name not in found and (after[name] or nodes[name].kind in NEURONS):
            raise InputError(
                f"node {name}: nothing comes in, so its shape cannot be told; expected a way from an Input"
            )
    _check(nodes, after, found)
    return found


def _own_shape(node: Node, name: str) -> Shape | None:
    """The shape that a node has whatever comes in; None for one that takes that of its input."""
    if node.kind == "Input":
        return _given_shape(node, name)
    if node.kind in NEURONS:
        shapes = [s for s in (v.shape for v in node.values.values() if not isinstance(v, str)) if math.prod(s) != 1]
        return max(shapes, key=math.prod) if shapes else None
    if node.kind in ("Affine", "Linear"):
        return linear.out_shape(node, (), name)
    return None


def _given_shape(node: Node, name: str) -> Shape:
    if "shape" not in node.values and "input_type" not in node.values:
        raise InputError(f"node {name}, Input, has no shape")
    given = node.array("shape" if "shape" in node.values else "input_type").ravel()
    if not given.size or (given < 1).any() or (given > 2**31).any() or (given % 1).any():
        raise InputError(f"node {name}: shape {given.tolist()}; expected whole numbers of at least 1")
    return tuple(int(n) for n in given)


def shape_behind(node: Node, shape: Shape, name: str) -> Shape:
    """Of what a node puts out for an input of some shape.

    Raises
    ------
    InputError
        If it takes no such input.
    """
    if node.kind in LINEAR:
        return linear.out_shape(node, shape, name)
    own = _own_shape(node, name)
    return shape if own is None else own


def _check(nodes: Mapping[str, Node], after: Mapping[str, list[str]], shapes: Mapping[str, Shape]) -> None:
    """Refuse an edge on which another number of values comes than its target takes."""
    for name, targets in after.items():
        for target in targets:
            expected = _taken(nodes[target], shapes[target], target)
            if expected is not None and math.prod(shapes[name]) != expected:
                raise InputError(
                    f"edge {name} -> {target}: {_sized(shapes[name])} come out, "
                    f"but {target}, {nodes[target].kind}, takes {expected:,}"
                )


def _taken(node: Node, shape: Shape, name: str) -> int | None:
    if node.kind in ("Affine", "Linear"):
        return int(node.array("weight").shape[1])
    return math.prod(shape) if node.kind in NEURONS or node.kind in ("Scale", "Delay") else None


def _sized(shape: Shape) -> str:
    return f"{' x '.join(map(str, shape))} values"


def ways(flat: Flat, start: str, stops: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every way from behind a node to a stop: the nodes between, which are linear, and the stop.

    Raises
    ------
    InputError
        For a loop without a stop in it, and for more ways than anyone could mean.
    """
    open_ends: list[tuple[tuple[str, ...], str]] = [((), target) for target in reversed(flat.after[start])]
    count = 0
    while open_ends:
        between, at = open_ends.pop()
        if at in stops:
            yield between, at
            continue
        if at in between:
            raise InputError(f"node {at}: a loop without a neuron in it, so that it feeds on itself in the same step")
        count += 1
        if count > MOST_WAYS:
            raise InputError(f"from node {start} there are more than {MOST_WAYS:,} ways through linear nodes")
        open_ends += [((*between, at), target) for target in reversed(flat.after[at])]


MOST_WAYS = 10_000
"""Nodes that are met on all ways from one."""

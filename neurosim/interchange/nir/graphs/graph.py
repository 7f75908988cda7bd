"""A NIR graph as data: nodes with arrays by name, and edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import shown
from neurosim.errors import InputError, UnsupportedFeature, nearest
from neurosim.interchange.nir.graphs.primitives import GRAPH, PRIMITIVES

Edge = tuple[str, str]
Value = NDArray[Any] | str
OUR_KEY = "neurosim"
"""In the metadata of a graph, and of a node: what neurosim has written of itself."""


@dataclass(frozen=True, eq=False)
class Node:
    """A node of a graph. Equal to another of the same kind with the same numbers.

    Attributes
    ----------
    kind
        A name of NIR's: ``"LIF"``.
    values
        Its fields, as NIR calls them; real numbers of any shape, or a text.
    metadata
        What tools have written beside.
    """

    kind: str
    values: Mapping[str, Value]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def array(self, name: str) -> NDArray[np.float64]:
        """The numbers of a field, as float64."""
        return np.asarray(self.values[name], dtype=np.float64)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return self.kind == other.kind and _equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.kind, tuple(sorted(self.values))))


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes by name, and which leads to which. Equal to another with equal nodes and the same edges in any order."""

    nodes: Mapping[str, Node | Graph]
    edges: tuple[Edge, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        return dict(self.nodes) == dict(other.nodes) and set(self.edges) == set(other.edges)

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.nodes)), frozenset(self.edges)))


def _equal(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[n], other[n]) for n in one)


MOST_NODES = 10_000
"""Of a graph."""


def from_tree(tree: Mapping[str, Any], where: str = "the graph") -> Graph:
    """A graph from nested tables, as a file has them and as ``nir.NIRGraph.to_dict()`` gives them.

    Parameters
    ----------
    tree
        With the keys ``type``, ``nodes`` and ``edges``; a node has the fields of its primitive.
    where
        Begins messages.

    Raises
    ------
    InputError
        For what is missing, of another type or not finite; edges from or to a node that there is not.
    UnsupportedFeature
        For a kind of node that neurosim does not know.
    """
    _check_kind(tree, where)
    nodes = tree.get("nodes")
    if not isinstance(nodes, Mapping) or not nodes:
        raise InputError(f"{where} has no nodes")
    if len(nodes) > MOST_NODES:
        raise InputError(f"{where} has {len(nodes):,} nodes; expected at most {MOST_NODES:,}")
    made = {_name(n, where): _made(n, d, where) for n, d in nodes.items()}
    return Graph(made, _edges(tree.get("edges", ()), where), _metadata(tree))


def _check_kind(tree: Mapping[str, Any], where: str) -> None:
    if tree.get("type") != GRAPH:
        raise InputError(f"{where} is {shown(tree.get('type'))}; expected a {GRAPH}")


def _name(name: object, where: str) -> str:
    if not isinstance(name, str) or not name or len(name) > 200:
        raise InputError(f"{where}: a node is called {shown(name)}; expected a short text")
    return name


def _made(name: str, tree: object, above: str) -> Node | Graph:
    where = f"node {name}" if above == "the graph" else f"{above}, node {name}"
    if not isinstance(tree, Mapping):
        raise InputError(f"{where} is {shown(tree)}; expected a table of its fields")
    kind = tree.get("type")
    if kind == GRAPH:
        return from_tree(tree, where)
    if not isinstance(kind, str) or kind not in PRIMITIVES:
        raise NoWord(f"{where} is of kind {shown(kind)}, which neurosim cannot read; {nearest(str(kind), PRIMITIVES)}")
    values = {n: _value(tree[n], f"{where}: {n}") for n in PRIMITIVES[kind].fields if _is_there(tree.get(n))}
    missing = [n for n in PRIMITIVES[kind].needed if n not in values]
    if missing:
        raise InputError(f"{where}, {kind}, has no {', no '.join(missing)}")
    return Node(kind, {**values, **_upgraded(kind, values)}, _metadata(tree))


def _upgraded(kind: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Fields that old files do not have: a reset to 0, a weight of 1 for what comes in."""
    like = values.get("v_threshold", values.get("tau_mem"))
    missing = [n for n in DEFAULTS if n in PRIMITIVES[kind].optional and n not in values]
    return {n: np.full_like(like, DEFAULTS[n]) for n in missing}


DEFAULTS = {"w_in": 1.0, "v_reset": 0.0}
"""Of fields of neurons that old files do not have."""


class NoWord(UnsupportedFeature):
    """What NIR says and neurosim cannot, or neurosim says and NIR cannot.

    Parameters
    ----------
    message
        Where it is, what it is, and what would do.
    """

    def __init__(self, message: str):
        super().__init__(message, "nir")
        self.args = (message,)


def _is_there(value: object) -> bool:
    return value is not None and not (isinstance(value, Mapping) and not any(map(_is_there, value.values())))


def _value(value: Any, what: str) -> Value:
    if isinstance(value, Mapping):  # NIR gives shapes as {"input": array}
        value = next(iter(value.values()))
    if isinstance(value, (str, bytes)):
        return value if isinstance(value, str) else value.decode(errors="replace")
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise InputError(f"{what} has values of type {array.dtype}; expected numbers")
    if not np.isfinite(array).all():
        raise InputError(f"{what} has values that are not finite")
    return array


def _edges(edges: Any, where: str) -> tuple[Edge, ...]:
    pairs = [tuple(edge) for edge in edges]
    for pair in pairs:
        if len(pair) != 2 or not all(isinstance(end, str) for end in pair):
            raise InputError(f"{where}: an edge is {shown(pair)}; expected the names of two nodes")
    return tuple(dict.fromkeys(pairs))  # type: ignore[arg-type]  # of two texts each


def _metadata(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    found = tree.get("metadata")
    return dict(found) if isinstance(found, Mapping) else {}


def to_tree(graph: Graph | Node) -> dict[str, Any]:
    """Nested tables of a graph, from which `from_tree` makes an equal one."""
    beside = {"metadata": dict(graph.metadata)} if graph.metadata else {}
    if isinstance(graph, Node):
        return {"type": graph.kind, **graph.values, **beside}
    nodes = {n: to_tree(node) for n, node in graph.nodes.items()}
    return {"type": GRAPH, "nodes": nodes, "edges": list(graph.edges), **beside}

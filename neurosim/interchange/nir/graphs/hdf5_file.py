"""A NIR file, which is HDF5, as nested tables. Nothing is executed, nor allocated beyond what the file can hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.edges import files, hdf5
from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError, NeurosimError
from neurosim.interchange.nir.graphs.graph import MOST_NODES
from neurosim.interchange.nir.graphs.primitives import GRAPH

ROOT = "node"
"""The group of the graph."""
DEEPEST = 8
"""Graphs within each other, at most."""


def content(path: Path) -> bytes:
    """The bytes of a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return files.content(path)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def tree_of(path: Path, image: bytes) -> dict[str, Any]:
    """The graph of a file as nested tables, as of `neurosim.interchange.nir.graphs.graph.from_tree`.

    Raises
    ------
    InputError
        If it is no NIR file, or has more in it than its bytes can stand for; it begins with the path.
    """
    try:
        with hdf5.opened(image) as file, border("no NIR file"):
            if ROOT not in hdf5.names(file):
                raise InputError(f"no NIR file: it has no group '{ROOT}'")
            return _Reader(file, files.at_most(len(image))).table(ROOT)
    except NeurosimError as error:
        raise InputError(f"{path}: {error}") from None


@dataclass
class _Reader:
    """Reads one file, and counts the bytes that its arrays come to."""

    file: Any
    budget: int
    nodes: int = 0

    def table(self, group: str, depth: int = 0) -> dict[str, Any]:
        """What a node has, by name; of a graph its nodes and edges."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise InputError(f"it has more than {MOST_NODES:,} nodes")
        if depth > DEEPEST:
            raise InputError(f"graphs lie within each other more than {DEEPEST} deep")
        members = hdf5.names(self.file, group)
        if "type" not in members:
            raise InputError(f"'{group}' has no type")
        kind = hdf5.one_text(self.file, f"{group}/type")
        beside = {"metadata": self._metadata(f"{group}/metadata")} if "metadata" in members else {}
        if kind == GRAPH:
            return {"type": kind, **self._graph(group, depth), **beside}
        fields = {n: self._value(f"{group}/{n}") for n in members if n not in ("type", "metadata")}
        return {"type": kind, **fields, **beside}

    def _graph(self, group: str, depth: int) -> dict[str, Any]:
        names = hdf5.names(self.file, f"{group}/nodes")
        nodes = {name: self.table(f"{group}/nodes/{name}", depth + 1) for name in names}
        edges = hdf5.rows_of_texts(self.file, f"{group}/edges", 2) if "edges" in hdf5.names(self.file, group) else []
        return {"nodes": nodes, "edges": edges}

    def _value(self, name: str) -> Any:
        if hdf5.is_text(self.file, name):
            return hdf5.one_text(self.file, name)
        found = hdf5.numbers(self.file, name)
        self.budget -= found.nbytes
        if self.budget < 0:
            raise InputError("its arrays are larger than the bytes of the file can stand for")
        return found

    def _metadata(self, group: str) -> dict[str, Any]:
        """Texts and numbers that are written beside a node, two levels of them; what else is there is not read."""
        found: dict[str, Any] = {}
        for name in hdf5.names(self.file, group):
            place = f"{group}/{name}"
            if hdf5.is_array(self.file, place):
                found[name] = self._value(place)
            else:
                inner = [n for n in hdf5.names(self.file, place) if hdf5.is_array(self.file, f"{place}/{n}")]
                found[name] = {n: self._value(f"{place}/{n}") for n in inner}
        return found

"""Graphs and files that are wrong: each is refused with an error that names the place, before anything is allocated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from nir_graphs import affine, chain, lif, linear, node, source

import neurosim as ns
from neurosim.errors import InputError, ModelError, UnsupportedFeature
from neurosim.interchange.nir import Graph
from neurosim.interchange.nir.graphs.graph import from_tree

GOOD = chain(x=source(2), w=linear(np.ones((3, 2))), h=lif(3), out=node("Output", shape=[3]))


def write(path: Path, graph: Graph = GOOD) -> Path:
    ns.nir.write(ns.nir.read(graph), path)
    return path


def test_a_choice_that_there_is_not_names_the_nearest() -> None:
    with pytest.raises(ModelError, match="did you mean 'euler'"):
        ns.nir.read(GOOD, integrator="eulr")
    with pytest.raises(ModelError, match="expected a time above 0"):
        ns.nir.read(GOOD, dt=-1)


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        ({}, (), "no neurons"),
        ({"x": source(2)}, (("x", "y"),), "'y', no node of it"),
        ({"x": source(2), "out": node("Output", shape=[2])}, (("x", "out"),), "no neurons"),
        ({"x": source(2), "h": lif(3)}, (("x", "h"),), "2 values come out, but h, LIF, takes 3"),
        ({"x": source(2), "w": linear(np.ones((3, 5))), "h": lif(3)}, (("x", "w"), ("w", "h")), "takes 5"),
        ({"x": source(1), "a": linear(1.0), "b": linear(1.0), "h": lif(1)},
         (("x", "a"), ("a", "b"), ("b", "a"), ("b", "h")), "a loop without a neuron"),
        ({"w": node("Scale", scale=[1.0]), "h": lif(2)}, (("w", "h"),), "nothing comes in"),
        ({"x": source(1), "h": lif(1), "y": source(1)}, (("x", "h"), ("h", "y")), "edge to node y, an Input"),
        ({"x": node("Input", shape=[0]), "h": lif(1)}, (("x", "h"),), "shape"),
        ({"x": node("Input"), "h": lif(1)}, (("x", "h"),), "has no shape"),
        ({"x": source(1), "w": affine(1.0, [1.0, 2.0]), "h": lif(1)}, (("x", "w"), ("w", "h")), "a bias of shape"),
        ({"x": source(3), "h": lif(3, tau=[1, 2, 3]), "s": node("Scale", scale=[1.0, 2.0]), "y": lif(3)},
         (("x", "h"), ("h", "s"), ("s", "y")), "scale has 2 values for 3"),
        ({"x": source(1), "d": node("Delay", delay=[-1.0]), "h": lif(1)}, (("x", "d"), ("d", "h")), "delay -1 s"),
        ({"x": source(1), "d": node("Delay", delay=[1e9]), "h": lif(1)}, (("x", "d"), ("d", "h")), "delay 1e\\+09 s"),
        ({"x": source(1), "a": linear(1e300), "b": linear(1e300), "h": lif(1)},
         (("x", "a"), ("a", "b"), ("b", "h")), "not finite"),
    ],
)  # fmt: skip
def test_a_graph_that_does_not_fit_together_is_refused(nodes: dict, edges: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ns.nir.read(Graph(nodes, edges))


def test_ways_through_diamonds_are_not_followed_for_ever() -> None:
    nodes, edges = {"x": source(1), "h": lif(1)}, [("x", "n0")]
    for k in range(40):
        nodes |= {f"n{k}": linear(1.0), f"u{k}": linear(1.0), f"v{k}": linear(1.0)}
        edges += [(f"n{k}", f"u{k}"), (f"n{k}", f"v{k}"), (f"u{k}", f"n{k + 1}"), (f"v{k}", f"n{k + 1}")]
    with pytest.raises(InputError, match="ways through linear nodes"):
        ns.nir.read(Graph({**nodes, "n40": linear(1.0)}, (*edges, ("n40", "h"))))


TREES: list[tuple[Callable[[dict[str, Any]], Any], type[Exception], str]] = [
    (lambda t: t["nodes"]["h"].update(type="Izhikevich"), UnsupportedFeature, "node h is of kind 'Izhikevich'"),
    (lambda t: t["nodes"]["h"].update(type=7), UnsupportedFeature, "node h is of kind 7"),
    (lambda t: t["nodes"]["h"].pop("tau"), InputError, "node h, LIF, has no tau"),
    (
        lambda t: t["nodes"]["h"].update(tau=np.array([np.nan, 1, 1])),
        InputError,
        "node h: tau has values that are not",
    ),
    (lambda t: t["nodes"]["h"].update(tau=np.array([1j, 1, 1])), InputError, "node h: tau has values of type complex"),
    (lambda t: t["nodes"]["h"].update(tau=np.array(["a"])), InputError, "node h: tau has values of type <U1"),
    (lambda t: t["nodes"].update(h=3), InputError, "node h is 3"),
    (lambda t: t.update(type="LIF"), InputError, "expected a NIRGraph"),
    (lambda t: t.update(edges=[("x",)]), InputError, "an edge is"),
    (lambda t: t.update(edges=[("x", 3)]), InputError, "an edge is"),
    (lambda t: t["nodes"].update({"": t["nodes"]["x"]}), InputError, "a node is called ''"),
    (lambda t: t["nodes"]["w"].update(weight=np.ones((2, 3, 2))), UnsupportedFeature, "neurosim reads those of two"),
]


@pytest.mark.parametrize(("alter", "error", "message"), TREES)
def test_tables_that_are_no_graph_are_refused(alter: Callable, error: type[Exception], message: str) -> None:
    from neurosim.interchange.nir.graphs.graph import to_tree

    tree = to_tree(GOOD)
    alter(tree)
    with pytest.raises(error, match=message):
        ns.nir.read(from_tree(tree))


def replace(file: h5py.File, name: str, **made: Any) -> None:
    del file[name]
    file.create_dataset(name, **made)


TAU = "node/nodes/h/tau"
FILES: list[tuple[Callable[[h5py.File], Any], str]] = [
    (lambda f: f.__delitem__("node"), "no group 'node'"),
    (lambda f: f.__delitem__("node/type"), "'node' has no type"),
    (lambda f: f.__delitem__("node/nodes/h/type"), "'node/nodes/h' has no type"),
    (lambda f: replace(f, TAU, shape=(2**60,), dtype="f8", chunks=(10**4,), compression="gzip"), "declares"),
    (lambda f: replace(f, TAU, shape=(10**9,), dtype="f8", chunks=(10**6,), compression="gzip"), "declares"),
    (lambda f: replace(f, "node/nodes/h/tau", data=np.array([b"x"], dtype="S1")), "expected a text"),
    (lambda f: replace(f, "node/nodes/h/tau", shape=(3,), dtype=h5py.ref_dtype), "expected numbers"),
    (lambda f: replace(f, "node/nodes/h/tau", data=h5py.Empty("f8")), "no values"),
    (lambda f: replace(f, "node/nodes/h/type", data=np.arange(3)), "expected a text"),
    (lambda f: replace(f, "node/edges", data=np.arange(6).reshape(3, 2)), "expected 2 texts in a row"),
    (lambda f: (f.__delitem__("node/nodes/h"), f.__setitem__("node/nodes/h", h5py.SoftLink("/node"))), "is a link"),
    (lambda f: (f.__delitem__("node/nodes/h"), f.__setitem__("node/nodes/h", h5py.ExternalLink("/dev/zero", "/x"))),
     "is a link"),
    (lambda f: f.__setitem__("node/nodes/again", f["node"]), "deep|nodes"),
]  # fmt: skip


@pytest.mark.parametrize(("alter", "message"), FILES)
def test_a_hostile_file_is_refused_by_its_path(alter: Callable, message: str, tmp_path: Path) -> None:
    path = write(tmp_path / "bad.nir")
    with h5py.File(path, "r+") as file:
        alter(file)
    with pytest.raises(InputError, match=f"bad.nir.*({message})"):
        ns.nir.read(path)


def test_arrays_that_unpack_to_more_than_the_file_can_stand_for_are_refused(tmp_path: Path) -> None:
    """Each of them alone would do; together they are a bomb."""
    path = write(tmp_path / "bad.nir")
    with h5py.File(path, "r+") as file:
        for k in range(3):
            group = file.create_group(f"node/nodes/b{k}")
            group["type"] = "Linear"
            group.create_dataset("weight", (2400, 2400), "f8", chunks=(800, 2400), compression="gzip", fillvalue=0)
    with pytest.raises(InputError, match="can stand for"):
        ns.nir.read(path)


def test_what_is_no_file_of_nir_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.nir").write_text("no HDF5")
    for path, message in ((tmp_path / "none.nir", "no such file"), (tmp_path / "text.nir", "no HDF5 file")):
        with pytest.raises(InputError, match=message):
            ns.nir.read(path)
    with pytest.raises(InputError, match="expected a path"):
        ns.nir.read(3)


def test_a_population_that_fits_no_memory_is_refused_before_it_is_made() -> None:
    layer = node("LIF", tau=1.0, r=1.0, v_leak=0.0, v_threshold=1.0)
    for size in (2**31, 2**36):
        with pytest.raises(InputError, match=r"shape|neurons are possible"):
            ns.nir.read(chain(x=source(size), h=layer))
    with pytest.raises(InputError, match="neurons are possible"):
        ns.nir.read(chain(x=source(2**30, 2**30), h=layer))

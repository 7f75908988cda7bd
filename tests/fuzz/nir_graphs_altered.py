"""Graphs of NIR in files."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import neurosim as ns
from neurosim.interchange.nir import Graph, Node

from . import damage
from .kind import Kind, accepted_only_if

FILE = "net.nir"
KINDS = (
    "Affine",
    "Linear",
    "LIF",
    "CubaLIF",
    "IF",
    "Scale",
    "Delay",
    "Conv2d",
    "NIRGraph",
    "Input",
    "Output",
    "None",
    "",
)

CUBA = ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "w_in", "v_reset")


def _graph() -> Graph:
    ones = np.ones(4, dtype=np.float32)
    nodes = {
        "x": Node("Input", {"shape": np.array([1, 3, 3])}),
        "c": Node("Conv2d", {"input_shape": np.array([3, 3]), "weight": np.ones((1, 1, 2, 2)), "bias": np.zeros(1),
                             "stride": np.array([1, 1]), "padding": np.array([0, 0]), "dilation": np.array([1, 1]),
                             "groups": np.array(1)}),
        "h": Node("LIF", {n: ones.reshape(1, 2, 2) for n in ("tau", "r", "v_leak", "v_threshold", "v_reset")}),
        "d": Node("Delay", {"delay": np.array([1e-4, 1e-4, 2e-4, 3e-4])}),
        "w": Node("Affine", {"weight": np.ones((2, 4)), "bias": np.ones(2)}),
        "y": Node("CubaLIF", dict.fromkeys(CUBA, ones[:2])),
        "out": Node("Output", {"shape": np.array([2])}),
    }  # fmt: skip
    return Graph(nodes, (("x", "c"), ("c", "h"), ("h", "d"), ("d", "w"), ("w", "y"), ("y", "out")))


def prepare(folder: Path) -> None:
    ns.nir.write(ns.nir.read(_graph()), folder / FILE)


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    path = folder / FILE
    path.write_bytes((prepared / FILE).read_bytes())
    if random.random() < 0.3:
        damage.of_file(random, path)
        return
    with h5py.File(path, "r+") as file:
        for _ in range(random.choice([1, 1, 2, 3])):
            random.choice([_array, _array, _type, _edges, _node])(random, file)


def _fields(file: Any) -> list[str]:
    found: list[str] = []
    file.visititems(lambda name, o: found.append(name) if isinstance(o, h5py.Dataset) else None)
    return sorted(found)


def _array(random: random.Random, file: Any) -> None:
    name = random.choice(_fields(file))
    before = file[name][()]
    del file[name]
    good = before if isinstance(before, np.ndarray) and before.dtype.kind in "fiu" else np.ones(2)
    wrong = good.astype(float).copy()
    if wrong.size:
        wrong.flat[random.randrange(wrong.size)] = random.choice([np.nan, np.inf, -1.0, 0.0, 1e30, 1e300, 0.5, 7])
    choice = random.randrange(8)
    if choice == 0:
        return
    if choice == 1:
        file[name] = random.choice([h5py.SoftLink("/node"), h5py.ExternalLink("/dev/zero", "/x"), h5py.Empty("f8")])
    elif choice == 2:
        size = random.choice([10**8, 10**12, 2**61])
        file.create_dataset(name, (size,), "f8", chunks=(10**4,), compression="gzip")
    elif choice == 3:
        file.create_dataset(name, good.shape, random.choice(["S4", "c16", "?", h5py.string_dtype(), h5py.ref_dtype]))
    elif choice == 4:
        file.create_dataset(name, data=random.choice([good.T, good.ravel(), good[None], np.float64(1), np.zeros(0)]))
    elif choice == 5:
        file.create_dataset(name, data=np.array([random.choice([2**31, 2**40, 3, -2])] * max(1, good.size)))
    else:
        file.create_dataset(name, data=wrong)


def _type(random: random.Random, file: Any) -> None:
    names = [n for n in _fields(file) if n.endswith("/type")]
    if names:
        name = random.choice(names)
        del file[name]
        file[name] = random.choice(KINDS)


def _edges(random: random.Random, file: Any) -> None:
    nodes = ["x", "c", "h", "d", "w", "y", "out", "none", ""]
    if "node/edges" in file:
        del file["node/edges"]
    pairs = [(random.choice(nodes), random.choice(nodes)) for _ in range(random.randrange(1, 9))]
    file.create_dataset("node/edges", data=np.array(pairs, dtype=object), dtype=h5py.string_dtype())


def _node(random: random.Random, file: Any) -> None:
    if not isinstance(nodes := file.get("node/nodes"), h5py.Group) or not len(nodes):
        return
    name = random.choice(sorted(nodes))
    choice = random.randrange(3)
    if choice == 0:
        del nodes[name]
    elif choice == 1:
        nodes[f"{random.choice(['more', 'a.b', 'in', 'x' * 300, 'ü'])}{len(nodes)}"] = nodes[name]
    elif "loop" not in nodes:
        nodes["loop"] = file["node"]


def run(folder: Path) -> None:
    imported = ns.nir.read(folder / FILE)
    for name, variable in imported.network.learned().items():
        array = imported.weights[name]
        accepted_only_if(array.shape == variable.shape, f"{name} has shape {array.shape}")
        accepted_only_if(bool(np.isfinite(array).all()), f"{name} is not finite")
    written, _ = ns.nir.to_graph(imported)
    accepted_only_if(written == imported.graph, "what was read is not what is written")


KIND = Kind("nir", 3, make, run, prepare)

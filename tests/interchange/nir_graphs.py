"""Small graphs of NIR, made of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import neurosim as ns
from neurosim.interchange.nir import Graph, Imported, Node

Array = NDArray[np.float64]


def node(kind: str, **values: Any) -> Node:
    return Node(kind, {n: v if isinstance(v, str) else np.asarray(v) for n, v in values.items()})


def source(*shape: int) -> Node:
    return node("Input", shape=shape)


def linear(weight: Any) -> Node:
    return node("Linear", weight=np.atleast_2d(np.asarray(weight, dtype=float)))


def affine(weight: Any, bias: Any) -> Node:
    return node("Affine", weight=np.atleast_2d(np.asarray(weight, dtype=float)), bias=np.atleast_1d(bias))


def lif(size: int, **values: Any) -> Node:
    usual = {"tau": 1e-3, "r": 1.0, "v_leak": 0.0, "v_threshold": 0.5, "v_reset": 0.0} | values
    return node("LIF", **{n: np.broadcast_to(np.asarray(v, dtype=float), size).copy() for n, v in usual.items()})


def cuba(size: int, **values: Any) -> Node:
    usual = {
        "tau_syn": 5e-4, "tau_mem": 1e-3, "r": 1.0, "v_leak": 0.0, "v_threshold": 0.3, "w_in": 1.0, "v_reset": 0.0,
    } | values  # fmt: skip
    return node("CubaLIF", **{n: np.broadcast_to(np.asarray(v, dtype=float), size).copy() for n, v in usual.items()})


def chain(**nodes: Node) -> Graph:
    """Each node leads to the next."""
    return Graph(nodes, tuple(pairwise(nodes)))


def spikes(imported: Imported, stimulus: Array, backend: str = "reference") -> dict[str, NDArray[np.bool_]]:
    """In which step each population spikes, of shape (steps, neurons); the input takes a stimulus of that shape."""
    network = ns.NetworkBuilder(dt=imported.choices.dt)
    events = ns.Events.from_dense(stimulus[np.newaxis].astype(int))
    network.include(imported.network, imported.weights, {imported.inputs[0]: ns.playback(events)})
    recording = ns.simulate(network, len(stimulus) * imported.choices.dt, backend=backend)
    return {n.removesuffix(".spikes"): train.events.dense()[0].astype(bool) for n, train in recording.items()}


def traces(imported: Imported, stimulus: Array, population: str, values: bool = False) -> Array:
    """The membrane of a population, of shape (steps, neurons)."""
    network = ns.NetworkBuilder(dt=imported.choices.dt)
    shown = stimulus if values else ns.Events.from_dense(stimulus[np.newaxis].astype(int))
    network.include(imported.network, imported.weights, {imported.inputs[0]: ns.playback(shown)})
    recording = ns.simulate(network, len(stimulus) * imported.choices.dt, [network[population].v])
    return np.asarray(recording[f"{population}.v"].values)


def stimulus(steps: int, size: int, seed: int = 0, rate: float = 0.3) -> Array:
    return (np.random.default_rng(seed).random((steps, size)) < rate).astype(float)


def by_hand(nodes: Sequence[Node], current: Array, euler: bool = True) -> NDArray[np.bool_]:
    """One LIF layer as NIR's consumers run it: spikes of shape (steps, neurons) for currents of that shape."""
    [layer] = nodes
    p = {n: layer.array(n) for n in layer.values}
    share = 1e-4 / p["tau"] if euler else 1 - np.exp(-1e-4 / p["tau"])
    v, out = np.zeros_like(p["tau"]), []
    for c in current:
        v = v + share * (p["v_leak"] - v + p["r"] * c)
        z = v > p["v_threshold"]
        v = np.where(z, p["v_reset"], v)
        out.append(z)
    return np.array(out)

"""A graph with a recurrent layer, biases, delays and unequal neurons spikes equally on every backend and mode."""

from __future__ import annotations

import numpy as np
import pytest
from nir_graphs import affine, cuba, lif, linear, node, source, spikes, stimulus

import neurosim as ns
from neurosim.errors import BackendUnavailable
from neurosim.interchange.nir import Graph

RNG = np.random.default_rng(3)
NODES = {
    "x": source(3),
    "a": affine(RNG.integers(-8, 16, (4, 3)) / 8, np.array([0.5, 0.0, 0.25, 0.125])),
    "h": cuba(4, tau_mem=[1e-3, 2e-3, 4e-3, 5e-4], v_threshold=0.1),
    "r": affine(RNG.integers(-8, 8, (4, 4)) / 8, np.array([0.0, 0.25, 0.0, 0.5])),
    "d": node("Delay", delay=[1e-4, 1e-4, 3e-4, 2e-4]),
    "b": linear(RNG.integers(0, 16, (2, 4)) / 8),
    "y": lif(2, v_leak=0.25, v_threshold=[0.3, 0.4]),
}
EDGES = (("x", "a"), ("a", "h"), ("h", "r"), ("r", "h"), ("h", "d"), ("d", "b"), ("b", "y"))
GRAPH, SHOWN = Graph(NODES, EDGES), stimulus(80, 3)
SLOW = ("brian2:standalone",)
NAMES = ["brian2:numpy", "nengo:native", "nengo:fused", "lava:fused", "lava:mapped", "torch:cpu"]


@pytest.mark.parametrize("backend", [*NAMES, *(pytest.param(n, marks=pytest.mark.slow) for n in SLOW)])
def test_spikes_are_those_of_the_reference(backend: str) -> None:
    imported = ns.nir.read(GRAPH, feedback_bias="step-later")
    expected = spikes(imported, SHOWN)
    assert all(s.sum() > 5 for n, s in expected.items() if n != "x")
    try:
        found = spikes(imported, SHOWN, backend)
    except BackendUnavailable as error:
        pytest.skip(str(error))
    for name, train in expected.items():
        np.testing.assert_array_equal(found[name], train)

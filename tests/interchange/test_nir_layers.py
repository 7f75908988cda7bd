"""Layers keep step as in NIR's consumers, which go through all of them in one step: each trap of that, a test."""

from __future__ import annotations

import numpy as np
import pytest
from nir_graphs import affine, by_hand, chain, lif, linear, node, source, spikes, stimulus, traces

import neurosim as ns
from neurosim.interchange.nir import Graph, Imported

X = stimulus(80, 3)
RNG = np.random.default_rng(1)
W1, W2, B2 = RNG.normal(0.8, 1, (4, 3)), RNG.normal(0.8, 1, (2, 4)), np.array([0.3, 0.6])
FIRST, SECOND = lif(4, v_threshold=0.15), lif(2, v_threshold=0.1)


def two_layers(bias: bool = True) -> Graph:
    second = affine(W2, B2) if bias else linear(W2)
    return chain(x=source(3), a=linear(W1), h=FIRST, b=second, y=SECOND, out=node("Output", shape=[2]))


def expected() -> tuple[np.ndarray, np.ndarray]:
    first = by_hand([FIRST], X @ W1.T)
    return first, by_hand([SECOND], first @ W2.T + B2)


def test_a_deeper_layer_lags_a_step_and_is_else_the_same() -> None:
    imported = ns.nir.read(two_layers())
    assert imported.lag == {"x": 0, "h": 0, "y": 1}
    found, (first, second) = spikes(imported, X), expected()
    assert second.sum() > 10
    np.testing.assert_array_equal(found["h"], first)
    np.testing.assert_array_equal(found["y"][1:], second[:-1])


@pytest.mark.parametrize(("bias", "moved"), [("aligned", False), ("immediate", True)])
def test_a_bias_that_acts_at_once_is_a_step_before_what_comes_in_with_it(bias: str, moved: bool) -> None:
    assert traces(ns.nir.read(two_layers(), bias=bias), X[:1], "y").any() == moved


def test_a_leak_waits_for_what_comes_in_as_a_bias_does() -> None:
    graph = chain(x=source(1), a=linear(0.0), h=lif(1), b=linear(0.0), y=lif(1, v_leak=1.0, v_threshold=9.0))
    found = traces(ns.nir.read(graph), np.zeros((3, 1)), "y").ravel()
    np.testing.assert_allclose(found, [0, 0.1, 0.19])


def test_ways_of_different_depth_meet_in_one_step() -> None:
    """x -> h -> y and x -> y: what skips a layer waits for what does not."""
    skip = RNG.normal(0.5, 1, (2, 3))
    nodes = {**two_layers().nodes, "s": linear(skip)}
    graph = Graph(nodes, (*two_layers().edges, ("x", "s"), ("s", "y")))
    first, _ = expected()
    second = by_hand([SECOND], first @ W2.T + B2 + X @ skip.T)
    np.testing.assert_array_equal(spikes(ns.nir.read(graph), X)["y"][1:], second[:-1])


def recurrent(rec: np.ndarray, bias: np.ndarray) -> Graph:
    nodes = {"x": source(3), "a": linear(W1), "h": FIRST, "r": affine(rec, bias)}
    return Graph(nodes, (("x", "a"), ("a", "h"), ("h", "r"), ("r", "h")))


def recurrent_by_hand(rec: np.ndarray, bias: np.ndarray, late: int) -> np.ndarray:
    v, z, out = np.zeros(4), np.zeros(4), []
    for k, x in enumerate(X):
        v = v + 0.1 * (W1 @ x + rec @ z + bias * (k >= late) - v)
        z = (v > 0.15).astype(float)
        v = np.where(z > 0, 0, v)
        out.append(z > 0)
    return np.array(out)


@pytest.mark.parametrize(("feedback_bias", "late"), [("at-once", 0), ("step-later", 1)])
def test_a_recurrent_edge_takes_one_step_as_in_consumers(feedback_bias: str, late: int) -> None:
    rec, bias = RNG.normal(0, 1, (4, 4)), np.array([1.7, 1.6, -0.2, 0.3])
    found = spikes(ns.nir.read(recurrent(rec, bias), feedback_bias=feedback_bias), X)["h"]
    np.testing.assert_array_equal(found, recurrent_by_hand(rec, bias, late))


def test_a_loop_of_two_layers_is_a_step_late_and_says_so() -> None:
    nodes = {**two_layers().nodes, "back": linear(np.ones((4, 2)))}
    imported = ns.nir.read(Graph(nodes, (*two_layers().edges, ("y", "back"), ("back", "h"))))
    assert [r.where for r in imported.report.remarks if "later than NIR's consumers" in r.text] == ["back"]


def test_a_delay_is_one_of_its_projection() -> None:
    graph = chain(x=source(1), d=node("Delay", delay=[3e-4]), w=linear(1.0), h=lif(1, tau=1e-4))
    imported = ns.nir.read(graph)
    assert imported.network["d_w"].delay == 3
    assert np.flatnonzero(spikes(imported, np.eye(6)[:, :1])["h"]).tolist() == [3]


def test_delays_may_differ_from_neuron_to_neuron() -> None:
    graph = chain(x=source(2), d=node("Delay", delay=[1e-4, 4e-4]), w=linear(np.eye(2)), h=lif(2, tau=1e-4))
    found = spikes(ns.nir.read(graph), np.vstack([np.ones((1, 2)), np.zeros((7, 2))]))["h"]
    assert np.argwhere(found).tolist() == [[1, 0], [4, 1]]


def test_a_delay_of_0_from_an_input_beside_others_is_kept() -> None:
    graph = chain(x=source(2), d=node("Delay", delay=[0.0, 3e-4]), w=linear(np.eye(2)), h=lif(2, tau=1e-4))
    imported = ns.nir.read(graph)
    found = spikes(imported, np.vstack([np.ones((1, 2)), np.zeros((7, 2))]))["h"]
    assert np.argwhere(found).tolist() == [[imported.lag["h"], 0], [imported.lag["h"] + 3, 1]]


@pytest.mark.parametrize(("delays", "steps"), [("nearest", 3), ("up", 3), ("down", 2)])
def test_delays_are_rounded_as_chosen_and_that_is_told(delays: str, steps: int) -> None:
    graph = chain(x=source(1), d=node("Delay", delay=[2.6e-4]), h=lif(1))
    imported = ns.nir.read(graph, delays=delays)
    assert imported.network["d"].delay == steps
    assert any("rounded" in r.text for r in imported.report.remarks)


def test_a_recurrent_delay_is_beyond_the_step_of_the_loop() -> None:
    nodes = {"x": source(1), "h": lif(1), "d": node("Delay", delay=[2e-4]), "w": linear(0.5)}
    graph = Graph(nodes, (("x", "h"), ("h", "d"), ("d", "w"), ("w", "h")))
    assert ns.nir.read(graph).network["d_w"].delay == 3


def test_linear_nodes_in_a_row_are_multiplied() -> None:
    graph = chain(x=source(3), a=affine(W1, [1.0, 2, 3, 4]), s=node("Scale", scale=[2.0] * 4), b=linear(W2), y=SECOND)
    imported = ns.nir.read(graph)
    np.testing.assert_allclose(imported.weights["a_s_b.w"], (W2 @ (2 * W1)).T)
    np.testing.assert_allclose(imported.weights["y.bias"], W2 @ (2 * np.array([1.0, 2, 3, 4])))


def test_linear_nodes_in_a_row_may_be_relayed_a_step_each() -> None:
    graph = chain(x=source(3), a=linear(W1), b=affine(W2, B2), y=SECOND)
    multiplied, relayed = ns.nir.read(graph), ns.nir.read(graph, chains="relayed")
    assert relayed.lag["y"] == 1
    np.testing.assert_array_equal(spikes(relayed, X)["y"][1:], spikes(multiplied, X)["y"][:-1])


def test_an_output_behind_a_linear_node_is_a_population_of_sums() -> None:
    graph = chain(x=source(3), a=linear(W1), h=FIRST, b=affine(W2, B2), out=node("Output", shape=[2]))
    found = traces(ns.nir.read(graph), X, "out")
    np.testing.assert_allclose(found[1:], (by_hand([FIRST], X @ W1.T) @ W2.T + B2)[:-1])


def test_a_bias_counts_once_however_many_lead_to_its_node() -> None:
    nodes = {"x": source(3), "y": source(3), "a": affine(W1, np.ones(4)), "h": FIRST}
    imported = ns.nir.read(Graph(nodes, (("x", "a"), ("y", "a"), ("a", "h"))))
    assert imported.weights["h.bias"].tolist() == [1.0] * 4
    assert len(imported.network.projections) == 2


def subgraphs() -> Graph:
    inner = Graph({"input": source(4), "lif": FIRST, "output": node("Output", shape=[4])},
                  (("input", "lif"), ("lif", "output")))  # fmt: skip
    return Graph({"x": source(3), "a": linear(W1), "sub": inner, "b": affine(W2, B2), "y": SECOND},
                 (("x", "a"), ("a", "sub"), ("sub", "b"), ("b", "y")))  # fmt: skip


def test_a_graph_within_the_graph_is_flattened() -> None:
    found, (first, second) = spikes(ns.nir.read(subgraphs()), X), expected()
    np.testing.assert_array_equal(found["sub_lif"], first)
    np.testing.assert_array_equal(found["y"][1:], second[:-1])


def test_an_edge_of_an_old_file_to_a_node_by_its_former_name_is_mended_and_told() -> None:
    inner = subgraphs().nodes["sub"]
    assert isinstance(inner, Graph)
    old = Graph({"input": source(4), "lif1": FIRST, "output": node("Output", shape=[4])}, inner.edges)
    imported: Imported = ns.nir.read(Graph({**subgraphs().nodes, "sub": old}, subgraphs().edges))
    assert [r.text for r in imported.report.remarks if "taken for lif1" in r.text]
    np.testing.assert_array_equal(spikes(imported, X)["sub_lif1"], expected()[0])


def test_names_become_words_of_every_language() -> None:
    graph = chain(**{"in": source(1), "0": linear(1.0), "lif.1": lif(1), "own": linear(1.0), "a-b": lif(1)})
    assert ns.nir.read(graph).network.names == ["in_node", "lif_1", "a_b", "n0", "own_node"]

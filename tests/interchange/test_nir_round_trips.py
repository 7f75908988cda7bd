"""What is written is what was read: graphs, networks, choices."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nir_graphs import affine, chain, cuba, lif, linear, node, source

import neurosim as ns
from neurosim.errors import UnsupportedFeature
from neurosim.interchange.nir import Graph, Node

FLOATS = st.floats(-4, 4, width=32)
TIMES = st.floats(2**-12, 2**-4, width=32)


def arrays(values: st.SearchStrategy[float], *shape: int) -> st.SearchStrategy[np.ndarray]:
    count = int(np.prod(shape))
    return st.lists(values, min_size=count, max_size=count).map(lambda v: np.float32(v).reshape(shape))


def neuron(size: int) -> st.SearchStrategy[Node]:
    each: dict[str, dict[str, Any]] = {
        "LIF": {"tau": TIMES, "r": FLOATS, "v_leak": FLOATS, "v_threshold": FLOATS, "v_reset": FLOATS},
        "LI": {"tau": TIMES, "r": FLOATS, "v_leak": FLOATS},
        "IF": {"r": FLOATS, "v_threshold": FLOATS, "v_reset": FLOATS},
        "I": {"r": FLOATS},
        "CubaLIF": {"tau_syn": TIMES, "tau_mem": TIMES, "r": FLOATS, "v_leak": FLOATS, "v_threshold": FLOATS,
                    "w_in": FLOATS, "v_reset": FLOATS},
        "CubaLI": {"tau_syn": TIMES, "tau_mem": TIMES, "r": FLOATS, "v_leak": FLOATS, "w_in": FLOATS},
        "Threshold": {"threshold": FLOATS},
    }  # fmt: skip
    return st.one_of(
        [
            st.fixed_dictionaries({n: arrays(v, size) for n, v in fields.items()}).map(lambda v, k=kind: Node(k, v))
            for kind, fields in each.items()
        ]
    )


def between(pre: int, post: int) -> st.SearchStrategy[Node]:
    matrix = st.builds(lambda w: Node("Linear", {"weight": w}), arrays(FLOATS, post, pre))
    biased = st.builds(
        lambda w, b: Node("Affine", {"weight": w, "bias": b}), arrays(FLOATS, post, pre), arrays(FLOATS, post)
    )
    return st.one_of(matrix, biased)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Layers one after another, some of them recurrent, with delays."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    nodes: dict[str, Node] = {"input": Node("Input", {"shape": np.array([sizes[0]])})}
    edges: list[tuple[str, str]] = []
    last = "input"
    for k, (pre, post) in enumerate(pairwise(sizes)):
        if draw(st.booleans()):
            steps = draw(st.lists(st.integers(1, 5), min_size=pre, max_size=pre))
            nodes[f"d{k}"] = Node("Delay", {"delay": np.array(steps) * 1e-4})
            edges.append((last, f"d{k}"))
            last = f"d{k}"
        nodes |= {f"w{k}": draw(between(pre, post)), f"h{k}": draw(neuron(post))}
        edges += [(last, f"w{k}"), (f"w{k}", f"h{k}")]
        if draw(st.booleans()):
            nodes[f"r{k}"] = draw(between(post, post))
            edges += [(f"h{k}", f"r{k}"), (f"r{k}", f"h{k}")]
        last = f"h{k}"
    nodes["output"] = Node("Output", {"shape": np.array([sizes[-1]])})
    return Graph(nodes, (*edges, (last, "output")))


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "dt": st.sampled_from([0.1, 0.05]),
        "integrator": st.sampled_from(["euler", "exact"]),
        "reset": st.sampled_from(["value", "subtract"]),
        "current": st.sampled_from(["new", "old"]),
        "charge": st.sampled_from(["current", "impulse"]),
        "threshold": st.sampled_from(["above", "at"]),
        "feedback_bias": st.sampled_from(["at-once", "step-later"]),
    },
)
MANY = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(graph=graphs(), choices=CHOICES)
def test_writing_what_was_read_is_the_identity(graph: Graph, choices: dict, tmp_path: Path) -> None:
    ns.nir.write(ns.nir.read(graph, **choices), tmp_path / "a.nir")
    again = ns.nir.read(tmp_path / "a.nir")
    assert again.graph == graph
    first = ns.nir.read(graph, **choices)
    assert again.network == first.network
    assert {n: v for n, v in again.choices.as_data().items() if n in choices} == choices


@MANY
@given(graph=graphs(), choices=CHOICES)
def test_a_network_without_its_graph_comes_back_from_what_is_written(graph: Graph, choices: dict) -> None:
    imported = ns.nir.read(graph, **choices)
    written, _ = ns.nir.to_graph(imported.network, imported.weights, dtype="float64")
    again = ns.nir.read(written)
    assert {p.name: p for p in again.network.populations} == {p.name: p for p in imported.network.populations}
    assert {n: w.sum() for n, w in again.weights.items() if n.endswith("bias")}.keys() == {
        n: w.sum() for n, w in imported.weights.items() if n.endswith("bias")
    }.keys()
    kept = {n: (j.pre, j.post, j.delay) for n in imported.network.names if hasattr(j := imported.network[n], "pre")}
    new = {(j.pre, j.post): j for j in again.network.projections}
    for pre, post, delay in kept.values():
        assert new[pre, post].delay == delay or np.ndim(getattr(delay, "array", 0))


def test_nir_itself_reads_what_is_written(tmp_path: Path) -> None:
    graph = chain(x=source(2), w=affine(np.ones((3, 2)), np.ones(3)), h=cuba(3), out=node("Output", shape=[3]))
    ns.nir.write(ns.nir.read(graph, dt="1 ms", reset="subtract"), tmp_path / "a.nir")
    found = nir.read(tmp_path / "a.nir")
    assert {n: type(made).__name__ for n, made in found.nodes.items()} == {
        "x": "Input", "w": "Affine", "h": "CubaLIF", "out": "Output",
    }  # fmt: skip
    assert found.metadata["neurosim"]["reset"] == "subtract"
    assert float(found.metadata["neurosim"]["dt"]) == 1.0


def test_a_graph_of_nir_itself_is_read() -> None:
    ones = np.ones(2, dtype=np.float32)
    graph = nir.NIRGraph(
        {"x": nir.Input({"input": np.array([2])}), "w": nir.Linear(np.ones((2, 2))),
         "h": nir.LIF(tau=ones, r=ones, v_leak=ones, v_threshold=ones), "out": nir.Output({"output": np.array([2])})},
        [("x", "w"), ("w", "h"), ("h", "out")],
    )  # fmt: skip
    assert ns.nir.read(graph).network.names == ["x", "h", "w"]


def test_weights_that_changed_are_written_in_their_nodes() -> None:
    imported = ns.nir.read(
        chain(x=source(2), w=linear(np.ones((3, 2))), h=lif(3), s=node("Scale", scale=[1.0] * 3), y=lif(3))
    )
    new = {**imported.weights, "w.w": np.arange(6.0).reshape(2, 3)}
    graph, _ = ns.nir.to_graph(imported, new)
    assert isinstance(graph.nodes["w"], Node)
    np.testing.assert_array_equal(graph.nodes["w"].values["weight"], np.arange(6.0).reshape(2, 3).T)
    assert graph.nodes["s"] == imported.graph.nodes["s"]


def test_a_caller_goes_before_the_file_and_the_file_before_the_defaults(tmp_path: Path) -> None:
    ns.nir.write(ns.nir.read(chain(x=source(1), w=linear(1.0), h=lif(1)), reset="subtract"), tmp_path / "a.nir")
    assert ns.nir.read(tmp_path / "a.nir").choices.origin["reset"] == "file"
    other = ns.nir.read(tmp_path / "a.nir", reset="value").choices
    assert (other.reset, other.origin["reset"], other.origin["integrator"]) == ("value", "argument", "file")


def test_what_metadata_say_wrongly_is_not_taken() -> None:
    graph = replace(chain(x=source(1), h=lif(1)), metadata={"neurosim": {"reset": 7, "dt": "x", "more": 1}})
    assert ns.nir.read(graph).choices == ns.nir.Choices()


def test_of_two_kinds_of_reset_each_population_keeps_its_own() -> None:
    model = ns.nir.read(chain(x=source(1), w=linear(1.0), h=lif(1)), reset="subtract").network.population("h")
    other = ns.nir.read(chain(x=source(1), w=linear(1.0), h=lif(1))).network.population("h")
    network = ns.Network(
        [ns.Population("x", 1, ns.SpikeInput), replace(model, name="a"), replace(other, name="b")],
        [ns.Projection("xa", "x", "a"), ns.Projection("ab", "a", "b")],
    )
    assert ns.nir.read(ns.nir.to_graph(network, dtype="float64")[0]).network == network


# what NIR has no word for


RULE = ns.LearningRule("decay", "step", {"w": "0.5*w"})


def refused(network: ns.Network, message: str, **more: Any) -> None:
    with pytest.raises(UnsupportedFeature, match=message):
        ns.nir.to_graph(network, **more)


def pair(model: ns.NeuronModel, **projection: Any) -> ns.Network:
    return ns.Network(
        [ns.Population("x", 2, ns.SpikeInput), ns.Population("h", 2, model)],
        [ns.Projection("w", "x", "h", **projection)],
    )


def test_what_nir_has_no_word_for_is_refused_by_name() -> None:
    refused(pair(ns.RateUnit), "population h: RateUnit: NIR has no node")
    refused(pair(ns.CurrentLIF), "population h: CurrentLIF: NIR has no node")
    refused(pair(ns.LIF, learning=RULE), "projection w: rule .*: NIR has no word for learning")
    refused(pair(ns.LIF, synapse=ns.Binary), "synapse .* delivers")
    tied = ns.Network([ns.Population(n, 2, ns.LIF) for n in "ab"], [ns.Projection("w", "a", "b", reciprocal=True)])
    refused(tied, "weights that are tied")
    started = ns.Population("h", 2, ns.LIF, initial={"v": [0.0, 1.0]})
    refused(
        ns.Network([ns.Population("x", 2, ns.SpikeInput), started], [ns.Projection("w", "x", "h")]),
        "NIR's neurons begin at 0",
    )


def test_rules_and_ties_may_be_left_out() -> None:
    graph, report = ns.nir.to_graph(pair(ns.LIF, learning=RULE), leave_out=["rules"])
    assert "w" in graph.nodes
    assert any("left out" in r.text for r in report.remarks)
    tied = ns.Network([ns.Population(n, 2, ns.LIF) for n in "ab"], [ns.Projection("w", "a", "b", reciprocal=True)])
    weight = np.arange(4.0).reshape(2, 2)
    graph, _ = ns.nir.to_graph(tied, {"w.w": weight}, leave_out="ties", gain="kept")
    assert isinstance(graph.nodes["w_back"], Node)
    np.testing.assert_array_equal(graph.nodes["w_back"].values["weight"], weight)


# models of the library, by what a consumer does


@pytest.mark.parametrize("gain", ["folded", "kept"])
@pytest.mark.parametrize(
    "model",
    [ns.LIF(tau_mem=7.0), ns.LIFToValue(tau_mem=7.0), ns.SubtractiveCurrentLIF, ns.CubaLIF],
    ids=lambda m: m.name,
)
def test_models_of_the_library_spike_as_before(model: ns.NeuronModel, gain: str) -> None:
    from nir_graphs import spikes, stimulus

    weights = {"w.w": np.random.default_rng(0).normal(0.5, 0.5, (2, 2)).round(4)}
    network = pair(model)
    graph, _ = ns.nir.to_graph(network, weights, gain=gain, dtype="float64")
    imported, shown = ns.nir.read(graph), stimulus(100, 2)
    setup = ns.NetworkBuilder(dt=model.constants.get("dt", 1.0))
    setup.include(network, weights, {"x": ns.playback(ns.Events.from_dense(shown[np.newaxis].astype(int)))})
    before = ns.simulate(setup, 100 * setup.dt)["h.spikes"].events.dense()[0].astype(bool)
    assert before.sum() > 5
    np.testing.assert_array_equal(spikes(imported, shown)["h"], before)


def test_a_consumer_with_another_step_does_the_same() -> None:
    from nir_graphs import spikes, stimulus

    exact = ns.nir.read(chain(x=source(2), w=linear(np.ones((2, 2))), h=lif(2)), dt="0.5 ms", integrator="exact")
    graph, report = ns.nir.to_graph(exact.network, exact.weights, dt="0.1 ms", dtype="float64")
    assert any("forward Euler with 0.1 ms" in r.text for r in report.remarks)
    shown = stimulus(100, 2)
    np.testing.assert_array_equal(spikes(ns.nir.read(graph), shown)["h"], spikes(exact, shown)["h"])


def test_pairs_are_written_as_a_matrix_and_that_is_told() -> None:
    graph, report = ns.nir.to_graph(
        pair(ns.LIF, connectivity=ns.Pairs([0, 1, 1], [1, 1, 1])), {"w.w": [1, 2, 3.0]}, gain="kept"
    )
    assert isinstance(graph.nodes["w"], Node)
    np.testing.assert_array_equal(graph.nodes["w"].values["weight"], [[0, 0], [1, 5]])
    assert any("matrix" in r.text for r in report.remarks)

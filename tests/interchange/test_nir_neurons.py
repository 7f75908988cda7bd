"""What each kind of neuron does in a step, against loops written by hand; each choice changes it."""

from __future__ import annotations

import numpy as np
import pytest
from nir_graphs import affine, by_hand, chain, cuba, lif, linear, node, source, spikes, stimulus, traces

import neurosim as ns
from neurosim.errors import InputError

X = stimulus(60, 3)
W = np.array([[0.9, 0.4, -0.3], [1.2, -0.5, 0.8]])
TAU = np.array([1e-3, 3e-3])


@pytest.mark.parametrize("integrator", ["euler", "exact"])
def test_lif_integrates_as_chosen(integrator: str) -> None:
    layer = lif(2, tau=TAU, v_threshold=0.2)
    found = spikes(ns.nir.read(chain(x=source(3), w=linear(W), h=layer), integrator=integrator), X)["h"]
    expected = by_hand([layer], X @ W.T, euler=integrator == "euler")
    assert expected.any()
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("reset", "after"), [("value", 0.1), ("subtract", 1.5 - 0.5)])
def test_lif_resets_as_chosen(reset: str, after: float) -> None:
    graph = chain(x=source(1), w=linear(1.5), h=lif(1, tau=1e-4, v_reset=0.1))
    assert traces(ns.nir.read(graph, reset=reset), np.ones((1, 1)), "h")[0, 0] == pytest.approx(after)


@pytest.mark.parametrize(("threshold", "spiked"), [("above", False), ("at", True)])
def test_lif_spikes_above_or_at_its_threshold(threshold: str, spiked: bool) -> None:
    graph = chain(x=source(1), w=linear(0.5), h=lif(1, tau=1e-4))
    assert spikes(ns.nir.read(graph, threshold=threshold), np.ones((1, 1)))["h"][0, 0] == spiked


@pytest.mark.parametrize("current", ["new", "old"])
def test_a_membrane_reads_the_new_or_the_old_current(current: str) -> None:
    layer = cuba(2, w_in=[2.0, 3.0], r=[1.5, 1.0])
    found = traces(ns.nir.read(chain(x=source(3), w=linear(W), h=layer), current=current), X, "h")
    i, v, expected = np.zeros(2), np.zeros(2), []
    for c in X @ W.T:
        old, i = i, i + 0.2 * (layer.array("w_in") * c - i)
        v = v + 0.1 * (layer.array("r") * (i if current == "new" else old) - v)
        v = np.where(v > 0.3, 0, v)
        expected.append(v)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(("charge", "each"), [("current", 2e-4), ("impulse", 2.0)])
def test_input_of_an_integrator_is_a_current_or_an_impulse(charge: str, each: float) -> None:
    graph = chain(x=source(1), w=linear(1.0), h=node("I", r=[2.0]))
    assert traces(ns.nir.read(graph, charge=charge), np.ones((3, 1)), "h")[2, 0] == pytest.approx(3 * each)


def test_if_integrates_and_fires() -> None:
    graph = chain(x=source(1), w=linear(1.0), h=node("IF", r=[1.0], v_threshold=[2.5]))
    found = spikes(ns.nir.read(graph, charge="impulse"), np.ones((6, 1)))["h"]
    assert np.flatnonzero(found).tolist() == [2, 5]


def test_leaky_integrators_have_no_threshold() -> None:
    graph = chain(x=source(1), w=linear(1.0), h=node("LI", tau=[1e-3], r=[3.0], v_leak=[1.0]))
    assert traces(ns.nir.read(graph), np.ones((1, 1)), "h")[0, 0] == pytest.approx(0.1 * (1 + 3))
    graph = chain(x=source(1), w=linear(1.0), h=node("CubaLI", tau_syn=[1e-3], tau_mem=[1e-3], r=[2.0], v_leak=[0.0]))
    assert traces(ns.nir.read(graph), np.ones((1, 1)), "h")[0, 0] == pytest.approx(0.1 * 2 * 0.1)


def test_a_threshold_alone_is_a_population_without_memory() -> None:
    graph = chain(x=source(1), w=linear(1.0), h=node("Threshold", threshold=[0.5]))
    assert spikes(ns.nir.read(graph), np.array([[1.0], [0.0], [1.0]]))["h"].ravel().tolist() == [True, False, True]


def test_an_input_may_take_values() -> None:
    graph = chain(x=source(1), w=linear(2.0), h=node("LI", tau=[1e-4], r=[1.0], v_leak=[0.0]))
    imported = ns.nir.read(graph, input="values")
    np.testing.assert_allclose(traces(imported, np.array([[0.25], [-1.0]]), "h", values=True).ravel(), [0.5, -2.0])


def test_parameters_that_differ_are_fixed_parameters_of_each_neuron() -> None:
    network = ns.nir.read(chain(x=source(3), w=linear(W), h=lif(2, tau=TAU))).network
    assert {n: a.values.tolist() for n, a in network.fixed().items()} == {"h.tau": TAU.tolist()}


def test_one_parameter_serves_all_neurons() -> None:
    layer = node("LIF", tau=[1e-3], r=[1.0], v_leak=[0.0], v_threshold=[0.5])
    assert ns.nir.read(chain(x=source(3), w=linear(W), h=layer)).network.population("h").size == 2


@pytest.mark.parametrize("value", [0.0, -1e-3])
def test_a_time_constant_is_above_0(value: float) -> None:
    with pytest.raises(InputError, match="tau"):
        ns.nir.read(chain(x=source(1), w=linear(1.0), h=lif(1, tau=value)))


def test_a_bias_is_learned_and_named_by_its_population() -> None:
    imported = ns.nir.read(chain(x=source(3), w=affine(W, [0.25, -0.5]), h=lif(2)))
    assert imported.weights["h.bias"].tolist() == [0.25, -0.5]
    np.testing.assert_array_equal(imported.weights["w.w"], W.T)

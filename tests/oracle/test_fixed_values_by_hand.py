"""Values of each neuron and synapse against a loop over neurons and synapses, written out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend import registry
from neurosim.backend.reference import ReferenceBackend

SCALED = ns.SynapseModel("Scaled", {"w": 0.0}, "u*w", {"u": 1.0})
TRACED = ns.NeuronModel(
    "Traced",
    {"v": 0.0, "trace": 0.0},
    {"tau": 10.0, "theta": 1.0},
    {"v": "decay*v + drive", "trace": "decay*trace"},
    "v >= theta",
    {"v": "v - theta", "trace": "trace + tau"},
    "spike",
    derived={"decay": "exp(-1/tau)"},
)
PRE, POST, STEPS = 7, 4, 40


def values(seed: int) -> dict[str, np.ndarray]:
    """Time constants, thresholds and first values of neurons; unsorted pairs with scales and weights; spikes."""
    random = np.random.Generator(np.random.Philox(seed))
    pairs = np.argwhere(random.random((PRE, POST)) < 0.7)
    random.shuffle(pairs)
    return {
        "tau": random.uniform(2, 20, POST), "theta": random.uniform(0.4, 1.2, POST), "v": random.uniform(0, 0.4, POST),
        "pre": pairs[:, 0], "post": pairs[:, 1], "u": random.uniform(0.2, 2.0, len(pairs)),
        "w": random.uniform(0, 0.4, len(pairs)), "spikes": random.random((2, STEPS, PRE)) < 0.3,
    }  # fmt: skip


def loop(given: dict[str, np.ndarray], at_spikes: bool) -> tuple[list[float], list[list[list[float]]]]:
    """The weights after all trials, and v of each step; terms of a sum by ascending source."""
    w, recorded = given["w"].tolist(), []
    synapses = list(zip(given["pre"].tolist(), given["post"].tolist(), given["u"].tolist(), strict=True))
    order = sorted(range(len(w)), key=lambda k: synapses[k][0])
    decay = [math.exp(-1 / tau) for tau in given["tau"].tolist()]
    for spikes in given["spikes"].astype(float).tolist():
        v, trace, rows = given["v"].tolist(), [0.0] * POST, []
        for arrived in spikes:
            drive = [0.0] * POST
            for k in order:
                i, j, u = synapses[k]
                drive[j] += arrived[i] * (u * w[k])
            fired = []
            for j in range(POST):
                v[j] = decay[j] * v[j] + drive[j]
                trace[j] = decay[j] * trace[j]
                fired.append(v[j] >= given["theta"][j])
                if fired[j]:
                    v[j], trace[j] = v[j] - given["theta"][j], trace[j] + given["tau"][j]
            for k, (i, j, u) in enumerate(synapses):
                if fired[j] or not at_spikes:
                    w[k] = w[k] + (0.001 * u) * (arrived[i] * trace[j] - given["tau"][j] * w[k])
            rows.append(list(v))
        recorded.append(rows)
    return w, recorded


@pytest.mark.parametrize("at", ["step", "post.spike"])
@pytest.mark.parametrize("seed", range(3))
def test_they_are_those_of_their_neuron_and_their_synapse(at: str, seed: int) -> None:
    given = values(seed)
    weights, expected = loop(given, at == "post.spike")
    rule = ns.LearningRule("r", at, {"w": "w + (0.001*u)*(arrived*post.trace - post.tau*w)"})
    network = ns.Network(
        [
            ns.Population("i", PRE, ns.SpikeInput),
            ns.Population("e", POST, TRACED, (), {n: given[n] for n in ("tau", "theta")}, {"v": given["v"]}),
        ],
        [
            ns.Projection(
                "p", "i", "e", SCALED, [rule], parameters={"u": given["u"]},
                connectivity=ns.Pairs(given["pre"], given["post"]),
            )
        ],
    )  # fmt: skip
    schedule = ns.Schedule([ns.Phase("run", STEPS)], [ns.Probe("e.v", "step")], {"i.x": "events"})
    with ReferenceBackend().compile(ns.lower(network, schedule)) as session:
        session.write({"p.w": given["w"]})
        found = session.run(ns.Trials({"i.x": ns.Events.from_dense(given["spikes"])}))["e.v@step"]
        learned = session.read()["p.w"]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(learned, weights)
    assert not np.array_equal(weights, given["w"])


@pytest.mark.parametrize("target", ["reference", "nengo:native", "lava:mapped", "brian2:numpy"])
def test_trials_all_start_with_them(target: str) -> None:
    """v' = v + drive: what is recorded of each trial is its first value, and what arrived."""
    counter = ns.NeuronModel("Counter", {"v": 0.0}, {}, {"v": "v + drive"}, output="v")
    network = ns.Network(
        [ns.Population("i", 2, ns.SpikeInput), ns.Population("e", 2, counter, initial={"v": [0.25, -3.0]})],
        [ns.Projection("p", "i", "e", connectivity=ns.OneToOne())],
    )
    schedule = ns.Schedule([ns.Phase("run", 3)], [ns.Probe("e.v", "step")], {"i.x": "events"})
    backend, mode = registry.load(target)
    with backend.compile(ns.lower(network, schedule), mode=mode) as session:
        session.write({"p.w": np.ones(2)})
        for _ in range(2):
            found = session.run(ns.Trials({"i.x": ns.Events.from_dense(np.ones((2, 3, 2), bool))}))["e.v@step"]
            assert np.asarray(found).tolist() == [[[1.25, -2.0], [2.25, -1.0], [3.25, 0.0]]] * 2

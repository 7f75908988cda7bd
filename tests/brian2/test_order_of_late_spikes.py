"""Spikes that arrive at once after different delays are added by delay, the shortest first."""

from __future__ import annotations

import numpy as np
import pytest

import neurosim as ns
from neurosim.program.program import Program

RESTLESS = ns.NeuronModel("Restless", state={"v": 0.0}, update={"v": "drive"}, spike="v > -1", reset={}, output="spike")


def late_sums(reciprocal: bool) -> tuple[Program, dict[str, np.ndarray]]:
    """Several synapses of each pair, whose delays differ, and weights of which every bit counts."""
    random = np.random.Generator(np.random.Philox(4))
    pairs = ns.Pairs(random.integers(0, 4, 40), random.integers(0, 4, 40))
    projection = ns.Projection(
        "feed", "a", "b", connectivity=pairs, delay=random.integers(1, 6, 40), reciprocal=reciprocal
    )
    network = ns.Network([ns.Population("a", 4, RESTLESS), ns.Population("b", 4, RESTLESS)], [projection])
    probes = [ns.Probe("a.v", "step"), ns.Probe("b.v", "step")]
    program = ns.lower(network, ns.Schedule([ns.Phase("run", 15)], probes))
    return program, {"feed.w": random.uniform(-0.9, 1, 40)}


@pytest.mark.parametrize("reciprocal", [False, True])
def test_sums_of_late_spikes_have_the_bits_of_the_reference(reciprocal: bool) -> None:
    program, learned = late_sums(reciprocal)
    found = []
    for name in ("reference", "brian2:numpy"):
        backend, mode = ns.load(name)
        with backend.compile(program, mode=mode) as session:
            session.write(learned)
            found.append(session.run(ns.Trials({}, 1)))
    for probe in ("a.v@step", "b.v@step"):
        np.testing.assert_array_equal(found[1][probe], found[0][probe])

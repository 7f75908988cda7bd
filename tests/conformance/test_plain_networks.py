"""A plain network on all simulators: equal bit for bit, in float64, from one call."""

from __future__ import annotations

import numpy as np
import pytest

import neurosim as ns

CELL = ns.ode(
    "dv/dt = (e_l - v + ge + gi)/tau_m (unless refractory)",
    "dge/dt = -ge/tau_e",
    "dgi/dt = -gi/tau_i",
    spike="v > v_th",
    reset={"v": "v_r"},
    refractory="2 ms",
    params={
        "tau_m": "20 ms", "tau_e": "5 ms", "tau_i": "10 ms", "e_l": "-49 mV", "v_th": "-50 mV", "v_r": "-60 mV",
    },
    ports={"exc": "ge", "inh": "gi"},
    dt="0.1 ms",
    name="Cell",
)  # fmt: skip
MODES = ("brian2:standalone", "brian2:numpy", "nengo:native", "nengo:fused", "lava:fused", "lava:mapped")


@pytest.fixture(scope="module")
def compared() -> dict[str, ns.SimulationComparison]:
    """By simulator; the network has a source, delays of each synapse, and parameters of each neuron."""
    for module in ("brian2", "nengo", "lava"):
        pytest.importorskip(module)
    net = ns.NetworkBuilder(seed=7)
    noise = net.source("noise", ns.poisson(20, rate="50 Hz"))
    parameters = {"tau_m": ns.uniform("15 ms", "25 ms")}
    e = net.population("e", 40, CELL, parameters=parameters, initial={"v": ns.uniform("-60 mV", "-50 mV")})
    i = net.population("i", 10, CELL, initial={"v": ns.uniform("-60 mV", "-50 mV")})
    net.connect(noise, e, ns.fixed_in_degree(5), weight="1 mV", delay="0.3 ms", to="exc")
    for post in (e, i):
        delay = ns.uniform("0.2 ms", "1 ms")
        net.connect(e, post, ns.random(p=0.2), weight=ns.normal("1.6 mV", "0.2 mV"), delay=delay, to="exc")
        net.connect(i, post, ns.random(p=0.2), weight="-4 mV", to="inh")
    record = [noise.spikes, e.spikes, i.spikes, e.v[:5].every("0.5 ms"), i.gi]
    return {mode: ns.compare(net, "60 ms", record, backends=[mode]) for mode in MODES}


@pytest.mark.parametrize("mode", MODES)
def test_a_simulation_is_that_of_the_reference(mode: str, compared: dict[str, ns.SimulationComparison]) -> None:
    reference, other = compared[mode].verdicts
    assert other.recording.backend == mode
    assert (other.tier, other.first, other.spikes_different) == ("T0", None, 0)
    assert reference.spikes > 100
    np.testing.assert_array_equal(reference.recording["i.gi"].values, other.recording["i.gi"].values)  # type: ignore[union-attr]

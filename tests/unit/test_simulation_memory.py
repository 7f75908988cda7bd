"""What a plain network takes is estimated, and refused before anything is allocated."""

from __future__ import annotations

import subprocess
import sys

import pytest

import neurosim as ns
from neurosim.errors import ModelError
from neurosim.model.connectivity.rules import WiringRule
from neurosim.model.connectivity.rules.rule import Sides

SIZE = 10**6

WIRINGS = {
    "all": (None, "its 1,000,000 x 1,000,000 synapses"),
    "random": (ns.random(p=0.5), "its about 500,000,000,000 synapses"),
    "in-degree": (ns.fixed_in_degree(10**5), "its about 100,000,000,000 synapses"),
    "out-degree": (ns.fixed_out_degree(10**5), "its about 100,000,000,000 synapses"),
    "total": (ns.fixed_total(10**11), "its about 100,000,000,000 synapses"),
}


@pytest.mark.parametrize("name", WIRINGS)
def test_synapses_that_fit_no_memory_are_refused_before_they_are_drawn(name: str) -> None:
    net = ns.NetworkBuilder(dt="0.1 ms")
    a = net.population("a", SIZE, ns.LIF)
    wiring, told = WIRINGS[name]
    with pytest.raises(ModelError) as refused:
        net.connect(a, a, wiring, weight=ns.normal(0, 1))
    assert str(refused.value).startswith("projection a_a needs at least")
    assert told in str(refused.value)
    assert "can be had here" in str(refused.value)


@pytest.mark.parametrize("rule", [ns.random(p=0.3), ns.fixed_in_degree(3), ns.fixed_out_degree(3), ns.fixed_total(9)])
def test_as_many_are_expected_as_are_drawn(rule: WiringRule) -> None:
    drawn = ns.NetworkBuilder(dt=1)
    a, b = (drawn.population(n, size, ns.LIF) for n, size in (("a", 30), ("b", 20)))
    found = drawn.connect(a, b, rule, weight=1).synapses
    assert rule.expected(Sides(30, 20)) == pytest.approx(found, rel=0.2)


def test_neurons_that_fit_no_memory_are_refused() -> None:
    net = ns.NetworkBuilder(dt="0.1 ms")
    with pytest.raises(ModelError, match="population a: size = 1,000,000,000,000; at most"):
        net.population("a", 10**12, ns.LIF, initial={"v": ns.uniform(0, 1)})


RECORDS_TOO_MUCH = """
import neurosim as ns
net = ns.NetworkBuilder(dt="0.1 ms")
noise = net.source("noise", ns.poisson(1000, rate="100 Hz"))
a = net.population("a", 10**5, ns.LIF)
net.connect(noise, a, ns.fixed_in_degree(1), weight=0.1)
try:
    ns.simulate(net, "1000 s", [a.v])
except ns.errors.InputError as error:
    print(error)
"""


def test_a_recording_that_fits_no_memory_is_refused_before_a_source_draws() -> None:
    done = subprocess.run([sys.executable, "-c", RECORDS_TOO_MUCH], capture_output=True, text=True, timeout=60)
    assert "8 TB of it for the recording 'a.v@step'" in done.stdout, done.stderr

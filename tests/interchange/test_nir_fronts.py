"""A file of NIR as the frozen front of a scenario, with a readout of the scenario's own behind it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import neurosim as ns
from neurosim.scenario import schema
from neurosim.scenario.preparation.plan import plan

FILE = Path(__file__).parents[2] / "scenarios" / "nir" / "digits_snntorch.nir"
TEXT = f"""
[scenario]
name = "front"
[data]
name = "digits"
[stream]
kind = "joint"
[network]
nir = "{FILE}"
choices = {{ input = "values" }}
[network.population]
readout = {{ size = 10, wake = {{ model = "LeakyReadout" }} }}
[network.projection]
lif1_readout = {{ pre = "lif1", post = "readout" }}
[training]
method = "latent-replay"
insertion = "lif1"
input = "input"
output = "readout"
steps = 26
lr = 0.001
samples = 50
"""


def test_a_front_needs_no_pretraining_and_has_the_weights_of_its_file() -> None:
    scenario = schema.parse(TEXT)
    network = plan(scenario).network
    assert network.names == ["input", "lif1", "output", "readout", "fc1", "fc2", "lif1_readout"]
    weights = scenario.initial_weights(network, seed=0)
    np.testing.assert_array_equal(weights["fc1.w"], ns.nir.read(FILE).weights["fc1.w"])
    assert weights["lif1_readout.w"].any()

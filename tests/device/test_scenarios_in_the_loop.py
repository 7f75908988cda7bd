"""Scenarios through the loop: joint training, and wake and sleep, to the bits of the reference on every simulator."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from neurosim.backend.contract import Backend
from neurosim.device import mock
from neurosim.device.silicon import Readout
from neurosim.results.agreement.tiers import agreement
from neurosim.results.result import Result
from neurosim.scenario import engine, schema

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SMALLER = {
    "test = 360": "test = 20", "validation = 287": "train = 20", "size = 256": "size = 12",
    "free_steps = 30": "free_steps = 6", "nudged_steps = 10": "nudged_steps = 3", "epochs = 10": "epochs = 2",
    "increment = 2": "increment = 5", "steps = 678": "steps = 40", "rate = 0.0936": "rate = 0.6",
    "theta = 0.8661": "theta = 0.5",
}  # fmt: skip
ON = ("reference", "brian2:numpy", "nengo:native", "nengo:fused", "lava:fused")
LOOPS = {"digits_joint": "trial", "digits_sleep": {"wake": "trial", "sleep": 1}}


@functools.cache
def scenario(name: str) -> schema.Scenario:
    text = (SCENARIOS / f"{name}.toml").read_text()
    for old, new in SMALLER.items():
        text = text.replace(old, new)
    return schema.parse(text)


def result(name: str, backend: Backend) -> Result:
    return engine.run(scenario(name), backend.compile)


@functools.cache
def of_reference(name: str) -> Result:
    return result(name, mock("reference").inside)


@pytest.mark.parametrize("on", ON)
@pytest.mark.parametrize("name", LOOPS)
def test_a_scenario_in_the_loop_of_an_ideal_device_is_t0(name: str, on: str) -> None:
    found, expected = result(name, mock(on, loop=LOOPS[name])), of_reference(name)
    same = agreement(expected, found)
    assert same.first_difference is None
    assert same.max_abs_dw == 0.0
    assert np.array_equal(found.accuracy_matrix, expected.accuracy_matrix)
    assert found.kind == "mock"
    if name == "digits_sleep":
        assert same.spikes > 10


@pytest.mark.parametrize("loop", [1, {"wake": "phase", "sleep": 1}], ids=["steps", "phases"])
def test_granularity_changes_nothing_on_a_chip_that_is_not_ideal(loop: object) -> None:
    figures = {"gain": 0.2, "dropped": 0.05, "weight_bits": 6, "write_noise": 0.02, "step_noise": 0.01}
    readout = Readout(bits=7, noise=0.01)
    found, expected = (
        result("digits_sleep", mock(seed=3, loop=each, readout=readout, **figures))
        for each in (loop, LOOPS["digits_sleep"])
    )
    assert agreement(expected, found).first_difference is None
    assert agreement(expected, of_reference("digits_sleep")).max_abs_dw > 0

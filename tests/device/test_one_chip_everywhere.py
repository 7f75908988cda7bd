"""One chip, one seed: every backend and mode learns the same in its loop, to the last bit, and spikes the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from outcomes import REFERENCE, plain

import neurosim as ns
from neurosim.backend.contract import Backend
from neurosim.device import mock
from neurosim.device.silicon import Readout
from neurosim.program.precision import Grid
from neurosim.scenario.datasets.published import digits as handwritten
from neurosim.testing.targets import case_named

FIGURES: dict[str, Any] = {
    "gain": 0.2,
    "offset": 0.05,
    "weight_bits": 6,
    "dead_synapses": 0.05,
    "write_noise": 0.03,
    "reprogram": 4,
    "readout": Readout(bits=8, low=-1.0, high=1.0, noise=0.01, bias=0.003),
}
OF_SPIKES: dict[str, Any] = {"mismatch": {"theta": 0.1}, "step_noise": 0.02, "dropped": 0.1, "late": 0.05}
CASES = {"ep_one_sided": FIGURES, "recurrent_spiking": {**FIGURES, **OF_SPIKES, "readout": Readout()}}
EPOCHS = 4
QUICK = ("brian2:numpy", "brian2:standalone", "nengo:native", "nengo:fused", "lava:fused")
SLOW = ("brian2:cython", "lava:mapped")
ALL = [*QUICK, *(pytest.param(on, marks=pytest.mark.slow) for on in SLOW)]


def digest(backend: Backend, name: str, length: float = 0.1) -> str:
    """Of all that is learned, and of all that is recorded, in four epochs."""
    case, found = case_named(name, length), hashlib.sha256()
    program = case.program(Grid())
    with backend.compile(program) as session:
        session.write(case.learned_for(program))
        for epoch in range(EPOCHS):
            trials = replace(case.trials, phase="train", first=epoch * case.trials.count)
            _add(found, session.run(trials, constants=case.constants, learn=case.learn).probes)
        _add(found, session.read())
    return found.hexdigest()


def _add(to: Any, arrays: Mapping[str, Any]) -> None:
    for name in sorted(arrays):
        to.update(name.encode() + np.ascontiguousarray(plain(arrays[name])).tobytes())


@cache
def of_reference(name: str) -> str:
    return digest(mock(loop="trial", seed=3, **CASES[name]), name)


@pytest.mark.parametrize("on", ALL)
@pytest.mark.parametrize("name", CASES)
def test_four_epochs_in_the_loop_have_one_digest(name: str, on: str) -> None:
    assert digest(mock(on, loop="trial", seed=3, **CASES[name]), name) == of_reference(name)


@pytest.mark.parametrize("name", CASES)
def test_another_seed_another_granularity_and_no_figures(name: str) -> None:
    chip = {"seed": 3, **CASES[name]}
    assert digest(mock(loop="trial", **{**chip, "seed": 4}), name) != of_reference(name)
    assert digest(mock(loop="phase", **chip), name) == of_reference(name)
    zeros = dict.fromkeys(("gain", "offset", "dead_synapses", "write_noise", "step_noise", "dropped", "late"), 0.0)
    assert digest(mock(loop="trial", seed=3, **zeros), name) == digest(REFERENCE, name)


@pytest.mark.slow
@pytest.mark.parametrize("on", QUICK)
def test_digits_learned_in_the_loop_have_one_digest(on: str) -> None:
    found, expected = (_digits(mock(each, loop="trial", seed=3, **FIGURES)) for each in (on, "reference"))
    assert found == expected


def _digits(backend: Backend) -> str:
    """64-100-10 units, 150 digits, four epochs."""
    unit, rule = ns.RateUnit(eps=0.5), ns.EquilibriumPropagation(lr=0.02, beta=0.5)
    bias = [ns.BiasPropagation(lr=0.02, beta=0.5)]
    network = ns.Network(
        [ns.Population("i", 64, ns.Clamp), ns.Population("h", 100, unit, bias), ns.Population("o", 10, unit, bias)],
        [
            ns.Projection("ih", "i", "h", learning=[rule]),
            ns.Projection("ho", "h", "o", learning=[rule], reciprocal=True),
        ],
    )
    phases = [ns.Phase("free", 20, assign={"s_free": "s"}), ns.Phase("nudged", 8, {"o.beta": 0.5})]
    schedule = ns.Schedule(phases, [ns.Probe("o.s", "end:free")], {"i.s": "constant", "o.target": "constant"})
    program, random = ns.lower(network, schedule, precision=Grid()), np.random.default_rng(0)
    samples = handwritten.read()
    stimuli = {"i.s": samples.inputs[:150], "o.target": np.eye(10)[samples.labels[:150]]}
    found = hashlib.sha256()
    with backend.compile(program) as session:
        session.write({n: np.round(random.normal(0, 0.1, a.shape) * 2**16) / 2**16 for n, a in session.read().items()})
        for epoch in range(EPOCHS):
            _add(found, session.run(ns.Trials(stimuli, phase="train", first=150 * epoch)).probes)
        _add(found, session.read())
    return found.hexdigest()

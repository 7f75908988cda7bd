"""Networks of full size in the loop of an ideal device: on every simulator the bits of a reference without one."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from outcomes import REFERENCE, Left, assert_same, plain

import neurosim as ns
from neurosim.backend.contract import Backend
from neurosim.device import mock
from neurosim.model.randomness import stream
from neurosim.program.precision import Grid
from neurosim.program.schedule import Array, Events
from neurosim.results.agreement.tiers import agreement
from neurosim.results.result import Result
from neurosim.scenario import engine, schema

SCENARIOS = Path(__file__).parents[2] / "scenarios"
ON = ("reference", "brian2:standalone", "nengo:fused", "lava:fused")
LOOPS: dict[str, Any] = {"digits_joint": "trial", "digits_sleep": {"wake": "trial", "sleep": 1}}


@functools.cache
def scenario(name: str) -> schema.Scenario:
    """As it is, but for one epoch."""
    text = (SCENARIOS / f"{name}.toml").read_text()
    return schema.parse(text.replace("epochs = 10", "epochs = 1").replace("epochs = 2", "epochs = 1"))


@functools.cache
def of_reference(name: str) -> Result:
    return engine.run(scenario(name), REFERENCE.compile)


@pytest.mark.slow
@pytest.mark.parametrize("on", ON)
@pytest.mark.parametrize("name", LOOPS)
def test_a_scenario_of_full_size_in_the_loop_is_t0(name: str, on: str) -> None:
    found, expected = engine.run(scenario(name), mock(on, loop=LOOPS[name]).compile), of_reference(name)
    same = agreement(expected, found)
    assert same.first_difference is None
    assert same.max_abs_dw == 0.0
    assert np.array_equal(found.accuracy_matrix, expected.accuracy_matrix)


def spoken(hidden: int, *more: ns.Probe) -> ns.Program:
    """700 channels into two recurrent layers with delays, whose synapses learn from both membranes at the end."""
    hebb = ns.LearningRule("hebb", "end:run", {"w": "clip(w + lr*pre.u*post.u, -0.5, 0.5)"}, {"lr": 2.0**-12})
    cells = ns.CurrentLIF
    network = ns.Network(
        [ns.Population("ear", 700, ns.SpikeInput), ns.Population("a", hidden, cells), ns.Population("b", 100, cells)],
        [
            ns.Projection("ear_a", "ear", "a"),
            ns.Projection("a_b", "a", "b", learning=[hebb]),
            ns.Projection("a_a", "a", "a", delay=2, learning=[hebb]),
            ns.Projection("b_b", "b", "b", delay=2, learning=[hebb]),
        ],
    )
    probes = [ns.Probe("a.spike", "step"), ns.Probe("b.spike", "step"), ns.Probe("b.u", "end:run"), *more]
    return ns.lower(network, ns.Schedule([ns.Phase("run", 100)], probes, {"ear.x": "events"}), precision=Grid())


def first(name: str, shape: tuple[int, ...]) -> Array:
    """The weights before anything is learned."""
    return np.round(stream(0, "test", name).normal(0.03, 0.12, shape) * 2**20) / 2**20


def heard(backend: Backend, program: ns.Program, trials: int) -> Left:
    spikes = stream(0, "test", "ear").random((trials, 100, 700)) < 0.02
    with backend.compile(program) as session:
        session.write({n: first(n, a.shape) for n, a in session.read().items()})
        return session.run(ns.Trials({"ear.x": Events.from_dense(spikes)})), session.read()


@functools.cache
def alone(hidden: int, trials: int) -> Left:
    return heard(REFERENCE, spoken(hidden), trials)


def check(on: str, hidden: int, trials: int) -> None:
    found, expected = heard(mock(on, loop="trial"), spoken(hidden), trials), alone(hidden, trials)
    assert_same(found, expected)
    assert all(expected[0][f"{p}.spike@step"].count > 10 * trials for p in "ab")  # type: ignore[union-attr]
    assert all((expected[1][n] != first(n, expected[1][n].shape)).any() for n in ("a_b.w", "a_a.w", "b_b.w"))
    with_one_more = heard(mock(on, loop="trial"), spoken(hidden, ns.Probe("a.u", "step")), trials)
    probes = {n: p for n, p in with_one_more[0].probes.items() if n in expected[0].probes}
    assert_same((replace(with_one_more[0], probes=probes), with_one_more[1]), expected)
    assert plain(with_one_more[0]["a.u@step"]).shape == (trials, 100, hidden)


@pytest.mark.parametrize("on", ["reference", "nengo:fused", "lava:fused"])
def test_700_channels_in_the_loop_and_one_more_probe(on: str) -> None:
    check(on, 20, 3)


@pytest.mark.slow
@pytest.mark.parametrize("on", ON)
def test_700_channels_of_full_size_in_the_loop_and_one_more_probe(on: str) -> None:
    check(on, 200, 20)

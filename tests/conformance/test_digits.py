"""Real digits at full size: one epoch of training, a sleep of 2,000 steps, a scenario in segments and free-running."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from neurosim.backend import registry
from neurosim.model.learning import BiasPropagation, EquilibriumPropagation, LearningRule, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, NeuronModel, RateUnit, SpikeInput
from neurosim.model.randomness import stream
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid, quantise
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials
from neurosim.results.agreement.differences import largest_difference, spikes_that_differ
from neurosim.results.agreement.tiers import TOLERANCE, agreement, segments_reach_t1
from neurosim.scenario import datasets, engine, schema
from neurosim.scenario.methods.ep_schedules import one_sided
from neurosim.scenario.preparation import prepare
from neurosim.scenario.runs.comparison import forced_segments

SCENARIO = Path(__file__).parents[2] / "scenarios" / "digits_sleep.toml"
FAST = ("brian2:standalone", "nengo:native", "nengo:fused", "lava:fused")
ALL = (*FAST, "brian2:numpy", "brian2:cython")


def run(backend_name: str, program: Program, learned: dict[str, Array], trials: Trials):
    backend, mode = registry.load(backend_name)
    with backend.compile(program, mode=mode) as session:
        session.write(learned)
        records = session.run(trials)
        return records, session.read()


def glorot(network: Network) -> dict[str, Array]:
    def values(name: str, shape: tuple[int, ...]) -> Array:
        width = 0.5 * np.sqrt(6 / sum(shape)) if len(shape) == 2 else 0.0
        return stream(0, "test", name).uniform(-1, 1, shape) * width

    return {name: values(name, v.shape) for name, v in network.learned().items()}


@functools.cache
def epoch() -> tuple[Program, dict[str, Array], Trials]:
    """Equilibrium propagation 64-100-10 in float64: T = 20+4, eps .5, beta .5, lr .03 and .015; 1,437 digits."""
    rules, biases = (
        [make(lr=lr, beta=0.5) for lr in (0.03, 0.015)] for make in (EquilibriumPropagation, BiasPropagation)
    )
    network = Network(
        [
            Population("input", 64, Clamp),
            Population("hidden", 100, RateUnit(eps=0.5), [biases[0]]),
            Population("output", 10, RateUnit(eps=0.5), [biases[1]]),
        ],
        [
            Projection("input_hidden", "input", "hidden", learning=[rules[0]]),
            Projection("hidden_output", "hidden", "output", learning=[rules[1]], reciprocal=True),
        ],
    )
    data = datasets.load("digits", test=360, validation=0, split_seed=0)
    targets = np.eye(10)[data.labels[data.train]]
    trials = Trials({"input.s": data.inputs[data.train], "output.target": targets})
    return lower(network, one_sided("input", "output", 20, 4, 0.5)), glorot(network), trials


@functools.cache
def epoch_of_reference():
    return run("reference", *epoch())


@pytest.mark.parametrize("backend", ALL)
def test_one_epoch_of_digits_in_float64_agrees_to_1e_12(backend: str) -> None:
    expected, expected_weights = epoch_of_reference()
    records, weights = run(backend, *epoch())
    assert largest_difference(expected_weights, weights) <= TOLERANCE
    np.testing.assert_allclose(records["output.s@end:free"], expected["output.s@end:free"], rtol=0, atol=TOLERANCE)


@functools.cache
def night() -> tuple[Program, dict[str, Array], Trials]:
    """Sleep 64-100-10 for 2,000 steps; weights on the grid, float64 otherwise."""
    rule = [SleepPlasticity(inc=2.0**-9, dec=2.0**-11)]
    unit = Heaviside(decay=0.9, theta=0.5)
    network = Network(
        [Population("input", 64, SpikeInput), Population("hidden", 100, unit), Population("output", 10, unit)],
        [
            Projection("input_hidden", "input", "hidden", learning=rule),
            Projection("hidden_output", "hidden", "output", learning=rule),
        ],
    )
    probes = [Probe("hidden.spike", "step"), Probe("output.spike", "step")]
    program = lower(network, Schedule([Phase("sleep", 2000)], probes, {"input.x": "events"}), precision=Grid())
    learned, _ = quantise({n: a + 0.05 for n, a in glorot(network).items()}, program)
    spikes = Events.from_dense(stream(0, "test", "spikes").random((1, 2000, 64)) < 0.05)
    return program, learned, Trials({"input.x": spikes})


@functools.cache
def night_of_reference():
    return run("reference", *night())


@pytest.mark.parametrize("backend", ALL)
def test_a_sleep_of_2000_steps_is_equal_to_the_last_spike_and_bit(backend: str) -> None:
    expected, expected_weights = night_of_reference()
    records, weights = run(backend, *night())
    assert expected.counts["spikes"] > 10_000
    assert sum(spikes_that_differ(expected[n], records[n]) for n in expected.probes) == 0
    assert largest_difference(expected_weights, weights) == 0.0


@pytest.mark.parametrize("backend", FAST)
def test_segments_of_the_scenario_in_float64_reach_t1(backend: str) -> None:
    described = schema.read(SCENARIO)
    table = described.scenario.model_copy(update={"precision": schema.FloatTable(format="float64")})
    exact = described.model_copy(update={"scenario": table})
    prepared = prepare(exact, exact.data.build())
    segments = forced_segments(prepared, registry.load("reference"), registry.load(backend))
    assert len(segments) == 30  # 230 samples of a task, shown twice, make five segments, its sleep one
    assert segments_reach_t1(segments)


@functools.cache
def scenario_of_reference():
    return engine.run(schema.read(SCENARIO), registry.load("reference")[0].compile)


@pytest.mark.parametrize("backend", FAST)
def test_the_free_running_scenario_is_t0(backend: str) -> None:
    loaded, mode = registry.load(backend)
    result = engine.run(schema.read(SCENARIO), functools.partial(loaded.compile, mode=mode))
    free = agreement(scenario_of_reference(), result)
    assert free.first_difference is None
    assert free.max_abs_dw == 0.0
    assert free.spikes > 500


@pytest.mark.parametrize("backend", ALL)
def test_a_model_and_a_rule_of_ones_own_give_the_same_trajectories(backend: str) -> None:
    adaptive = NeuronModel(
        "AdaptiveThreshold",
        state={"v": 0.0, "threshold": 0.1},
        params={"leak": 0.25, "rise": 0.3, "fall": 0.05},
        update={"v": "v + leak*(drive - v)", "threshold": "threshold + fall*(0.1 - threshold)"},
        spike="v >= threshold",
        reset={"v": "0", "threshold": "threshold + rise"},
        output="spike",
    )
    oja = LearningRule("oja", "step", {"w": "w + lr*post.v*(arrived - post.v*w)"}, {"lr": 0.05})
    network = Network(
        [Population("input", 8, Clamp), Population("units", 15, adaptive)],
        [
            Projection("forward", "input", "units", learning=[oja]),
            Projection("lateral", "units", "units"),
        ],
    )
    schedule = Schedule(
        [Phase("run", 60)], [Probe("units.v", "step"), Probe("units.spike", "step")], {"input.s": "steps"}
    )
    program = lower(network, schedule, precision=Grid())
    learned, _ = quantise({n: np.abs(a) if n == "forward.w" else a for n, a in glorot(network).items()}, program)
    trials = Trials({"input.s": stream(0, "test", "own").random((3, 60, 8))})
    expected, expected_weights = run("reference", program, learned, trials)
    records, weights = run(backend, program, learned, trials)
    assert expected.counts["spikes"] > 50
    np.testing.assert_array_equal(records["units.v@step"], expected["units.v@step"])
    assert spikes_that_differ(expected["units.spike@step"], records["units.spike@step"]) == 0
    assert largest_difference(expected_weights, weights) == 0.0

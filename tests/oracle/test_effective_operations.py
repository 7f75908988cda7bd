"""Effective synaptic operations are those that plain loops over synapses, steps and trials count."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.model.connectivity import Pairs
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIF, Clamp, RateUnit, SpikeInput
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Float64, Grid, Precision
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.testing.targets import case_named

STEPS, TRIALS = 12, 4
PAIRS = ([0, 0, 3, 5, 2, 2], [1, 4, 4, 0, 2, 3])


def network() -> Network:
    """Dense, sparse and delayed projections of one population, both ways; an input that is constant, and spikes."""
    return Network(
        [
            Population("steady", 3, Clamp),
            Population("input", 4, SpikeInput),
            Population("hidden", 6, LIF),
            Population("rates", 5, RateUnit),
        ],
        [
            Projection("bias", "steady", "hidden"),
            Projection("feed", "input", "hidden"),
            Projection("late", "hidden", "rates", delay=3),
            Projection("pairs", "hidden", "rates", connectivity=Pairs(*PAIRS), reciprocal=True),
        ],
    )


def values() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    random = np.random.Generator(np.random.Philox(31))
    steady = np.array([[0.0, 0.5, 0.25], [0.0, 0.0, 1.0], [0.5, 0.5, 0.5], [0.0, 0.0, 0.0]])
    spikes = random.random((TRIALS, STEPS, 4)) < 0.3
    shapes = {"bias.w": (3, 6), "feed.w": (4, 6), "late.w": (6, 5), "pairs.w": (6,)}
    return steady, spikes, {n: np.round(random.uniform(-0.5, 1.0, s) * 256) / 256 for n, s in shapes.items()}


@pytest.mark.parametrize("precision", [Float64(), Grid()])
@pytest.mark.parametrize("learn", [True, False])
def test_they_are_what_loops_count(precision: Precision, learn: bool) -> None:
    steady, spikes, learned = values()
    probes = [Probe("hidden.spike", "step"), Probe("rates.s", "step")]
    stimuli = {"steady.s": "constant", "input.x": "events"}
    program = lower(network(), Schedule([Phase("run", STEPS)], probes, stimuli), precision=precision)
    with ReferenceBackend().compile(program) as session:
        session.write(learned)
        trials = Trials({"steady.s": steady, "input.x": Events.from_dense(spikes)})
        records = session.run(trials, learn=learn)
    fired, rates = records["hidden.spike@step"], records["rates.s@step"]
    assert isinstance(fired, Events)
    assert isinstance(rates, np.ndarray)
    count = 0
    for trial in range(TRIALS):
        for step in range(STEPS):
            count += sum(6 for unit in range(3) if steady[trial, unit] != 0)
            count += sum(6 for unit in range(4) if spikes[trial, step, unit])
            if step >= 3:
                count += 5 * len(fired.at(trial, step - 3))
            if step >= 1:
                count += sum(1 for pre in PAIRS[0] if pre in fired.at(trial, step - 1))
                count += sum(1 for post in PAIRS[1] if rates[trial, step - 1, post] != 0)
    assert records.counts["effective_synaptic_operations"] == count
    assert 0 < count < records.counts["synaptic_operations"]


@pytest.mark.parametrize(("trials", "steps"), [(0, 20.0), (3, 0.0)])
def test_a_run_of_no_steps_or_no_trials_has_none(trials: int, steps: float) -> None:
    case = case_named("ep_one_sided", 1.0)
    with ReferenceBackend().compile(case.program()) as session:
        session.write(case.learned)
        constants = {"steps.free": steps, "steps.nudged": 0.0}
        found = session.run(case.trials.part(0, trials), constants=constants).counts
    assert found == {"spikes": 0, "synaptic_operations": 0, "effective_synaptic_operations": 0}

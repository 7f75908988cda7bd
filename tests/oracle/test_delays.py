"""A delay of d steps: in step k arrives what was put out at the end of step k - d."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import ModelError
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, NeuronModel, RateUnit, SpikeInput
from neurosim.program.lowering.lower import lower
from neurosim.program.schedule import Phase, Probe, Schedule, Trials

RELAY = NeuronModel("Relay", state={"s": 0.5}, update={"s": "drive"}, output="s")
PULSE = NeuronModel("Pulse", state={"s": 0.0}, update={"s": "drive"}, spike="s > 0.5", output="spike")
KEEP = LearningRule("keep", "step", {"w": "w + arrived"})


def network(first: NeuronModel, delay: int, learning: tuple[LearningRule, ...] = ()) -> Network:
    source = Clamp if first is RELAY else SpikeInput
    return Network(
        [Population("input", 1, source), Population("first", 1, first), Population("second", 1, RELAY)],
        [Projection("feed", "input", "first"), Projection("late", "first", "second", learning=learning, delay=delay)],
    )


def run(first: NeuronModel, delay: int, stimulus: np.ndarray, learning: tuple[LearningRule, ...] = (), trials: int = 1):
    name, kind = ("input.s", "steps") if first is RELAY else ("input.x", "steps")
    schedule = Schedule([Phase("run", len(stimulus))], [Probe("second.s", "step")], {name: kind})
    with ReferenceBackend().compile(lower(network(first, delay, learning), schedule)) as session:
        session.write({"feed.w": np.ones((1, 1)), "late.w": np.ones((1, 1))})
        records = session.run(Trials({name: np.tile(stimulus[None, :, None], (trials, 1, 1))}))
        return records["second.s@step"][:, :, 0], session.read()["late.w"].item()


@pytest.mark.parametrize("delay", [1, 2, 3, 5])
def test_graded_outputs_arrive_delay_steps_later_and_the_initial_output_before(delay: int) -> None:
    stimulus = np.arange(1.0, 9.0)
    (found,), _ = run(RELAY, delay, stimulus)
    assert found.tolist() == [0.5] * delay + stimulus[:-delay].tolist()


@pytest.mark.parametrize("delay", [1, 2, 4])
def test_spikes_arrive_delay_steps_later_and_none_before(delay: int) -> None:
    stimulus = np.array([1.0, 0, 0, 1, 1, 0, 0, 0])
    (found,), _ = run(PULSE, delay, stimulus)
    assert found.tolist() == [0.0] * delay + stimulus[:-delay].tolist()


@pytest.mark.parametrize("delay", [1, 2, 4])
def test_a_rule_sees_as_arrived_what_was_delivered_late(delay: int) -> None:
    stimulus = np.array([1.0, 0, 0, 1, 1, 0, 0, 0])
    _, weight = run(PULSE, delay, stimulus, (KEEP,))
    assert weight == 1.0 + stimulus[:-delay].sum()


def test_nothing_that_is_under_way_outlives_a_trial() -> None:
    (first, second), _ = run(PULSE, 3, np.array([0.0, 0, 0, 1, 1]), trials=2)
    assert first.tolist() == second.tolist()


def test_a_delay_from_an_input_is_refused() -> None:
    with pytest.raises(ModelError, match="from the input input has a delay; shift its stimulus instead"):
        lower(
            Network(
                [Population("input", 1, Clamp), Population("units", 1, RateUnit)],
                [Projection("late", "input", "units", delay=2)],
            ),
            Schedule([Phase("run", 1)], stimuli={"input.s": "constant"}),
        )


@pytest.mark.parametrize("delay", [0, -1, 1.5])
def test_a_delay_is_a_whole_number_of_steps(delay: float) -> None:
    with pytest.raises(ModelError, match="projection late: delay"):
        network(RELAY, delay)  # type: ignore[arg-type]

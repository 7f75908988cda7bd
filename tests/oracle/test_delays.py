"""A delay of d steps: in step k arrives what was put out at the end of step k - d."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import ModelError
from neurosim.model.connectivity import AllToAll, Connectivity, OneToOne, Pairs
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, NeuronModel, SpikeInput
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials

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


@pytest.mark.parametrize("pairs", [AllToAll(), OneToOne()], ids=["all pairs", "some"])
@pytest.mark.parametrize("delay", [None, 1, 2, 5])
@pytest.mark.parametrize("kind", ["constant", "steps", "events"])
def test_an_input_arrives_delay_steps_later_and_nothing_before(
    kind: str, delay: int | None, pairs: Connectivity
) -> None:
    """Without a delay it arrives in the step that it is for. A rule sees as arrived what was delivered."""
    stimulus = np.ones(8) if kind == "constant" else np.array([1.0, 0, 0, 1, 1, 0, 1, 1])
    source, name = (SpikeInput, "input.x") if kind == "events" else (Clamp, "input.s")
    net = Network(
        [Population("input", 1, source), Population("second", 1, RELAY)],
        [Projection("late", "input", "second", learning=[KEEP], delay=delay, connectivity=pairs)],
    )
    schedule = Schedule([Phase("run", 8)], [Probe("second.s", "step")], {name: kind})
    given = np.tile(stimulus[:1], (2, 1)) if kind == "constant" else np.tile(stimulus[None, :, None], (2, 1, 1))
    expected = np.concatenate([np.zeros(delay or 0), stimulus])[:8]
    with ReferenceBackend().compile(lower(net, schedule)) as session:
        session.write({"late.w": np.ones(session.read()["late.w"].shape)})
        found = session.run(Trials({name: given}), learn=False)["second.s@step"]
        np.testing.assert_array_equal(found[:, :, 0], [expected, expected])
        session.run(Trials({name: given[:1]}))
        assert session.read()["late.w"].item() == 1.0 + expected.sum()


DELTA = LearningRule("delta", "post.spike", {"w": "w + lr*arrived"}, {"lr": 0.125})


@pytest.mark.parametrize("share", [0.05, 0.5], ids=["few spikes", "many spikes"])
def test_delays_of_synapses_against_a_plain_loop(share: float) -> None:
    """Spikes of an input and of units, forwards and backwards, each synapse with its delay; several of some pairs."""
    random, steps, sizes = np.random.Generator(np.random.Philox(6)), 60, (9, 6)
    pre, post, delay = random.integers(0, 9, 80), random.integers(0, 6, 80), random.integers(1, 12, 80)
    pre2, post2, delay2 = random.integers(0, 6, 50), random.integers(0, 6, 50), random.integers(1, 6, 50)
    w, w2 = (np.round(random.uniform(-0.5, 0.5, n) * 1024) / 1024 for n in (80, 50))
    spikes = random.random((2, steps, 9)) < share
    unit = NeuronModel("Unit", {"v": 0.0}, update={"v": "0.5*v + drive"}, spike="v > 0.25", output="spike")
    net = Network(
        [Population("input", sizes[0], SpikeInput), Population("unit", sizes[1], unit)],
        [
            Projection("feed", "input", "unit", learning=[DELTA], connectivity=Pairs(pre, post), delay=delay),
            Projection("both", "unit", "unit", connectivity=Pairs(pre2, post2), delay=delay2, reciprocal=True),
        ],
    )
    schedule = Schedule([Phase("run", steps)], [Probe("unit.v", "step")], {"input.x": "events"})
    with ReferenceBackend().compile(lower(net, schedule, precision=Grid())) as session:
        session.write({"feed.w": w, "both.w": w2})
        found = session.run(Trials({"input.x": Events.from_dense(spikes)}))["unit.v@step"]
        learned = session.read()["feed.w"]

    for trial in range(2):
        v, out = np.zeros(6), np.zeros((steps, 6))
        for k in range(steps):
            drive, arrived = np.zeros(6), np.zeros(80)
            for s in range(80):
                arrived[s] = spikes[trial, k - delay[s], pre[s]] if k >= delay[s] else 0.0
                drive[post[s]] += w[s] * arrived[s]
            for s in range(50):
                if k >= delay2[s]:
                    drive[post2[s]] += w2[s] * out[k - delay2[s], pre2[s]]
                    drive[pre2[s]] += w2[s] * out[k - delay2[s], post2[s]]
            v = 0.5 * v + drive
            out[k] = v > 0.25
            w = w + 0.125 * arrived * out[k, post]
            np.testing.assert_array_equal(found[trial, k], v)
    np.testing.assert_array_equal(learned, w)
    assert 0.05 < out.mean() < 0.95


@pytest.mark.parametrize("delay", [0, -1, 1.5])
def test_a_delay_is_a_whole_number_of_steps(delay: float) -> None:
    with pytest.raises(ModelError, match="projection late: delay"):
        network(RELAY, delay)  # type: ignore[arg-type]

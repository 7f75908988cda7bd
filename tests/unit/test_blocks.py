"""Trials in blocks: how they are cut, and how spikes are sorted by step and by trial."""

from dataclasses import replace

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.model.network import Network, Population
from neurosim.model.neurons import NeuronModel, driven, learned
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Float64, Grid, Precision
from neurosim.program.run import bind
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.program.source import blocks
from neurosim.program.source.recorder import Recorder
from neurosim.testing.cases.small import CASES


def test_the_blocks_of_a_run_are_all_its_trials_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MOST_TRIALS", 16)
    case = CASES["ep_one_sided"](1.0)
    run = bind(case.program(), case.trials, learn=False)
    found = list(blocks.in_blocks(run))
    assert [first for first, _ in found] == list(range(0, run.count, 16))
    for name, stimulus in run.stimuli.items():
        np.testing.assert_array_equal(np.concatenate([part.stimuli[name] for _, part in found]), stimulus)


def test_trials_that_learn_are_not_in_blocks() -> None:
    case = CASES["ep_one_sided"](1.0)
    run = bind(case.program(), case.trials)
    assert not blocks.can_be_in_blocks(run)
    assert blocks.can_be_in_blocks(replace(run, learn=False))
    assert blocks.can_be_in_blocks(replace(run, program=replace(run.program, rules=())))
    assert not blocks.can_be_in_blocks(replace(run, learn=False, count=1))


def test_spikes_by_step_are_those_of_each_trial() -> None:
    spikes = np.random.default_rng(0).random((5, 4, 3)) < 0.3
    found = np.zeros((5, 4, 3), dtype=bool)
    for step, (trials, units) in enumerate(blocks.by_step(Events.from_dense(spikes))):
        found[trials, step, units] = True
    np.testing.assert_array_equal(found, spikes)


def test_spikes_of_a_part_of_a_run_count_their_trials_from_its_start() -> None:
    spikes = np.random.default_rng(1).random((6, 4, 3)) < 0.3
    for (trials, units), row in zip(
        blocks.by_step(Events.from_dense(spikes).part(2, 5)), spikes[2:5].swapaxes(0, 1), strict=True
    ):
        np.testing.assert_array_equal((trials, units), row.nonzero())


def test_spikes_by_trial_are_in_the_order_of_trials_steps_and_units() -> None:
    spikes = np.random.default_rng(2).random((5, 4, 3)) < 0.3
    found = blocks.by_trial([spikes[:, step].nonzero() for step in range(4)], 5)
    expected = [row.nonzero()[0] for row in spikes.reshape(20, 3)]
    assert [list(a) for a in found] == [list(a) for a in expected]


@pytest.mark.parametrize("precision", [Float64(), Grid()], ids=["float64", "grid"])
def test_a_run_of_several_blocks_is_its_trials_one_by_one(
    precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "MOST_TRIALS", 16)
    case = CASES["ep_one_sided"](1.0)
    program = case.program(precision)
    with ReferenceBackend().compile(program) as session:
        session.write(case.learned_for(program))
        together = np.asarray(session.run(case.trials, learn=False)["output.s@end:free"])
        alone = [
            np.asarray(session.run(case.trials.part(k, k + 1), learn=False)["output.s@end:free"])
            for k in range(case.trials.count)
        ]
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_a_reset_to_a_learned_value_is_that_of_each_neuron_in_every_trial() -> None:
    own = NeuronModel("Own", {"v": 0.0}, {"x": driven(), "base": learned()}, {"v": "x"}, "v > 1", {"v": "base"}, "v")
    schedule = Schedule([Phase("run", 1)], [Probe("a.v", "step")], {"a.x": "constant"})
    with ReferenceBackend().compile(lower(Network([Population("a", 3, own)]), schedule)) as session:
        session.write({"a.base": np.array([-1.0, -2.0, -3.0])})
        records = session.run(Trials({"a.x": np.array([[0.0, 2.0, 2.0], [2.0, 0.5, 2.0]])}))
    np.testing.assert_array_equal(np.asarray(records["a.v@step"])[:, 0], [[0.0, -2.0, -3.0], [-1.0, 0.5, -3.0]])


def test_a_state_of_learned_values_alone_has_them_in_every_trial() -> None:
    own = NeuronModel("Own", {"v": 0.0, "s": 0.0}, {"base": learned()}, {"v": "2*base", "s": "v"}, "v > 1", {"v": "0"})
    schedule = Schedule([Phase("run", 2)], [Probe("a.v", "step"), Probe("a.s", "step")])
    with ReferenceBackend().compile(lower(Network([Population("a", 2, own)]), schedule)) as session:
        session.write({"a.base": np.array([0.25, 1.0])})
        records = session.run(Trials({}, 3))
    np.testing.assert_array_equal(records["a.v@step"], [[[0.5, 0.0]] * 2] * 3)
    np.testing.assert_array_equal(records["a.s@step"], [[[0.0, 0.0], [0.5, 0.0]]] * 3)


def test_a_block_names_the_first_of_its_trials_that_is_not_finite() -> None:
    grows = NeuronModel(
        "Grows", {"u": 1.0, "s": 0.0}, {"x": driven(1.0)}, {"u": "u*x", "s": "clip(u, 0, 1)"}, output="s"
    )
    network, x = Network([Population("a", 2, grows)]), np.ones((5, 2))
    x[[2, 4], 1] = 1e200
    program = lower(network, Schedule([Phase("run", 4)], (), {"a.x": "constant"}))
    for values, expected in ((x, 10 + 2), (x[:2], -1)):
        run = bind(program, Trials({"a.x": values}))
        with np.errstate(all="ignore"):
            assert blocks.compiled(run)(run.count, 10, run.stimuli, {}, {}, {}, Recorder(run).arrays) == expected

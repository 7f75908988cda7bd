"""Which roundings are left out of a run, and that leaving them out changes nothing."""

import numpy as np
import pytest
from nengo_agreement import MODES, assert_as_reference

from neurosim.model.learning import LearningRule, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, RateUnit, SpikeInput
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Float64, Grid
from neurosim.program.run import bind
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim_nengo.roundings import without_idle_roundings

STEPS = 60


def sleep_program(rule, precision=None, pre=SpikeInput):
    network = Network(
        [Population("input", 6, pre), Population("unit", 8, Heaviside(theta=0.3))],
        [Projection("w", "input", "unit", learning=[rule])],
    )
    driven = {"input.x": "events"} if pre is SpikeInput else {"input.s": "steps"}
    return lower(network, Schedule([Phase("run", STEPS)], [Probe("unit.spike", "step")], driven), precision=precision)


def trials(pre=SpikeInput):
    random = np.random.default_rng(2).random((1, STEPS, 6))
    return Trials({"input.x": Events.from_dense(random < 0.3)} if pre is SpikeInput else {"input.s": random})


def rounds(program, shown=None):
    """Whether the rule of the run that is built rounds."""
    run = without_idle_roundings(bind(program, shown or trials()))
    return "on_grid" in dict(run.program.rules[0].update)["w"]


def weights():
    return {"w.w": np.round(np.random.default_rng(1).uniform(-0.3, 0.5, (6, 8)) * 2**24) / 2**24}


def test_steps_on_the_grid_need_no_rounding():
    assert not rounds(sleep_program(SleepPlasticity(inc=2.0**-6, dec=2.0**-24), Grid()))


@pytest.mark.parametrize("beside", [0.01, 2.0**-26])
def test_steps_beside_the_grid_are_rounded(beside):
    assert rounds(sleep_program(SleepPlasticity(inc=2.0**-6, dec=beside), Grid()))


def test_graded_inputs_are_not_taken_for_spikes():
    rule = LearningRule("rule", "step", {"w": "where(w <= 0, w + 0.5*arrived, w)"})
    assert not rounds(sleep_program(rule, Grid()))
    assert rounds(sleep_program(rule, Grid(), Clamp), trials(Clamp))


@pytest.mark.parametrize("text", ["w*w", "w/2", "exp(0*w)", "w + pre.x/3", "w + unit", "where(w > 0, w, 0.1)"])
def test_what_is_not_known_to_be_on_the_grid_is_rounded(text):
    constants = {"unit": 0.3} if "unit" in text else {}
    assert rounds(sleep_program(LearningRule("rule", "step", {"w": text}, constants), Grid()))


@pytest.mark.parametrize("text", ["-w", "w - 3*arrived", "abs(w)", "minimum(w, 0.5)", "clip(w, -0.25, 0.25)"])
def test_what_is_known_to_be_on_the_grid_is_not(text):
    assert not rounds(sleep_program(LearningRule("rule", "step", {"w": text}), Grid()))


def test_rules_of_populations_and_without_a_grid_are_as_they_were():
    for precision in (Grid(), Float64()):
        bias = LearningRule("bias", "step", {"bias": "bias + 0.5*s"})
        network = Network([Population("input", 2, Clamp), Population("unit", 3, RateUnit, [bias])], [])
        program = lower(network, Schedule([Phase("run", 3)], [], {"input.s": "constant"}), precision=precision)
        run = bind(program, Trials({"input.s": np.ones((1, 2))}))
        assert without_idle_roundings(run).program.rules == program.rules


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dec", [2.0**-8, 0.003, 2.0**-26])
def test_weights_and_spikes_are_the_reference_s(mode, dec):
    program = sleep_program(SleepPlasticity(inc=2.0**-7, dec=dec), Grid())
    found = assert_as_reference(mode, program, trials(), weights(), exact=True)
    assert found["unit.spike@step"].count
    assert not np.array_equal(found["w.w"], weights()["w.w"])

"""Learning on the host of an ideal device is learning in the simulator, to the last bit; the rest is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from outcomes import REFERENCE, assert_same, left, outcome

import neurosim as ns
from neurosim.device import mock
from neurosim.errors import InputError, ModelError, NumericalError, UnsupportedFeature
from neurosim.program.precision import FixedPoint, Float32, Float64, Grid
from neurosim.testing.cases.small import Case
from neurosim.testing.targets import case_named

FORMATS = {"float64": Float64(), "float32": Float32(), "grid": Grid(), "loihi2": FixedPoint.loihi2()}
AT_ENDS = ("ep_one_sided", "ep_symmetric", "ep_other_constants", "adam", "sparse_propagation", "learned_recorded")
SIMULATORS = ("brian2:numpy", "nengo:native", "nengo:fused", "lava:fused")


def in_two_phases() -> Case:
    """A rule that changes weights at the end of the first of two phases."""
    case = case_named("ep_one_sided", 0.1)
    early = ns.LearningRule("early", "end:free", {"w": "w + lr*pre.s*post.s"}, {"lr": 0.05})
    first, second = case.network.projections
    network = ns.Network(case.network.populations, [replace(first, learning=[early]), second])
    return replace(case, network=network)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("loop", ["trial", "phase", 4])
@pytest.mark.parametrize("name", ["ep_one_sided", "ep_symmetric"])
def test_rules_at_ends_of_phases_are_those_of_the_reference(name: str, loop: str | int, form: str) -> None:
    assert_same(outcome(mock(loop=loop), name, FORMATS[form]), outcome(REFERENCE, name, FORMATS[form]))


@pytest.mark.parametrize("on", SIMULATORS)
@pytest.mark.parametrize("name", ["ep_one_sided", "sparse_propagation", "recurrent_spiking"])
def test_every_simulator_is_an_ideal_device(name: str, on: str) -> None:
    assert_same(outcome(mock(on, loop="trial"), name), outcome(REFERENCE, name))


@pytest.mark.parametrize("on", SIMULATORS)
@pytest.mark.parametrize("name", ["sleep", "arrival_stdp", "late_traces"])
def test_rules_within_a_trial_are_those_of_the_reference_with_one_step_a_call(name: str, on: str) -> None:
    assert_same(outcome(mock(on, loop=1), name), outcome(REFERENCE, name))


def test_a_standalone_program_is_called_as_often() -> None:
    found = outcome(mock("brian2:standalone", loop="trial"), "ep_one_sided")
    assert_same(found, outcome(REFERENCE, "ep_one_sided"))
    assert found[0].timing.calls == 6


def test_weights_that_change_within_a_trial_want_a_loop_of_phases() -> None:
    case = in_two_phases()
    program = case.program(Grid())
    assert_same(left(mock(loop="phase"), case, program), left(REFERENCE, case, program))
    with pytest.raises(UnsupportedFeature, match=r"input_hidden\.early.*use loop = 'phase' or learning on the device"):
        mock(loop="trial").compile(program)


def test_a_trial_may_end_with_the_phase_of_an_early_rule() -> None:
    """What counts are the lengths of the run: with none after it, the rule fires when the trial has ended."""
    case = in_two_phases()
    shorter = replace(case, schedule=replace(case.schedule, phases=[case.schedule.phases[0], ns.Phase("nudged", 0)]))
    program = shorter.program(Grid())
    assert_same(left(mock(loop="trial"), shorter, program), left(REFERENCE, shorter, program))
    with mock(loop="trial").compile(program) as session, pytest.raises(UnsupportedFeature, match="before the trial"):
        session.run(case.trials, constants={"steps.nudged": 3})


@pytest.mark.parametrize("on", ["reference", "nengo"])
def test_rules_in_a_chip_and_on_its_host_learn_the_same(on: str) -> None:
    """The weights of a chip are not those of the host; what rules change is the same."""
    figures = {"gain": 0.2, "offset": 0.05, "weight_bits": 6, "write_noise": 0.03, "reprogram": 2, "dead_synapses": 0.1}
    chip, host = (outcome(mock(on, seed=3, learning=where, **figures), "ep_one_sided") for where in ("device", "host"))
    assert np.array_equal(chip[0]["output.s@end:free"], host[0]["output.s@end:free"])
    for name, values in chip[1].items():
        assert np.array_equal(host[1][name], values), name
    ideal = outcome(REFERENCE, "ep_one_sided")
    assert not np.array_equal(host[1]["input_hidden.w"], ideal[1]["input_hidden.w"])


@pytest.mark.parametrize("loop", ["phase", 1, 7])
def test_how_often_the_host_is_asked_changes_nothing(loop: str | int) -> None:
    figures = {"gain": 0.2, "step_noise": 0.01, "drift": 5.0, "write_noise": 0.03, "reprogram": 2}
    readout = ns.device.Readout(bits=7, noise=0.01, bias=0.02, common_bias=0.05)
    found, expected = (
        outcome(mock(seed=3, loop=l, readout=readout, **figures), "ep_symmetric") for l in (loop, "trial")
    )
    assert_same(found, expected)


def test_one_more_probe_changes_no_bit_and_is_recorded() -> None:
    case = case_named("ep_symmetric", 0.1)
    more = [
        ns.Probe("hidden.s", "step"), ns.Probe("hidden.s", "end:plus"), ns.Probe("hidden.s", "step", every=3),
        ns.Probe("input_hidden.w", "end:minus", units=[3, 1]), ns.Probe("hidden.bias", "step", every=5),
        ns.Probe("output.s", "end:minus", units=[2, 0], label="some"),
    ]  # fmt: skip
    watched = replace(case, schedule=replace(case.schedule, probes=[*case.schedule.probes, *more]))
    for loop in ("trial", "phase", 4):
        expected = left(REFERENCE, watched, watched.program(Grid()))
        found = left(mock(loop=loop), watched, watched.program(Grid()))
        assert_same(found, expected)
        plain = left(mock(loop=loop), case, case.program(Grid()))
        for name, values in plain[1].items():
            assert np.array_equal(found[1][name], values), name


def test_a_probe_that_is_called_as_those_of_the_host_is_the_users() -> None:
    case = case_named("ep_one_sided", 0.1)
    taken = ns.Probe("output.s", "step", units=[0], label="hidden_s")
    watched = replace(case, schedule=replace(case.schedule, probes=[taken, ns.Probe("hidden.s", "end:nudged", [1])]))
    program = watched.program(Grid())
    assert_same(left(mock(loop="trial"), watched, program), left(REFERENCE, watched, program))


@pytest.mark.parametrize("loop", ["trial", "phase"])
@pytest.mark.parametrize(("name", "feature"), [("sleep", "learning:spike"), ("arrival_stdp", "learning:step")])
def test_rules_within_a_trial_are_refused_with_what_would_help(name: str, feature: str, loop: str) -> None:
    with pytest.raises(UnsupportedFeature, match="use loop = 1 or learning on the device") as refused:
        mock(loop=loop).compile(case_named(name, 0.1).program(Grid()))
    assert refused.value.feature == feature


def test_several_steps_a_call_are_another_algorithm_and_said_to_be() -> None:
    case = case_named("sleep", 0.1)
    program = case.program(Grid())
    found, expected = left(mock(loop=5), case, program), left(REFERENCE, case, program)
    assert found[0].incidents == (
        "rules of each step, or at spikes, change weights once in 5 steps: another algorithm than theirs",
    )
    assert not np.array_equal(found[1]["hidden_output.w"], expected[1]["hidden_output.w"])
    assert left(mock(loop=1), case, program)[0].incidents == ()
    assert "5 steps a call" in mock(loop=5).capabilities().notes["numpy"]


def test_a_loop_may_differ_from_mode_to_mode() -> None:
    device = mock(loop={"sleep": 1})
    night, day = (case_named(n, 0.1).program(Grid()) for n in ("sleep", "ep_one_sided"))
    assert [device.compile(replace(p, mode=m)).loop for p, m in ((night, "sleep"), (day, "wake"))] == [1, "trial"]


def test_what_is_not_learned_goes_through_in_one_call() -> None:
    case = case_named("ep_one_sided", 0.1)
    program = case.program(Grid())
    with mock(loop=1).compile(program) as session:
        records = session.run(case.trials, learn=False)
        before = session.read()
    assert records.timing.calls == 1
    with REFERENCE.compile(program) as session:
        assert_same((records, before), (session.run(case.trials, learn=False), session.read()))


def test_a_trial_that_becomes_infinite_is_named_and_changes_nothing() -> None:
    case = case_named("ep_one_sided", 0.1)
    inputs = np.array(case.trials.stimuli["input.s"])
    inputs[3, 0] = 1e308
    trials = ns.Trials({**case.trials.stimuli, "input.s": inputs})
    with mock(loop="trial").compile(case.program()) as session:
        session.write(case.learned)
        before = session.read()
        with pytest.raises(NumericalError, match=r"input_hidden\.w became .* in trial 3, step 23"):
            session.run(trials, constants={"input_hidden.ep.lr": 1e5})
        assert all(np.array_equal(a, before[n]) for n, a in session.read().items())
        found = session.run(case.trials), session.read()
    with REFERENCE.compile(case.program()) as session:
        session.write(case.learned)
        assert_same(found, (session.run(case.trials), session.read()))


def test_progress_is_told_after_each_trial_and_what_it_raises_ends_the_run() -> None:
    case, told = case_named("ep_one_sided", 0.1), []

    def stop(done: int, of: int) -> None:
        told.append((done, of))
        if done == 2:
            raise KeyError("enough")

    with mock(loop="trial").compile(case.program()) as session:
        before = session.read()
        with pytest.raises(KeyError, match="enough"):
            session.run(case.trials, progress=stop)
        assert told == [(1, 6), (2, 6)]
        assert all(np.array_equal(a, before[n]) for n, a in session.read().items())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"loop": "epoch"}, "expected 'trial', 'phase', or a number of steps"),
        ({"loop": 0}, "loop = 0; expected"),
        ({"learning": "hots"}, "did you mean 'host'"),
        ({"learning": "device", "loop": 1}, "a loop is for learning = 'host'"),
        ({"learning": "device", "readout": ns.device.Readout(bits=4)}, "a readout that is not exact is for"),
        ({"retries": -1}, "retries = -1"),
        ({"deadline": 0}, "deadline = 0; expected more than 0"),
        ({"over_budget": "wran"}, "did you mean 'warn'"),
    ],
    ids=lambda v: "" if isinstance(v, str) else "-".join(v),
)
def test_what_is_no_way_of_learning_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        mock(**given)


def test_a_session_that_is_closed_runs_no_more() -> None:
    case = case_named("ep_one_sided", 0.1)
    session = mock(loop="trial").compile(case.program())
    session.close()
    with pytest.raises(InputError, match="the session is closed"):
        session.run(case.trials)


def of_arrivals() -> Case:
    """A rule at the end of a phase that reads what arrived in its last step: what was sent as the step began."""
    case = case_named("ep_one_sided", 0.1)
    sums = ns.LearningRule("sums", "end:nudged", {"w": "w + lr*arrived"}, {"lr": 0.05})
    first, second = case.network.projections
    network = ns.Network(
        [replace(p, learning=[]) for p in case.network.populations],
        [replace(first, learning=[]), replace(second, learning=[sums])],
    )
    probes = [ns.Probe("hidden_output.w", "end:nudged")]
    return replace(case, network=network, schedule=replace(case.schedule, probes=probes))


@pytest.mark.parametrize("loop", [1, 3, 100])
def test_what_arrived_in_a_step_is_what_was_sent_before_it(loop: int) -> None:
    case = of_arrivals()
    program = case.program(Grid())
    found, expected = left(mock(loop=loop), case, program), left(REFERENCE, case, program)
    assert_same(found, expected)
    assert len(np.unique(expected[1]["hidden_output.w"])) > 20


def test_what_arrived_is_no_spike_where_numbers_are_sent() -> None:
    device = mock(loop=3, readout=ns.device.Readout(spikes_only=True))
    with pytest.raises(UnsupportedFeature, match=r"a rule that reads hidden\.s"):
        device.compile(of_arrivals().program(Grid()))


def test_spikes_that_the_host_alone_reads_are_not_counted() -> None:
    case = case_named("sleep", 0.1)
    blind = replace(case, schedule=replace(case.schedule, probes=[]))
    program = blind.program(Grid())
    found, expected = left(mock(loop=1), blind, program), left(REFERENCE, blind, program)
    assert_same(found, expected)
    assert found[0].counts["spikes"] == 0

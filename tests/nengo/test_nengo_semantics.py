"""Corners of the meaning of a step, each against the reference."""

from functools import partial

import numpy as np
import pytest
from nengo_agreement import MODES, assert_as_reference

import neurosim as ns
from neurosim.model.learning import LearningRule, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Driven, Heaviside, NeuronModel, RateUnit, SpikeInput, driven, learned
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials

pytestmark = pytest.mark.parametrize("mode", MODES)
random = np.random.default_rng(0).random

Unit = NeuronModel(
    "Unit",
    state={"s": 0.25, "a": 1.0, "b": 2.0},
    params={"eps": 0.5, "bias": learned(0.125)},
    update={"s": "s + eps*(tanh(drive + bias) - s)"},
)


def unit_program(phases, rules=(), unit_rules=(), probes=(), unit=Unit, pre=Clamp, synapse=None, stimulus="constant"):
    synapse = synapse or SynapseModel("Plain")
    network = Network(
        [Population("input", 3, pre), Population("unit", 4, unit, list(unit_rules))],
        [
            Projection("forward", "input", "unit", synapse, learning=list(rules)),
            Projection("lateral", "unit", "unit"),
        ],
    )
    name = next(n for n, v in pre.params.items() if isinstance(v, Driven))
    probes = probes or [Probe(f"unit.{v}", "step") for v in unit.state]
    return lower(network, Schedule(phases, probes, {f"input.{name}": stimulus}))


def weights(program):
    return {n: random(shape) - 0.4 for n, shape in program.shapes().items()}


def constant_trials(count=4, name="input.s"):
    return Trials({name: random((count, 3))})


def test_assignments_are_simultaneous(mode):
    program = unit_program(
        [Phase("one", 2, assign={"a": "b", "b": "a + s"}), Phase("two", 2, assign={"s": "a"}), Phase("three", 2)]
    )
    found = assert_as_reference(mode, program, constant_trials(), weights(program))
    assert np.array_equal(found["unit.a@step"][:, 2], np.full((4, 4), 2.0))


@pytest.mark.parametrize("lengths", [(0, 3, 2), (3, 0, 2), (3, 2, 0), (0, 0, 3), (0, 0, 0)])
def test_phases_of_no_steps_are_skipped_with_their_ends(mode, lengths):
    rules = [LearningRule(f"r{i}", f"end:{n}", {"w": f"w + {i + 1}*arrived*post.s"}) for i, n in enumerate("xyz")]
    phases = [
        Phase(n, k, {"unit.eps": 0.25 * i}, {"a": f"a + {i}"})
        for i, (n, k) in enumerate(zip("xyz", lengths, strict=True))
    ]
    program = unit_program(
        phases, rules, probes=[Probe("unit.a", "step"), *(Probe("unit.s", f"end:{n}") for n in "xyz")]
    )
    assert_as_reference(mode, program, constant_trials(), weights(program))


@pytest.mark.parametrize("learn", [True, False])
def test_rules_of_one_step_read_what_was_there_before(mode, learn):
    synapse = SynapseModel("Two", {"w": 0.0, "h": 0.0})
    rules = [
        LearningRule("slow", "step", {"h": "h + 0.1*(w - h)"}),
        LearningRule("fast", "step", {"w": "w + 0.1*arrived*post.s*post.bias"}),
    ]
    bias = LearningRule("move", "step", {"bias": "bias + 0.1*s"})
    program = unit_program([Phase("run", 6)], rules, [bias], synapse=synapse)
    before = weights(program)
    found = assert_as_reference(mode, program, constant_trials(), before, learn=learn)
    assert np.array_equal(found["forward.w"], before["forward.w"]) is not learn


def test_rules_of_different_phases_may_write_one_variable_and_read_another_s(mode):
    synapse = SynapseModel("Two", {"w": 0.0, "h": 0.0}, "w + 0.5*h")
    rules = [
        LearningRule("a", "end:one", {"w": "w + 0.1*h*pre.s"}),
        LearningRule("b", "end:two", {"h": "h + 0.1*w*post.s", "w": "0.9*w"}),
    ]
    program = unit_program([Phase("one", 3), Phase("two", 2)], rules, synapse=synapse)
    assert_as_reference(mode, program, constant_trials(), weights(program))


def test_invalid_operations_in_a_branch_that_is_not_taken(mode):
    unit = NeuronModel("Log", {"s": 0.0}, {"eps": 0.5}, {"s": "s + eps*where(drive > 0, log(drive), 0.1)"})
    program = unit_program([Phase("run", 5)], unit=unit)
    with np.errstate(all="ignore"):
        assert_as_reference(mode, program, constant_trials(), weights(program))


def test_large_states_are_finite(mode):
    unit = NeuronModel("Large", {"s": 0.0}, {}, {"s": "1e200*drive"}, output="s")
    network = Network([Population("input", 3, Clamp), Population("unit", 4, unit)], [Projection("w", "input", "unit")])
    program = lower(network, Schedule([Phase("run", 2)], [Probe("unit.s", "step")], {"input.s": "constant"}))
    found = assert_as_reference(mode, program, constant_trials(), {"w.w": np.ones((3, 4))})
    assert found["unit.s@step"].max() > 1e190


@pytest.mark.parametrize("stimulus", ["constant", "steps"])
def test_inputs_with_expressions_and_tests(mode, stimulus):
    graded = NeuronModel("Graded", params={"x": driven(), "scale": 3.0}, output="scale*x**2", ports=())
    spiking = NeuronModel("Spiking", params={"x": driven(), "theta": 0.5}, spike="x >= theta", output="spike", ports=())
    rule = LearningRule("rule", "end:run", {"w": "w + 0.1*arrived*post.s + 0.01*pre.x"})
    shape = (4, 3) if stimulus == "constant" else (4, 6, 3)
    for pre in (graded, spiking):
        program = unit_program([Phase("run", 6)], [rule], pre=pre, stimulus=stimulus)
        assert_as_reference(mode, program, Trials({"input.x": random(shape)}), weights(program))


def test_a_reset_changes_one_variable_only(mode):
    unit = NeuronModel("Copy", {"a": 0.0, "b": 1.0}, {}, {"a": "b"}, "a >= 0.5", {"a": "0"}, output="b")
    program = unit_program([Phase("run", 4)], unit=unit)
    found = assert_as_reference(mode, program, constant_trials(), weights(program))
    assert (found["unit.b@step"] == 1).all()


def test_an_input_whose_constant_changes_with_the_phase(mode):
    pre = NeuronModel("Scaled", params={"x": driven(), "g": 1.0}, output="g*x", ports=())
    program = unit_program([Phase("one", 2), Phase("two", 3, {"input.g": 3.0})], pre=pre)
    trials = constant_trials(name="input.x")
    array = weights(program)
    found = assert_as_reference(mode, program, trials, array)
    unchanged = assert_as_reference(mode, program, trials, array, {"input.g@two": 1.0})
    assert not np.array_equal(found["unit.s@step"], unchanged["unit.s@step"])


def test_a_port_sums_constant_and_varying_drives(mode):
    """Two of each; those of one target come in an order in which a varying one is first, and last."""
    network = Network(
        [
            Population("a", 3, Clamp),
            Population("b", 2, Clamp),
            Population("unit", 4, Unit),
            Population("other", 3, Unit),
        ],
        [
            Projection("back", "other", "unit", reciprocal=True),
            Projection("first", "a", "unit"),
            Projection("second", "b", "unit"),
            Projection("lateral", "unit", "unit"),
        ],
    )
    probes = [Probe("unit.s", "step"), Probe("other.s", "step")]
    program = lower(network, Schedule([Phase("run", 5)], probes, {"a.s": "constant", "b.s": "constant"}))
    assert_as_reference(mode, program, Trials({"a.s": random((3, 3)), "b.s": random((3, 2))}), weights(program))


def test_spikes_beside_a_graded_output(mode):
    unit = NeuronModel(
        "Graded",
        state={"v": 0.0, "c": 0.0},
        params={"gain": 2.0},
        update={"v": "0.8*v + drive"},
        spike="v >= 0.5",
        reset={"v": "v - 0.5", "c": "c + 1"},
        output="gain*v",
    )
    program = unit_program(
        [Phase("one", 4, {"unit.gain": 0.5}), Phase("two", 5, assign={"c": "0"}), Phase("three", 3)],
        [LearningRule("spiked", "post.spike", {"w": "w + 0.01*(post.c - arrived)"})],
        unit=unit,
        probes=[Probe("unit.spike", "step"), Probe("unit.v", "step"), Probe("unit.c", "step")],
    )
    found = assert_as_reference(mode, program, constant_trials(), weights(program))
    assert found["unit.spike@step"].count > 10


def test_a_population_on_its_own_and_an_input_that_learns(mode):
    pre = NeuronModel("Gain", params={"x": driven(), "g": learned(1.0)}, output="g*x", ports=())
    unit = NeuronModel("Count", {"s": 0.5, "n": 0.0}, {}, {"s": "0.5*s + drive"}, "s > 0.2", {"n": "n + 1"}, output="s")
    grow = LearningRule("grow", "step", {"g": "g + 0.1*x"})
    network = Network(
        [Population("input", 1, pre, [grow]), Population("unit", 1, unit), Population("lone", 2, unit)],
        [Projection("forward", "input", "unit")],
    )
    probes = [Probe("unit.s", "step"), Probe("lone.n", "end:run"), Probe("lone.spike", "step")]
    program = lower(network, Schedule([Phase("run", 4)], probes, {"input.x": "constant"}))
    assert_as_reference(mode, program, Trials({"input.x": random((3, 1))}), weights(program))


@pytest.mark.parametrize("count", [0, 1])
def test_few_trials(mode, count):
    program = unit_program([Phase("run", 3)])
    assert_as_reference(mode, program, constant_trials(count), weights(program))


def test_modes_share_what_is_learned(mode):
    """Wake, sleep, wake: two programs, the arrays carried from one to the next."""
    run = partial(_wake_sleep_wake, steps=60)
    expected, found = run("reference"), run(f"nengo:{mode}")
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def _wake_sleep_wake(backend, steps):
    hebb = LearningRule("hebb", "end:run", {"w": "w + 0.05*arrived*post.s"})
    rules = {"wake": [hebb], "sleep": [SleepPlasticity(inc=2.0**-6, dec=2.0**-7)]}
    network = Network(
        [
            Population("input", 5, {"wake": Clamp, "sleep": SpikeInput}),
            Population("hidden", 8, {"wake": RateUnit, "sleep": Heaviside(theta=0.4)}),
        ],
        [Projection("w", "input", "hidden", learning=rules)],
    )
    r = np.random.default_rng(1)
    day = Schedule([Phase("run", 8)], [], {"input.s": "constant"})
    night = Schedule([Phase("sleep", steps)], [Probe("hidden.spike", "step")], {"input.x": "events"})
    wake, sleep = lower(network, day, "wake", Grid()), lower(network, night, "sleep", Grid())
    array = {"hidden.bias": np.full(8, 0.125), "w.w": np.round(r.uniform(0, 0.5, (5, 8)) * 2**24) / 2**24}
    patterns, spikes = r.random((2, 6, 5)), Events.from_dense(r.random((1, steps, 5)) < 0.3)
    found, mode = ns.load(backend)
    parts = (wake, {"input.s": patterns[0]}), (sleep, {"input.x": spikes}), (wake, {"input.s": patterns[1]})
    pairs = None
    for program, trials in parts:
        with found.compile(program, mode=mode) as session:
            session.write({n: array[n] for n in program.shapes()})
            records = session.run(Trials(trials))
            array |= session.read()
            if program is sleep:
                pairs = records["hidden.spike@step"].pairs()
    assert len(pairs)
    return {**array, "spikes": pairs}

"""The order of things within a step and a trial, one fact a test, on the reference backend."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from neurosim.backend.contract import Records
from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import NumericalError
from neurosim.model.learning import LearningRule, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIF, Clamp, Heaviside, NeuronModel, SpikeInput, driven, learned
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.small import CASES

Arrays = Mapping[str, np.ndarray]

RELAY = NeuronModel("Relay", {"s": 0.0}, {}, {"s": "drive"})
"""A unit that puts out what arrived."""

COUNTER = NeuronModel("Counter", {"s": 0.0}, {}, {"s": "s + 1"})
"""s is 1 after the first step, 2 after the second, ..."""


def execute(
    network: Network,
    phases: Sequence[Phase] | int,
    probes: Sequence[Probe] = (),
    stimuli: Mapping[str, tuple[str, np.ndarray]] | None = None,
    start: Arrays | None = None,
    count: int = 1,
    **options: object,
) -> tuple[Records, dict[str, np.ndarray]]:
    given = stimuli or {}
    phases = [Phase("run", phases)] if isinstance(phases, int) else phases
    program = lower(network, Schedule(phases, probes, {n: kind for n, (kind, _) in given.items()}))
    with ReferenceBackend().compile(program) as session:
        session.write(start or {})
        trials = Trials({n: array for n, (_, array) in given.items()}, -1 if given else count)
        records = session.run(trials, **options)  # type: ignore[arg-type]
        return records, session.read()


def steps(records: Records, probe: str) -> list[float]:
    """The first unit of the first trial, step by step."""
    recorded = records[f"{probe}@step"]
    values = recorded.dense() if isinstance(recorded, Events) else recorded
    return values[0, :, 0].astype(float).tolist()


ONE = {"p.w": np.ones((1, 1))}


def rule(text: str, at: str = "step", variable: str = "w") -> LearningRule:
    return LearningRule("r", at, {variable: text})


# delivery


def test_a_stimulus_arrives_in_its_own_step_and_a_state_one_step_later() -> None:
    network = Network(
        [Population("input", 1, Clamp), Population("a", 1, RELAY), Population("b", 1, RELAY)],
        [Projection("p", "input", "a"), Projection("q", "a", "b")],
    )
    pulse = np.array([[[0.0], [5.0], [0.0], [0.0]]])
    records, _ = execute(
        network,
        4,
        [Probe("a.s", "step"), Probe("b.s", "step")],
        {"input.s": ("steps", pulse)},
        {**ONE, "q.w": np.ones((1, 1))},
    )
    assert steps(records, "a.s") == [0, 5, 0, 0]
    assert steps(records, "b.s") == [0, 0, 5, 0]


def test_spikes_arrive_one_step_later() -> None:
    fires = NeuronModel("Fires", {"v": 0.0}, {}, {"v": "v + 1"}, spike="v == 2", output="spike")
    network = Network([Population("a", 1, fires), Population("b", 1, RELAY)], [Projection("p", "a", "b")])
    records, _ = execute(network, 4, [Probe("a.spike", "step"), Probe("b.s", "step")], start=ONE)
    assert steps(records, "a.spike") == [0, 1, 0, 0]
    assert steps(records, "b.s") == [0, 0, 1, 0]


def test_the_first_step_delivers_the_initial_state() -> None:
    source = NeuronModel("Source", {"s": 7.0}, {}, {"s": "0"})
    network = Network([Population("a", 1, source), Population("b", 1, RELAY)], [Projection("p", "a", "b")])
    assert steps(execute(network, 2, [Probe("b.s", "step")], start=ONE)[0], "b.s") == [7, 0]


def test_populations_are_updated_at_once() -> None:
    network = Network(
        [Population("a", 1, RELAY), Population("b", 1, NeuronModel("B", {"s": 3.0}, {}, {"s": "drive"}))],
        [Projection("p", "a", "b", reciprocal=True)],
    )
    records, _ = execute(network, 4, [Probe("a.s", "step"), Probe("b.s", "step")], start=ONE)
    assert steps(records, "a.s") == [3, 0, 3, 0]
    assert steps(records, "b.s") == [0, 3, 0, 3]


def test_states_of_a_model_are_updated_at_once() -> None:
    swap = NeuronModel("Swap", {"a": 1.0, "b": 2.0}, {}, {"a": "b", "b": "a"}, output="a")
    network = Network([Population("x", 1, swap)])
    records, _ = execute(network, 3, [Probe("x.a", "step"), Probe("x.b", "step")])
    assert steps(records, "x.a") == [2, 1, 2]
    assert steps(records, "x.b") == [1, 2, 1]


def test_an_assignment_is_delivered_by_the_next_step() -> None:
    network = Network([Population("a", 1, COUNTER), Population("b", 1, RELAY)], [Projection("p", "a", "b")])
    phases = [Phase("first", 2, assign={"a.s": "100"}), Phase("second", 2)]
    records, _ = execute(network, phases, [Probe("b.s", "step"), Probe("a.s", "step")], start=ONE)
    assert steps(records, "a.s") == [1, 2, 101, 102]
    assert steps(records, "b.s") == [0, 1, 100, 101]


def test_a_probe_at_a_phase_s_end_comes_before_the_assignments() -> None:
    network = Network([Population("a", 1, COUNTER)])
    phases = [Phase("first", 2, assign={"s": "100"}), Phase("second", 1)]
    records, _ = execute(network, phases, [Probe("a.s", "end:first"), Probe("a.s", "end:second")])
    assert records["a.s@end:first"] == [[2.0]]
    assert records["a.s@end:second"] == [[101.0]]


def test_assignments_are_made_at_once() -> None:
    still = NeuronModel("Still", {"a": 1.0, "b": 2.0}, output="a")
    phases = [Phase("run", 1, assign={"a": "b", "b": "a"}), Phase("after", 1)]
    records, _ = execute(
        Network([Population("x", 1, still)]), phases, [Probe("x.a", "end:after"), Probe("x.b", "end:after")]
    )
    assert (records["x.a@end:after"], records["x.b@end:after"]) == ([[2.0]], [[1.0]])


def test_what_was_assigned_from_a_state_does_not_follow_it() -> None:
    fires = NeuronModel(
        "Fires", {"v": 0.0, "kept": 0.0}, {}, {"v": "v + 1"}, spike="v >= 3", reset={"v": "0"}, output="spike"
    )
    phases = [Phase("first", 2, assign={"kept": "v"}), Phase("second", 1)]
    records, _ = execute(Network([Population("a", 1, fires)]), phases, [Probe("a.kept", "step")])
    assert steps(records, "a.kept") == [0, 0, 2]


def test_a_constant_of_a_phase_holds_in_its_steps_only() -> None:
    unit = NeuronModel("U", {"s": 0.0}, {"k": 1.0}, {"s": "s + k"})
    phases = [Phase("a", 2), Phase("b", 2, {"x.k": 10.0}), Phase("c", 1)]
    assert steps(execute(Network([Population("x", 1, unit)]), phases, [Probe("x.s", "step")])[0], "x.s") == [
        1,
        2,
        12,
        22,
        23,
    ]


def test_the_spike_test_sees_the_new_state_and_the_reset_comes_after_it() -> None:
    fires = NeuronModel("Fires", {"v": 0.0}, {}, {"v": "v + 1"}, spike="v >= 2", reset={"v": "v - 1.5"}, output="spike")
    records, _ = execute(Network([Population("a", 1, fires)]), 4, [Probe("a.spike", "step"), Probe("a.v", "step")])
    assert steps(records, "a.spike") == [0, 1, 0, 1]
    assert steps(records, "a.v") == [1, 0.5, 1.5, 1.0]


def test_a_reset_reaches_the_neurons_that_spiked_only() -> None:
    unit = NeuronModel("U", {"v": 0.0}, {}, {"v": "v + drive"}, spike="v >= 1", reset={"v": "0"}, output="spike")
    network = Network([Population("input", 2, Clamp), Population("a", 2, unit)], [Projection("p", "input", "a")])
    stimuli = {"input.s": ("constant", np.array([[0.75, 1.0]]))}
    records, _ = execute(network, 1, [Probe("a.v", "step")], stimuli, {"p.w": np.eye(2)})
    np.testing.assert_array_equal(records["a.v@step"][0, 0], [0.75, 0.0])  # type: ignore[index]


@pytest.mark.parametrize("decay", [0.0, 1e-9])
def test_a_reset_leaves_the_drive_of_a_constant_stimulus_as_it_was(decay: float) -> None:
    network = Network(
        [Population("input", 1, Clamp), Population("a", 1, Heaviside(decay=decay))], [Projection("p", "input", "a")]
    )
    stimuli = {"input.s": ("constant", np.array([[2.0]]))}
    assert steps(execute(network, 3, [Probe("a.spike", "step")], stimuli, ONE)[0], "a.spike") == [1, 1, 1]


def test_a_reset_leaves_the_learned_parameter_that_the_state_was_set_to() -> None:
    unit = NeuronModel(
        "U", {"v": 0.0}, {"bias": learned(2.0)}, {"v": "bias"}, spike="v > 1", reset={"v": "0"}, output="spike"
    )
    assert execute(Network([Population("a", 2, unit)]), 2)[1]["a.bias"].tolist() == [2.0, 2.0]


def test_a_reset_leaves_the_stimulus_that_the_state_was_set_to() -> None:
    unit = NeuronModel("U", {"v": 0.0}, {"x": driven()}, {"v": "x"}, spike="v > 1", reset={"v": "0"}, output="spike")
    given = np.array([[[2.0], [0.0]]])
    execute(Network([Population("a", 1, unit)]), 2, (), {"a.x": ("steps", given)})
    assert given.ravel().tolist() == [2.0, 0.0]


def test_an_equation_of_which_constants_leave_a_number_is_still_one_value_a_neuron() -> None:
    unit = NeuronModel("U", {"v": 1.0}, {"k": 0.0}, {"v": "k*v"}, spike="k*v >= 0.5", output="spike")
    records, _ = execute(Network([Population("a", 3, unit)]), 2, [Probe("a.v", "step"), Probe("a.spike", "step")])
    np.testing.assert_array_equal(records["a.v@step"], np.zeros((1, 2, 3)))


def test_an_output_expression_is_of_the_state_after_the_last_step() -> None:
    source = NeuronModel("S", {"s": 1.0}, {}, {"s": "s + 1"}, output="10*s")
    network = Network([Population("a", 1, source), Population("b", 1, RELAY)], [Projection("p", "a", "b")])
    assert steps(execute(network, 3, [Probe("b.s", "step")], start=ONE)[0], "b.s") == [10, 20, 30]


def test_ports_are_sums_of_their_own() -> None:
    unit = NeuronModel("U", {"s": 0.0}, {}, {"s": "drive - 10*other"}, ports=("drive", "other"))
    network = Network(
        [Population("input", 1, Clamp), Population("a", 1, unit)],
        [Projection("p", "input", "a"), Projection("q", "input", "a", port="other")],
    )
    records, _ = execute(
        network,
        1,
        [Probe("a.s", "step")],
        {"input.s": ("constant", np.array([[3.0]]))},
        {**ONE, "q.w": np.full((1, 1), 0.5)},
    )
    assert steps(records, "a.s") == [-12]


def test_a_reciprocal_projection_delivers_its_transpose_backwards() -> None:
    sources = [NeuronModel("A", {"s": 0.0}, {}, {"s": "drive"}), NeuronModel("B", {"s": 1.0}, {}, {"s": "drive"})]
    network = Network(
        [Population("a", 2, sources[0]), Population("b", 3, sources[1])], [Projection("p", "a", "b", reciprocal=True)]
    )
    w = np.arange(6.0).reshape(2, 3)
    records, _ = execute(network, 1, [Probe("a.s", "step")], start={"p.w": w})
    np.testing.assert_array_equal(records["a.s@step"][0, 0], w.sum(axis=1))  # type: ignore[index]


# learning


def chain(
    learning: Sequence[LearningRule], source: NeuronModel = COUNTER, target: NeuronModel = COUNTER, **more: object
) -> Network:
    return Network(
        [Population("a", 1, source), Population("b", 1, target)],
        [Projection("p", "a", "b", learning=learning, **more)],  # type: ignore[arg-type]
    )


def test_arrived_is_what_was_delivered_in_this_step() -> None:
    learned = execute(chain([rule("w + 10*arrived + pre.s")]), 3)[1]
    assert learned["p.w"] == [[10 * (0 + 1 + 2) + (1 + 2 + 3)]]


def test_arrived_is_of_the_forward_direction_also_for_a_reciprocal_projection() -> None:
    unit = NeuronModel("U", {"s": 5.0}, {}, {"s": "s"})
    learned = execute(chain([rule("w + arrived")], target=unit, reciprocal=True), 2)[1]
    assert learned["p.w"] == [[0 + 1]]


def test_a_rule_sees_the_state_after_update_and_reset() -> None:
    fires = NeuronModel("Fires", {"v": 0.0}, {}, {"v": "v + 1"}, spike="v >= 2", reset={"v": "-5"}, output="spike")
    learned = execute(chain([rule("w + post.v", "post.spike")], target=fires), 2)[1]
    assert learned["p.w"] == [[-5]]


def test_a_rule_at_a_phase_s_end_sees_the_state_before_the_assignments() -> None:
    phases = [Phase("first", 2, assign={"b.s": "100"}), Phase("second", 1)]
    learned = execute(chain([rule("w + post.s", "end:first")]), phases)[1]
    assert learned["p.w"] == [[2]]


def test_a_rule_of_spikes_changes_the_synapses_of_neurons_that_spiked_only() -> None:
    network = Network(
        [Population("input", 2, Clamp), Population("a", 3, Heaviside)],
        [Projection("p", "input", "a", learning=[rule("w + 1", "post.spike")])],
    )
    w = np.array([[2.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    stimuli = {"input.s": ("constant", np.array([[1.0, 0.0]]))}
    learned = execute(network, 1, (), stimuli, {"p.w": w})[1]
    np.testing.assert_array_equal(learned["p.w"] - w, [[1, 0, 1], [1, 0, 1]])


def test_a_weight_that_was_learned_is_delivered_in_the_next_step() -> None:
    network = Network(
        [Population("input", 1, Clamp), Population("a", 1, RELAY)],
        [Projection("p", "input", "a", learning=[rule("w + 1")])],
    )
    records, _ = execute(network, 3, [Probe("a.s", "step")], {"input.s": ("constant", np.ones((1, 1)))})
    assert steps(records, "a.s") == [0, 1, 2]


def test_rules_of_one_step_read_the_values_before_any_wrote() -> None:
    two = SynapseModel("Two", {"w": 1.0, "h": 0.0})
    writes, reads = LearningRule("writes", "step", {"w": "w + 1"}), LearningRule("reads", "step", {"h": "h + w"})
    learned = execute(chain([writes, reads], synapse=two), 2)[1]
    assert (learned["p.w"], learned["p.h"]) == ([[3]], [[1 + 2]])


def test_the_updates_of_one_rule_read_the_values_before_any_wrote() -> None:
    two = SynapseModel("Two", {"w": 1.0, "h": 2.0})
    learned = execute(chain([LearningRule("swap", "step", {"w": "h", "h": "w"})], synapse=two), 1)[1]
    assert (learned["p.w"], learned["p.h"]) == ([[2]], [[1]])


def test_a_rule_of_a_population_reads_its_own_state() -> None:
    unit = NeuronModel("U", {"s": 0.0}, {"bias": learned(1.0)}, {"s": "s + 1"})
    network = Network([Population("a", 2, unit, [rule("bias + s", "end:run", "bias")])])
    assert execute(network, 3)[1]["a.bias"].tolist() == [4.0, 4.0]


@pytest.mark.parametrize("k", [0.0, 2.0])
def test_a_factor_that_constants_make_void_is_still_one_value_a_neuron(k: float) -> None:
    update = LearningRule("r", "end:run", {"w": "w + lr*pre.s*(k*post.s + 1)"}, {"lr": 1.0, "k": k})
    network = Network(
        [Population("a", 3, COUNTER), Population("b", 2, COUNTER)], [Projection("p", "a", "b", learning=[update])]
    )
    np.testing.assert_array_equal(execute(network, 1)[1]["p.w"], np.full((3, 2), 1 + k))


def test_without_learning_weights_are_untouched_to_the_bit() -> None:
    for name in ("ep_one_sided", "ep_symmetric", "sleep", "novel", "two_ports"):
        case = CASES[name](0.3)
        with ReferenceBackend().compile(case.program()) as session:
            session.write(case.learned)
            session.run(case.trials, learn=False)
            for n, a in session.read().items():
                assert a.tobytes() == np.ascontiguousarray(case.learned[n]).tobytes()


# trials


def test_states_begin_anew_with_each_trial_and_no_spike_is_in_flight() -> None:
    fires = NeuronModel("Fires", {"v": 0.0}, {}, {"v": "v + 1"}, spike="v >= 2", output="spike")
    network = Network([Population("a", 1, fires), Population("b", 1, RELAY)], [Projection("p", "a", "b")])
    records, _ = execute(network, 2, [Probe("a.v", "step"), Probe("b.s", "step")], start=ONE, count=3)
    np.testing.assert_array_equal(np.asarray(records["a.v@step"])[:, :, 0], [[1, 2]] * 3)
    np.testing.assert_array_equal(np.asarray(records["b.s@step"])[:, :, 0], [[0, 0]] * 3)


def test_learned_variables_persist_over_trials_and_runs() -> None:
    program = lower(chain([rule("w + 1", "end:run")]), Schedule([Phase("run", 2)]))
    with ReferenceBackend().compile(program) as session:
        session.run(Trials({}, 3))
        session.run(Trials({}, 2))
        assert session.read()["p.w"] == [[5]]


def test_a_phase_of_no_step_skips_all_that_happens_at_its_end() -> None:
    phases = [Phase("first", 2), Phase("skipped", 3, assign={"b.s": "100"}), Phase("last", 1)]
    network = chain([rule("w + 1", "end:skipped")])
    probes = [Probe("b.s", "end:last"), Probe("b.s", "end:skipped")]
    records, learned = execute(network, phases, probes, constants={"steps.skipped": 0})
    assert records["b.s@end:last"] == [[3]]
    assert np.asarray(records["b.s@end:skipped"]).shape == (0, 1)
    assert learned["p.w"] == [[0]]
    assert execute(network, phases, probes)[1]["p.w"] == [[1]]


def test_a_long_run_in_parts_is_one_run() -> None:
    case = CASES["ep_one_sided"](1.0)
    with ReferenceBackend().compile(case.program()) as whole, ReferenceBackend().compile(case.program()) as parts:
        for session in (whole, parts):
            session.write(case.learned)
        expected = np.asarray(whole.run(case.trials)["output.s@end:free"])
        found = [
            np.asarray(parts.run(case.trials.part(k, k + 7))["output.s@end:free"])
            for k in range(0, case.trials.count, 7)
        ]
        np.testing.assert_array_equal(np.concatenate(found), expected)
        assert all(np.array_equal(a, parts.read()[n]) for n, a in whole.read().items())


def test_progress_ends_with_all_trials() -> None:
    seen: list[tuple[int, int]] = []
    execute(Network([Population("a", 1, COUNTER)]), 5000, count=10, progress=lambda *p: seen.append(p))
    assert len(seen) > 1
    assert seen[-1] == (10, 10)


# values that are not finite


EXPLODES = NeuronModel(
    "Explodes", {"u": 1.0, "s": 0.0}, {"gain": 1.0, "x": driven(1.0)}, {"u": "u*gain*x", "s": "clip(u, 0, 1)"}
)


def test_a_state_that_is_not_finite_is_named_with_its_trial_and_step() -> None:
    stimulus = np.ones((3, 4, 2))
    stimulus[2, 1:, 1] = 1e200  # 1e200 in step 1, infinite from step 2 on
    network = Network([Population("good", 1, COUNTER), Population("bad", 2, EXPLODES)])
    with pytest.raises(NumericalError) as error:
        execute(network, 4, [Probe("bad.u", "step")], {"bad.x": ("steps", stimulus)})
    e = error.value
    assert (e.owner, e.variable, e.trial, e.step, e.value) == ("bad", "u", 2, 2, float("inf"))
    assert str(e).startswith("bad.u became inf in trial 2, step 2 (both counted from 0)")


def test_a_large_but_finite_state_is_no_error() -> None:
    big = NeuronModel("Big", {"s": 0.0}, {}, {"s": "1e200"})
    records, _ = execute(Network([Population("a", 2, big)]), 1, [Probe("a.s", "step")])
    assert steps(records, "a.s") == [1e200]


def test_a_weight_that_is_not_finite_is_named_and_the_session_keeps_the_old_ones() -> None:
    program = lower(chain([rule("w*1e200 + 1", "end:run")]), Schedule([Phase("run", 2)]))
    with ReferenceBackend().compile(program) as session:
        session.write({"p.w": np.full((1, 1), 3.0)})
        with pytest.raises(NumericalError) as error:
            session.run(Trials({}, 4))
        assert (error.value.owner, error.value.variable, error.value.trial, error.value.step) == ("p", "w", 1, 1)
        assert session.read()["p.w"] == [[3.0]]


@pytest.mark.parametrize("text", ["w*1e300*1e300", "where(abs(w) > 2, 0.5, w*1e300*1e300)"], ids=["stays", "passes"])
def test_a_weight_that_is_not_finite_is_seen_though_its_neuron_is_silent(text: str) -> None:
    """Infinite after the first step; 0 times that is NaN. Few of many neurons fire, so others may be left out."""
    units = NeuronModel("Units", {"s": 0.0}, {}, {"s": "s + drive"}, output="clip(s, 0, 1)")
    network = Network(
        [Population("input", 300, SpikeInput), Population("a", 100, units)],
        [Projection("p", "input", "a", learning=[rule(text)])],
    )
    w, x = np.zeros((300, 100)), np.zeros((1, 2, 300))
    w[7, 5], x[:, :, 3] = 1.0, 1.0
    schedule = Schedule([Phase("run", 2)], [Probe("a.s", "step")], {"input.x": "events"})
    with ReferenceBackend().compile(lower(network, schedule, precision=Grid())) as session:
        session.write({"p.w": w})
        with pytest.raises(NumericalError) as error:
            session.run(Trials({"input.x": x}))
    assert (error.value.owner, error.value.variable, error.value.step) == ("p", "w", 0)


def test_the_trial_is_counted_over_the_parts_of_a_long_run() -> None:
    stimulus = np.ones((30, 3000, 1))
    stimulus[25] = 10.0
    with pytest.raises(NumericalError) as error:
        execute(
            Network([Population("bad", 1, EXPLODES)]), 3000, [Probe("bad.u", "end:run")], {"bad.x": ("steps", stimulus)}
        )
    assert (error.value.trial, error.value.step) == (25, 308)


# counts


def test_spikes_and_synaptic_operations_are_counted() -> None:
    network = Network([Population("input", 2, SpikeInput), Population("a", 3, LIF)], [Projection("p", "input", "a")])
    x = np.zeros((2, 5, 2))
    x[1, 2, 0] = 1
    stimuli = {"input.x": ("events", x)}
    records, _ = execute(
        network, 5, [Probe("a.spike", "step"), Probe("input.spike", "step")], stimuli, {"p.w": np.full((2, 3), 2.0)}
    )
    assert records.counts["spikes"] == 1 + 3
    assert records.counts["synaptic_operations"] == 2 * 3 * 5 * 2
    assert records.timing.steps == 10


def test_only_weights_up_to_zero_move_in_sleep() -> None:
    network = Network(
        [Population("input", 2, SpikeInput), Population("a", 1, Heaviside)],
        [Projection("p", "input", "a", learning=[SleepPlasticity(inc=0.25, dec=0.125)])],
    )
    for w, expected in (
        ([[1.0], [-1.0]], [[1.0], [-1.25]]),
        ([[1.0], [0.0]], [[1.0], [-0.25]]),
        ([[1.0], [0.5]], [[1.0], [0.5]]),
    ):
        stimuli = {"input.x": ("events", np.array([[[1.0, 0.0]]]))}
        assert execute(network, 1, (), stimuli, {"p.w": np.array(w)})[1]["p.w"].tolist() == expected

"""Rules that add up over the trials of a batch: which can, what becomes of a program, and when sums are exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend import registry
from neurosim.backend.contract import Session
from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import ExactnessLost, InputError, ModelError, NumericalError, UnsupportedFeature
from neurosim.model.learning import AdamPropagation, BinaryPropagation, LearningRule, MomentumPropagation
from neurosim.program.lowering.lower import in_batches
from neurosim.program.precision.batch_sums import check_batch
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.program.source.blocks import block_listing
from neurosim.results.agreement.teacher_forced import Segment, TeacherForcedSession
from neurosim.testing.agreement import assert_learned_agree
from neurosim.testing.targets import case_named

ADDED = "w + lr*pre.s*post.s"
PLAIN = ns.Dense
ESTIMATE = "(pre.s*post.s - pre.s_free*post.s_free)/beta"


def network(rule: LearningRule, synapse: Any = PLAIN, bias: LearningRule | None = None) -> ns.Network:
    return ns.Network(
        [ns.Population("input", 2, ns.Clamp), ns.Population("output", 3, ns.RateUnit, [bias] if bias else [])],
        [ns.Projection("p", "input", "output", synapse, [rule])],
    )


def schedule(batch: int, *probes: ns.Probe) -> ns.Schedule:
    phases = [ns.Phase("free", 2, assign={"s_free": "s"}), ns.Phase("nudged", 2, {"output.beta": 0.5})]
    return ns.Schedule(phases, probes, {"input.s": "constant", "output.target": "constant"}, batch=batch)


def rule_of(update: str | Mapping[str, str], at: str = "end:nudged", **more: Any) -> LearningRule:
    texts = {"w": update} if isinstance(update, str) else update
    return LearningRule("hebb", at, texts, {"lr": 0.5, "beta": 0.5}, **more)


def trials(count: int, largest: float = 1.0) -> ns.Trials:
    random = np.random.Generator(np.random.Philox(5))
    return ns.Trials({"input.s": largest * random.random((count, 2)), "output.target": random.random((count, 3))})


def learned(session: Session, given: ns.Trials, weight: float = 0.25) -> Mapping[str, Any]:
    with session:
        session.write({"p.w": np.full((2, 3), weight)})
        session.run(given)
        return session.read()


# programs


def test_how_many_trials_a_batch_has_is_no_part_of_a_program_but_that_there_are_batches_is() -> None:
    alone, of_16, of_64 = (ns.lower(network(rule_of(ADDED)), schedule(b)) for b in (1, 16, 64))
    assert of_16.digest() == of_64.digest() != alone.digest()
    assert alone.batch == 1
    assert all(not r.sums for r in alone.rules)


def test_a_program_in_batches_is_the_same_after_json() -> None:
    program = case_named("batch_of_layers", 0.5).program(ns.Grid())
    again = Program.from_json(program.to_json(), program.wirings(), program.fixed, program.selections())
    assert again == program
    assert again.batch == 16


def test_a_constant_stays_outside_of_the_sum_and_factors_are_rounded() -> None:
    (rule,) = ns.lower(network(rule_of(f"w + lr*{ESTIMATE}")), schedule(4), precision=ns.Grid()).rules
    assert rule.update == (("w", "on_grid(w + lr * (1.0 / beta) * hebb__sum__0, 24.0)"),)
    ((total,),) = (rule.sums,)
    assert total.products == (("pre.s", "on_grid(post.s - post.s_free, 20.0)"),), "a clamped input's free state is it"


def test_an_estimate_that_a_rule_names_is_what_is_added_up() -> None:
    rule = MomentumPropagation(momentum=0.5)
    (lowered,) = ns.lower(network(rule, ns.Momentum), schedule(4)).rules
    moved = dict(lowered.update)["m"]
    assert moved == "momentum * m + 1.0 / beta * ep__sum__0 - weight_decay * w"
    assert len(lowered.sums) == 1, "w and m read the same sum"


def test_a_lowered_program_can_be_put_into_batches() -> None:
    of_network = network(rule_of(ADDED))
    put = in_batches(ns.lower(of_network, schedule(1), precision=ns.Grid()), 8)
    assert put == ns.lower(of_network, schedule(8), precision=ns.Grid())


def test_the_printed_text_has_one_product_for_all_trials() -> None:
    program = ns.lower(network(rule_of(ADDED)), schedule(8))
    text = block_listing(bind(program, trials(8)))
    assert "p__hebb__sum__0 = dot((input__s).T, (output__s))" in text


# what is refused


@pytest.mark.parametrize(
    ("rule", "synapse", "what"),
    [
        (BinaryPropagation, ns.Binary, r"p, rule ep: in a batch 'h' needs the form h \+ c\*\(products .* batch at 1"),
        (BinaryPropagation(m=2.0), ns.Binary, "rule ep: in a batch 'h' needs the form"),
        (replace(AdamPropagation, estimate=""), ns.Adam, "p, rule ep: in a batch 'm' needs .* names its estimate"),
        (
            rule_of(ADDED, "step"),
            PLAIN,
            "p, rule hebb: in a batch rules .* this one in every step",
        ),
        (rule_of(ADDED, "end:free"), PLAIN, "end of a trial, this one before the last phase ends"),
        (rule_of("w + lr*pre.s*post.s*w"), PLAIN, "'w' needs the form"),
        (rule_of("w + lr*(pre.s*post.s)**2", estimate="(pre.s*post.s)**2"), PLAIN, "its estimate has to be"),
        (
            rule_of("w + lr*tanh(pre.s*post.s)", estimate="post.s"),
            PLAIN,
            "'w' reads more of a trial than the estimate",
        ),
    ],
)
def test_a_rule_that_cannot_be_added_up_is_refused_by_name(rule: LearningRule, synapse: Any, what: str) -> None:
    with pytest.raises(ModelError, match=what):
        ns.lower(network(rule, synapse), schedule(4))


def test_a_rule_at_spikes_is_refused_by_name() -> None:
    case = case_named("sleep", 0.1)
    with pytest.raises(ModelError, match=r"input_hidden, rule \w+: in a batch .* this one at spikes"):
        ns.lower(case.network, replace(case.schedule, batch=2))


def test_a_recording_of_what_is_learned_is_refused() -> None:
    with pytest.raises(ModelError, match=r"probe 'p\.w@end:nudged': trials of a batch learn together"):
        ns.lower(network(rule_of(ADDED)), schedule(4, ns.Probe("p.w", "end:nudged")))


@pytest.mark.parametrize("batch", [0, 1.5, "many"])
def test_a_batch_is_a_whole_number(batch: Any) -> None:
    with pytest.raises(ModelError, match="schedule: batch ="):
        schedule(batch)


@pytest.mark.parametrize("mode", ["nengo:native", "lava:mapped", "brian2:numpy", "brian2:cython"])
def test_modes_that_have_no_batches_say_so(mode: str) -> None:
    backend, of_mode = registry.load(mode)
    features = backend.capabilities().features[of_mode]
    assert "batches" not in features
    assert (
        "batches" in backend.capabilities().features[{"native": "fused", "mapped": "fused"}.get(of_mode, "standalone")]
    )


def test_nengo_native_refuses_batches_by_name() -> None:
    backend, mode = registry.load("nengo:native")
    with pytest.raises(UnsupportedFeature, match="batches") as refused:
        backend.compile(ns.lower(network(rule_of(ADDED)), schedule(4)), mode=mode)
    assert refused.value.feature == "batches"


# exact sums


def run_of(batch: int, count: int, largest: float = 1.0, rule: LearningRule | None = None) -> Any:
    program = ns.lower(network(rule or rule_of(ADDED)), schedule(batch), precision=ns.Grid())
    return bind(program, trials(count, largest))


def test_a_batch_is_refused_where_its_sum_could_be_inexact() -> None:
    check_batch(run_of(4096, 4096))  # 4096 * 2 * max |f*g| = 2**13 = 2**(53 - 2*20)
    with pytest.raises(ExactnessLost, match=r"p, rule hebb: over a batch of 4097 trials .* at most 4096, fewer bits"):
        check_batch(run_of(4097, 4097))


def test_only_trials_that_there_are_count() -> None:
    check_batch(run_of(10**6, 4000))


def test_inputs_count_with_their_size() -> None:
    with pytest.raises(ExactnessLost, match="use a batch of at most"):
        check_batch(run_of(64, 64, largest=1000.0))


def test_a_factor_without_bounds_is_refused() -> None:
    with pytest.raises(ExactnessLost, match=r"can reach inf, .* use clip"):
        check_batch(run_of(2, 2, rule=rule_of("w + lr*pre.s*exp(post.s)")))


def test_a_session_checks_it_before_anything_runs() -> None:
    program = ns.lower(network(rule_of(ADDED)), schedule(4097), precision=ns.Grid())
    with ReferenceBackend().compile(program) as session, pytest.raises(ExactnessLost):
        session.run(trials(4097))


# runs


def test_a_batch_of_all_trials_learns_their_sum() -> None:
    """From weights that do not change in between, so each trial's own change can be had from a run of its own."""
    given = trials(5)
    alone = ns.lower(network(rule_of(ADDED), bias=ns.BiasPropagation), schedule(1))
    together = learned(ReferenceBackend().compile(in_batches(alone, 5)), given)
    start = {"p.w": np.full((2, 3), 0.25), "output.bias": np.zeros(3)}
    changes = [learned(ReferenceBackend().compile(alone), given.part(k, k + 1)) for k in range(5)]
    for name, values in start.items():
        expected = values + sum(c[name] - values for c in changes)
        np.testing.assert_allclose(together[name], expected, rtol=0, atol=1e-14)
        assert np.abs(together[name] - values).max() > 0.01


def test_without_learning_batches_change_nothing() -> None:
    found = []
    for batch in (1, 4):
        probe = ns.Probe("output.s", "end:nudged")
        program = ns.lower(network(rule_of(ADDED)), schedule(batch, probe))
        with ReferenceBackend().compile(program) as session:
            session.write({"p.w": np.full((2, 3), 0.3)})
            found.append(session.run(trials(9), learn=False)[probe.name])
    assert np.array_equal(*found)


def test_a_trial_in_pieces_is_the_trial() -> None:
    program = ns.lower(network(rule_of(ADDED)), schedule(4), precision=ns.Grid())
    given, whole = trials(1), ReferenceBackend().compile(program)
    expected = learned(whole, given)
    with ReferenceBackend().compile(program) as session:
        session.write({"p.w": np.full((2, 3), 0.25)})
        session.run(given, constants={"steps.nudged": 1}, ends=False)
        session.run(given, constants={"steps.free": 0, "steps.nudged": 1}, keep_state=True)
        assert assert_learned_agree(session.read(), expected)


def test_what_goes_wrong_in_a_batch_is_told_with_its_trial_and_step() -> None:
    growing = ns.NeuronModel(
        "Growing", {"s": 0.0}, {"target": ns.driven(0.0), "beta": 0.0}, {"s": "s + target*exp(target)"}, output="s"
    )
    of_network = ns.Network(
        [ns.Population("input", 2, ns.Clamp), ns.Population("output", 3, growing)],
        [ns.Projection("p", "input", "output", learning=[rule_of(ADDED)])],
    )
    targets = np.zeros((7, 3))
    targets[5, 1] = 1000.0
    phases = [ns.Phase("nudged", 2)]
    program = ns.lower(
        of_network, ns.Schedule(phases, (), {"input.s": "constant", "output.target": "constant"}, batch=4)
    )
    given = ns.Trials({"input.s": np.ones((7, 2)), "output.target": targets})
    with ReferenceBackend().compile(program) as session, pytest.raises(NumericalError) as failed:
        session.run(given)
    assert (failed.value.owner, failed.value.variable, failed.value.trial, failed.value.step) == ("output", "s", 5, 0)


def test_weights_that_go_wrong_are_told_at_the_end_of_their_batch() -> None:
    program = ns.lower(network(rule_of("w + 8e307*pre.s*post.s")), schedule(4))
    with pytest.raises(NumericalError) as failed:
        learned(ReferenceBackend().compile(program), trials(10), weight=1.7e308)
    assert (failed.value.owner, failed.value.variable, failed.value.trial) == ("p", "w", 3)


@pytest.mark.parametrize(("batch", "segments"), [(16, 2), (64, 3), (150, 1)])
def test_no_segment_of_a_comparison_cuts_a_batch(batch: int, segments: int) -> None:
    count = {16: 150, 64: 150, 150: 150}[batch]
    program = ns.lower(network(rule_of(ADDED)), schedule(batch), precision=ns.Grid())
    log: list[Segment] = []
    backend = ReferenceBackend()
    teacher, moved, pupil = (backend.compile(program) for _ in range(3))
    forced = learned(TeacherForcedSession(program, teacher, moved, pupil, log), trials(count))
    assert assert_learned_agree(forced, learned(backend.compile(program), trials(count)))
    assert len(log) == segments


def test_a_mock_of_a_chip_has_no_batches() -> None:
    chip = ns.device.mock("reference", learning="host")
    with pytest.raises(UnsupportedFeature, match="batches"):
        chip.compile(ns.lower(network(rule_of(ADDED)), schedule(4)))


def test_a_program_from_json_alone_cannot_be_put_into_batches() -> None:
    program = ns.lower(network(rule_of(ADDED)), schedule(1))
    with pytest.raises(ModelError, match=r"lower it with Schedule\(batch=\)"):
        in_batches(Program.from_json(program.to_json()), 4)


def test_more_trials_of_a_batch_than_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.program.memory.footprint.available_memory", lambda: 2**18)
    monkeypatch.setattr("neurosim.program.memory.footprint.SMALL", 0)
    program = ns.lower(network(rule_of(ADDED)), schedule(10**4))
    with ReferenceBackend().compile(program) as session, pytest.raises(InputError, match="10,000 trials of a batch"):
        session.run(trials(10**4))

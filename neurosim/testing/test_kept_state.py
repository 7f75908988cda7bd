"""A trial that is run in pieces: each goes on from the state that the one before it left, on whatever backend.

The cases are those of other tests, so that a backend that compiles has their programs. All is compared with one whole
trial on the reference: what is learned, what is recorded, and the state at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from neurosim.backend.contract import Session
from neurosim.errors import InputError, NumericalError, UnsupportedFeature
from neurosim.program.precision import Grid
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.program.schedule import Array, Trials
from neurosim.program.trial.pieces import Piece, pieces
from neurosim.program.trial.state import SPIKES, start_state
from neurosim.testing.agreement import assert_learned_agree
from neurosim.testing.cases.small import Case
from neurosim.testing.targets import REFERENCE, Target, case_named
from neurosim.testing.test_contract import claimed, recorded_parts

GRADED = "ep_symmetric"
"""A case of three phases, with rules, probes and assignments at their ends."""

SPIKING = "sleep"
"""A case of one phase, whose spikes are under way at the end of most steps."""

CASES = (
    GRADED, "ep_other_constants", SPIKING, "sleep_reciprocal", "recurrent_spiking", "novel", "two_ports", "eligibility",
    "delays", "delayed_spikes", "cuba", "sparse_propagation", "sparse_spikes", "sparse_traces", "several_synapses",
    "late_spikes", "late_values", "late_traces", "late_inputs", "all_together",
    "convolutional_spikes",
)  # fmt: skip

Arrays = Mapping[str, Array]
Left = tuple[dict[str, Any], dict[str, Array], dict[str, Array]]
"""Recordings of a whole trial by probe, learned arrays and the state at its end."""


@contextmanager
def opened(target: Target, case: Case, program: Program | None = None) -> Iterator[Session]:
    """A session with the case's learned arrays; skipped where the mode does not claim the program, or states."""
    program = program or case.program(Grid())
    claimed(target, program)
    with target.compile(program) as session:
        try:
            session.read_state()
        except UnsupportedFeature:
            pytest.skip(f"{target.name} keeps no state")
        session.write(case.learned_for(program))
        yield session


def one_trial(target: Target, name: str) -> Case:
    """The first trial of a case."""
    case = case_named(name, target.length)
    return replace(case, trials=case.trials.part(0, 1))


def cut(case: Case, shares: Sequence[float] = (0.3, 0.31, 0.8)) -> list[Piece]:
    """A case's trial cut at every end of a phase, and in some places between."""
    program = case.program(Grid())
    lengths = bind(program, case.trials, case.constants).lengths
    steps, ends = sum(lengths), np.cumsum(lengths)
    places = {round(share * steps) for share in shares} | {int(end) for end in ends}
    return pieces(dict(zip([p.name for p in program.phases], lengths, strict=True)), sorted(places - {0, steps}))


def run_piece(session: Session, case: Case, piece: Piece, goes_on: bool) -> Any:
    """The records of a piece of the case's trial."""
    constants = {**case.constants, **piece.constants}
    return session.run(
        piece.of(case.trials), constants=constants, learn=case.learn, keep_state=goes_on, ends=piece.ends
    )


def left(session: Session, records: Sequence[Any]) -> Left:
    """What the pieces of a trial have left behind."""
    probes = {n: np.concatenate([recorded_parts([r[n]]) for r in records], _steps(n)) for n in records[0].probes}
    return probes, session.read(), session.read_state()


def _steps(probe: str) -> int:
    """The axis along which recordings of pieces follow each other: steps, or trials at the end of a phase."""
    return 1 if probe.endswith("@step") else 0


@lru_cache
def whole(name: str, length: float) -> Left:
    """What the whole trial leaves on the reference."""
    case = one_trial(Target("reference", length), name)
    with opened(REFERENCE, case) as session:
        return left(session, [session.run(case.trials, constants=case.constants, learn=case.learn)])


def assert_left(found: Left, expected: Left) -> None:
    """All of it is equal."""
    for probe, recording in expected[0].items():
        np.testing.assert_array_equal(found[0][probe], recording, err_msg=probe)
    assert assert_learned_agree(found[1], expected[1])
    assert set(found[2]) == set(expected[2])
    for name, values in expected[2].items():
        np.testing.assert_array_equal(found[2][name], values, err_msg=name)


# going on


@pytest.mark.parametrize("name", CASES)
def test_a_trial_in_pieces_is_the_trial(neurosim_target: Target, name: str) -> None:
    """Pieces that end within phases and with them leave what one whole trial leaves."""
    case = one_trial(neurosim_target, name)
    with opened(neurosim_target, case) as session:
        records = [run_piece(session, case, piece, goes_on=k > 0) for k, piece in enumerate(cut(case))]
        assert_left(left(session, records), whole(name, neurosim_target.length))


@pytest.mark.parametrize("name", ["delayed_spikes", "sparse_spikes", "late_spikes", "late_values", "late_inputs"])
def test_a_piece_without_steps_changes_nothing(neurosim_target: Target, name: str) -> None:
    """Neither what is learned nor what is under way."""
    case = one_trial(neurosim_target, name)
    first, *others = cut(case)
    with opened(neurosim_target, case) as session:
        records = [run_piece(session, case, first, goes_on=False)]
        no_steps = {f"steps.{phase.name}": 0 for phase in case.schedule.phases}
        constants = {**case.constants, **no_steps}
        session.run(case.trials.between(0, 0), constants=constants, learn=case.learn, keep_state=True, ends=False)
        records += [run_piece(session, case, piece, goes_on=True) for piece in others]
        assert_left(left(session, records), whole(name, neurosim_target.length))


@pytest.mark.parametrize("name", CASES)
def test_a_trial_begun_on_the_reference_is_gone_on_with(neurosim_target: Target, name: str) -> None:
    """A fresh session goes on from the learned arrays and the state that another backend left."""
    case = one_trial(neurosim_target, name)
    program = case.program(Grid())
    first, *others = cut(case)
    with opened(REFERENCE, case, program) as begun:
        records = [run_piece(begun, case, first, goes_on=False)]
        learned, state = begun.read(), begun.read_state()
    with opened(neurosim_target, case, program) as session:
        session.write(learned)
        session.write_state(state)
        records += [run_piece(session, case, piece, goes_on=True) for piece in others]
        assert_left(left(session, records), whole(name, neurosim_target.length))


@pytest.mark.parametrize("name", [GRADED, SPIKING])
def test_weights_may_be_written_between_two_pieces(neurosim_target: Target, name: str) -> None:
    """A piece delivers through the weights that were written before it."""
    case = one_trial(neurosim_target, name)
    outcomes = []
    for target in (REFERENCE, neurosim_target):
        with opened(target, case) as session:
            first, *others = cut(case)
            records = [run_piece(session, case, first, goes_on=False)]
            session.write({n: a[::-1] if a.ndim == 2 else a for n, a in session.read().items()})
            records += [run_piece(session, case, piece, goes_on=True) for piece in others]
            outcomes.append(left(session, records))
    assert_left(outcomes[1], outcomes[0])
    assert not np.array_equal(
        outcomes[0][1]["hidden_output.w"], whole(name, neurosim_target.length)[1]["hidden_output.w"]
    )


def test_a_whole_run_leaves_a_state_to_go_on_from(neurosim_target: Target) -> None:
    """A run after a whole trial goes on, with a pass through the schedule that has no start."""
    case = one_trial(neurosim_target, GRADED)
    outcomes = []
    for target in (REFERENCE, neurosim_target):
        with opened(target, case) as session:
            records = [session.run(case.trials, keep_state=again) for again in (False, True)]
            outcomes.append(left(session, records))
    assert_left(outcomes[1], outcomes[0])
    first, again = outcomes[0][0]["output.s@end:free"]
    assert not np.array_equal(first, again)


def test_a_run_that_does_not_go_on_starts(neurosim_target: Target) -> None:
    """After a trial that was left open, a trial without `keep_state` is as any."""
    case = one_trial(neurosim_target, SPIKING)
    with opened(neurosim_target, case) as session:
        run_piece(session, case, cut(case)[0], goes_on=False)
        session.write(case.learned_for(case.program(Grid())))
        records = [session.run(case.trials)]
        assert_left(left(session, records), whole(SPIKING, neurosim_target.length))


# reading and writing


def assert_states_agree(found: Arrays, expected: Arrays) -> None:
    """Names and values are equal."""
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_a_new_session_has_the_state_of_a_start(neurosim_target: Target) -> None:
    """Before any run, the state is that with which trials start."""
    case = one_trial(neurosim_target, SPIKING)
    with opened(neurosim_target, case) as session:
        assert_states_agree(session.read_state(), start_state(case.program(Grid())))


def test_states_are_copied_in_and_out(neurosim_target: Target) -> None:
    """A change of an array of a state that was written, or read, does not reach the session."""
    case = one_trial(neurosim_target, SPIKING)
    with opened(neurosim_target, case) as session:
        written = {n: np.full_like(a, 1.0) for n, a in session.read_state().items()}
        session.write_state(written)
        for arrays in (written, session.read_state()):
            for a in arrays.values():
                a[...] = 0.0
        assert_states_agree(session.read_state(), {n: np.ones_like(a) for n, a in written.items()})


def test_no_trials_leave_the_state(neurosim_target: Target) -> None:
    """A run of no trials leaves the state as it was."""
    case = one_trial(neurosim_target, SPIKING)
    with opened(neurosim_target, case) as session:
        run_piece(session, case, cut(case)[0], goes_on=False)
        before = session.read_state()
        session.run(case.trials.part(0, 0))
        assert_states_agree(session.read_state(), before)


# mistakes

V, S = "hidden.v", f"hidden.{SPIKES}"

BAD_STATES: dict[str, Callable[[dict[str, Array]], dict[str, Array]]] = {
    "missing": lambda s: {n: a for n, a in s.items() if n != V},
    "unknown name": lambda s: {**s, "hidden.u": s[V]},
    "wrong shape": lambda s: {**s, V: s[V][:-1]},
    "not finite": lambda s: {**s, V: np.full_like(s[V], np.nan)},
    "half a spike": lambda s: {**s, S: np.full_like(s[S], 0.5)},
}


@pytest.mark.parametrize("mistake", BAD_STATES)
def test_write_state_refuses(neurosim_target: Target, mistake: str) -> None:
    """A wrong state raises InputError, and changes nothing."""
    case = one_trial(neurosim_target, SPIKING)
    with opened(neurosim_target, case) as session:
        run_piece(session, case, cut(case)[0], goes_on=False)
        before = session.read_state()
        with pytest.raises(InputError):
            session.write_state(BAD_STATES[mistake](session.read_state()))
        assert_states_agree(session.read_state(), before)


BAD_RUNS: dict[str, Callable[[Session, Trials], Any]] = {
    "several trials that go on": lambda session, trials: session.run(trials, keep_state=True),
    "several trials left open": lambda session, trials: session.run(trials, ends=False),
}


@pytest.mark.parametrize("mistake", BAD_RUNS)
def test_only_one_trial_goes_on(neurosim_target: Target, mistake: str) -> None:
    """Several trials that go on, or are to be gone on with, raise InputError, and change nothing."""
    case = case_named(GRADED, neurosim_target.length)
    with opened(neurosim_target, case) as session:
        before = session.read(), session.read_state()
        with pytest.raises(InputError):
            BAD_RUNS[mistake](session, case.trials.part(0, 2))
        assert assert_learned_agree(session.read(), before[0])
        assert_states_agree(session.read_state(), before[1])


def test_several_trials_leave_no_state(neurosim_target: Target) -> None:
    """After several trials there is nothing to go on from until a state is written."""
    case = case_named(GRADED, neurosim_target.length)
    with opened(neurosim_target, case) as session:
        start = session.read_state()
        session.run(case.trials.part(0, 2))
        with pytest.raises(InputError):
            session.read_state()
        with pytest.raises(InputError):
            session.run(case.trials.part(0, 1), keep_state=True)
        session.write_state(start)
        session.run(case.trials.part(0, 1), keep_state=True)


def test_a_run_that_fails_leaves_state_and_weights(neurosim_target: Target) -> None:
    """Where a run that goes on becomes infinite, the session can go on from where it was."""
    case = one_trial(neurosim_target, "ep_one_sided")
    inputs = np.zeros_like(case.trials.stimuli["input.s"])
    inputs[:, 0] = 1e308  # overflows where it is learned from, not where it is delivered
    overflows = Trials({**case.trials.stimuli, "input.s": inputs})
    with opened(neurosim_target, case, case.program()) as session:
        session.run(case.trials)
        learned, state = session.read(), session.read_state()
        with pytest.raises(NumericalError) as error:
            session.run(overflows, constants={"input_hidden.ep.lr": 1e5}, keep_state=True)
        assert (error.value.owner, error.value.trial) == ("input_hidden", 0)
        assert assert_learned_agree(session.read(), learned)
        assert_states_agree(session.read_state(), state)
        session.run(case.trials, keep_state=True)

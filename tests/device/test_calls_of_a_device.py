"""Calls of a device: one that fails is repeated and changes nothing; each is timed, and may be too late."""

from __future__ import annotations

import numpy as np
import pytest
from faults import Board
from outcomes import REFERENCE, assert_same, left

from neurosim.backend.contract import Records
from neurosim.backend.sessions.joined_records import joined
from neurosim.device import mock
from neurosim.device.host_learning import HostLearningSession, Patience
from neurosim.errors import BackendError, NumericalError, UnsupportedFeature
from neurosim.program.precision import Grid
from neurosim.program.schedule import Array
from neurosim.program.trial.pieces import pieces
from neurosim.testing.targets import case_named

pytestmark = pytest.mark.filterwarnings("ignore:call .* was repeated")


def learned(board: Board, name: str, **how: object) -> tuple[Records, dict[str, Array]]:
    case = case_named(name, 0.1)
    program = case.program(Grid())
    with HostLearningSession(program, board.open, name="board", **how) as session:
        session.write(case.learned_for(program))
        return session.run(case.trials), session.read()


def expected(name: str) -> tuple[Records, dict[str, Array]]:
    case = case_named(name, 0.1)
    return left(REFERENCE, case, case.program(Grid()))


@pytest.mark.parametrize(("name", "loop"), [("ep_symmetric", "trial"), ("ep_symmetric", "phase"), ("sleep", 1)])
def test_calls_that_fail_are_repeated_to_the_same_bits(name: str, loop: str | int) -> None:
    board = Board(fails_in=(1, 3, 4))
    found = learned(board, name, loop=loop, patience=Patience(retries=2))
    assert_same(found, expected(name))
    assert board.opened == 4
    assert found[0].incidents == (
        "call 1 of board was repeated: no answer in time",
        "call 2 of board was repeated: no answer in time",
        "call 2 of board was repeated: no answer in time",
    )


def test_a_call_that_fails_once_too_often_ends_the_run_and_changes_nothing() -> None:
    case, board = case_named("ep_symmetric", 0.1), Board(fails_in=(3, 4))
    program = case.program(Grid())
    with HostLearningSession(program, board.open, patience=Patience(retries=1)) as session:
        session.write(case.learned_for(program))
        with pytest.raises(BackendError, match="no answer in time"):
            session.run(case.trials)
        assert all(np.array_equal(a, session.read()[n]) for n, a in case.learned_for(program).items())


def test_a_piece_of_a_trial_that_fails_goes_on_from_where_the_one_before_it_ended() -> None:
    case, board = case_named("recurrent_spiking", 0.1), Board(fails_in=(2,))
    program = case.program(Grid())
    first, second = pieces({"run": program.lengths[0]}, at=[6])
    outcomes = []
    for session in (REFERENCE.compile(program), HostLearningSession(program, board.open, patience=Patience(retries=1))):
        session.write(case.learned_for(program))
        one = case.trials.part(0, 1)
        session.run(first.of(one), constants=first.constants, ends=False)
        records = session.run(second.of(one), constants=second.constants, keep_state=True)
        outcomes.append((records["recurrent.v@step"], session.read_state()["recurrent.v"]))
    assert all(np.array_equal(a, b) for a, b in zip(*outcomes, strict=True))
    assert board.opened == 2


def test_a_device_without_state_is_called_once_a_trial() -> None:
    assert_same(learned(Board(keeps_state=False), "ep_symmetric"), expected("ep_symmetric"))
    for loop in ("phase", 1):
        with pytest.raises(UnsupportedFeature, match=r"board, which keeps no state.*use loop = 'trial'"):
            learned(Board(keeps_state=False), "ep_symmetric", loop=loop)


def test_the_timing_of_calls_adds_up() -> None:
    records, _ = learned(Board(), "ep_symmetric")
    timing = records.timing
    assert timing.calls == 6
    assert timing.execute == timing.simulate > 0
    assert timing.update > 0
    assert timing.upload > 0
    assert sum(timing.latencies) + timing.update + timing.build <= timing.wall
    assert min(timing.latencies) <= timing.latency(0.5) <= timing.latency(0.95) <= max(timing.latencies)
    assert timing.overruns == 0


def test_calls_over_the_budget_are_counted_and_said() -> None:
    with pytest.warns(
        UserWarning, match=r"device board: 6 of 6 calls took longer than 1e-06 ms \(p50 = .*; give it less to do in one"
    ):
        records, _ = learned(Board(), "ep_symmetric", patience=Patience(latency_budget_ms=1e-6))
    assert records.timing.overruns == 6
    assert records.incidents[0].startswith("device board: 6 of 6 calls took longer")


def test_a_budget_may_be_a_limit() -> None:
    patience = Patience(latency_budget_ms=1e-6, over_budget="fail", retries=3)
    board = Board()
    with pytest.raises(BackendError, match="1 of 1 calls took longer"):
        learned(board, "ep_symmetric", patience=patience)
    assert board.calls == 1


def test_a_call_past_its_deadline_has_failed() -> None:
    board = Board()
    with pytest.raises(BackendError, match=r"device board: a call took .* s; its deadline is 1e-09 s"):
        learned(board, "ep_symmetric", patience=Patience(deadline=1e-9, retries=2))
    assert board.opened == 3


def test_a_mock_takes_what_its_host_puts_up_with() -> None:
    device = mock(loop="trial", retries=2, deadline=5, latency_budget_ms=50, over_budget="fail")
    assert device.patience == Patience(2, 5.0, 50.0, "fail")


class Overflowing(Board):
    """A board on which a state becomes infinite in the calls of these numbers, after it got its weights."""

    def failure(self) -> Exception:
        return NumericalError("hidden", "s", 0, 2, float("inf"))


@pytest.mark.parametrize(("loop", "trial"), [("trial", 3), ("phase", 1)])
def test_a_state_that_becomes_infinite_is_named_in_its_trial_and_changes_nothing(loop: str, trial: int) -> None:
    case, board = case_named("ep_one_sided", 0.1), Overflowing(fails_in=(4,))
    program = case.program(Grid())
    step = 2 if loop == "trial" else 2 + program.lengths[0]
    with HostLearningSession(program, board.open, loop=loop, patience=Patience(retries=3)) as session:
        session.write(case.learned_for(program))
        with pytest.raises(NumericalError, match=rf"hidden\.s became inf in trial {trial}, step {step} "):
            session.run(case.trials)
        assert board.opened == 1, "what is wrong with the network is not repeated"
        assert_same((session.run(case.trials), session.read()), expected("ep_one_sided"))


def test_what_happened_in_parts_of_a_run_is_kept_when_they_are_joined() -> None:
    first, second = (learned(Board(fails_in=(1,)), "ep_symmetric", patience=Patience(retries=1))[0] for _ in range(2))
    assert joined([first, second]).incidents == first.incidents + second.incidents != ()

"""Whatever happens to the worker of a session: one clear error in time, nothing left behind, and on it goes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
from worker_processes import assert_gone, processes

import neurosim
from neurosim.backend.reference import ReferenceBackend
from neurosim.backend.remote import worker
from neurosim.backend.remote.backend import RemoteBackend, RemoteSession
from neurosim.backend.remote.host import HERE, Place
from neurosim.errors import BackendError, BackendUnavailable
from neurosim.program.precision import Grid
from neurosim.program.trial.pieces import pieces
from neurosim.testing.agreement import assert_learned_agree, assert_probes_agree
from neurosim.testing.cases.small import CASES, Case

DEADLINE = 1.5
SLACK = 1.0

FAULTS = {
    "die": "was ended by SIGKILL",
    "stop": "gave no answer within 1.5 s",
    "hang": "gave no answer within 1.5 s",
    "hang-with-a-child": "gave no answer within 1.5 s",
    "fail": "ValueError: three is not a matrix",
    "babble": "gave no answer within 1.5 s",
    "say-nonsense": "sent what is no message",
    "stuck": "gave no answer within 1.5 s",
}


@pytest.fixture(scope="module")
def case() -> Case:
    return CASES["ep_one_sided"](1.0)


def trained(backend: RemoteBackend, case: Case) -> RemoteSession:
    """A session that has learned from some trials."""
    program = case.program(Grid())
    session = backend.compile(program)
    session.write(case.learned_for(program))
    session.run(case.trials.part(0, 20))
    return session


def fails(session: RemoteSession, case: Case, deadline: float = DEADLINE) -> str:
    """The message of the error that a run ends in, in time, with nothing left of the worker."""
    session.backend.deadline = deadline
    before, start = processes(), time.monotonic()
    with pytest.raises(BackendError) as caught:
        session.run(case.trials.part(20, 60))
    assert time.monotonic() - start < deadline + SLACK
    assert_gone(before)
    session.backend.deadline = 60.0
    return str(caught.value)


def assert_goes_on(session: RemoteSession, case: Case) -> None:
    """The rest of the trials gives what it gives to one that nothing happened to."""
    program = case.program(Grid())
    with ReferenceBackend().compile(program) as reference:
        reference.write(case.learned_for(program))
        reference.run(case.trials.part(0, 20))
        assert assert_learned_agree(session.read(), reference.read())
        expected, found = (s.run(case.trials.part(20, 60)) for s in (reference, session))
        assert assert_probes_agree(found, expected)
        assert assert_learned_agree(session.read(), reference.read())


# a run


@pytest.mark.parametrize(
    ("backend", "fault"),
    [("misbehaving", fault) for fault in FAULTS] + [("misbehaving-nengo", f) for f in ("die", "stop", "hang", "fail")],
)
def test_trouble_in_a_run(mischief, opened, case: Case, backend: str, fault: str) -> None:
    with trained(opened(backend), case) as session:
        mischief(fault)
        message = fails(session, case)
        assert message.startswith("backend lab: ")
        assert FAULTS[fault] in message
        assert "\n" not in message
        assert_goes_on(session, case)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
def test_a_signal_from_outside_in_a_run(mischief, opened, case: Case, number: signal.Signals) -> None:
    with trained(opened(), case) as session:
        mischief("hang")
        threading.Timer(0.5, os.kill, [session.backend.worker().pid, number]).start()
        message = fails(session, case)
        assert ("gave no answer" if number == signal.SIGSTOP else f"was ended by {number.name}") in message
        assert_goes_on(session, case)


def test_a_run_that_makes_progress_may_take_longer_than_the_deadline(mischief, opened, case: Case) -> None:
    with trained(opened(), case) as session:
        session.backend.deadline = DEADLINE
        mischief("slow")
        start = time.monotonic()
        heard: list[tuple[int, int]] = []
        session.run(case.trials.part(20, 60), progress=lambda *told: heard.append(told))
        assert time.monotonic() - start > 2 * DEADLINE
        assert heard[:3] == [(1, 1000), (2, 1000), (3, 1000)]


def test_an_interrupt_ends_the_worker(mischief, opened, case: Case, interruptible: None) -> None:
    with trained(opened(), case) as session:
        left = processes()
        mischief("hang")
        threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            session.run(case.trials.part(20, 60))
        assert_gone(left)
        assert_goes_on(session, case)


@pytest.mark.parametrize("fault", ["die", "hang", "fail"])
def test_a_trial_in_pieces_goes_on_from_the_state_before_the_trouble(mischief, opened, fault: str) -> None:
    case = CASES["sleep"](0.25)
    program = case.program(Grid())
    first, *others = pieces({"sleep": program.lengths[0]}, at=[60, 150])
    with ReferenceBackend().compile(program) as reference, opened().compile(program) as session:
        for s in (reference, session):
            s.write(case.learned_for(program))
            s.run(first.of(case.trials), constants=first.constants, ends=first.ends)
        session.backend.deadline = DEADLINE
        for piece in others:
            mischief(fault)
            given = {"constants": piece.constants, "keep_state": True, "ends": piece.ends}
            with pytest.raises(BackendError):
                session.run(piece.of(case.trials), **given)
            expected, found = (s.run(piece.of(case.trials), **given) for s in (reference, session))
            assert assert_probes_agree(found, expected)
        assert assert_learned_agree(session.read(), reference.read())
        state = reference.read_state()
        assert {n: a.tolist() for n, a in session.read_state().items()} == {n: a.tolist() for n, a in state.items()}


# between runs


@pytest.mark.parametrize("call", ["read", "write", "run"])
def test_a_worker_that_died_in_between_is_not_missed(opened, case: Case, call: str) -> None:
    with trained(opened(), case) as session:
        session.backend.worker().close()
        calls = {"read": session.read, "write": lambda: session.write({}), "run": lambda: None}
        calls[call]()
        assert_goes_on(session, case)


def test_all_sessions_of_a_worker_go_on_after_it(mischief, opened, case: Case) -> None:
    backend = opened()
    with trained(backend, case) as first, trained(backend, case) as second:
        mischief("die")
        fails(first, case)
        assert_goes_on(second, case)
        assert_goes_on(first, case)


def test_arrays_that_a_fresh_worker_does_not_give_back_are_an_error(mischief, opened, case: Case) -> None:
    with trained(opened(), case) as session:
        known = session.read()
        session.backend.worker().close()
        mischief("forget")
        with pytest.raises(BackendError, match=r"backend lab: its new process gives back other values of .*bias"):
            session.write({"hidden.bias": np.zeros(20)})
        assert assert_learned_agree(session.read(), known)
        assert_goes_on(session, case)


def test_a_stopped_worker_is_noticed_while_arrays_are_sent(opened, case: Case) -> None:
    with trained(opened(), case) as session:
        child = session.backend.worker()
        os.kill(child.pid, signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(BackendError, match=r"gave no answer within 1.5 s"):
            child.call("write", DEADLINE, session=0, learned={"much": np.zeros(10**6)})
        assert time.monotonic() - start < DEADLINE + SLACK
        assert_goes_on(session, case)


# the beginning


def hello_refused(place: Place = HERE, backend: str = "reference") -> str:
    with pytest.raises(BackendError) as caught:
        RemoteBackend("lab", backend, place).versions()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_another_version_of_neurosim_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    version, protocol = neurosim.__version__, worker.PROTOCOL
    monkeypatch.setattr(neurosim, "__version__", "9.9")
    assert hello_refused() == (
        f"backend lab: its process has neurosim {version}, protocol {protocol}, but here is neurosim 9.9, "
        f"protocol {protocol}; install neurosim 9.9 there"
    )


def test_another_protocol_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PROTOCOL", 99)
    assert "but here is" in hello_refused()


@pytest.mark.parametrize(
    ("backend", "texts"),
    [
        ("refrence", ("no installed package provides it", "did you mean 'reference'?")),
        ("reference:nunpy", ("has no mode 'nunpy'", "did you mean 'numpy'?")),
    ],
)
def test_a_backend_that_is_not_there(backend: str, texts: tuple[str, ...]) -> None:
    with pytest.raises(BackendUnavailable, match=r"^backend lab: its process says: backend") as caught:
        RemoteBackend("lab", backend).capabilities()
    assert all(text in str(caught.value) for text in texts)


@pytest.mark.parametrize(
    ("python", "why"),
    [("no-such-python", "did not start (FileNotFoundError"), ("false", "did not start (")],
)
def test_a_command_that_is_no_python(python: str, why: str) -> None:
    assert hello_refused(Place(python)).startswith(f"backend lab: {python} {why}")


TALKATIVE = 'sh -c \'echo you have mail >&2; printf "Welcome to this host\\n3 users\\n"; exec {} "$@"\' sh'


@pytest.mark.parametrize(
    ("python", "printed"),
    [
        ("echo", "'-u -c import sys; "),
        ("sh -c 'echo garbage; cat'", "'garbage"),
        (TALKATIVE.format(sys.executable), "'Welcome to this host | 3 users' where neurosim's answer was expected"),
        ("sh -c 'echo 1 user is here; exec sleep 1000'", "'1 user is"),
    ],
)
def test_what_is_printed_before_python_speaks_is_shown(
    monkeypatch: pytest.MonkeyPatch, python: str, printed: str
) -> None:
    monkeypatch.setattr(worker, "STARTUP_SECONDS", DEADLINE)
    message = hello_refused(Place(python))
    assert message.startswith(f"backend lab: {python} did not start: it printed {printed}")
    assert "has to go to its standard error" in message
    assert ("it printed last: you have mail" in message) == ("mail" in python)


@pytest.mark.parametrize(("deadline", "given"), [(0.5, 0.5), (0.1, 0.3), (100.0, 1.0)])
def test_an_interpreter_that_says_nothing_is_given_the_deadline(
    monkeypatch: pytest.MonkeyPatch, deadline: float, given: float
) -> None:
    """But no less than any start takes, and not as long as a simulation may."""
    monkeypatch.setattr(worker, "LEAST_STARTUP_SECONDS", 0.3)
    monkeypatch.setattr(worker, "STARTUP_SECONDS", 1.0)
    start = time.monotonic()
    with pytest.raises(BackendError) as caught:
        RemoteBackend("lab", "reference", Place("sh -c 'sleep 1000'"), deadline).versions()
    assert str(caught.value) == f"backend lab: sh -c 'sleep 1000' gave no answer within {given:g} s of its start"
    assert time.monotonic() - start < given + SLACK

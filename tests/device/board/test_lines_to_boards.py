"""A board behind any line learns what the reference learns, bit for bit; sessions share the one that there is."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
import whole_numbers

import neurosim as ns
from neurosim.device.board.backend import BoardBackend
from neurosim.device.board.board import Board
from neurosim.device.board.boards import Boards
from neurosim.device.board.link.lease import DeviceHeld
from neurosim.program.schedule import Events
from neurosim_firmware import build

LEARNING, SPIKES = whole_numbers.learning(), whole_numbers.recurrent_spikes(2, 40)
REFERENCE, _ = ns.load("reference")


@pytest.fixture(autouse=True)
def no_process_is_left(new_children: Callable[[], list[psutil.Process]]) -> Iterator[None]:
    yield
    assert new_children() == []


@pytest.fixture(autouse=True)
def own_leases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The firmware is built where it was; leases are this test's."""
    monkeypatch.setattr("neurosim.device.board.link.lease.FOLDER", str(tmp_path))


@contextmanager
def started(*arguments: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([str(build.host_device()), *arguments], text=True, **options) as device:  # type: ignore[call-overload]
        try:
            yield device
        finally:
            device.kill()


@contextmanager
def behind_a_port() -> Iterator[str]:
    with started("--listen", "0", stderr=subprocess.PIPE) as device:
        told = re.search(r"127\.0\.0\.1:(\d+)", device.stderr.readline())
        assert told is not None
        yield f"tcp:127.0.0.1:{told[1]}"


@contextmanager
def behind_a_serial_line() -> Iterator[str]:
    own, other = pty.openpty()
    tty.setraw(other)
    try:
        with started(stdin=own, stdout=own):
            yield f"serial:{os.ttyname(other)}?baud=2000000"
    finally:
        os.close(own)
        os.close(other)


@contextmanager
def on_a_terminal() -> Iterator[str]:
    yield "pty"


LINES = {"pty": on_a_terminal, "tcp": behind_a_port, "serial": behind_a_serial_line}


def assert_equal(example: whole_numbers.Example, found: ns.Records, expected: ns.Records) -> None:
    for probe in example.program.probes:
        ours, theirs = (
            each.dense() if isinstance(each, Events) else each for each in (found[probe.name], expected[probe.name])
        )
        np.testing.assert_array_equal(ours, theirs, probe.name)


def assert_learned_as_by_the_reference(backend: BoardBackend, kind: str) -> None:
    records, learned = LEARNING.on(backend)
    expected, expected_learned = LEARNING.on(REFERENCE)
    assert (records.kind, records.incidents) == (kind, expected.incidents)
    assert_equal(LEARNING, records, expected)
    for name, values in expected_learned.items():
        np.testing.assert_array_equal(learned[name], values, name)


@pytest.mark.parametrize("line", LINES)
def test_learning_over_a_line_is_that_of_the_reference(line: str) -> None:
    with LINES[line]() as link:
        assert_learned_as_by_the_reference(BoardBackend("board", link), "firmware")


def test_learning_on_an_emulated_microcontroller_is_that_of_the_reference() -> None:
    for program in ("qemu-system-arm", "arm-none-eabi-gcc"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program}")
    assert_learned_as_by_the_reference(BoardBackend("board", "qemu", loop="trial"), "emulated")


@pytest.mark.parametrize("line", ["tcp", "serial"])
def test_sessions_of_one_board_take_turns(line: str) -> None:
    with LINES[line]() as link, ExitStack() as stack:
        backend = BoardBackend("board", link)
        pairs = [
            (example, [stack.enter_context(each.compile(example.program)) for each in (backend, REFERENCE)])
            for example in (LEARNING, SPIKES)
        ]
        for example, pair in pairs:
            for session in pair:
                session.write(example.learned)
        for _ in range(2):
            for example, pair in pairs:
                found, expected = (session.run(example.trials) for session in pair)
                assert_equal(example, found, expected)


def test_a_session_whose_state_is_on_the_board_goes_on_after_another_one_has_used_it() -> None:
    def trial(k: int) -> ns.Trials:
        return ns.Trials({name: shown[k : k + 1] for name, shown in SPIKES.trials.stimuli.items()})

    with behind_a_port() as link, ExitStack() as stack:
        backend = BoardBackend("board", link)
        outer = [stack.enter_context(backend.compile(SPIKES.program)) for _ in range(2)]
        on_board = [session.device.session for session in outer]  # type: ignore[attr-defined]
        on_reference = [stack.enter_context(REFERENCE.compile(SPIKES.program)) for _ in range(2)]
        for session in (*on_board, *on_reference):
            session.write(SPIKES.learned)
        for k in range(4):
            found, expected = (
                sessions[k % 2].run(trial(k % 2), keep_state=k > 1) for sessions in (on_board, on_reference)
            )
            assert_equal(SPIKES, found, expected)


@pytest.mark.filterwarnings("ignore:call .* was repeated")
def test_sessions_of_one_board_get_over_the_loss_of_its_line() -> None:
    with behind_a_port() as link, ExitStack() as stack:
        backend = BoardBackend("board", link)
        examples = (SPIKES, LEARNING)
        sessions = [stack.enter_context(backend.compile(example.program)) for example in examples]
        for session, example in zip(sessions, examples, strict=True):
            session.write(example.learned)
        sessions[0].device.session.board.calls.close()  # type: ignore[attr-defined]
        for session, example in zip(sessions, examples, strict=True):
            records = session.run(example.trials)
            assert_equal(example, records, example.on(REFERENCE)[0])
            assert len([i for i in records.incidents if "was repeated" in i]) == 1


def test_a_board_is_held_against_other_users_until_its_last_session_ends() -> None:
    with behind_a_port() as link:
        one, another = BoardBackend("board", link), BoardBackend("other", link)
        with one.compile(SPIKES.program), one.compile(LEARNING.program) as last:
            with pytest.raises(DeviceHeld, match=f"device other is in use by process {os.getpid()}"):
                another.compile(SPIKES.program)
            last.close()
            with pytest.raises(DeviceHeld):
                another.compile(SPIKES.program)
        another.compile(SPIKES.program).close()


@pytest.mark.filterwarnings("ignore:call .* was repeated")
def test_a_board_is_held_while_its_only_session_opens_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with behind_a_port() as link:
        one, tried = BoardBackend("board", link), list[str]()

        def close(board: Board) -> None:
            Boards.close(one.boards, board)
            with pytest.raises(DeviceHeld) as held:
                BoardBackend("other", link).compile(SPIKES.program)
            tried.append(str(held.value))

        with one.compile(SPIKES.program) as session:
            session.write(SPIKES.learned)
            on_board = session.device.session  # type: ignore[attr-defined]
            on_board.board.calls.close()
            monkeypatch.setattr(on_board, "_hang_up", close)
            session.run(SPIKES.trials)
        assert len(tried) == 1
        BoardBackend("other", link).compile(SPIKES.program).close()

"""Each fault ends in time with an error that tells it, and the device opened anew answers again."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest

from neurosim.device.board.link.address import address
from neurosim.device.board.link.caller import Caller, PowerCycled
from neurosim.device.board.link.faults import WHAT, FaultyLines, LineFault
from neurosim.device.board.link.line import LineClosed, NothingInTime
from neurosim.device.board.link.refusals import DeviceRefused
from neurosim.errors import BackendError, ModelError

from devices import FAKE, listening, soon  # isort: skip

DEADLINE = 0.5
WORDS = bytes(range(256)) * 1000
"""More than a pipe takes."""

TOLD = {
    "corrupt": (DeviceRefused, "device board refuses RUN: what came was corrupted"),
    "drop": (NothingInTime, "device board does not answer in time: RUN, 0.5 s"),
    "corrupt-answer": (BackendError, "device board: the answer to RUN was corrupted"),
    "mute": (NothingInTime, "device board does not answer in time: RUN, 0.5 s"),
    "stop": (NothingInTime, "device board takes nothing in time: RUN, 0.5 s"),
    "kill": (LineClosed, "device board has hung up: killed by SIGKILL"),
    "power-cycle": (PowerCycled, "device board was switched off and on"),
}


def called(lines: FaultyLines) -> bytes:
    """Say hello, load, write, run."""
    caller = Caller(lines.open(soon()), DEADLINE)
    try:
        caller.hello()
        caller.call(2, bytes(8) + WORDS)
        caller.call(3, bytes(8) + b"mantissa")
        return caller.call(4, WORDS)[16:]
    finally:
        caller.close()


@pytest.mark.parametrize("kind", ["process", "pty"])
@pytest.mark.parametrize("what", TOLD)
def test_a_fault_is_told_in_time_and_gone_when_the_device_is_opened_anew(
    what: str, kind: str, new_children: Callable[[], list[psutil.Process]]
) -> None:
    lines = FaultyLines([LineFault(4, what)], address(f"{kind}:{FAKE}", "board").open)
    error, message = TOLD[what]
    start = time.monotonic()
    with pytest.raises(error, match=message):
        called(lines)
    assert time.monotonic() - start < 10 * DEADLINE
    assert new_children() == []
    assert called(lines) == WORDS
    assert new_children() == []


def test_a_duplicate_answer_is_dropped() -> None:
    lines = FaultyLines([LineFault(2, "duplicate")], address(f"process:{FAKE}").open)
    caller = Caller(lines.open(soon()), 5)
    try:
        caller.hello()
        first = caller.call(2, bytes(8) + WORDS)
        assert caller.call(3, bytes(8) + b"mantissa") != first
        assert caller.traffic.stale == 1
    finally:
        caller.close()


def test_requests_are_counted_over_all_lines() -> None:
    lines = FaultyLines([LineFault(4, "corrupt"), LineFault(6, "corrupt")], address(f"process:{FAKE}").open)
    for _ in range(2):
        with pytest.raises(DeviceRefused):
            called(lines)
    assert called(lines) == WORDS


@pytest.mark.parametrize("what", ["stop", "kill", "power-cycle"])
def test_what_only_a_process_can_suffer_is_refused_for_others(what: str) -> None:
    with listening() as where:
        lines = FaultyLines([LineFault(1, what)], address(where, "board").open)
        with pytest.raises(BackendError, match="device board is no process of this host"):
            lines.open(soon())


def test_a_fault_that_is_none_is_refused() -> None:
    with pytest.raises(ModelError, match="what = 'power_cycle'; did you mean 'power-cycle'"):
        LineFault(1, "power_cycle")
    with pytest.raises(ModelError, match="call = 0; expected a number of at least 1"):
        LineFault(0, "kill")


def test_each_fault_is_tried_here() -> None:
    assert {*TOLD, "duplicate"} == set(WHAT)

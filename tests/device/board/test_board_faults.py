"""Whatever goes wrong on the line to the firmware, learning ends in the same bits, in time, and leaves no process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import psutil
import pytest
import whole_numbers
from pydantic import ValidationError

import neurosim as ns
from neurosim.backend.contract import Records
from neurosim.device.board.backend import BoardBackend
from neurosim.device.board.boards import Boards
from neurosim.device.board.link.faults import WHAT, LineFault
from neurosim.device.board.link.refusals import RequestType
from neurosim.device.board.table import BoardTable
from neurosim.device.host_learning import Patience
from neurosim.errors import BackendError
from neurosim.program.schedule import Array

pytestmark = pytest.mark.filterwarnings("ignore:call .* was repeated")

Learned = dict[str, Array]

DEADLINE = 0.5
EXAMPLE = whole_numbers.learning(8)
TOLD = {
    "corrupt": "what came was corrupted",
    "drop": "does not answer in time",
    "corrupt-answer": "was corrupted",
    "mute": "does not answer in time",
    "stop": "does not answer in time",
    "kill": "has hung up: killed by SIGKILL",
    "power-cycle": "was switched off and on",
}


@pytest.fixture(autouse=True)
def no_process_is_left(new_children: Callable[[], list[psutil.Process]]) -> Iterator[None]:
    yield
    assert new_children() == []


def board(*faults: LineFault, retries: int = 3, link: str = "process") -> BoardBackend:
    return BoardBackend("board", link, deadline=DEADLINE, patience=Patience(retries), faults=faults)


@cache
def expected() -> tuple[Records, Learned]:
    return EXAMPLE.on(ns.load("reference")[0])


@cache
def requests() -> list[int]:
    """The types of all requests of a run without faults."""
    backend, seen = board(), list[int]()
    with pytest.MonkeyPatch.context() as patch:
        close = Boards.close

        def closing(self: Boards, used: object) -> None:
            seen.extend(request for request, _ in used.calls.traffic.seconds)  # type: ignore[attr-defined]
            close(self, used)  # type: ignore[arg-type]

        patch.setattr(Boards, "close", closing)
        EXAMPLE.on(backend)
    return seen


def call_of(request: RequestType, which: int) -> int:
    """The number of a request, the first being 1."""
    return [k for k, made in enumerate(requests(), 1) if made == request][which]


def assert_same_bits(found: tuple[Records, Learned]) -> None:
    for name, values in expected()[1].items():
        np.testing.assert_array_equal(found[1][name], values, name)
    for probe in EXAMPLE.program.probes:
        np.testing.assert_array_equal(found[0][probe.name], expected()[0][probe.name], probe.name)


def test_there_is_something_to_go_wrong() -> None:
    assert requests()[:2] == [RequestType.HELLO, RequestType.LOAD]
    assert requests().count(RequestType.RUN) == len(expected()[0][EXAMPLE.program.probes[0].name]) == 8
    assert requests().count(RequestType.WRITE) > 5


@pytest.mark.parametrize("what", TOLD)
@pytest.mark.parametrize(("request_", "which"), [(RequestType.LOAD, 0), (RequestType.WRITE, 5), (RequestType.RUN, 4)])
def test_after_a_fault_the_bits_are_the_same_and_the_record_tells_of_it(
    what: str, request_: RequestType, which: int
) -> None:
    call = call_of(request_, which)
    start = time.monotonic()
    records, learned = EXAMPLE.on(board(LineFault(call, what)))
    assert time.monotonic() - start < 10 * DEADLINE
    assert_same_bits((records, learned))
    told = [i for i in records.incidents if "was repeated" in i]
    if (what, request_) == ("power-cycle", RequestType.LOAD):
        assert told == []  # a board that has nothing yet has nothing to lose
    else:
        assert len(told) == 1
        assert TOLD[what] in told[0]


def test_a_duplicate_answer_needs_no_repetition() -> None:
    records, learned = EXAMPLE.on(board(LineFault(call_of(RequestType.RUN, 2), "duplicate")))
    assert_same_bits((records, learned))
    assert records.incidents == expected()[0].incidents


@pytest.mark.parametrize("second", [1, 2, 3])
def test_what_goes_wrong_while_the_board_is_opened_anew_is_one_more_failure(second: int) -> None:
    """The second fault is in the HELLO, the LOAD or the WRITE after the first."""
    call = call_of(RequestType.RUN, 3)
    records, learned = EXAMPLE.on(board(LineFault(call, "kill"), LineFault(call + second, "mute")))
    assert_same_bits((records, learned))
    assert len([i for i in records.incidents if "was repeated" in i]) == 2


def test_retries_that_are_used_up_are_an_error_and_the_session_can_still_go_on() -> None:
    call = call_of(RequestType.RUN, 3)
    faults = [LineFault(call + k, "kill") for k in range(3)]
    with board(*faults, retries=2).compile(EXAMPLE.program) as session:
        session.write(EXAMPLE.learned)
        with pytest.raises(BackendError, match=r"device board \(process\) has hung up: killed by SIGKILL"):
            session.run(EXAMPLE.trials)
        session.write(EXAMPLE.learned)
        records = session.run(EXAMPLE.trials)
        learned = session.read()
    assert_same_bits((records, learned))


def test_each_fault_is_tried_here() -> None:
    assert {*TOLD, "duplicate"} == set(WHAT)


def test_a_fault_of_a_file_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="did you mean 'power-cycle'"):
        BoardTable.model_validate({"link": "process", "faults": [{"call": 1, "what": "power_cycle"}]})
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        BoardTable.model_validate({"link": "process", "faults": [{"call": 0, "what": "kill"}]})


def test_faults_of_a_file_are_those_of_its_board() -> None:
    call = call_of(RequestType.RUN, 1)
    table = {"link": "process", "deadline": DEADLINE, "faults": [{"call": call, "what": "kill"}]}
    records, learned = EXAMPLE.on(BoardTable.model_validate(table).backend("board", {}))
    assert_same_bits((records, learned))
    assert len([i for i in records.incidents if "was repeated" in i]) == 1

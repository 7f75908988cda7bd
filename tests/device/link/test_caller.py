"""A call gets the answer to its request and no other, and says in time why there is none."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator

import pytest

from neurosim.device.board.link.address import address
from neurosim.device.board.link.caller import Caller, PowerCycled
from neurosim.device.board.link.frames import Frame, FrameReader, encoded
from neurosim.device.board.link.hello import BoardLimits
from neurosim.device.board.link.line import NothingInTime
from neurosim.device.board.link.refusals import DeviceRefused, Refusal, RequestType
from neurosim.errors import BackendError

from devices import FAKE, reached  # isort: skip
from fake_device import BUFFER  # isort: skip

Answering = Callable[[Frame], list[bytes]]


class ScriptedLine:
    """Answers a request with these parts."""

    name = "board"

    def __init__(self, answering: Answering):
        self.answering = answering
        self.parts: list[bytes] = []
        self.sent: list[Frame] = []

    def send(self, data: bytes, until: float) -> None:
        (frame,) = FrameReader(BUFFER).read(data)
        self.sent.append(frame)
        self.parts += self.answering(frame)

    def receive(self, until: float) -> bytes:
        if not self.parts:
            raise NothingInTime("device board does not answer in time")
        return self.parts.pop(0)

    def signal(self, number: int) -> None: ...

    def close(self) -> None: ...


def answered(asked: Frame, payload: bytes = b"") -> bytes:
    return encoded(Frame(asked.type + 0x80, asked.sequence, payload))


def scripted(answering: Answering) -> Caller:
    return Caller(ScriptedLine(answering), 1.0)


@pytest.fixture
def caller() -> Iterator[Caller]:
    with reached(address(f"process:{FAKE}", "board")) as line:
        yield Caller(line, 5.0)


def test_a_device_says_what_it_is(caller: Caller) -> None:
    identity = caller.hello()
    assert (identity.kind, identity.name, identity.serial) == ("firmware", "fake", "№ 7")
    assert (identity.ticks_per_second, identity.trials) == (1000, 0)
    assert identity.limits == BoardLimits(BUFFER, 4000, 3000, 2000, 16, 15, 14, 13, 12, 11)


def test_a_device_says_what_happened(caller: Caller) -> None:
    identity = caller.hello()
    caller.call(RequestType.LOAD, bytes(8) + b"word")
    caller.call(RequestType.RUN)
    health = caller.status()
    assert (health.boot_id, health.trials, health.overruns) == (identity.boot_id, 1, 0)
    assert health.ticks == 2**32 + 7


def test_a_device_that_stays_on_keeps_its_boot_id(caller: Caller) -> None:
    assert caller.hello().boot_id == caller.hello().boot_id != 0


def test_two_hellos_name_two_sessions() -> None:
    line = ScriptedLine(lambda asked: [answered(asked)])
    for _ in range(2):
        with pytest.raises(BackendError, match="device board answers HELLO with 0 bytes; expected 124"):
            Caller(line, 1.0).hello()
    (_, first), (_, second) = (struct.unpack("<II", frame.payload) for frame in line.sent)
    assert 0 not in (first, second)
    assert first != second


def test_an_answer_comes_in_any_parts() -> None:
    assert scripted(lambda asked: [bytes([b]) for b in answered(asked, b"abc")]).call(9) == b"abc"


def test_answers_to_other_requests_are_dropped_and_counted() -> None:
    def answering(asked: Frame) -> list[bytes]:
        old = Frame(asked.type, asked.sequence - 1)
        return [answered(old, b"old") + answered(old, b"old"), answered(asked, b"new")]

    caller = scripted(answering)
    assert caller.call(9) == b"new"
    assert caller.traffic.stale == 2


def test_what_comes_behind_an_answer_is_no_answer_to_the_next_request() -> None:
    caller = scripted(lambda asked: [answered(asked, bytes([asked.type])) * 2])
    assert [caller.call(9), caller.call(5), caller.call(4)] == [b"\x09", b"\x05", b"\x04"]
    assert caller.traffic.stale == 2


def test_a_corrupted_answer_is_told_at_once() -> None:
    caller = scripted(lambda asked: [answered(asked, b"abc")[:-1] + b"!"])
    with pytest.raises(BackendError, match="device board: the answer to GET was corrupted"):
        caller.call(9)


def test_silence_is_told_with_the_request_and_the_deadline() -> None:
    with pytest.raises(NothingInTime, match=r"device board does not answer in time: RUN, 1 s$"):
        scripted(lambda asked: []).call(4)


def test_noise_in_the_place_of_an_answer_is_told() -> None:
    with pytest.raises(NothingInTime, match="in time: RUN, 1 s; 8 bytes came that are no frame"):
        scripted(lambda asked: [b"Booting "]).call(4)


def test_an_answer_of_another_type_is_refused() -> None:
    caller = scripted(lambda asked: [encoded(Frame(0x81, asked.sequence))])
    with pytest.raises(BackendError, match="device board answers RUN with type 0x81"):
        caller.call(4)


def test_another_version_of_the_protocol_is_refused() -> None:
    caller = scripted(lambda asked: [answered(asked, struct.pack("<15I", 2, *range(14)) + bytes(64))])
    with pytest.raises(BackendError, match="device board speaks version 2 of the protocol; expected 1"):
        caller.hello()


def test_a_kind_that_is_none_is_refused() -> None:
    caller = scripted(lambda asked: [answered(asked, struct.pack("<15I", 1, 6, *range(13)) + bytes(64))])
    with pytest.raises(BackendError, match="its kind is 6; expected one of 1 mock, 2 firmware"):
        caller.hello()


def test_a_name_cannot_write_to_a_terminal() -> None:
    name = b"a\x1b[2Jb\xff".ljust(64, b"\0")
    caller = scripted(lambda asked: [answered(asked, struct.pack("<15I", 1, 2, *range(1, 14)) + name)])
    assert caller.hello().name == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("code", Refusal)
def test_every_refusal_has_words(code: Refusal) -> None:
    caller = scripted(lambda asked: [encoded(Frame(0xFF, asked.sequence, struct.pack("<II", code, 3)))])
    with pytest.raises(DeviceRefused, match=rf"device board refuses LOAD: .* \(code {code:d}\)") as refusal:
        caller.call(2)
    assert (refusal.value.code, refusal.value.detail) == (code, 3)
    assert refusal.value.is_repeatable == (code == 2)


@pytest.mark.parametrize("payload", [b"", bytes(4), bytes(12)])
def test_a_refusal_of_another_length_is_told(payload: bytes) -> None:
    caller = scripted(lambda asked: [encoded(Frame(0xFF, asked.sequence, payload))])
    with pytest.raises(BackendError, match=f"refuses LOAD with {len(payload)} bytes; expected 8"):
        caller.call(2)


def test_a_refusal_that_the_protocol_does_not_have_is_told() -> None:
    caller = scripted(lambda asked: [encoded(Frame(0xFF, asked.sequence, struct.pack("<II", 99, 3)))])
    with pytest.raises(DeviceRefused, match=r"a reason that the protocol does not have, detail 3 \(code 99\)"):
        caller.call(2)


def test_a_refusal_of_a_device_that_has_lost_all_is_told_as_that() -> None:
    boots = iter([7, 0])

    def answering(asked: Frame) -> list[bytes]:
        if asked.type == RequestType.HELLO:
            return [answered(asked, struct.pack("<15I", 1, 5, next(boots), 1, *range(11)) + bytes(64))]
        if asked.type == RequestType.STATUS:
            return [answered(asked, struct.pack("<8I", next(boots), *range(7)))]
        return [encoded(Frame(0xFF, asked.sequence, struct.pack("<II", 4, 0)))]

    caller = scripted(answering)
    caller.hello()
    with pytest.raises(PowerCycled, match="device board was switched off and on"):
        caller.call(4)


def test_a_device_with_another_boot_id_was_switched_off_and_can_be_used_anew() -> None:
    boots = iter([7, 8, 8])
    caller = scripted(
        lambda asked: [answered(asked, struct.pack("<15I", 1, 5, next(boots), 1, *range(11)) + bytes(64))]
    )
    caller.hello()
    with pytest.raises(PowerCycled):
        caller.hello()
    assert caller.hello().boot_id == 8


def test_what_goes_over_the_line_is_counted() -> None:
    caller = scripted(lambda asked: [answered(asked, b"abc")])
    caller.call(9, bytes(10))
    caller.call(4)
    assert (caller.traffic.up, caller.traffic.down) == (30 + 20, 23 + 23)
    assert [request for request, _ in caller.traffic.seconds] == [9, 4]


def test_a_larger_answer_than_the_device_can_give_is_no_frame() -> None:
    def answering(asked: Frame) -> list[bytes]:
        if asked.type == RequestType.HELLO:
            return [answered(asked, struct.pack("<15I", 1, 5, 1, 1, 0, 2000, *range(9)) + bytes(64))]
        return [answered(asked, bytes(asked.payload[0] * 1000))]

    caller = scripted(answering)
    caller.hello()
    assert len(caller.call(9, b"\2")) == 2000
    with pytest.raises(NothingInTime, match="3,020 bytes came that are no frame"):
        caller.call(9, b"\3")


def test_a_deadline_counts_for_each_direction() -> None:
    line = ScriptedLine(lambda asked: [answered(asked)])
    seen: list[float] = []
    send, receive = line.send, line.receive

    def sending(data: bytes, until: float) -> None:
        seen.append(until - time.monotonic())
        send(data, until)

    def receiving(until: float) -> bytes:
        seen.append(until - time.monotonic())
        return receive(until)

    line.send, line.receive = sending, receiving  # type: ignore[method-assign]
    Caller(line, 100.0).call(9)
    assert [round(left) for left in seen] == [100, 100]

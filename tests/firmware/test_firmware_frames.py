"""Frames that are damaged cost themselves alone."""

from __future__ import annotations

import struct
import subprocess
import time
from pathlib import Path

import pytest
from device_protocol.client import ANSWER, HEADER, HELLO, REFUSED, STATUS, WRITE, Process, frame, words
from device_protocol.fuzz import answers_of

SILENCE = 0.6
"""Seconds after which a device has given up a frame, with some to spare."""


def test_answers_have_the_number_of_their_request(device: Process) -> None:
    device.send(frame(STATUS, 7) + frame(HELLO, 2**32 - 1, words(1, 9)) + frame(STATUS, 0))
    answers = [device.receive()[:2] for _ in range(3)]
    assert answers == [(ANSWER + STATUS, 7), (ANSWER + HELLO, 2**32 - 1), (ANSWER + STATUS, 0)]


@pytest.mark.parametrize("garbage", [b"\0" * 50, b"N", b"NN", b"NSNS", b"NS" * 9, frame(HELLO, 1)[:11], b"xNSy" * 30])
def test_garbage_before_a_frame_is_passed_over(device: Process, garbage: bytes) -> None:
    device.send(garbage)
    assert device.status()["boot"] == 0


def test_the_beginning_of_a_frame_in_a_payload_begins_none(device: Process) -> None:
    device.send(frame(99, 1, frame(STATUS, 5) + b"NS" * 20))
    assert device.receive() == (REFUSED, 1, words(1, 99))
    assert device.status()["dropped"] == 0


def test_a_corrupted_payload_is_refused_and_the_next_frame_is_whole(device: Process) -> None:
    damaged = bytearray(frame(WRITE, 3, words(0, 0)))
    damaged[17] ^= 4
    device.send(bytes(damaged))
    assert device.receive() == (REFUSED, 3, words(2, 0))
    after = device.status()
    assert (after["dropped"], after["refused"]) == (1, 0)


def test_the_checksum_of_nothing_is_0_and_is_looked_at(device: Process) -> None:
    device.send(frame(STATUS, 4)[:-1] + b"\1")
    assert device.receive() == (REFUSED, 4, words(2, 0))


@pytest.mark.parametrize("place", range(16))
def test_a_corrupted_header_drops_the_frame(device: Process, place: int) -> None:
    damaged = bytearray(frame(HELLO, 1, words(1, 5)))
    damaged[place] ^= 0x10
    device.send(bytes(damaged))
    after = device.status()
    assert (after["boot"], after["refused"]) == (0, 0)
    assert after["dropped"] == (place > 1)  # what does not begin with the two letters is no frame


def test_a_length_beyond_the_buffer_drops_the_frame(binary: Path, tmp_path: Path) -> None:
    longest, longer = frame(99, 1, bytes(2**22)), frame(99, 2, bytes(2**22 + 1))[:HEADER]
    (tmp_path / "frames").write_bytes(longest + longer + frame(STATUS, 3))
    with (tmp_path / "frames").open("rb") as frames:  # no byte of a file is late
        done = subprocess.run([str(binary)], stdin=frames, capture_output=True, check=True)
    first, second = answers_of(done.stdout)
    assert first == (REFUSED, 1, words(1, 99))
    assert (second[0], struct.unpack_from("<2I", second[2])) == (ANSWER + STATUS, (0, 1))


@pytest.mark.parametrize("lost", [3, 15, 18])
def test_a_byte_that_was_lost_costs_one_frame(device: Process, lost: int) -> None:
    whole = frame(HELLO, 1, words(1, 5))
    device.send(whole[:lost] + whole[lost + 1 :])
    time.sleep(SILENCE)
    after = device.status()
    assert (after["boot"], after["dropped"]) == (0, 1)


def test_a_slow_frame_is_waited_for(device: Process) -> None:
    """In all it takes longer than a silence; where this computer is late between two parts, it is sent once more."""
    device.deadline = 1.0
    assert any(answered_slowly(device) for _ in range(20))


def answered_slowly(device: Process) -> bool:
    whole = frame(HELLO, 1, words(1, 5))
    for begin in range(0, len(whole), 4):
        device.send(whole[begin : begin + 4])
        time.sleep(0.03)
    try:
        return device.receive()[0] == ANSWER + HELLO
    except TimeoutError:
        return False


def test_silence_between_frames_costs_nothing(device: Process) -> None:
    time.sleep(SILENCE)
    assert device.status()["dropped"] == 0


def test_a_header_within_a_damaged_frame_is_found(device: Process) -> None:
    damaged = bytearray(frame(HELLO, 1, frame(STATUS, 8)))
    damaged[5] ^= 1
    device.send(bytes(damaged))
    kind, sequence, payload = device.receive()
    assert (kind, sequence, struct.unpack_from("<2I", payload)) == (ANSWER + STATUS, 8, (0, 1))

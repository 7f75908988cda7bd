"""What the device answers, and each reason to refuse."""

from __future__ import annotations

import struct
import zlib

import pytest
from device_protocol.client import (
    GET,
    HELLO,
    LOAD,
    RESET,
    RUN,
    SET,
    STATUS,
    WRITE,
    WRITE_DELTA,
    DeviceRefused,
    Process,
    mantissas,
    words,
)  # fmt: skip
from device_protocol.words import NONE, DeviceGroup, DevicePhase, DeviceProgram, code

SUM = DeviceProgram(
    [DeviceGroup.of(3, 2), DeviceGroup.of(2, 2)],
    matrices=[(0, 1)],
    readings=[(0, 1, NONE, 0), (1, 0, 0, 0)],
    stimuli=[(0, 0, 0)],
    phases=[DevicePhase(update={0: [(1, code("SLOT 0", "SLOT 1", "ADD"))]})],
)
BUFFER = 2**22


@pytest.fixture
def loaded(device: Process) -> Process:
    device.load(SUM.words())
    return device


def refused(device: Process, kind: int, payload: bytes) -> tuple[int, int]:
    with pytest.raises(DeviceRefused) as error:
        device.ask(kind, payload)
    return error.value.args


def test_the_device_says_what_it_is(device: Process) -> None:
    answer = device.ask(HELLO, words(1, 77))
    assert len(answer) == 124
    version, kind, boot, hz, trials, *most = struct.unpack("<15I", answer[:60])
    assert (version, kind, boot, hz, trials) == (1, 2, 77, 10**9, 0)
    assert most == [BUFFER, 2**20, 2**22, 2**24, 256, 256, *4 * [2**20]]
    assert answer[60:92].rstrip(b"\0").decode() == "neurosim firmware on a computer"
    assert answer[92:] == bytes(32)


def test_the_boot_id_is_the_first_nonce(device: Process) -> None:
    assert device.status()["boot"] == 0
    for nonce in (5, 6):
        assert struct.unpack_from("<I", device.ask(HELLO, words(1, nonce)), 8) == (5,)
    device.ask(RESET)
    assert device.status()["boot"] == 5


def test_status_counts_and_knows_the_program(loaded: Process) -> None:
    loaded.run([2], [1, 2, 3] * 4, trials=4)
    before = loaded.status()
    assert before["trials"] == 4
    assert before["late"] == before["dropped"] == before["refused"] == 0
    assert before["program"] == zlib.crc32(words(*SUM.words()))
    refused(loaded, 99, b"")
    after = loaded.status()
    assert after["refused"] == 1
    assert (after["clock_upper"], after["clock"]) > (before["clock_upper"], before["clock"])


def test_a_reset_forgets_the_program(loaded: Process) -> None:
    assert loaded.ask(RESET) == b""
    assert loaded.status()["program"] == 0
    needs_a_program = {
        WRITE: words(0, 0),
        WRITE_DELTA: words(0),
        SET: words(0, 0),
        GET: words(0, 0),
        RUN: words(0, 0, 0),
    }
    assert {refused(loaded, kind, payload) for kind, payload in needs_a_program.items()} == {(4, 0)}


def test_a_program_comes_in_parts(device: Process) -> None:
    program = SUM.words()
    for end in range(5, len(program) + 5, 5):
        answer = device.ask(LOAD, words(len(program), end - 5, *program[end - 5 : end]))
        assert struct.unpack("<I", answer) == (zlib.crc32(words(*program[:end])),)
    assert device.run([1], [1, 2, 3]) == [1, 2, 3, 0, 0]


def test_a_first_part_forgets_the_program(loaded: Process) -> None:
    program = SUM.words()
    loaded.ask(LOAD, words(len(program), 0, *program[:3]))
    assert refused(loaded, RUN, words(0, 1, 0)) == (4, 0)
    assert refused(loaded, LOAD, words(len(program), 5, *program[5:])) == (6, 5)  # words 3 and 4 are missing
    assert refused(loaded, LOAD, words(len(program) + 1, 3, *program[3:])) == (6, 3)  # another number in all
    assert refused(loaded, LOAD, words(len(program), 3, *program[3:], 0)) == (6, 3)  # more than in all
    loaded.ask(LOAD, words(len(program), 3, *program[3:]))
    assert loaded.status()["program"] == zlib.crc32(words(*program))
    assert refused(loaded, LOAD, words(len(program), len(program))) == (6, len(program))  # it is whole already


def test_loading_begins_with_mantissas_of_0_and_initial_values(loaded: Process) -> None:
    loaded.write(0, [1] * 6)
    loaded.set(0, 0, [7, 8, 9])
    loaded.load(SUM.words())
    assert loaded.get(0, 0) == [0, 0, 0]
    assert loaded.ask(WRITE, words(0, 0)) == struct.pack("<I", zlib.crc32(bytes(12)))


def test_a_write_answers_with_the_checksum_of_the_whole_matrix(loaded: Process) -> None:
    loaded.write(0, [1, -2, 3, -4, 32767, -32768])
    answer = loaded.ask(WRITE, words(0, 4) + mantissas([5, 6]))
    assert struct.unpack("<I", answer) == (zlib.crc32(mantissas([1, -2, 3, -4, 5, 6])),)


def test_a_delta_writes_what_it_names(loaded: Process) -> None:
    loaded.write(0, [1, 2, 3, 4, 5, 6])
    answer = loaded.ask(WRITE_DELTA, words(0) + struct.pack("<HhHhHh", 1, -1, 2, -3, 3, -6))
    assert struct.unpack("<I", answer) == (zlib.crc32(mantissas([-1, 2, -3, 4, 5, -6])),)


def test_a_long_gap_stores_nothing(device: Process) -> None:
    device.load(DeviceProgram([DeviceGroup.of(70000, 1), DeviceGroup.of(1, 1)], matrices=[(0, 1)]).words())
    delta = struct.pack("<HhHhHh", 65535, 0, 1, 8, 0xFFFF, 9)
    assert refused(device, WRITE_DELTA, words(0) + delta) == (6, 2 * 65535 - 1)
    answer = device.ask(WRITE_DELTA, words(0) + delta[:8])
    assert struct.unpack("<I", answer) == (zlib.crc32(mantissas([0] * 65534 + [8] + [0] * 4465)),)


@pytest.mark.parametrize("pairs", [(1, 9, 6, 9), (0, 9), (1, 9, 65535, 0, 1, 9)])
def test_a_delta_that_leaves_the_matrix_changes_nothing(loaded: Process, pairs: tuple[int, ...]) -> None:
    loaded.write(0, [1, 2, 3, 4, 5, 6])
    delta = b"".join(struct.pack("<Hh", *pairs[i : i + 2]) for i in range(0, len(pairs), 2))
    assert refused(loaded, WRITE_DELTA, words(0) + delta)[0] == 6
    assert loaded.ask(WRITE, words(0, 0)) == struct.pack("<I", zlib.crc32(mantissas([1, 2, 3, 4, 5, 6])))


@pytest.mark.parametrize(
    ("kind", "payload", "code", "detail"),
    [
        (0, b"", 1, 0),
        (10, b"abc", 1, 10),
        (0x81, b"", 1, 0x81),
        (HELLO, words(1), 3, 4),
        (HELLO, words(2, 1), 9, 1),
        (LOAD, words(3), 3, 4),
        (LOAD, words(1, 0) + b"a", 3, 9),
        (WRITE, words(0), 3, 4),
        (WRITE, words(0, 0) + b"a", 3, 9),
        (WRITE, words(1, 0), 6, 1),
        (WRITE, words(0, 5) + mantissas([1, 2]), 6, 5),
        (WRITE, words(0, 7), 6, 7),
        (WRITE_DELTA, b"", 3, 0),
        (WRITE_DELTA, words(0) + b"ab", 3, 6),
        (WRITE_DELTA, words(3), 6, 3),
        (SET, words(0), 3, 4),
        (SET, words(2, 0, 1), 6, 2),
        (SET, words(0, 2, 1, 2, 3), 6, 2),
        (SET, words(0, 0, 1, 2), 3, 16),
        (GET, words(2, 0), 6, 2),
        (GET, words(1, 9), 6, 9),
        (GET, words(1, 0, 0), 3, 12),
        (STATUS, b"a", 3, 1),
        (RESET, words(0), 3, 4),
        (RUN, words(0, 1), 3, 8),
        (RUN, words(0, 1, 1, 5, 5), 3, 20),
        (RUN, words(0, 1, 1, 5, 5, 5, 5), 3, 28),
        (RUN, words(0, 1, 1, 5, 5, 5) + b"a", 3, 25),
        (RUN, words(0, 2**32 - 1, 2**32 - 1), 3, 12),
        (RUN, words(4, 1, 1, 5, 5, 5), 6, 4),
        (RUN, words(1, 2, 1, 5, 5, 5, 5, 5, 5), 6, 2),
        (RUN, words(0, 1, 2**20, 5, 5, 5), 8, 16 + 4 * (3 * 2**20 + 2)),
    ],
)
def test_what_cannot_be_done_is_refused(loaded: Process, kind: int, payload: bytes, code: int, detail: int) -> None:
    assert refused(loaded, kind, payload) == (code, detail)
    assert loaded.run([1], [1, 2, 3]) == [1, 2, 3, 0, 0]


def test_values_that_do_not_fit_an_answer_are_refused(device: Process) -> None:
    device.load(DeviceProgram([DeviceGroup.of(2**21, 1)]).words())
    assert refused(device, GET, words(0, 0)) == (8, 2**23)


def test_a_run_says_how_long_it_took(loaded: Process) -> None:
    trials, ticks, upper, late = struct.unpack_from("<4I", loaded.ask(RUN, words(0, 1, 10, 1, 2, 3)))
    assert (trials, upper, late) == (1, 0, 0)
    assert 0 < ticks < 10**9

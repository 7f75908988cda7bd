"""The same device on a Cortex-M3 that QEMU emulates; left out where its compiler or QEMU is not installed."""

from __future__ import annotations

import shutil
import struct
import time
from collections.abc import Iterator
from random import Random

import pytest
from device_protocol.client import HELLO, Process, frame, words
from device_protocol.random_programs import a_program, a_run
from device_protocol.semantics import PlainDevice

from neurosim_firmware import build

EMULATOR = "qemu-system-arm"
MACHINE = (EMULATOR, "-M", "mps2-an385", "-display", "none", "-monitor", "none", "-serial", "stdio", "-kernel")

pytestmark = pytest.mark.skipif(
    not (shutil.which(EMULATOR) and shutil.which(build.ARM_COMPILER)),
    reason="needs Debian's packages gcc-arm-none-eabi and qemu-system-arm",
)


@pytest.fixture(scope="module")
def board() -> Iterator[Process]:
    process = Process(*MACHINE, str(build.board_image()))
    process.deadline = 60
    yield process
    process.process.kill()
    process.close()


def test_a_board_says_that_it_is_emulated(board: Process) -> None:
    answer = board.ask(HELLO, words(1, 5))
    assert struct.unpack_from("<4I", answer) == (1, 3, 5, 25_000_000)
    assert answer[60:92].rstrip(b"\0") == b"neurosim firmware on mps2-an385"


def test_its_clock_goes(board: Process) -> None:
    begin, seconds = board.status(), 0.2
    time.sleep(seconds)
    assert board.status()["clock"] - begin["clock"] >= seconds * 25_000_000


def test_a_byte_that_was_lost_costs_one_frame(board: Process) -> None:
    before, whole = board.status()["dropped"], frame(HELLO, 1, words(1, 5))
    board.send(whole[:9] + whole[10:])
    time.sleep(1)
    assert board.status()["dropped"] == before + 1


def test_random_programs_run_as_the_page_says(board: Process) -> None:
    for seed in range(12):
        draw = Random(seed)
        program = a_program(draw, sizes=(1, 3, 16, 17, 40))
        plain = PlainDevice(program)
        board.load(program.words())
        for m, mantissas in enumerate(plain.mantissas):
            mantissas[:] = [draw.randrange(-(2**15), 2**15) for _ in mantissas]
            board.write(m, mantissas)
        steps, shown, flags, trials = a_run(draw, program)
        assert board.run(steps, shown, flags, trials) == plain.run(steps, shown, flags, trials), f"program {seed}"

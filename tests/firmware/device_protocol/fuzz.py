"""Frames drawn at random and damaged, for a device with sanitizers: ``python -m device_protocol.fuzz COUNT``.

A batch is a file that the device reads as its input, so that a byte that is lost is never followed by silence: behind a
damaged frame there are zeros, which a device that waits for more takes for it.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from device_protocol.client import (
    ANSWER,
    GET,
    HEADER,
    HELLO,
    LOAD,
    REFUSED,
    RESET,
    RUN,
    SET,
    STATUS,
    WRITE,
    WRITE_DELTA,
    frame,
    words,
)  # fmt: skip
from device_protocol.random_programs import a_program, a_run
from device_protocol.rules import DeviceSizes, is_program
from device_protocol.words import NONE, DeviceProgram
from neurosim.errors import BackendError
from neurosim_firmware import build

SIZES = (1, 2, 3, 31, 33, 65)
SMALL = DeviceSizes(words=2048, values=4096, synapses=8192, groups=8, matrices=8)
BUFFER = 16384
LIMITS = {
    "BUFFER": BUFFER, "PROGRAM_WORDS": SMALL.words, "VALUES": SMALL.values, "SYNAPSES": SMALL.synapses,
    "GROUPS": SMALL.groups, "MATRICES": SMALL.matrices, "BLOCK": 16,
}  # fmt: skip
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
UNKNOWN = 77
KINDS = (*[LOAD] * 6, *[RUN] * 12, *[WRITE, WRITE_DELTA, SET, GET] * 2, STATUS, RESET, HELLO, UNKNOWN)
PER_BATCH = 2000
PATIENCE = 120.0


class DeviceFailure(Exception):
    """The device crashed, hung, answered wrongly, or took a program that is none."""


def fuzzed_device(binary: Path) -> bool:
    """Compile a small device; whether the compiler has sanitizers."""
    flags = ["-O1", "-g", *(f"-D{name}={value}u" for name, value in LIMITS.items())]
    try:
        build.compile_device(binary, [*flags, *SANITIZERS])
    except BackendError:
        build.compile_device(binary, flags)
        return False
    return True


@dataclass(frozen=True)
class Sent:
    """What is sent; whether it is to be answered, and whether with success, where that is known."""

    raw: bytes
    kind: int
    is_whole: bool
    success: bool | None = None


def a_batch(seed: int, count: int) -> list[Sent]:
    draw = Random(seed)
    programs = [a_program(draw, SIZES) for _ in range(8)]
    program, sent = programs[0], list[Sent]()
    while len(sent) < count:
        kind = draw.choice(KINDS)
        program = draw.choice(programs) if kind == LOAD else program
        payload = a_payload(draw, kind, program)
        whole = frame(kind, len(sent), payload)
        if len(payload) > BUFFER:
            continue
        if draw.random() < 0.1:
            sent.append(Sent(damaged(draw, whole), kind, is_whole=False))
        elif kind == LOAD and payload[4:8] == bytes(4) and len(payload) % 4 == 0:
            loaded = list(struct.unpack(f"<{len(payload) // 4}I", payload))
            known = is_program(loaded[2:], SMALL) if loaded[0] == len(loaded) - 2 else None
            sent.append(Sent(whole, kind, is_whole=True, success=known))
        else:
            sent.append(Sent(whole, kind, is_whole=True))
    return sent


def a_payload(draw: Random, kind: int, program: DeviceProgram) -> bytes:
    g, m = draw.randrange(len(program.groups) + 1), draw.randrange(len(program.matrices) + 1)
    size = program.groups[min(g, len(program.groups) - 1)].size
    payload = b""
    if kind == LOAD:
        loaded = program.words()
        if draw.random() < 0.5:
            loaded = altered(draw, loaded)
        payload = words(len(loaded), 0, *loaded)
    elif kind == RUN:
        steps, shown, flags, trials = a_run(draw, program)
        payload = words(flags, trials, *steps, *shown)
    elif kind in (WRITE, WRITE_DELTA):
        payload = words(m, draw.randrange(40)) if kind == WRITE else words(m)
        payload += draw.randbytes(2 * draw.randrange(80))
    elif kind in (SET, GET):
        payload = words(g, draw.randrange(6)) + (draw.randbytes(4 * size) if kind == SET else b"")
    elif kind == HELLO:
        payload = words(1, draw.randrange(1, 2**32))
    elif kind == UNKNOWN:
        payload = draw.randbytes(draw.randrange(40))
    if kind != LOAD and draw.random() < 0.2:
        payload = altered_bytes(draw, payload)
    return bounded(payload) if kind == RUN else payload


def bounded(run: bytes) -> bytes:
    """No more than three trials of three steps each, whatever program is loaded: a run that is asked for is run."""
    bound = bytearray(run)
    for at in range(4, len(bound), 4):
        if at < 64:
            bound[at : at + 4] = bytes([bound[at] & 3, 0, 0, 0])[: len(bound) - at]
    return bytes(bound)


def altered(draw: Random, program: list[int]) -> list[int]:
    made = list(program)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        at = draw.randrange(len(made))
        values = (0, 1, NONE, made[at] + 1, made[at] - 1, draw.choice(made), draw.randrange(64), draw.getrandbits(32))
        made[at] = (draw.choice(values) ^ draw.choice((0, 0, 0, 1 << draw.randrange(32)))) & NONE
    if draw.random() < 0.1:
        made = made[: draw.randrange(len(made) + 1)]
    if draw.random() < 0.1:
        made += [draw.getrandbits(32)] * draw.randrange(1, 3)
    if len(made) > 1 and draw.random() < 0.8:
        made[1] = len(made)
    return made


def altered_bytes(draw: Random, payload: bytes) -> bytes:
    made = bytearray(payload)
    if made and draw.random() < 0.6:
        made[draw.randrange(len(made))] = draw.choice((0, 1, 255, draw.randrange(256)))
    if draw.random() < 0.5:
        made = made[: draw.randrange(len(made) + 1)]
    return bytes(made) + draw.randbytes(draw.choice((0, 0, 1, 4)))


def damaged(draw: Random, whole: bytes) -> bytes:
    """Some bits turned over, or bytes lost or put in; and zeros that a device that waits for more takes."""
    made = bytearray(whole)
    kind = draw.randrange(3)
    if kind == 0:
        for at in draw.sample(range(len(made)), draw.randint(1, 3)):
            made[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        begin = draw.randrange(len(made))
        del made[begin : begin + draw.choice((1, 1, 2, 8, 100))]
    else:
        begin = draw.randrange(len(made))
        made[begin:begin] = draw.choice((draw.randbytes(draw.randrange(1, 20)), b"NS", whole[:HEADER]))
    return bytes(made) + bytes(len(whole) + HEADER)


def answers_of(raw: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(raw):
        tag, kind, _, sequence, length, _ = struct.unpack_from("<2sBBIII", raw, at)
        payload = raw[at + HEADER : at + HEADER + length]
        if tag != b"NS" or frame(kind, sequence, payload) != raw[at : at + HEADER + length + 4]:
            raise DeviceFailure(f"no answer at byte {at}")
        yield kind, sequence, payload
        at += HEADER + length + 4


def check_batch(binary: Path, sent: list[Sent]) -> Counter[str]:
    """What came of each frame.

    Raises
    ------
    DeviceFailure
        If the device crashed, hung, answered wrongly, or took a program that is none.
    """
    with tempfile.TemporaryFile() as file:
        file.write(b"".join(s.raw for s in sent))
        file.seek(0)
        try:
            done = subprocess.run([str(binary)], stdin=file, capture_output=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise DeviceFailure("it hangs") from None
    if done.returncode or done.stderr:
        raise DeviceFailure(f"it ended with {done.returncode}: {done.stderr.decode(errors='replace')[:3000]}")
    answers = {sequence: (kind, payload) for kind, sequence, payload in answers_of(done.stdout)}
    return Counter(outcome(s, answers.get(i)) for i, s in enumerate(sent))


def outcome(sent: Sent, answer: tuple[int, bytes] | None) -> str:
    if not sent.is_whole:
        return "damaged frames"
    if answer is None or answer[0] not in (REFUSED, sent.kind + ANSWER & 255):
        raise DeviceFailure(f"a frame of type {sent.kind} was answered by {answer}: {sent.raw.hex()}")
    kind, payload = answer
    if sent.success is not None and sent.success == (kind == REFUSED):
        raise DeviceFailure(f"a program that is {'one' if sent.success else 'none'}: {payload.hex()}, {sent.raw.hex()}")
    if kind == REFUSED:
        return f"refused with code {struct.unpack_from('<I', payload)[0]}"
    return "programs taken" if sent.kind == LOAD else "trials run" if sent.kind == RUN else "others answered"


def main(count: int, seed: int = 0) -> int:
    """Exit status: 1 where the device failed, with the frames of that batch kept in build/firmware."""
    begun, total = time.monotonic(), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "device"
        print("with sanitizers" if fuzzed_device(binary) else "without sanitizers, which this compiler does not have")
        for first in range(seed, seed + count, PER_BATCH):
            sent = a_batch(first, min(PER_BATCH, seed + count - first))
            try:
                total += check_batch(binary, sent)
            except DeviceFailure as failure:
                kept = Path("build/firmware") / f"fuzz-{first}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(b"".join(s.raw for s in sent))
                print(f"{failure}\nthe frames are kept in {kept}", file=sys.stderr)
                return 1
    for name, times in sorted(total.items()):
        print(f"{times:>9,} {name}")
    print(f"{sum(total.values()):>9,} frames in {time.monotonic() - begun:.0f} s, and no failure")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

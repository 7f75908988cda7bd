"""A host of the protocol of devices, no more than tests need: one request, one answer."""

from __future__ import annotations

import os
import select
import struct
import subprocess
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

HELLO, LOAD, WRITE, RUN, STATUS, RESET, SET, WRITE_DELTA, GET = range(1, 10)
ANSWER, REFUSED = 0x80, 0xFF
HEADER = 16


class DeviceRefused(Exception):
    """The device answered with a code and a detail."""

    @property
    def code(self) -> int:
        return self.args[0]


def frame(kind: int, sequence: int, payload: bytes = b"") -> bytes:
    head = struct.pack("<2sBBII", b"NS", kind, 0, sequence, len(payload))
    return head + struct.pack("<I", zlib.crc32(head)) + payload + struct.pack("<I", zlib.crc32(payload))


def words(*values: int) -> bytes:
    return b"".join((value & 0xFFFFFFFF).to_bytes(4, "little") for value in values)


def mantissas(values: list[int]) -> bytes:
    return struct.pack(f"<{len(values)}h", *values)


@dataclass
class Client:
    """A device behind two descriptors."""

    to_device: int
    from_device: int
    deadline: float = 20.0
    sequence: int = 0
    _arrived: bytearray = field(default_factory=bytearray)

    def send(self, raw: bytes) -> None:
        while raw:
            raw = raw[os.write(self.to_device, raw) :]

    def _take(self, count: int) -> bytes:
        end = time.monotonic() + self.deadline
        while len(self._arrived) < count:
            if not select.select([self.from_device], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError(f"{count - len(self._arrived)} bytes are missing")
            chunk = os.read(self.from_device, 1 << 16)
            if not chunk:
                raise EOFError
            self._arrived += chunk
        taken = bytes(self._arrived[:count])
        del self._arrived[:count]
        return taken

    def receive(self) -> tuple[int, int, bytes]:
        """Type, sequence number and payload of the next answer, whose checksums are right."""
        head = self._take(HEADER)
        tag, kind, flags, sequence, length, crc = struct.unpack("<2sBBIII", head)
        assert (tag, flags, crc) == (b"NS", 0, zlib.crc32(head[:12]))
        payload = self._take(length)
        assert self._take(4) == struct.pack("<I", zlib.crc32(payload))
        return kind, sequence, payload

    def ask(self, kind: int, payload: bytes = b"") -> bytes:
        self.sequence += 1
        self.send(frame(kind, self.sequence, payload))
        answer, sequence, given = self.receive()
        assert sequence == self.sequence
        if answer == REFUSED:
            raise DeviceRefused(*struct.unpack("<II", given))
        assert answer == ANSWER + kind
        return given

    def status(self) -> dict[str, int]:
        names = ("boot", "dropped", "refused", "trials", "late", "program", "clock", "clock_upper")
        return dict(zip(names, struct.unpack("<8I", self.ask(STATUS)), strict=True))

    def load(self, program: list[int]) -> None:
        (crc,) = struct.unpack("<I", self.ask(LOAD, words(len(program), 0, *program)))
        assert crc == zlib.crc32(words(*program))

    def write(self, matrix: int, values: list[int]) -> None:
        (crc,) = struct.unpack("<I", self.ask(WRITE, words(matrix, 0) + mantissas(values)))
        assert crc == zlib.crc32(mantissas(values))

    def set(self, group: int, slot: int, values: list[int]) -> None:
        (crc,) = struct.unpack("<I", self.ask(SET, words(group, slot, *values)))
        assert crc == zlib.crc32(words(*values))

    def get(self, group: int, slot: int) -> list[int]:
        payload = self.ask(GET, words(group, slot))
        return list(struct.unpack(f"<{len(payload) // 4}i", payload))

    def run(self, steps: list[int], shown: list[int] = (), flags: int = 0, trials: int = 1) -> list[int]:
        """All readings as words, two's complement."""
        payload = self.ask(RUN, words(flags, trials, *steps, *shown))
        assert struct.unpack("<I", payload[:4]) == (trials,)
        return list(struct.unpack(f"<{len(payload) // 4 - 4}i", payload[16:]))


class Process(Client):
    """A program that is a device, on pipes."""

    def __init__(self, *command: Path | str):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(list(map(str, command)), stdin=pipe, stdout=pipe, bufsize=0)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        super().__init__(self.process.stdin.fileno(), self.process.stdout.fileno())

    def close(self) -> int:
        """What it ends with once its input is closed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        status = self.process.wait(self.deadline)
        self.process.stdout.close()
        return status

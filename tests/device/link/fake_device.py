"""A device in a few lines of Python, that speaks the frames by itself: on its standard input and output, or on TCP.

It runs no programs: LOAD keeps words, WRITE keeps bytes, RUN answers with what was loaded, GET with as many bytes as
it is asked for. It does not use the code under test.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
import zlib
from contextlib import suppress

BUFFER = 2**20
GIVES_UP = 0.1


class Device:
    def __init__(self, reading: int, writing: int):
        self.reading, self.writing = reading, writing
        self.boot = self.dropped = self.refused = self.trials = 0
        self.words = b""

    def bytes(self, count: int) -> bytes:
        """So many bytes, or fewer when no more come for a while, or the host has hung up."""
        data = b""
        while len(data) < count and (not data or select.select([self.reading], [], [], GIVES_UP)[0]):
            try:
                more = os.read(self.reading, count - len(data))
            except OSError:
                more = b""
            if not more:
                raise EOFError
            data += more
        return data

    def serve(self) -> None:
        head = b""
        while True:
            head += self.bytes(16 - len(head))
            good = (
                len(head) == 16 and head[:2] == b"NS" and zlib.crc32(head[:12]) == int.from_bytes(head[12:], "little")
            )
            length = int.from_bytes(head[8:12], "little")
            if not good or length > BUFFER:
                self.dropped += head[:2] == b"NS"
                at = head.find(b"NS", 1)
                head = head[at:] if at > 0 and len(head) == 16 else b""
                continue
            body, (kind, _, number), head = self.bytes(length + 4), struct.unpack("<BBI", head[2:8]), b""
            if len(body) < length + 4:
                self.dropped += 1
            elif zlib.crc32(body[:-4]) != int.from_bytes(body[-4:], "little"):
                self.dropped += 1
                self.answer(0xFF, number, struct.pack("<II", 2, 0))
            else:
                self.answer(*self.handle(kind, number, body[:-4]))

    def handle(self, kind: int, number: int, payload: bytes) -> tuple[int, int, bytes]:
        answer = {1: self.hello, 2: self.load, 3: self.write, 4: self.run, 5: self.status, 9: self.get}.get(kind)
        result = answer(payload) if answer else (1, kind)
        if isinstance(result, tuple):
            self.refused += 1
            return 0xFF, number, struct.pack("<II", *result)
        return kind + 0x80, number, result

    def hello(self, payload: bytes) -> bytes:
        self.boot = self.boot or struct.unpack("<II", payload)[1]
        limits = (BUFFER, 4000, 3000, 2000, 16, 15, 14, 13, 12, 11)
        words = struct.pack("<15I", 1, 2, self.boot, 1000, self.trials, *limits)
        return words + b"fake\0".ljust(32, b"\0") + "№ 7".encode().ljust(32, b"\0")

    def load(self, payload: bytes) -> bytes:
        self.words = payload[8:]
        return struct.pack("<I", zlib.crc32(self.words))

    def write(self, payload: bytes) -> bytes | tuple[int, int]:
        return struct.pack("<I", zlib.crc32(payload[8:])) if self.words else (4, 0)

    def run(self, payload: bytes) -> bytes | tuple[int, int]:
        if not self.words:
            return 4, 0
        self.trials += 1
        return struct.pack("<4I", 1, 5, 0, 0) + self.words

    def status(self, payload: bytes) -> bytes:
        return struct.pack("<8I", self.boot, self.dropped, self.refused, self.trials, 0, zlib.crc32(self.words), 7, 1)

    def get(self, payload: bytes) -> bytes:
        return bytes(struct.unpack("<II", payload)[1])

    def answer(self, kind: int, number: int, payload: bytes) -> None:
        head = struct.pack("<2sBBII", b"NS", kind, 0, number, len(payload))
        frame = head + struct.pack("<I", zlib.crc32(head)) + payload + struct.pack("<I", zlib.crc32(payload))
        while frame:
            frame = frame[os.write(self.writing, frame) :]


def listen() -> None:
    """Serve one host on a port that is printed first."""
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    connection, _ = server.accept()
    Device(connection.fileno(), connection.fileno()).serve()


if __name__ == "__main__":
    with suppress(EOFError, BrokenPipeError):
        listen() if sys.argv[1:] == ["tcp"] else Device(0, 1).serve()

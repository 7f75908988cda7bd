"""Frames on a line of bytes: a header and a payload, each with a checksum."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MARK = b"NS"
_FIELDS = struct.Struct("<2sBBII")
_CRC = struct.Struct("<I")
HEADER = _FIELDS.size + _CRC.size
"""Bytes before the payload."""

FRAMING = HEADER + _CRC.size
"""Bytes of a frame without a payload."""


@dataclass(frozen=True)
class Frame:
    """A request or an answer.

    Attributes
    ----------
    type, sequence
        What it is, below 256, and which one, below 2**32.
    payload
        What it carries.
    """

    type: int
    sequence: int
    payload: bytes = b""


def encoded(frame: Frame) -> bytes:
    """Return a frame as bytes."""
    fields = _FIELDS.pack(MARK, frame.type, 0, frame.sequence, len(frame.payload))
    return fields + _crc(fields) + frame.payload + _crc(frame.payload)


class FrameReader:
    """Finds frames in a stream of bytes, whatever else is in it.

    Parameters
    ----------
    largest
        Bytes of the largest payload that may come; what announces a larger one is no frame.

    Attributes
    ----------
    skipped
        Bytes so far that belong to no frame.
    corrupted
        Frames so far whose payload had another checksum.
    """

    def __init__(self, largest: int):
        self.largest = largest
        self.skipped = self.corrupted = 0
        self._buffer = bytearray()

    def read(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are complete with these bytes, which are taken at once."""
        self._buffer += data
        return self._complete()

    def _complete(self) -> Iterator[Frame]:
        while self._is_at_header():
            kind, sequence, length = self._fields()
            if len(self._buffer) < FRAMING + length:
                return
            payload = bytes(self._buffer[HEADER : HEADER + length])
            is_sound = _crc(payload) == self._buffer[HEADER + length : FRAMING + length]
            del self._buffer[: FRAMING + length]
            if is_sound:
                yield Frame(kind, sequence, payload)
            else:
                self.corrupted += 1

    def _is_at_header(self) -> bool:
        """Skip to the next header that is sound; whether there is one."""
        at = 0
        while (at := _mark(self._buffer, at)) + HEADER <= len(self._buffer) and not self._is_header(at):
            at += 1
        self.skipped += at
        del self._buffer[:at]
        return len(self._buffer) >= HEADER

    def _is_header(self, at: int) -> bool:
        fields = self._buffer[at : at + _FIELDS.size]
        is_sound = _crc(fields) == self._buffer[at + _FIELDS.size : at + HEADER]
        return is_sound and _FIELDS.unpack(fields)[4] <= self.largest

    def _fields(self) -> tuple[int, int, int]:
        _, kind, _, sequence, length = _FIELDS.unpack(self._buffer[: _FIELDS.size])
        return kind, sequence, length


def _mark(buffer: bytearray, start: int) -> int:
    """Where the next mark begins, or may begin with the last byte; else the end."""
    at = buffer.find(MARK, start)
    if at >= 0:
        return at
    return len(buffer) - (buffer[start:].endswith(MARK[:1]))


def _crc(data: bytes | bytearray) -> bytes:
    return _CRC.pack(zlib.crc32(data))

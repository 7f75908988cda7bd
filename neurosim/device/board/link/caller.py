"""Calls of a device: a request, and the answer to it and no other."""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from neurosim.device.board.link.frames import Frame, FrameReader, encoded
from neurosim.device.board.link.hello import VERSION, DeviceIdentity, Health
from neurosim.device.board.link.line import DeviceLine, NothingInTime
from neurosim.device.board.link.refusals import REFUSED, DeviceRefused, Refusal, RequestType, request_name
from neurosim.errors import BackendError

ANSWER = 0x80
"""What is added to the type of a request in its answer."""

FIRST = 1024
"""Bytes of the largest answer that is read before the device has said what is."""


class PowerCycled(BackendError):
    """A device that was switched off and on: what was written to it is gone."""


@dataclass
class Traffic:
    """What went over a line.

    Attributes
    ----------
    up, down
        Bytes to the device, and from it.
    stale
        Answers that were dropped, as they were to another request than the last.
    seconds
        What each call took, by the type of the request.
    """

    up: int = 0
    down: int = 0
    stale: int = 0
    seconds: list[tuple[int, float]] = field(default_factory=list)


class Caller:
    """Asks a device, one request after the other.

    A call that fails leaves the line as it is; whoever calls closes it and opens the device anew.

    Parameters
    ----------
    line
        Where the device is.
    deadline
        Seconds in which the device takes a request, and again seconds in which it answers.

    Attributes
    ----------
    identity
        What the device said of itself when it was last asked; None before.
    traffic
        What went over the line; whoever counts anew sets another one.
    has_failed
        Whether the last call failed, or was interrupted.
    """

    def __init__(self, line: DeviceLine, deadline: float):
        self.line, self.deadline = line, deadline
        self.identity: DeviceIdentity | None = None
        self.traffic = Traffic()
        self.has_failed = False
        self._reader = FrameReader(FIRST)
        self._sequence = _moment()  # what is still under way from an earlier session has another one

    def hello(self) -> DeviceIdentity:
        """Ask the device what it is; from then on it is known when it was switched off and on.

        Raises
        ------
        BackendError
            As `call`; also if the device speaks another version of the protocol.
        PowerCycled
            If it was switched off and on since it was last asked.
        """
        before = self.identity
        nonce = _moment() or 1
        answer = self._answer(RequestType.HELLO, struct.pack("<II", VERSION, nonce))
        self.identity = DeviceIdentity.of(answer, self.line.name)
        self._reader.largest = max(self.identity.limits.payload, FIRST)
        if before is not None:
            self._check_boot(before.boot_id, self.identity.boot_id)
        return self.identity

    def status(self) -> Health:
        """Ask the device what happened to it since it was switched on.

        Raises
        ------
        BackendError
            As `call`.
        PowerCycled
            If it was switched off and on since `hello`.
        """
        health = Health.of(self._answer(RequestType.STATUS, b""), self.line.name)
        if self.identity is not None:
            self._check_boot(self.identity.boot_id, health.boot_id)
        return health

    def call(self, request: int, payload: bytes = b"") -> bytes:
        """Ask the device, and return what it answers.

        Raises
        ------
        BackendError
            If the line fails, the device does not answer in time, or its answer is corrupted.
        DeviceRefused
            If it refuses the request.
        PowerCycled
            If it does so because it was switched off and on since `hello`.
        """
        try:
            return self._answer(request, payload)
        except DeviceRefused as refusal:
            if self.identity is not None and refusal.code != Refusal.CORRUPTED:
                self.status()  # it may refuse because it has lost everything
            raise

    def close(self) -> None:
        """Close the line."""
        self.line.close()

    def _answer(self, request: int, payload: bytes) -> bytes:
        self._sequence = (self._sequence + 1) % 2**32
        self.has_failed = True  # unless it goes well
        began = time.perf_counter()
        self._send(encoded(Frame(request, self._sequence, payload)), request)
        answer = self._receive(request)
        self.traffic.seconds.append((request, time.perf_counter() - began))
        if answer.type == REFUSED:
            raise DeviceRefused.of(answer.payload, self.line.name, request)
        if answer.type == request:
            raise BackendError(
                f"device {self.line.name} sends back what it is sent; expected an answer: is it a device?"
            )
        if answer.type != request + ANSWER:
            raise BackendError(f"device {self.line.name} answers {request_name(request)} with type {answer.type:#x}")
        self.has_failed = False
        return answer.payload

    def _send(self, data: bytes, request: int) -> None:
        try:
            self.line.send(data, time.monotonic() + self.deadline)
        except NothingInTime as error:
            raise NothingInTime(f"{error}: {request_name(request)}, {self.deadline:g} s") from None
        self.traffic.up += len(data)

    def _receive(self, request: int) -> Frame:
        skipped = self._reader.skipped
        try:
            for frame in self._frames(time.monotonic() + self.deadline, request):
                if frame.sequence == self._sequence:
                    return frame
                self.traffic.stale += 1
        except NothingInTime as error:
            more = self._reader.skipped - skipped
            noise = f"; {more:,} bytes came that are no frame" if more else ""
            raise NothingInTime(f"{error}: {request_name(request)}, {self.deadline:g} s{noise}") from None
        raise AssertionError("frames end with an error")

    def _frames(self, until: float, request: int) -> Iterator[Frame]:
        """Yield all frames that come, until there is an error."""
        while True:
            data = self.line.receive(until)
            self.traffic.down += len(data)
            corrupted = self._reader.corrupted
            yield from self._reader.read(data)
            if self._reader.corrupted > corrupted:
                raise BackendError(f"device {self.line.name}: the answer to {request_name(request)} was corrupted")

    def _check_boot(self, before: int, now: int) -> None:
        if before != now:
            raise PowerCycled(f"device {self.line.name} was switched off and on; what was written to it is gone")


def _moment() -> int:
    """A number of 32 bits that no other moment or process has, almost surely.

    It names a session and is no result, so it is not drawn from a stream: those repeat, and this must not.
    """
    return zlib.crc32(struct.pack("<QQ", time.time_ns(), os.getpid()))

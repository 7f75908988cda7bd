"""Faults of a device and its line, made on purpose: whether a host gets over them can be tried without waiting for one.

A request is counted when it is sent, over all lines that are opened to the device.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neurosim.device.board.link.frames import HEADER
from neurosim.device.board.link.line import DeviceLine
from neurosim.errors import BackendError, ModelError, nearest

WHAT = {
    "corrupt": "a byte of the request arrives as another",
    "drop": "a byte of the request is lost",
    "corrupt-answer": "a byte of the answer arrives as another",
    "duplicate": "the answer comes once more, before the next one",
    "mute": "the answer is lost",
    "stop": "the device neither takes nor says anything any more",
    "kill": "the device is gone",
    "power-cycle": "the device was switched off and on, and has forgotten everything",
}

OF_PROCESSES = {"stop", "kill", "power-cycle"}
"""What can only be done to a device that is a process of this host."""


@dataclass(frozen=True)
class LineFault:
    """What happens at a request.

    Attributes
    ----------
    call
        Which request, from 1.
    what
        One of `WHAT`.

    Raises
    ------
    ModelError
        For anything else.
    """

    call: int
    what: str

    def __post_init__(self) -> None:
        if self.call < 1:
            raise ModelError(f"fault: call = {self.call}; expected a number of at least 1")
        if self.what not in WHAT:
            raise ModelError(f"fault: what = {self.what!r}; {nearest(self.what, WHAT)}")


class FaultyLines:
    """Opens lines on which faults happen.

    Parameters
    ----------
    faults
        What happens when; each happens once.
    open_line
        Opens a line of the device, until a time.
    """

    def __init__(self, faults: Sequence[LineFault], open_line: Callable[[float], DeviceLine]):
        self._faults = {fault.call: fault.what for fault in faults}
        self._open = open_line
        self._calls = 0

    def open(self, until: float) -> DeviceLine:
        """Open a line.

        Raises
        ------
        BackendError
            As the device's own; also if a fault wants a process of this host, and the device is none.
        """
        line = self._open(until)
        try:
            if OF_PROCESSES & set(self._faults.values()):
                line.signal(0)  # does nothing
        except BackendError:
            line.close()
            raise
        return _FaultyLine(line, self)

    def reopened(self, line: DeviceLine, until: float) -> DeviceLine:
        """Return a line to the device after it was switched off and on."""
        line.close()
        return self._open(until)

    def next(self) -> str:
        """Return what happens at the next request; mostly nothing, an empty text."""
        self._calls += 1
        return self._faults.pop(self._calls, "")


class _FaultyLine:
    """A line whose faults are told by those who opened it."""

    def __init__(self, line: DeviceLine, lines: FaultyLines):
        self.name, self._line, self._lines = line.name, line, lines
        self._fault = ""
        self._answer = self._again = b""

    def send(self, data: bytes, until: float) -> None:
        if self._fault == "duplicate":
            self._again = self._answer
        self._fault, self._answer = self._lines.next(), b""
        if self._fault == "kill":
            self._line.signal(signal.SIGKILL)
        elif self._fault == "stop":
            self._line.signal(signal.SIGSTOP)
        elif self._fault == "power-cycle":
            self._line = self._lines.reopened(self._line, until)
        elif self._fault == "corrupt":
            data = _with_another_byte(data, HEADER)
        elif self._fault == "drop":
            data = data[:HEADER] + data[HEADER + 1 :]
        self._line.send(data, until)

    def receive(self, until: float) -> bytes:
        if self._again:
            again, self._again = self._again, b""
            return again
        data = self._line.receive(until)
        while self._fault == "mute":
            data = self._line.receive(until)
        if self._fault == "corrupt-answer":
            data, self._fault = _with_another_byte(data, len(data) - 1), ""
        self._answer += data
        return data

    def signal(self, number: int) -> None:
        self._line.signal(number)

    def close(self) -> None:
        self._line.close()


def _with_another_byte(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

"""A device behind a serial line, or a pseudo-terminal that is there already."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from neurosim.device.board.link.line import DeviceLine, NothingInTime
from neurosim.device.board.link.lines.descriptors import DescriptorLine
from neurosim.edges.optional_packages import SERIAL, needed
from neurosim.errors import BackendError, InputError

BAUD = 115200
"""Bits in a second, if an address does not say."""

SECONDS_BETWEEN_LOOKS = 0.05

SILENCE = 0.2
"""Seconds without a byte after which nothing of an earlier session comes any more; a device gives up half a frame
after 0.1 s."""


@dataclass(frozen=True)
class SerialPort:
    """A serial line by the path of its terminal.

    Attributes
    ----------
    name
        The device, for messages.
    path, baud
        The terminal, and bits in a second.
    """

    name: str
    path: str
    baud: int = BAUD

    @classmethod
    def of(cls, name: str, path: str, baud: str | None) -> SerialPort:
        """Check a path and a rate.

        Raises
        ------
        InputError
            If they are none.
        """
        if not path.startswith("/") or not path.isprintable():
            raise InputError("expected serial:PATH, the whole path of a terminal, such as /dev/ttyACM0")
        if baud is None:
            return cls(name, path)
        if not (baud.isascii() and baud.isdigit() and 0 < len(baud) < 9 and int(baud)):
            raise InputError(f"baud = {baud!r}; expected bits in a second, such as 2000000")
        return cls(name, path, int(baud))

    @property
    def exclusive(self) -> str | None:
        """What can be held by one session at a time: the terminal, whatever links lead to it."""
        return f"serial:{os.path.realpath(self.path)}"

    def open(self, until: float) -> DeviceLine:
        """Open the terminal for this process alone, and drop what an earlier session has left on the line.

        Raises
        ------
        BackendUnavailable
            If pyserial is not installed.
        BackendError
            If the terminal cannot be opened, or is never silent.
        """
        with needed(SERIAL, f"device {self.name}"):
            import serial
        _wait_for(self.path, self.name, until)
        try:
            port = serial.Serial(self.path, self.baud, exclusive=True)
        except (OSError, ValueError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise BackendError(f"device {self.name} cannot be opened: {why}") from None
        line = DescriptorLine(self.name, port.fileno(), port.fileno(), port.close)
        try:
            _wait_for_silence(line, until)
        except BaseException:
            line.close()
            raise
        return line


def _wait_for(path: str, name: str, until: float) -> None:
    """Wait until a terminal is there: that of a USB device goes and comes with its power."""
    while not Path(path).is_char_device():
        if time.monotonic() > until:
            raise BackendError(f"device {name}: there is no terminal {path}")
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _wait_for_silence(line: DeviceLine, until: float) -> None:
    while time.monotonic() < until:
        try:
            line.receive(time.monotonic() + SILENCE)
        except NothingInTime:
            return
    raise BackendError(f"device {line.name} sends without end, though nobody asked")

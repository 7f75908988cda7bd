"""A line: bytes to a device and back, with a deadline in each direction."""

from __future__ import annotations

from typing import Protocol

from neurosim.errors import BackendError


class DeviceLine(Protocol):
    """Bytes to a device and back.

    A line that has failed stays so: it is closed, and the device opened anew. Deadlines are times of
    `time.monotonic`. All failures are BackendErrors, which begin with `name`.

    Attributes
    ----------
    name
        The device, for messages.
    """

    name: str

    def send(self, data: bytes, until: float) -> None:
        """Have the device take all of these bytes.

        Raises
        ------
        BackendError
            If it does not in time, or the line is closed.
        """

    def receive(self, until: float) -> bytes:
        """Return what the device has sent, at least a byte.

        Raises
        ------
        BackendError
            If there is none in time, or the line is closed.
        """

    def signal(self, number: int) -> None:
        """Send a signal to the device, if it is a process of this host.

        Raises
        ------
        BackendError
            If it is none.
        """

    def close(self) -> None:
        """Hang up; a device that was started for this line ends. Twice is once."""


class NothingInTime(BackendError):
    """A device that takes nothing, or says nothing, until the deadline."""


class LineClosed(BackendError):
    """A line whose other end is gone."""

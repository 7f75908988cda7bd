"""A line over file descriptors, which all kinds of lines are."""

from __future__ import annotations

import errno
import os
import select
import time
from collections.abc import Callable

from neurosim.device.board.link.line import LineClosed, NothingInTime
from neurosim.errors import BackendError

LARGEST = 2**16
"""Bytes that are read or written at once."""

GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL


class DescriptorLine:
    """A line over a descriptor to write to and one to read from, which may be the same.

    Parameters
    ----------
    name
        The device, for messages.
    writing, reading
        The descriptors; whoever opens them closes them, in `close`.
    close
        Hangs up.
    signal
        Sends a signal to the device; None where it is no process of this host.
    ending
        Says in words how the device ended, where that can be known.
    """

    def __init__(
        self,
        name: str,
        writing: int,
        reading: int,
        close: Callable[[], None],
        signal: Callable[[int], None] | None = None,
        ending: Callable[[], str] = str,
    ):
        self.name = name
        self._writing, self._reading = writing, reading
        self._close, self._signal, self._ending = close, signal, ending
        self._is_open = True
        for descriptor in (writing, reading):
            os.set_blocking(descriptor, False)

    def send(self, data: bytes, until: float) -> None:
        """Have the device take all of these bytes.

        Raises
        ------
        NothingInTime
            If it does not in time.
        LineClosed
            If its end is gone.
        """
        rest = memoryview(data)
        while rest:
            self._wait(self._writing, select.POLLOUT, until, "takes nothing in time")
            try:
                rest = rest[os.write(self._writing, rest[:LARGEST]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._closed(error) from None

    def receive(self, until: float) -> bytes:
        """Return what the device has sent, at least a byte.

        Raises
        ------
        NothingInTime
            If there is none in time.
        LineClosed
            If its end is gone.
        """
        while True:
            self._wait(self._reading, select.POLLIN, until, "does not answer in time")
            try:
                data = os.read(self._reading, LARGEST)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._closed(error) from None
            if not data:
                raise self._closed()
            return data

    def signal(self, number: int) -> None:
        """Send a signal to the device.

        Raises
        ------
        BackendError
            If it is no process of this host.
        """
        if self._signal is None:
            raise BackendError(f"device {self.name} is no process of this host, so it gets no signals")
        self._signal(number)

    def close(self) -> None:
        """Hang up."""
        if self._is_open:
            self._is_open = False
            self._close()

    def _wait(self, descriptor: int, event: int, until: float, failure: str) -> None:
        if not self._is_open:
            raise LineClosed(f"device {self.name}: the line was closed here")
        ready = select.poll()
        ready.register(descriptor, event)
        left = until - time.monotonic()  # a device that never pauses is ready for ever, so the time counts first
        events = ready.poll(left * 1000) if left > 0 else []
        if not events:
            raise NothingInTime(f"device {self.name} {failure}")
        if event == select.POLLOUT and events[0][1] & GONE:  # a terminal would take no byte, and report no error
            raise self._closed()

    def _closed(self, error: OSError | None = None) -> LineClosed:
        hung_up = error is None or error.errno in (errno.EIO, errno.EPIPE, errno.ECONNRESET)
        why = self._ending() or ("" if hung_up or error is None else str(error.strerror))
        return LineClosed(f"device {self.name} has hung up" + (f": {why}" if why else ""))

"""A device that several sessions could reach is held by one of them at a time, whichever process it is in.

The system frees it when its process ends, however it does. What stands beside the lock only tells others who holds it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from neurosim.backend import cache
from neurosim.backend.cache import folders
from neurosim.backend.cache.place import writing
from neurosim.backend.processes.locked_file import Held, LockedFile
from neurosim.errors import BackendError

FOLDER = "devices"
"""In the cache folder, which is this user's alone."""

LONGEST = 200
"""Characters of a command that are kept."""


class DeviceHeld(BackendError):
    """A device that another session uses."""


class Lease:
    """The right to use a device, from now until it is released; a context manager.

    Parameters
    ----------
    exclusive
        What is held, as the address of the device says.
    name
        The device, for messages.
    wait
        Seconds to wait for whoever holds it.

    Raises
    ------
    DeviceHeld
        If another session holds it until then.
    BackendError
        If the cache folder cannot be written.
    """

    def __init__(self, exclusive: str, name: str, wait: float = 0.0):
        place = cache.made() / FOLDER
        key = hashlib.sha256(f"{socket.gethostname()} {exclusive}".encode()).hexdigest()[:16]
        self._holder = place / f"{key}.holder"
        with writing(place):
            folders.make(place)
            folders.check(place)
            try:
                self._lock = LockedFile(place / f"{key}.lease", wait)
            except Held:
                raise DeviceHeld(f"device {name} is in use by {_told(self._holder)}") from None
            self._holder.write_text(json.dumps(_this_process()), encoding="utf-8")

    def release(self) -> None:
        """Let others use it. Twice is once."""
        if self._lock.is_held:
            with suppress(OSError):
                self._holder.unlink()
            self._lock.release()

    def __enter__(self) -> Lease:
        """The lease."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it."""
        self.release()


def _this_process() -> dict[str, object]:
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    return {"pid": os.getpid(), "since": since, "command": shlex.join(sys.argv)[:LONGEST]}


def _told(holder: Path) -> str:
    """Who holds a device, as far as that process has said it."""
    try:
        told = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {told['pid']} since {told['since']} ({told['command']})"
    except (OSError, ValueError, TypeError, KeyError):
        return "another process"

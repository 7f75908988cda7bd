"""One process at a time works on a run directory: it holds the file ``lock``, which the system frees at its end.

The lock is ``flock``, which file systems that several machines share know as well, if they are mounted with it. One
that knows no locks is refused: two processes that work on a run would spoil it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path

from neurosim.errors import InputError

NAME = "lock"

UNKNOWN = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What a file system says that knows no locks, or whose service for locks is not there."""

SECONDS_BETWEEN_TRIES = 0.1

WITH_KILLED = 120.0
"""Seconds to wait for the lock of a process that was lost. It ends a moment after its parent; where its machine is
gone, file systems of a network take up to 100 s to free its locks."""


class InUse(InputError):
    """Another process works on the directory."""


class Lock:
    """The lock of a run directory, held from its construction to `release`.

    Parameters
    ----------
    what
        What the folder is of, for the message.
    wait
        Seconds to wait until another process has freed it.

    Raises
    ------
    InUse
        If another process holds it.
    InputError
        If the folder cannot be written, or its file system knows no locks.
    """

    def __init__(self, folder: Path, what: str = "this run", wait: float = 0.0):
        self._file = -1
        try:
            self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror})") from None
        try:
            self._acquire(folder, what, time.monotonic() + wait)
        except BaseException:
            self.release()
            raise

    def _acquire(self, folder: Path, what: str, until: float) -> None:
        while True:
            try:
                return fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in UNKNOWN:
                    raise InputError(
                        f"{folder}: its file system knows no locks ({error.strerror}), without which two processes "
                        "could write to one run; choose a folder on another one, or have this one mounted with flock"
                    ) from None
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise InputError(f"{folder}: cannot be locked ({error.strerror})") from None
            if time.monotonic() >= until:
                raise InUse(f"{folder}: another process is working on {what}; wait until it ends")
            time.sleep(SECONDS_BETWEEN_TRIES)

    def release(self) -> None:
        """Free the lock."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.release()

    @staticmethod
    def is_free(folder: Path) -> bool:
        """Whether no process holds the lock of a folder; False as well where the folder cannot be written."""
        try:
            Lock(folder).release()
        except InputError:
            return False
        return True

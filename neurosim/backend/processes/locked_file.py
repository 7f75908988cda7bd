"""A file that one process at a time holds; the system frees it when that process ends, however it does.

The lock is ``flock``, which file systems that several machines share know as well, if they are mounted with it. One
that knows no locks is refused, and nothing else is taken in its place: a lock of another kind would hold nobody off who
is on another machine, or outlive its process.
"""

from __future__ import annotations

import errno
import fcntl
import math
import os
import time
from contextlib import suppress
from pathlib import Path

UNKNOWN = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What a file system says that knows no locks, or whose service for locks is not there."""

HELD = (errno.EAGAIN, errno.EACCES)

SECONDS_BETWEEN_TRIES = 0.05

FOREVER = math.inf


class Held(Exception):
    """Another holder has the file."""


class NoLocks(OSError):
    """The file system knows no locks; `strerror` says so."""


class LockedFile:
    """A file that is held from now to `release`; it is made where it is not there.

    Parameters
    ----------
    wait
        Seconds to wait until another holder has freed it.

    Raises
    ------
    Held
        If another holder has it until then; two of one process hold each other off as well.
    NoLocks
        If its file system knows no locks.
    OSError
        If it cannot be written, or is a link.
    """

    def __init__(self, path: Path, wait: float = 0.0):
        self._file = -1
        until = time.monotonic() + wait
        while not self._is_held_now(path):
            if time.monotonic() >= until:
                raise Held(str(path))
            time.sleep(SECONDS_BETWEEN_TRIES)

    def _is_held_now(self, path: Path) -> bool:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            held = _locked(self._file) and _is_at(path, self._file)
        except BaseException:
            self.release()
            raise
        if not held:
            self.release()
        return held

    @property
    def is_held(self) -> bool:
        """Whether it has not been released."""
        return self._file >= 0

    def release(self) -> None:
        """Free the file. Twice is once."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> LockedFile:
        """The file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free it."""
        self.release()

    def __del__(self) -> None:
        self.release()


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in UNKNOWN:
            raise NoLocks(error.errno, f"its file system knows no locks ({error.strerror})") from None
        if error.errno not in HELD:
            raise
        return False
    return True


def _is_at(path: Path, file: int) -> bool:
    """Whether a file is still the one of its name: the last holder may have removed it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), path.stat())
    return False

"""One process at a time works on a run directory: it holds the file ``lock``, which the system frees at its end.

A file system that knows no locks is refused: two processes that work on a run would spoil it.
"""

from __future__ import annotations

from pathlib import Path

from neurosim.backend.processes.locked_file import Held, LockedFile, NoLocks
from neurosim.errors import InputError

NAME = "lock"

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
        try:
            self._file = LockedFile(folder / NAME, wait)
        except Held:
            raise InUse(f"{folder}: another process is working on {what}; wait until it ends") from None
        except NoLocks as error:
            raise InputError(
                f"{folder}: {error.strerror}, without which two processes could write to one run; choose a folder on "
                "another one, or have this one mounted with flock"
            ) from None
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror})") from None

    def release(self) -> None:
        """Free the lock."""
        self._file.release()

    @staticmethod
    def is_free(folder: Path) -> bool:
        """Whether no process holds the lock of a folder; False as well where the folder cannot be written."""
        try:
            Lock(folder).release()
        except InputError:
            return False
        return True

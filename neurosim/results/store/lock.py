"""One process at a time works on a run directory: it holds the file ``lock``, which the system frees at its end."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from neurosim.errors import InputError

NAME = "lock"


class Lock:
    """The lock of a run directory, held from its construction to `release`.

    Parameters
    ----------
    what
        What the folder is of, for the message.

    Raises
    ------
    InputError
        If another process holds it, or the folder cannot be written.
    """

    def __init__(self, folder: Path, what: str = "this run"):
        self._lock = FileLock(folder.absolute() / NAME, thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise InputError(f"{folder}: another process is working on {what}; wait until it ends") from None
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror})") from None

    def release(self) -> None:
        """Free the lock."""
        self._lock.release()

    @staticmethod
    def is_free(folder: Path) -> bool:
        """Whether no process holds the lock of a folder; False as well where the folder cannot be written."""
        try:
            Lock(folder).release()
        except InputError:
            return False
        return True

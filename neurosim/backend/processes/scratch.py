"""Temporary folders that end with their owner: whoever makes one sweeps those whose owner has died.

The owner holds a lock (``flock``) on the file ``owner`` of its folder. The system frees it when the last process that
has the file open ends, however it does. So no process id has to be asked, which may be another's by now, or may count
in another container or on another machine that shares the place.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType

PREFIX = "neurosim-"
OWNER = "owner"
MARK = b"a temporary folder of neurosim; the process that made it holds a lock on this file\n"
OLD = 60.0
"""Seconds after which an empty folder that was never locked is one that nobody is making any more."""

MEMORY = Path("/dev/shm")
"""Files that never reach a disk, on Linux."""


class Scratch:
    """A new temporary folder of this process; a context manager that gives its path.

    Parameters
    ----------
    within
        Where it is made; else where temporary files go.

    Attributes
    ----------
    path
        The folder, for this user alone.
    """

    def __init__(self, within: Path | None = None):
        place = Path(within or tempfile.gettempdir())
        _sweep_once(place)
        self.path, self._lock = _made(place)

    def close(self) -> None:
        """Remove the folder."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Path:
        """The path."""
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the folder."""
        self.close()


def sweep(place: Path) -> None:
    """Remove the folders in a place that dead processes of this user have left."""
    with suppress(OSError), os.scandir(place) as entries:
        folders = [entry.path for entry in entries if entry.name.startswith(PREFIX)]
        for path in folders:
            with suppress(OSError):  # it is in use, goes away just now, or belongs to another user
                _remove_if_left(path)


def sweep_all() -> None:
    """Sweep every place in which scratch folders are made."""
    for place in (Path(tempfile.gettempdir()), MEMORY):
        sweep(place)


@lru_cache
def _sweep_once(place: Path) -> None:
    """Once a process, for a place may hold many files of others."""
    sweep(place)


def _made(place: Path) -> tuple[Path, int]:
    """A new folder and its lock. Until it is locked another process may sweep it; then there is another one."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        with suppress(FileNotFoundError):
            lock = os.open(path / OWNER, os.O_RDWR | os.O_CREAT, 0o600)
            with suppress(OSError):  # a place that knows no locks: then nobody can sweep it either
                fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_at(lock, path / OWNER):
                os.write(lock, MARK)
                return path, lock
            os.close(lock)


def _is_at(file: int, path: Path) -> bool:
    """Whether an open file still has its name."""
    return path.exists() and os.path.samestat(os.fstat(file), os.stat(path))


def _remove_if_left(path: str) -> None:
    """Remove a folder that nobody owns; OSError if somebody does, or if it is none of this user's."""
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        return
    try:
        lock = os.open(os.path.join(path, OWNER), os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        if time.time() - status.st_mtime > OLD:
            os.rmdir(path)  # only an empty one: its maker died before it wrote anything
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.pread(lock, len(MARK) + 1, 0) == MARK:  # else somebody else has made it, and called it alike
            shutil.rmtree(path, ignore_errors=True)
        elif os.listdir(path) == [OWNER] and os.fstat(lock).st_size == 0 and time.time() - status.st_mtime > OLD:
            shutil.rmtree(path, ignore_errors=True)  # its maker died before it wrote anything
    finally:
        os.close(lock)

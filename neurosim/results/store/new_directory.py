"""New run directories: each gets a free name once all files that the run starts from are in it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neurosim.errors import InputError
from neurosim.results.store.lock import Lock

PARTIAL = ".partial-"
OLD = 60.0
"""Seconds after which an unfinished directory that no process locks is removed."""


def check_writable(out: Path) -> None:
    """Refuse a place for run directories before the run, without touching it.

    Raises
    ------
    InputError
        If `out`, or the folder that it would be made in, cannot be written to.
    """
    folder = next(p for p in (out, *out.absolute().parents) if p.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"run directory: {folder} is not a folder that can be written to; choose another with --out")


@contextmanager
def ready(out: Path) -> Iterator[None]:
    """A context in which there is a folder for run directories; it goes away if it is new, and empty at the end.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    new = not out.exists()
    _make_ready(out)
    try:
        yield
    finally:
        if new:
            with suppress(OSError):  # there are runs in it by now
                out.rmdir()


def _make_ready(out: Path) -> None:
    """Make a folder for run directories, in which nothing is left of killed processes."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, error) from None
    _sweep(out)


def made(out: Path, name: str, fill: Callable[[Path], None]) -> tuple[Path, Lock]:
    """A new directory below `out`, filled and locked, under the first name that is free.

    Raises
    ------
    InputError
        If it cannot be written; then no file of it remains.
    """
    _make_ready(out)
    return _made(out, fill, lambda partial: _moved(partial, out / name))


def made_at(path: Path, fill: Callable[[Path], None]) -> tuple[Path, Lock]:
    """A new directory at a place, filled and locked.

    Raises
    ------
    InputError
        If something is there, or it cannot be written; then no file of it remains.
    """

    def moved(partial: Path) -> Path:
        try:
            os.rename(partial, path)
        except OSError as error:
            if os.path.lexists(path):  # also a link that leads nowhere
                raise InputError(f"{path}: something is there that is no run directory; move it away") from None
            raise error
        return path

    return _made(path.parent, fill, moved)


def _made(out: Path, fill: Callable[[Path], None], moved: Callable[[Path], Path]) -> tuple[Path, Lock]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=out))
    except OSError as error:
        raise _unwritable(out, error) from None
    lock = None
    try:
        lock = Lock(partial)
        fill(partial)
        partial.chmod(0o755)
        return moved(partial), lock
    except BaseException as error:
        if lock is not None:
            lock.release()
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError):
            raise _unwritable(out, error) from None
        raise


def _unwritable(out: Path, error: OSError) -> InputError:
    return InputError(f"run directory: cannot write to {out} ({error.strerror}); choose another with --out")


def _moved(partial: Path, target: Path) -> Path:
    """Rename into place, under the first name that is free."""
    for number in range(1, 10_000):
        final = target if number == 1 else target.with_name(f"{target.name}-{number}")
        if final.exists():
            continue
        try:
            os.rename(partial, final)
        except OSError:  # another process took the name in between
            continue
        return final
    raise InputError(f"run directory: no free name for {target}")


def _sweep(out: Path) -> None:
    """Remove the unfinished directories of killed processes; a process that still makes one holds its lock."""
    for partial in out.glob(f"{PARTIAL}*"):
        with suppress(FileNotFoundError):  # another process sweeps as well
            if time.time() - partial.stat().st_mtime > OLD and Lock.is_free(partial):
                shutil.rmtree(partial, ignore_errors=True)

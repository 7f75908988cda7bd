"""An entry's list of its files, with the mode, size and SHA-256 of each: written last, compared before use.

The list begins with the entry's name, so that no entry passes for another one.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

LIST = "sha256"

_PROGRAM, _PLAIN = 0o700, 0o600


class AlteredEntry(Exception):
    """An entry that is not as it was built; its message says what differs."""


def close(folder: Path, name: str) -> None:
    """Make the files of an entry this user's alone, list them, and force all of it to the disk.

    Raises
    ------
    OSError, AlteredEntry
        If that cannot be done, or there is anything but files and folders.
    """
    for path, status in _within(folder):
        path.chmod(_PROGRAM if stat.S_ISDIR(status.st_mode) or status.st_mode & stat.S_IXUSR else _PLAIN)
    (folder / LIST).write_bytes(_listed(folder, name))
    (folder / LIST).chmod(_PLAIN)
    for path, _ in _within(folder):
        force(path)
    force(folder)


def force(path: Path) -> None:
    """Have what was written to a file or a folder on the disk before anything that is written later."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def check(folder: Path, name: str) -> None:
    """Read all files of an entry.

    Raises
    ------
    AlteredEntry
        If one is not as it was sealed.
    """
    try:
        listed, sealed = _listed(folder, name), (folder / LIST).read_bytes()
    except FileNotFoundError:
        raise AlteredEntry("its list of checksums is missing") from None
    except OSError as error:
        raise AlteredEntry(f"it cannot be read ({error.strerror})") from None
    if listed != sealed:
        raise AlteredEntry(_difference(sealed, listed))


def check_once(folder: Path, name: str) -> None:
    """As `check`; what this process has read once is not read again until the system tells of a change."""
    try:
        stamps = tuple(_stamp(path, status) for path, status in _within(folder))
    except OSError as error:
        raise AlteredEntry(f"it cannot be read ({error.strerror})") from None
    _check_as_of(folder, name, stamps)


@lru_cache(maxsize=256)
def _check_as_of(folder: Path, name: str, stamps: tuple[tuple[object, ...], ...]) -> None:
    check(folder, name)


def _stamp(path: Path, status: os.stat_result) -> tuple[object, ...]:
    return path, status.st_ino, status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _within(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """All that is in a folder, which is never followed elsewhere.

    Raises
    ------
    AlteredEntry
        For what is neither a file nor a folder, or belongs to somebody else: none of it is opened.
    """
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise AlteredEntry(f"{path.name} is neither a file nor a folder")
        if status.st_uid != os.geteuid():
            raise AlteredEntry(f"{path.name} belongs to another user")
        yield path, status


def _listed(folder: Path, name: str) -> bytes:
    """What the list of an entry says if nothing has changed."""
    lines = [_line(folder, path, status) for path, status in _within(folder) if path != folder / LIST]
    return b"".join(line + b"\n" for line in [_heading(name), *lines])


def _heading(name: str) -> bytes:
    return f"neurosim {name}".encode()


def _line(folder: Path, path: Path, status: os.stat_result) -> bytes:
    is_folder = stat.S_ISDIR(status.st_mode)
    of_contents = "folder" if is_folder else f"{hashlib.sha256(path.read_bytes()).hexdigest()} {status.st_size}"
    return f"{of_contents} {stat.S_IMODE(status.st_mode):04o} ".encode() + os.fsencode(path.relative_to(folder))


def _difference(sealed: bytes, listed: bytes) -> str:
    """What two lists of an entry differ in, in words."""
    (heading, *before), (own, *now) = sealed.split(b"\n"), listed.split(b"\n")
    changed = [line for line in before + now if line and (line in before) != (line in now)]
    return _in_words(changed) if heading == own and changed else "its list of checksums is not its own"


def _in_words(changed: Iterable[bytes]) -> str:
    """The files of lines that are not as they were."""
    names = list(dict.fromkeys(map(_named, changed)))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"not as it was built: {', '.join(names[:3])}{more}"


def _named(line: bytes) -> str:
    """The file of a line, which may be anything by now."""
    return ascii(os.fsdecode(line.rpartition(b" ")[2]))[1:-1]

"""Regular files that neurosim reads and adds lines to; it never waits for a pipe or a device.

Whatever cannot be read raises an OSError whose ``strerror`` says what is there.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
import stat
import zlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from neurosim.errors import InputError, shown

GZIP = b"\x1f\x8b"
CHUNK = 2**20
ALWAYS, TIMES = 2**26, 100
"""Bytes that any file may unpack to, and how many times its own size one may that unpacks to more."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def path_of(given: object, what: str) -> Path:
    """Return the path that a user gives.

    Raises
    ------
    InputError
        Beginning with `what`, for what is none, or none that the system can look at.
    """
    if not isinstance(given, (str, os.PathLike)):
        raise InputError(f"{what} {shown(given)}; expected a path, such as 'runs/a'")
    try:
        path = Path(given)
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()
    except (TypeError, ValueError, OSError) as error:  # of bytes; a null byte, a lone surrogate; a name too long
        raise InputError(f"{what} {shown(given)}: {getattr(error, 'strerror', None) or error}") from None
    return path


def content(path: Path, most: int | None = None) -> bytes:
    """Return the bytes of a regular file.

    Parameters
    ----------
    most
        How many there may be.

    Raises
    ------
    OSError
        If the file does not exist, cannot be read, is no regular file, has more bytes than it may, or is larger than
        the memory that is free.
    """
    with _opened(path, os.O_RDONLY, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if most is not None and size > most:
            raise _refused(path, f"it has {size:,} bytes, expected at most {most:,}")
        try:
            return file.read()
        except (MemoryError, OverflowError):
            raise _refused(path, f"its {size:,} bytes do not fit into memory") from None


def appending(path: Path) -> BinaryIO:
    """Open a regular file for writing behind its end; make it where it does not exist.

    Raises
    ------
    OSError
        If it cannot be written, or is no regular file; a link is refused, for the file that it names is elsewhere.
    """
    if path.is_symlink():
        raise _refused(path, f"{path.name} is a link, expected a regular file")
    return _opened(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, "ab")


def check_target(path: Path) -> None:
    """Refuse a path at which no file can be written, before anything is computed for it.

    Raises
    ------
    OSError
        If something else than a regular file is there, or its folder cannot be written to.
    """
    if not path.name:
        raise _refused(path, "no name of a file")
    if path.exists():
        _check_regular(path, path.stat())
    folder = next(p for p in path.absolute().parents if p.exists())
    if not folder.is_dir():
        raise _refused(path, f"{folder} is no folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _refused(path, f"{folder} cannot be written to")


def unpacked(data: bytes) -> bytes:
    """Return what gzip packed; other data as they are.

    Raises
    ------
    OSError
        If the data are damaged, or unpack to more than `at_most` allows.
    """
    if not data.startswith(GZIP):
        return data
    plain, most = bytearray(), at_most(len(data))
    try:
        with gzip.open(io.BytesIO(data)) as file:
            while chunk := file.read(CHUNK):
                plain += chunk
                if len(plain) > most:
                    raise OSError(errno.EFBIG, f"its {len(data):,} bytes unpack to more than {most:,}")
    except (EOFError, zlib.error) as error:
        raise OSError(errno.EINVAL, str(error)) from None
    return bytes(plain)


def at_most(held: int) -> int:
    """Return the most bytes that packed data of so many bytes may stand for."""
    return max(ALWAYS, TIMES * held)


def _opened(path: Path, flags: int, mode: str) -> BinaryIO:
    try:
        if path.exists():
            _check_regular(path, path.stat())
        # What has become a pipe in between must not be waited for either.
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o666)
    except ValueError:  # a null byte
        raise _refused(path, "no name of a file") from None
    try:
        _check_regular(path, os.fstat(descriptor))
        return os.fdopen(descriptor, mode)  # type: ignore[return-value]
    except BaseException:
        os.close(descriptor)
        raise


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise _refused(path, f"it is {kind}, expected a regular file")


def _refused(path: Path, what: str) -> OSError:
    return OSError(errno.EINVAL, what, str(path))

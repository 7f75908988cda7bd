"""Files that are whole or absent: each is written beside its place, forced to the disk, and moved in."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

PART = ".part"
"""Ends the name of a file that is being written."""


def write(path: Path, content: bytes, forced: bool = True) -> None:
    """Put a file in place, or leave the one before it as it was.

    The move is not forced to the disk: after a power cut the file before may be back.

    Parameters
    ----------
    forced
        Whether the content is on the disk before the move. Of a file for which it is not, a power cut may leave a part,
        so this is for files that can be made anew.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"{path.name} is a folder; move it away")
    beside = path.with_name(path.name + PART)
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            if forced:
                os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError:
        with suppress(OSError):  # a full disk has room again
            beside.unlink()
        raise


def clear(folder: Path) -> None:
    """Remove the unfinished files of killed writers from a folder; OSError where that cannot be done."""
    for unfinished in folder.glob(f"*{PART}"):
        unfinished.unlink(missing_ok=True)

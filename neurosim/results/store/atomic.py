"""Files that are whole or not there: written beside, forced to the disk, moved in."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PART = ".part"
"""Ends the name of a file that is being written."""


def write(path: Path, content: bytes, forced: bool = True) -> None:
    """Put a file in place, or leave what was there; OSError where it cannot be written.

    The move is not forced to the disk: where it is lost with the power, the file that was there before is back. Of a
    file that is not `forced` less may then be left, which is for what can be made anew.
    """
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
    """Remove what killed writers left in a folder; OSError where that cannot be done."""
    for left in folder.glob(f"*{PART}"):
        left.unlink(missing_ok=True)

"""Folders that belong to this user alone: what is in them is executed, so nobody else may put anything there."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path
from typing import NoReturn

from neurosim.backend.cache.place import VARIABLE
from neurosim.errors import BackendError

ALONE = 0o700


def make(folder: Path) -> None:
    """Make a folder, and those above it, that only this user may enter, whatever the umask.

    Raises
    ------
    OSError
        If it cannot be made, or something else is there.
    """
    if not folder.parent.exists():
        make(folder.parent)
    try:
        folder.mkdir(ALONE)
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(20, "Not a directory", str(folder)) from None
    else:
        folder.chmod(ALONE)


def check(folder: Path) -> None:
    """Refuse a folder that somebody else could have filled; one that the user's group can write is closed to it.

    Raises
    ------
    BackendError
        If it belongs to another user, or everybody can write it.
    """
    status = folder.stat()
    if status.st_uid != os.geteuid():
        _refuse(folder, f"it belongs to another user (number {status.st_uid})")
    if status.st_mode & stat.S_IWOTH:
        _refuse(folder, "everybody can write it")
    if status.st_mode & stat.S_IWGRP:
        try:
            folder.chmod(ALONE)
        except OSError as error:
            _refuse(folder, f"its group can write it, which cannot be changed ({error.strerror})")
        warnings.warn(f"the cache folder {folder} could be written by its group; it is yours alone now", stacklevel=2)


def _refuse(folder: Path, why: str) -> NoReturn:
    raise BackendError(
        f"the cache folder {folder} is not used, as compiled programs in it would be executed: {why}; remove it, make "
        f"it yours alone (chmod 700), or set {VARIABLE} to a folder of yours"
    )

"""Compiled artefacts on disk: a folder for each key, built aside, sealed, moved in whole, at most once at a time.

Nothing in the cache is trusted because it is there. Its folders belong to this user alone (`folders`), and all files
of an entry are as they were built (`seal`); an entry that is not is built anew, with a line that says so.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

from neurosim.backend.cache import digest, folders
from neurosim.backend.cache.digest import AlteredEntry
from neurosim.backend.cache.entry import Build, Entry
from neurosim.backend.cache.place import VARIABLE, root, writing
from neurosim.edges.foreign_errors import said
from neurosim.errors import BackendError

__all__ = ["VARIABLE", "Entry", "artefact", "made", "rebuilt", "root"]


def made() -> Path:
    """The root, which is there, can be written, and is this user's alone.

    Raises
    ------
    BackendError
        If it is not.
    """
    place = root()
    with writing(place):
        folders.make(place)
        folders.check(place)
        with tempfile.TemporaryFile(dir=place):
            pass
    return place


def artefact(kind: str, key: str, build: Build, title: str = "") -> Path:
    """The folder of an artefact; what is not there, or not as it was built, is built by one process while others wait.

    Parameters
    ----------
    kind, key
        A backend's name, and a hash of everything that the artefact depends on; both parts of a file's name.
    build
        Fills the empty folder that it is given; whatever it raises is passed on, and nothing is kept.
    title
        What it is of, in a line.

    Raises
    ------
    BackendError
        If the cache cannot be written, somebody else could have filled it, or what is damaged cannot be built anew.
    """
    entry = Entry(kind, key)
    if _damage(entry) is None:
        return entry.folder
    with entry.locked():
        damage = _damage(entry)  # another process may have built it meanwhile
        if damage == "":
            entry.build(build, title)
        elif damage is not None:
            _build_anew(entry, build, title, damage)
    return entry.folder


def rebuilt(kind: str, key: str, build: Build, title: str, damage: str) -> Path:
    """The folder of an artefact, built anew: who uses it found it damaged, though its seal was whole.

    Raises
    ------
    BackendError
        As `artefact`.
    """
    entry = Entry(kind, key)
    with entry.locked():
        _build_anew(entry, build, title, damage)
    return entry.folder


def _damage(entry: Entry) -> str | None:
    """What is wrong with an entry: None if nothing is, an empty text if it is not there."""
    if not entry.exists:
        return ""
    try:
        entry.check(digest.check_once)
    except AlteredEntry as damage:
        return str(damage)
    except OSError as error:  # it goes away at this moment, or the disk is at its end
        return f"it cannot be read ({said(error)})"
    entry.touch()
    return None


def _build_anew(entry: Entry, build: Build, title: str, damage: str) -> None:
    _tell(entry, damage)
    try:
        entry.build(build, title)
    except (BackendError, OSError) as error:
        raise BackendError(
            f"the cache entry {entry.folder} was damaged ({damage}) and could not be built anew: {_reason(error)}; "
            f"remove it, or set {VARIABLE} to another folder"
        ) from error


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, BackendError) else said(error)


def _tell(entry: Entry, damage: str) -> None:
    warnings.warn(f"the cache entry {entry.folder} is damaged ({damage}); it is built anew", stacklevel=3)

"""The files of a user's data: found, read once, and known again by a digest of their contents."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from neurosim.edges import files
from neurosim.errors import SpecError, nearest
from neurosim.scenario.datasets.files import root

LARGEST = 2**36
"""Bytes of a file, at most."""


def found(path: str | Path, folder: Path | None) -> Path:
    """Where a file or folder is: at its path, or of its name in the folder of data sets; absolute.

    Raises
    ------
    SpecError
        If it is at neither; it names files of nearby names.
    """
    given = Path(path).absolute()
    elsewhere = root(folder) / given.name
    try:
        there = next((p for p in (given, elsewhere) if p.exists()), None)
    except (OSError, ValueError) as error:  # a name that is too long; a null byte
        raise SpecError(f"{str(path)!r:.80}: {getattr(error, 'strerror', None) or error}") from None
    if there is None:
        raise SpecError(f"{given}: no such file, nor {elsewhere}; {_nearby(given)}")
    return there


def _nearby(path: Path) -> str:
    try:
        return nearest(path.name, sorted(p.name for p in path.parent.iterdir() if not p.name.startswith("."))[:1000])
    except OSError:
        return "check the path"


def content(path: Path) -> bytes:
    """The bytes of a regular file.

    Raises
    ------
    SpecError
        If it cannot be read, or is empty.
    """
    try:
        data = files.content(path, LARGEST)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}") from None
    if not data:
        raise SpecError(f"{path}: it is empty")
    return data


def of_file(data: bytes) -> str:
    """SHA-256 of the bytes of a file."""
    return hashlib.sha256(data).hexdigest()


def of_files(digests: Mapping[str, str]) -> str:
    """SHA-256 of the names of files, in the order of their names, and of the digests of their contents."""
    lines = [f"{name}\0{digests[name]}\n" for name in sorted(digests)]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()

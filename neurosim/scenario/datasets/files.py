"""The files of data sets on disk: in FOLDER/NAME or in FOLDER itself. They are read, never changed.

FOLDER is what the caller names, else ``$NEUROSIM_DATA``, else the user's data folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from platformdirs import user_data_path

from neurosim.edges import files
from neurosim.errors import SpecError, nearest
from neurosim.scenario.datasets.sources import SOURCES

VARIABLE = "NEUROSIM_DATA"

LARGEST = 2**36
"""Bytes of a user's own file, at most."""


def root(folder: Path | None = None) -> Path:
    """FOLDER: the folder that holds all data sets."""
    return Path(folder or os.environ.get(VARIABLE) or user_data_path("neurosim")).expanduser().absolute()


def find(name: str, file_names: Sequence[str], folder: Path | None = None) -> list[Path]:
    """The paths of a data set's files, all of them from one folder.

    Parameters
    ----------
    file_names
        Their names; on disk they may end in ``.gz``, and have ``.idx`` for ``-idx``.

    Raises
    ------
    SpecError
        If a file is missing; the error says which, where it was looked for, and where it can be had.
    """
    places = _places(name, root(folder))
    candidates = [[_either(place, file) for file in file_names] for place in places]
    best = max(candidates, key=lambda paths: sum(p is not None for p in paths))  # the first of those that have as many
    there = [path for path in best if path is not None]
    if len(there) < len(file_names):
        missing = [f"{file}[.gz]" for file, path in zip(file_names, best, strict=True) if path is None]
        raise SpecError(
            f"data set {name}: {', '.join(missing)} not found in {' or '.join(map(str, places))}; "
            f"put the files there, or name their folder with --data or {VARIABLE}{_to_be_had(name)}"
        )
    return there


def _places(name: str, root: Path) -> list[Path]:
    """The folders to look in; not FOLDER itself if it is that of another set, as file names are often the same."""
    return [root / name] if root.name in SOURCES and root.name != name else [root / name, root]


def _either(place: Path, file: str) -> Path | None:
    names = [n + end for n in (file, file.replace("-idx", ".idx")) for end in ("", ".gz")]
    return next((place / n for n in names if (place / n).is_file()), None)


def _to_be_had(name: str) -> str:
    if name not in SOURCES:
        return ""
    return f"; they are at {SOURCES[name].page}, and neurosim.scenario.datasets.download({name!r}) gets them"


def content(path: Path) -> bytes:
    """The bytes of a file, decompressed in memory if they are gzip, whatever its name says.

    Raises
    ------
    SpecError
        If it cannot be read or decompressed.
    """
    try:
        return files.unpacked(files.content(path))
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror or error}") from None


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


def own_content(path: Path) -> bytes:
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


def sha256(data: bytes) -> str:
    """SHA-256 of the bytes of a file."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_files(digests: Mapping[str, str]) -> str:
    """SHA-256 of the names of files, in the order of their names, and of the digests of their contents."""
    lines = [f"{name}\0{digests[name]}\n" for name in sorted(digests)]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()

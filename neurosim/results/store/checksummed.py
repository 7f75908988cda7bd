"""Files that show whether they were altered: each contains the SHA-256 of the rest of it.

A sealed HDF5 file begins with a user block of 512 bytes, ``neurosim sha256 DIGEST``, which HDF5 skips. A sealed JSON
file has the key ``sha256``. The digest is also the seal, by which a file can name the one before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from neurosim.edges import atomic, files, hdf5
from neurosim.errors import InputError

BLOCK = 512


class AlteredFile(Exception):
    """A file that is missing, torn or altered; its message says which of these."""


def digest(content: bytes) -> str:
    """The SHA-256 of a content, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def write_hdf5(path: Path, fill: Callable[[Any], None]) -> str:
    """Write the file that `fill` makes, and return its seal; the same contents give the same bytes.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with h5py.File(path.name, "w", driver="core", backing_store=False) as file:
        fill(file)
        file.flush()
        image = file.id.get_file_image()
    seal = digest(image)
    atomic.write(path, _block(seal) + image)
    return seal


@contextmanager
def open_hdf5(path: Path) -> Iterator[tuple[Any, str]]:
    """The contents of a file, and its seal.

    Raises
    ------
    AlteredFile
        If it is not as it was written; also where the body of the context raises InputError, as a seal can be forged.
    """
    content = _content(path)
    seal = digest(content[BLOCK:])
    if content[:BLOCK] != _block(seal):
        raise AlteredFile("its checksum is not that of its contents")
    try:
        with hdf5.opened(content[BLOCK:]) as file:
            yield file, seal
    except InputError as error:
        raise AlteredFile(str(error)) from None


def _block(seal: str) -> bytes:
    return f"neurosim sha256 {seal}\n".encode().ljust(BLOCK, b"\0")


def write_json(path: Path, document: Mapping[str, Any]) -> str:
    """Write a document with its seal, and return the seal.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    seal = seal_of(document)
    atomic.write(path, (json.dumps({**document, "sha256": seal}, indent=2) + "\n").encode())
    return seal


def read_json(path: Path) -> tuple[dict[str, Any], str]:
    """The document in a file, and its seal.

    Raises
    ------
    AlteredFile
        If it is not as it was written.
    """
    try:
        document = json.loads(_content(path))
        seal = document.pop("sha256")
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise AlteredFile("it is no JSON with a checksum") from None
    if seal != seal_of(document):
        raise AlteredFile("its checksum is not that of its contents")
    return document, seal


def seal_of(document: Mapping[str, Any]) -> str:
    """The seal that a document has in its file."""
    return digest(json.dumps(document, sort_keys=True).encode())


def _content(path: Path) -> bytes:
    try:
        return files.content(path)
    except OSError as error:
        raise AlteredFile(f"it cannot be read: {error.strerror or error}") from None

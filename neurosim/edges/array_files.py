"""Arrays of numbers in files of others: NumPy's ``.npy`` and ``.npz``, and text with commas, ``.csv``.

Nothing in a file is executed, and nothing is allocated for more than its bytes can stand for.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from neurosim.edges import files
from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError, nearest

ENDINGS = (".npy", ".npz", ".csv")
"""Of files that are read."""

LARGEST = 2**32
"""Bytes of a file, at most."""

NUMBERS = "fiu"
"""Kinds of dtypes: floats, signed and unsigned whole numbers."""

Numbers = NDArray[Any]

_NPY: Any = npy_format  # has no types


def read(path: Path, name: str | None = None) -> Numbers:
    """Return the array in a file.

    Parameters
    ----------
    name
        Of an array in an ``.npz``; None where there is one.

    Raises
    ------
    InputError
        For another ending, a file that cannot be read or is damaged, and an array of something else than numbers.
    """
    if path.suffix not in ENDINGS:
        raise InputError(f"{path}: expected a file that ends in {', '.join(ENDINGS)}")
    if name is not None and path.suffix != ".npz":
        raise InputError(f"{path}: array = '{name}' is for files with several arrays; this one has no names")
    try:
        content = files.content(path, LARGEST)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    try:
        if path.suffix == ".csv":
            return _of_text(content)
        return of_npy(content if path.suffix == ".npy" else member(content, name))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _of_text(content: bytes) -> Numbers:
    with border("no numbers with commas between", InputError):
        lines = [line.partition("#")[0] for line in content.decode("utf-8-sig").splitlines()]
        if not any(line.strip() for line in lines):
            raise InputError("it is empty; expected numbers with commas between")
        return np.loadtxt(lines, delimiter=",", ndmin=1)


def of_npy(content: bytes, kinds: str = NUMBERS) -> Numbers:
    """Return the array in the bytes of an ``.npy``.

    Parameters
    ----------
    kinds
        Of dtypes that it may have; of records (``V``), each field has one of the others.

    Raises
    ------
    InputError
        If it is no array of NumPy, or has values of another kind.
    """
    stream = io.BytesIO(content)
    with border("no array of NumPy", InputError):
        version = _NPY.read_magic(stream)
        read_header = {(1, 0): _NPY.read_array_header_1_0, (2, 0): _NPY.read_array_header_2_0}[version]
        shape, is_fortran, dtype = read_header(stream)
    if not _is_of(dtype, kinds):
        raise InputError(f"an array of type {dtype}; expected {'numbers or texts' if 'U' in kinds else 'numbers'}")
    size, left = math.prod(shape), len(content) - stream.tell()
    if any(n < 0 for n in shape) or size * dtype.itemsize != left:
        raise InputError(f"an array of shape {shape} in {left:,} bytes")
    with border("no array of NumPy", InputError):
        values = np.frombuffer(content, dtype, size, stream.tell())
        return values.reshape(shape, order="F" if is_fortran else "C").astype(dtype.newbyteorder("="))


def _is_of(dtype: np.dtype[Any], kinds: str) -> bool:
    if dtype.kind == "V":
        fields: Mapping[str, Any] = dtype.fields or {}
        return "V" in kinds and bool(fields) and all(_is_of(f[0], kinds.replace("V", "")) for f in fields.values())
    return dtype.kind in kinds and not dtype.hasobject and (dtype.itemsize <= 8 or dtype.kind in "US")


def names(content: bytes) -> list[str]:
    """Return the names of the arrays in the bytes of an ``.npz``.

    Raises
    ------
    InputError
        If it is none.
    """
    with _packed(content) as packed:
        return [n.removesuffix(".npy") for n in packed.namelist()]


@contextmanager
def _packed(content: bytes) -> Iterator[zipfile.ZipFile]:
    with border("no .npz that can be read", InputError), zipfile.ZipFile(io.BytesIO(content)) as packed:
        yield packed


def member(content: bytes, name: str | None) -> bytes:
    """Return the ``.npy`` of a name in the bytes of an ``.npz``.

    Parameters
    ----------
    name
        None where there is one.

    Raises
    ------
    InputError
        If there is no such array, or it unpacks to more than the bytes can stand for.
    """
    with _packed(content) as packed:
        names = [n.removesuffix(".npy") for n in packed.namelist()]
        if name is None and len(names) == 1:
            name = names[0]
        if name not in names:
            raise InputError(f"no array '{name or ''}'; {nearest(name or '', names)}")
        most = files.at_most(len(content))
        with packed.open(f"{name}.npy") as packed_member:
            found = packed_member.read(most + 1)
    if len(found) > most:
        raise InputError(f"'{name}' unpacks to more than {most:,} bytes")
    return found

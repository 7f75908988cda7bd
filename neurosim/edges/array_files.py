"""Arrays of numbers in files of others: NumPy's ``.npy`` and ``.npz``, and text with commas, ``.csv``.

Nothing in a file is executed, and nothing is allocated for more than its bytes can stand for.
"""

from __future__ import annotations

import io
import math
import zipfile
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
        return _of_npy(content if path.suffix == ".npy" else _member(content, name))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _of_text(content: bytes) -> Numbers:
    with border("no numbers with commas between", InputError):
        lines = [line.partition("#")[0] for line in content.decode("utf-8-sig").splitlines()]
        if not any(line.strip() for line in lines):
            raise InputError("it is empty; expected numbers with commas between")
        return np.loadtxt(lines, delimiter=",", ndmin=1)


def _of_npy(content: bytes) -> Numbers:
    stream = io.BytesIO(content)
    with border("no array of NumPy", InputError):
        version = _NPY.read_magic(stream)
        read_header = {(1, 0): _NPY.read_array_header_1_0, (2, 0): _NPY.read_array_header_2_0}[version]
        shape, is_fortran, dtype = read_header(stream)
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise InputError(f"an array of type {dtype}; expected numbers")
    size, left = math.prod(shape), len(content) - stream.tell()
    if any(n < 0 for n in shape) or size * dtype.itemsize != left:
        raise InputError(f"an array of shape {shape} in {left:,} bytes")
    with border("no array of NumPy", InputError):
        values = np.frombuffer(content, dtype, size, stream.tell())
        return values.reshape(shape, order="F" if is_fortran else "C").astype(dtype.newbyteorder("="))


def _member(content: bytes, name: str | None) -> bytes:
    """The ``.npy`` of a name in an ``.npz``."""
    with border("no .npz that can be read", InputError), zipfile.ZipFile(io.BytesIO(content)) as packed:
        names = [n.removesuffix(".npy") for n in packed.namelist()]
        if name is None and len(names) == 1:
            name = names[0]
        if name not in names:
            raise InputError(f"no array '{name or ''}'; {nearest(name or '', names)}")
        most = files.at_most(len(content))
        with packed.open(f"{name}.npy") as member:
            found = member.read(most + 1)
    if len(found) > most:
        raise InputError(f"'{name}' unpacks to more than {most:,} bytes")
    return found

"""HDF5 files of others: neurosim looks at what is in one before it reads any of it.

Only what the file itself holds is read: links to other places, and arrays that lie in other files, are refused. Nothing
is allocated for more than the bytes of the file can stand for.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from neurosim.edges import files
from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError

Numbers = NDArray[Any]

NUMBERS = "fiu"
"""Kinds of dtypes: floats, signed and unsigned whole numbers."""
HEAP = b"GCOL\x01\0\0\0"
"""How a heap begins, version 1, which is the only one."""
BLOCK = 16
"""Lists that are read at once."""
DEEPEST = 8
"""Groups within each other, at most, in which arrays are looked for."""
MOST_PATHS = 1000
"""Arrays that are listed, about."""


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    """Open the file of these bytes, as a context.

    Raises
    ------
    InputError
        For whatever goes wrong with it, here or inside of the context.
    """
    _check_heaps(content)
    with border("no HDF5 file that can be read"), h5py.File(io.BytesIO(content), "r") as file:
        yield file


def _check_heaps(content: bytes) -> None:
    """Refuse a heap with an object that takes no room: HDF5 2.0 would walk through it for ever.

    A heap holds texts and lists: a header of 16 bytes with its size, then objects, each with 16 bytes before it that
    tell its number and size; what is free at the end is number 0 (HDF5 file format, version 3, III.E).
    """
    for start in _found(content, HEAP):
        end = start + int.from_bytes(content[start + 8 : start + 16], "little")
        at = start + 16
        while at + 16 <= min(end, len(content)):
            number = int.from_bytes(content[at : at + 2], "little")
            size = int.from_bytes(content[at + 8 : at + 16], "little")
            room = 16 + (size + 7) // 8 * 8 if number else size
            if room < 16:
                raise InputError("no HDF5 file that can be read: a heap in it is damaged")
            at += room


def _found(content: bytes, signature: bytes) -> Iterator[int]:
    at = -1
    while (at := content.find(signature, at + 1)) >= 0:
        yield at


def names(file: Any, group: str = "") -> list[str]:
    """Return the names in a group, in alphabetical order; none where the group does not exist.

    Raises
    ------
    InputError
        If an array has the name, or a link to another place.
    """
    member = _member(file, group) if group else file
    if member is None:
        return []
    if not isinstance(member, h5py.Group):
        raise InputError(f"'{group}' is an array, expected a group")
    return sorted(str(name) for name in member)


def paths(file: Any) -> list[str]:
    """Return the paths of arrays in a file, in alphabetical order, as far as they are not very many or very deep."""
    found: list[str] = []
    groups = [(file, "", 0)]
    while groups and len(found) < MOST_PATHS:
        group, above, depth = groups.pop()
        for name in group:
            link = group.get(name, getlink=True)
            member = group.get(name) if isinstance(link, h5py.HardLink) else None
            if isinstance(member, h5py.Dataset):
                found.append(f"{above}{name}")
            elif isinstance(member, h5py.Group) and depth < DEEPEST:
                groups.append((member, f"{above}{name}/", depth + 1))
    return sorted(found)


def numbers(file: Any, name: str, kinds: str = NUMBERS) -> Numbers:
    """Return an array of real numbers, or of other kinds of dtypes, of the shape that it has in the file.

    Raises
    ------
    InputError
        If the file itself has no such array, or one of something else.
    """
    dataset = _dataset(file, name)
    if dataset.dtype.kind not in kinds or dataset.dtype.itemsize > 8:
        raise InputError(f"'{name}' has values of type {dataset.dtype}, expected numbers")
    _check_held(dataset, name)
    return np.asarray(dataset[...])


def arrays(file: Any, group: str, kinds: str = NUMBERS) -> dict[str, Numbers]:
    """Return all arrays of a group by their names, each as `numbers` gives it; none where the group does not exist.

    Raises
    ------
    InputError
        As from `numbers`, and if all of them together are more than the file can stand for.
    """
    found: dict[str, Numbers] = {}
    left = files.at_most(file.id.get_filesize())
    for name in names(file, group):
        found[name] = numbers(file, f"{group}/{name}", kinds)
        left -= found[name].nbytes
        if left < 0:
            raise InputError(f"'{group}' has more numbers than the {file.id.get_filesize():,} bytes of the file")
    return found


def lists(file: Any, name: str) -> Iterator[Numbers]:
    """Yield the lists of a one-dimensional array whose elements are lists of numbers, each of shape (elements,).

    Raises
    ------
    InputError
        If the file itself has no such array, or one of something else, or the lists are longer than the file.
    """
    dataset = _dataset(file, name)
    of = h5py.check_vlen_dtype(dataset.dtype)
    if not isinstance(of, np.dtype) or of.kind not in NUMBERS or of.itemsize > 8:
        raise InputError(f"'{name}' has values of type {of or dataset.dtype}, expected lists of numbers")
    _check_held(dataset, name)
    held, read = dataset.file.id.get_filesize(), 0
    for start in range(0, len(dataset), BLOCK):
        for values in dataset[start : start + BLOCK]:
            read += values.nbytes
            if read > held:  # elements that share their lists
                raise InputError(f"'{name}' has lists of more than the {held:,} bytes of the file")
            yield values


def texts(file: Any, name: str) -> list[str]:
    """Return the texts of a one-dimensional array.

    Raises
    ------
    InputError
        If the file itself has no such array, or one of something else, or the texts are longer than the file.
    """
    dataset = _dataset(file, name)
    if dataset.ndim != 1 or not is_text(file, name):
        raise InputError(f"'{name}' has values of type {dataset.dtype}, of shape {dataset.shape}; expected texts")
    _check_held(dataset, name)
    held, found = dataset.file.id.get_filesize(), list[str]()
    for start in range(0, len(dataset), BLOCK):
        found += dataset.asstr()[start : start + BLOCK].tolist()
        held -= sum(map(len, found[start:]))
        if held < 0:  # elements that share their texts
            raise InputError(f"'{name}' has texts of more than the bytes of the file")
    return found


def one_text(file: Any, name: str) -> str:
    """Return the text of a dataset without a shape.

    Raises
    ------
    InputError
        If the file itself has none of that name, or it is something else.
    """
    dataset = _dataset(file, name)
    if dataset.shape != () or not is_text(file, name):
        raise InputError(f"'{name}' has values of type {dataset.dtype}, of shape {dataset.shape}; expected a text")
    return str(dataset.asstr()[()])


def rows_of_texts(file: Any, name: str, columns: int) -> list[tuple[str, ...]]:
    """Return the texts of a two-dimensional array, row by row; none where it is empty.

    Raises
    ------
    InputError
        As of `texts`, and for another number of columns.
    """
    dataset = _dataset(file, name)
    if dataset.size == 0:
        return []
    if dataset.ndim != 2 or dataset.shape[1] != columns or not is_text(file, name):
        raise InputError(
            f"'{name}' has values of type {dataset.dtype}, of shape {dataset.shape}; expected {columns} texts in a row"
        )
    _check_held(dataset, name)
    held, found = dataset.file.id.get_filesize(), list[tuple[str, ...]]()
    for start in range(0, len(dataset), BLOCK):
        found += [tuple(row) for row in dataset.asstr()[start : start + BLOCK].tolist()]
        held -= sum(len(text) for row in found[start:] for text in row)
        if held < 0:  # elements that share their texts
            raise InputError(f"'{name}' has texts of more than the bytes of the file")
    return found


def is_array(file: Any, name: str) -> bool:
    """Return whether an array of the file itself has that name; False for a group, and for a link elsewhere."""
    member = _member(file, name)
    return isinstance(member, h5py.Dataset) and member.shape is not None


def is_text(file: Any, name: str) -> bool:
    """Return whether an array of the file itself has texts.

    Raises
    ------
    InputError
        If there is no such array.
    """
    return h5py.check_string_dtype(_dataset(file, name).dtype) is not None


def has_lists(file: Any, name: str) -> bool:
    """Return whether the elements of an array of the file itself are lists.

    Raises
    ------
    InputError
        If there is no such array.
    """
    dtype = _dataset(file, name).dtype
    return h5py.check_vlen_dtype(dtype) is not None and h5py.check_string_dtype(dtype) is None


def length(file: Any, name: str) -> int:
    """Return how many elements a one-dimensional array has.

    Raises
    ------
    InputError
        If the file itself has no such array, or it is empty.
    """
    dataset = _dataset(file, name)
    if dataset.ndim != 1 or not len(dataset):
        raise InputError(f"'{name}' has shape {dataset.shape}, expected something for each sample")
    return len(dataset)


def text(file: Any, name: str) -> str:
    """Return the text of an attribute.

    Raises
    ------
    InputError
        If the file has none of that name, or it is no text.
    """
    if name in file.attrs and file.attrs.get_id(name).shape == () and isinstance(value := file.attrs[name], str):
        return value
    raise InputError(f"it has no text '{name}'")


def _member(file: Any, name: str) -> Any:
    """Return what has a name in the file itself; None where nothing has it."""
    member = file
    for part in name.split("/"):
        link = member.get(part, getlink=True) if isinstance(member, h5py.Group) else None
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise InputError(f"'{name}' is a link to another place, expected what the file itself holds")
        member = member.get(part)
    return member


def _dataset(file: Any, name: str) -> Any:
    """Return an array that lies in the file itself."""
    dataset = _member(file, name)
    if dataset is None:
        raise InputError(f"there is no '{name}' in it")
    if not isinstance(dataset, h5py.Dataset):
        raise InputError(f"'{name}' is a {type(dataset).__name__.lower()}, expected an array")
    if dataset.is_virtual or dataset.external:
        raise InputError(f"'{name}' lies in other files, expected an array of the file itself")
    if dataset.shape is None:
        raise InputError(f"'{name}' has no values")
    return dataset


def _check_held(dataset: Any, name: str) -> None:
    held = min(dataset.id.get_storage_size(), dataset.file.id.get_filesize())
    if dataset.size * dataset.dtype.itemsize > files.at_most(held):
        shape = " x ".join(map(str, dataset.shape))
        raise InputError(f"'{name}' declares {shape} values, for which the file has {held:,} bytes")

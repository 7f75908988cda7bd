"""Files with arrays by name: ``.npz`` of NumPy and HDF5. Nothing in them is executed, and no link is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from neurosim.edges import array_files, hdf5
from neurosim.errors import InputError, nearest
from neurosim.scenario.datasets.own.raw import Labels

HDF5_ENDINGS = (".h5", ".hdf5")
ARCHIVES = (".npz", *HDF5_ENDINGS)
"""Endings of files with arrays by name."""

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Archive:
    """What is in a file with arrays by name.

    Parameters
    ----------
    names
        Of its arrays; in HDF5 their paths, as ``spikes/times``.
    read
        Gives the numbers of a name, or a list of texts.
    read_lists
        Gives an array for each sample of a name whose elements are lists; None for other names.
    """

    names: tuple[str, ...]
    read: Callable[[str], Labels]
    read_lists: Callable[[str], Iterator[Numbers] | None]

    def known(self, name: str, key: str) -> str:
        """The name, if there is an array of it.

        Raises
        ------
        InputError
            Beginning with the key of the scenario that has it, with the nearest name.
        """
        if name not in self.names:
            raise InputError(f"{key} = '{name}': no array of that name; {nearest(name, self.names)}")
        return name

    def numbers(self, name: str) -> Numbers:
        """The numbers of a name.

        Raises
        ------
        InputError
            If it has texts, or cannot be read.
        """
        found = self.read(name)
        if isinstance(found, list):
            raise InputError(f"'{name}' has texts; expected numbers")
        return found

    def lists(self, name: str) -> Iterator[Numbers] | None:
        """An array for each sample, of a name whose elements are lists; None for other names."""
        return self.read_lists(name)


@contextmanager
def opened(content: bytes, ending: str) -> Iterator[Archive]:
    """The arrays in the bytes of a file, as a context.

    Raises
    ------
    InputError
        If it is no file of that kind.
    """
    if ending == ".npz":
        yield Archive(tuple(sorted(array_files.names(content))), lambda name: _of_npz(content, name), lambda _: None)
        return
    with hdf5.opened(content) as file:
        yield Archive(tuple(hdf5.paths(file)), lambda name: _of_hdf5(file, name), lambda name: _lists(file, name))


def _of_npz(content: bytes, name: str) -> Labels:
    try:
        found = array_files.of_npy(array_files.member(content, name), array_files.NUMBERS + "US")
    except InputError as error:
        raise InputError(f"'{name}': {error}") from None
    return found if found.dtype.kind not in "US" else _texts(found, name)


def _texts(array: Numbers, name: str) -> list[str]:
    if array.ndim != 1:
        raise InputError(f"'{name}' has texts in shape {array.shape}; expected one for each sample")
    if array.dtype.kind == "U":
        return [str(text) for text in array]
    try:
        return [bytes(text).decode() for text in array]
    except UnicodeDecodeError:
        raise InputError(f"'{name}' has texts that are not in UTF-8") from None


def _of_hdf5(file: Any, name: str) -> Labels:
    return hdf5.texts(file, name) if hdf5.is_text(file, name) else hdf5.numbers(file, name)


def _lists(file: Any, name: str) -> Iterator[Numbers] | None:
    return hdf5.lists(file, name) if hdf5.has_lists(file, name) else None

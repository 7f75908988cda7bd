"""A network in files: its JSON, and beside it, where it names arrays, an HDF5 file of ``wiring/`` and ``fixed/DIGEST``.

The text names each array by the digest of what is in it, so that other arrays than those it was written with are told.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

from neurosim.edges import atomic, files, format_version, hdf5
from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError, NeurosimError
from neurosim.model.network import Network
from neurosim.model.network.json_format import FORMATS, names_arrays, parsed, parts_of, version_of

BESIDE = ".h5"
"""Ends the name of the file of arrays, in place of the ``.json`` of the text, or behind another name."""
KEY = "neurosim_network"
"""Its attribute: the version of the format, the same as in the text."""
GROUPS = {"wiring": "iu", "fixed": "f"}
"""Where arrays are, by the kinds of their numbers: pairs, and values of neurons or synapses."""


def save(network: Network, path: Path) -> None:
    """Write a network's arrays, if it has any, then its text. Each file is whole, or as it was before.

    A network that is there can be loaded until the new one can: its arrays go when the text is in place.

    Raises
    ------
    InputError
        If a file cannot be written, or its place is that of something else.
    ModelError
        If the network has no form in JSON.
    """
    text, arrays = network.to_json(), network.arrays()
    try:
        files.check_target(path)
        if path.suffix == BESIDE:
            raise InputError(f"{path}: such a name is that of its arrays; call the text {path.stem}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        target = beside(path)
        before = _replaced(target) if arrays else {}
        if arrays:
            atomic.write(target, _image({**before, **arrays}, version_of(network)))
        atomic.write(path, text.encode())
        if before.keys() - arrays.keys():
            atomic.write(target, _image(arrays, version_of(network)))
        if not arrays:
            _remove(target)
    except OSError as error:
        raise InputError(f"{path}: a network cannot be written there ({error.strerror or error})") from None


def load(path: Path, kind: type[Network] = Network) -> Network:
    """The network that `save` wrote.

    Parameters
    ----------
    kind
        The class that is made.

    Raises
    ------
    InputError
        If a file is missing, or is not what `save` writes; it begins with the path.
    """
    try:
        document = parsed(_content(path))
        with border("not a network in JSON", InputError):
            has_arrays = names_arrays(document)
        arrays = _beside(_arrays_of(path)) if has_arrays else {}
        return kind(*parts_of(document, arrays))
    except NeurosimError as error:
        raise InputError(f"{path}: {error}") from None


def beside(path: Path) -> Path:
    """Where the arrays of a network are whose text is at a path."""
    return path.with_suffix(BESIDE) if path.suffix == ".json" else path.with_name(path.name + BESIDE)


def _arrays_of(path: Path) -> Path:
    """The same, or where they were put once: in place of whatever ended the name of the text."""
    found, once = beside(path), path.with_suffix(BESIDE)
    return once if once.exists() and not found.exists() else found


def _remove(path: Path) -> None:
    """Remove arrays that a network at this place had, and nothing else."""
    with suppress(InputError):
        if path.exists():
            _replaced(path)
            path.unlink()


def write_arrays(file: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put the arrays of a network into an HDF5 file."""
    for name, array in arrays.items():
        file.create_dataset(f"{group_of(array)}/{name}", data=array)


def read_arrays(file: Any) -> dict[str, NDArray[Any]]:
    """The arrays of a network in an HDF5 file, by their names. Whether they are what these say is seen by its JSON.

    Raises
    ------
    InputError
        If something else is in their place.
    """
    return {name: array for group, kinds in GROUPS.items() for name, array in hdf5.arrays(file, group, kinds).items()}


def group_of(array: NDArray[Any]) -> str:
    """Where an array of a network is in an HDF5 file."""
    return next(group for group, kinds in GROUPS.items() if array.dtype.kind in kinds)


def _replaced(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays that are there, which must be those of a network; none where nothing is, or they are damaged."""
    files.check_target(path)
    if not path.exists():
        return {}
    with suppress(NeurosimError), hdf5.opened(files.content(path)) as file:
        if KEY in file.attrs:
            with suppress(NeurosimError):
                return read_arrays(file)
            return {}
    raise InputError(f"{path} is there, and no arrays of a network; remove it, or save the network under another name")


def _image(arrays: Mapping[str, NDArray[Any]], version: int) -> bytes:
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        file.attrs[KEY] = version
        write_arrays(file, arrays)
    return image.getvalue()


def _beside(path: Path) -> dict[str, NDArray[Any]]:
    with hdf5.opened(_content(path)) as file:
        format_version.check(file.attrs.get(KEY), FORMATS, f"{path.name}: arrays of a network")
        return read_arrays(file)


def _content(path: Path) -> bytes:
    try:
        return files.content(path)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror or error})") from None

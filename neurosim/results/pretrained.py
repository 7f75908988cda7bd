"""A trained network in one HDF5 file: the network as JSON, its arrays, how it was trained, and a digest.

Learned arrays that float32 holds without loss are stored as float32. The wiring that the network's JSON names is in the
group ``wiring``, fixed parameters and initial values are in ``fixed``. The digest covers all of them; `read` refuses a
file that was cut short or altered.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.edges import files, format_version, hdf5
from neurosim.edges.values import real_array
from neurosim.errors import InputError, NeurosimError
from neurosim.model.network import Network
from neurosim.model.network.files import group_of, read_arrays, write_arrays
from neurosim.program.schedule import Array

PLAIN, WITH_WIRING = 1, 2
"""Versions of the format, under the attribute ``neurosim_pretrained``: without arrays of wiring, and with some."""
FORMATS = (PLAIN, WITH_WIRING)


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A trained network.

    Attributes
    ----------
    learned
        Every learned array of the network by name, float64, in the shape of its variable.
    training
        How it was trained, as its trainer reports: settings, data, seed, versions, accuracies.
    text
        The network's JSON as it stands in the file, which another release may have written otherwise; None where the
        network was not read from a file.
    """

    network: Network
    learned: Mapping[str, Array]
    training: Mapping[str, Any]
    text: str | None = None

    def digest(self) -> str:
        """SHA-256 of the network's JSON, which names its wiring by digest, and of the learned arrays, by name."""
        sha256 = hashlib.sha256((self.text or self.network.to_json()).encode())
        for name in sorted(self.learned):
            sha256.update(name.encode())
            sha256.update(np.ascontiguousarray(self.learned[name], dtype="<f8").tobytes())
        return sha256.hexdigest()


def check_target(path: Path) -> None:
    """Refuse a path for a trained network before it is trained; only another trained network is replaced.

    Raises
    ------
    InputError
        If a file cannot be written there, or another file or folder has this path.
    """
    try:
        files.check_target(path)
        if not path.exists():
            return
        content = files.content(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); choose another with --out") from None
    with suppress(NeurosimError), hdf5.opened(content) as file:
        if "neurosim_pretrained" in file.attrs:
            return
    raise InputError(f"{path} is there, and no trained network; remove it, or choose another with --out")


def write(pretrained: Pretrained, path: Path) -> None:
    """Write a file, whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    part = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(part, "w") as file:
            arrays = pretrained.network.arrays()
            file.attrs["neurosim_pretrained"] = WITH_WIRING if arrays else PLAIN
            file.attrs["network"] = pretrained.text or pretrained.network.to_json()
            file.attrs["training"] = json.dumps(dict(pretrained.training), indent=2)
            file.attrs["digest"] = pretrained.digest()
            for name, array in pretrained.learned.items():
                narrow = array.astype(np.float32)
                data = narrow if np.array_equal(narrow, array) else array
                file.create_dataset(name, data=data, compression="gzip", shuffle=True)
            write_arrays(file, arrays)
        part.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            part.unlink()


def read(path: Path) -> Pretrained:
    """The network of a file.

    Raises
    ------
    InputError
        If there is no file; if it is not of this format, of another version, or does not match its digest; or if it
        does not hold every array of its network, those that are learned all finite.
    """
    try:
        content = files.content(path)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    if (version := _version(content)) is not None:
        format_version.check(version, FORMATS, f"{path}: a trained network")
    try:
        with hdf5.opened(content) as file:
            pretrained, digest = _contents(file)
    except NeurosimError as error:
        raise InputError(f"{path}: not a trained network: {error}") from None
    if pretrained.digest() != digest:
        raise InputError(f"{path}: its digest is not that of its contents; it was altered after it was written")
    return pretrained


def _version(content: bytes) -> Any:
    """The version of the format that a file names; None where it names none, or is no HDF5 file."""
    with suppress(NeurosimError), hdf5.opened(content) as file:
        return file.attrs.get("neurosim_pretrained")
    return None


def _contents(file: Any) -> tuple[Pretrained, str]:
    """The network that a file holds, and the digest that it names."""
    version, text = file.attrs.get("neurosim_pretrained"), hdf5.text(file, "network")
    format_version.check(version, FORMATS, "it is")
    network, groups = (Network.from_json(text), []) if version == PLAIN else _with_arrays(file, text)
    training = json.loads(hdf5.text(file, "training"))
    if not isinstance(training, dict):
        raise InputError("'training' does not tell how it was trained")
    shapes = {name: variable.shape for name, variable in network.learned().items()}
    _check_names(hdf5.names(file), [*shapes, *groups])
    learned = {name: _array(file, name, shape) for name, shape in shapes.items()}
    return Pretrained(network, learned, training, text), hdf5.text(file, "digest")


def _with_arrays(file: Any, text: str) -> tuple[Network, list[str]]:
    """The network of a text, with the arrays that the file has, all of which the text names; and where these are."""
    arrays = read_arrays(file)
    network = Network.from_json(text, arrays)
    _check_names(arrays, network.arrays())
    return network, sorted({group_of(array) for array in arrays.values()})


def _check_names(found: Iterable[str], expected: Iterable[str]) -> None:
    if sorted(found) != sorted(expected):
        raise InputError(f"it has {', '.join(found) or 'no arrays'}, expected {', '.join(sorted(expected))}")


def _array(file: Any, name: str, shape: tuple[int, ...]) -> Array:
    array = real_array(hdf5.numbers(file, name), f"'{name}'")
    if array.shape != shape:
        raise InputError(f"'{name}' has shape {array.shape}, expected {shape}")
    if not np.isfinite(array).all():
        raise InputError(f"'{name}' has values that are not finite")
    return array

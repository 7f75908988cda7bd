"""Work as bytes for another process: large arrays in it are left out, and named; what several have is kept once.

Both sides are this program, of one version. Functions of a script or a notebook are pickled by value.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

LARGE = 100_000
"""An array with more bytes is left out."""

AnyArray: TypeAlias = "np.ndarray[Any, Any]"

Keep: TypeAlias = Callable[[str, AnyArray], None]
"""Takes the name of an array that was left out, and the array."""


@dataclass(frozen=True)
class Pickled:
    """Pickled work.

    Attributes
    ----------
    content
        The bytes.
    arrays
        The names of the arrays that were left out.
    """

    content: bytes
    arrays: tuple[str, ...]


class Pickles:
    """Pickled work of one round of jobs.

    Parameters
    ----------
    keep
        Called once for each large array.
    prefix
        The names of arrays begin with it.
    """

    def __init__(self, keep: Keep, prefix: str = ""):
        self._keep, self._prefix = keep, prefix
        self._names: dict[int, tuple[str, AnyArray]] = {}

    def of(self, work: Any) -> Pickled:
        """Work as bytes."""
        import cloudpickle

        used: dict[str, None] = {}
        pickles = self

        class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
            def persistent_id(self, value: Any) -> str | None:
                if type(value) not in (np.ndarray, np.memmap) or value.nbytes <= LARGE or value.dtype.hasobject:
                    return None
                name = pickles._name(value)
                used[name] = None
                return name

        into = io.BytesIO()
        Pickler(into).dump(work)
        return Pickled(into.getvalue(), tuple(used))

    def _name(self, array: AnyArray) -> str:
        """The name of an array, which is kept alive, so that no other gets its identity."""
        if id(array) not in self._names:
            name = f"{self._prefix}{len(self._names)}"
            self._keep(name, array)
            self._names[id(array)] = name, array
        return self._names[id(array)][0]


def saved_in(folder: Path) -> Keep:
    """A way to keep arrays: as files of a folder, which `unpickled` maps into memory."""

    def save(name: str, array: AnyArray) -> None:
        np.save(folder / f"{name}.npy", array, allow_pickle=False)

    return save


def unpickled(content: bytes, folder: Path) -> Any:
    """The work, with the arrays that were left out from the files of a folder."""

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, name: str) -> AnyArray:
            mapped: AnyArray = np.load(folder / f"{name}.npy", mmap_mode="r")
            return mapped

    return Unpickler(io.BytesIO(content)).load()

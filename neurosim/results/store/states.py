"""The files of a method's state: ``method/NUMBER.h5`` after the phase of that number, the last two of them.

A state may be much larger than the learned arrays, and grows from task to task, so older ones are removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.edges import hdf5
from neurosim.program.schedule import Array
from neurosim.results.store import checksummed

FOLDER = "method"
KEPT = 2


def write(folder: Path, number: int, state: Mapping[str, Array]) -> str:
    """Write the state after a phase, and return its seal; an empty state gives an empty seal, and no file.

    Parameters
    ----------
    state
        Arrays by name, of any shape.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if not state:
        return ""

    def fill(file: Any) -> None:
        for name in sorted(state):
            file.create_dataset(name, data=state[name])

    (folder / FOLDER).mkdir(exist_ok=True)
    return checksummed.write_hdf5(folder / FOLDER / f"{number:04d}.h5", fill)


def read(folder: Path, seal: str) -> dict[str, Array]:
    """The state of a seal: arrays by name.

    Raises
    ------
    AlteredFile
        If no file has this seal.
    """
    if not seal:
        return {}
    for path in sorted((folder / FOLDER).glob("*.h5"), reverse=True):
        try:
            with checksummed.open_hdf5(path) as (file, own_seal):
                if own_seal == seal:
                    return {n: hdf5.numbers(file, n, hdf5.NUMBERS + "b") for n in hdf5.names(file)}
        except checksummed.AlteredFile:
            continue
    raise checksummed.AlteredFile(f"the method's state that belongs to it is not whole in {FOLDER}/")


def forget(folder: Path, kept: int = KEPT) -> None:
    """Remove all files but the last."""
    for old in sorted((folder / FOLDER).glob("*.h5"), reverse=True)[kept:]:
        old.unlink(missing_ok=True)

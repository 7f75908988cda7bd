"""The files of a method's state: ``method/NUMBER.h5`` after the phase of that number, the last two of them.

It may be much larger than the learned arrays, and grows from task to task; what was kept of it before goes away.
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
    """Keep the state after a phase; its seal, empty where there is no state. OSError where it cannot be written."""
    if not state:
        return ""

    def fill(file: Any) -> None:
        for name in sorted(state):
            file.create_dataset(name, data=state[name])

    (folder / FOLDER).mkdir(exist_ok=True)
    return checksummed.write_hdf5(folder / FOLDER / f"{number:04d}.h5", fill)


def read(folder: Path, seal: str) -> dict[str, Array]:
    """The state of a seal.

    Raises
    ------
    Damaged
        If none of the files is that.
    """
    if not seal:
        return {}
    for path in sorted((folder / FOLDER).glob("*.h5"), reverse=True):
        try:
            with checksummed.open_hdf5(path) as (file, found):
                if found == seal:
                    return {n: hdf5.numbers(file, n, hdf5.NUMBERS + "b") for n in hdf5.names(file)}
        except checksummed.AlteredFile:
            continue
    raise checksummed.AlteredFile(f"the method's state that belongs to it is not whole in {FOLDER}/")


def forget(folder: Path, kept: int = KEPT) -> None:
    """Remove all but the last."""
    for old in sorted((folder / FOLDER).glob("*.h5"), reverse=True)[kept:]:
        old.unlink(missing_ok=True)

"""The files of blocks: ``blocks/NUMBER.h5``, each sealed, each naming the seal of the one before.

They hold no time, so that a simulation always writes the same bytes. What a simulation goes on from, state and weights,
is in ``ends/NUMBER.h5``, of the last two blocks alone, for it may be much larger than what is recorded.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neurosim.edges import hdf5
from neurosim.errors import InputError
from neurosim.program.schedule import Array
from neurosim.results.store import checksummed
from neurosim.results.store.phases import finite
from neurosim.simulation.recordings import files
from neurosim.simulation.recordings.recording import Recording

FOLDER, ENDS = "blocks", "ends"
KEPT = 2
"""Ends of blocks that are kept."""


@dataclass(frozen=True, eq=False)
class BlockFile:
    """The file of steps that were simulated.

    Attributes
    ----------
    name
        Its path, within the directory.
    seal, before, end
        Its seal, that of the file before it, and that of what the simulation goes on from after it.
    steps
        How many the simulation has done after it.
    """

    name: str
    seal: str
    before: str
    end: str
    steps: int


@dataclass(frozen=True, eq=False)
class End:
    """What a simulation goes on from."""

    state: Mapping[str, Array]
    learned: Mapping[str, Array]


class AboutBlock(BaseModel):
    """The contents of a block's file but its recording."""

    model_config = ConfigDict(strict=True, extra="forbid")

    steps: Annotated[int, Field(ge=0)]
    before: str
    end: str


def folders(path: Path) -> list[Path]:
    """Return the folders of a directory that block files are in; make those that are missing.

    Raises
    ------
    OSError
        If something else is there, such as a link, for what it names is elsewhere.
    """
    found = [path / FOLDER, path / ENDS]
    for folder in found:
        if folder.is_symlink():
            raise OSError(errno.EINVAL, f"{folder.name} is a link, expected a folder")
        folder.mkdir(exist_ok=True)
    return found


def name_of(number: int) -> str:
    """The path of the file of a block, within the directory."""
    return f"{FOLDER}/{number:04d}.h5"


def count(folder: Path) -> int:
    """How many blocks have a file."""
    return len(list((folder / FOLDER).glob("*.h5")))


def write(folder: Path, number: int, recording: Recording, end: End, steps: int, before: str) -> BlockFile:
    """Write the files of a block.

    Parameters
    ----------
    steps
        How many the simulation has done after it.
    before
        The seal of the file before it.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    after = _write_end(folder, number, end)
    about = AboutBlock(steps=steps, before=before, end=after)

    def fill(file: Any) -> None:
        file.attrs["about"] = about.model_dump_json()
        files.write(file, replace(recording, seconds=0.0, wall=0.0))

    seal = checksummed.write_hdf5(folder / name_of(number), fill)
    return BlockFile(name_of(number), seal, before, after, steps)


def read(folder: Path, number: int) -> tuple[BlockFile, Recording]:
    """Read a block, and what it recorded; its seconds are 0, as they stand in the events.

    Raises
    ------
    AlteredFile
        If its file is not as it was written.
    """
    name = name_of(number)
    with checksummed.open_hdf5(folder / name) as (file, seal):
        about, recording = _about(hdf5.text(file, "about")), files.read(file)
    if round((recording.start + recording.duration) / recording.dt) != about.steps:
        raise checksummed.AlteredFile(f"it ends in another step than {about.steps:,}")
    return BlockFile(name, seal, about.before, about.end, about.steps), recording


def read_end(folder: Path, seal: str) -> End:
    """What a simulation goes on from, by its seal.

    Raises
    ------
    AlteredFile
        If no file has this seal.
    """
    for path in sorted((folder / ENDS).glob("*.h5"), reverse=True):
        try:
            with checksummed.open_hdf5(path) as (file, own_seal):
                if own_seal == seal:
                    return End(_read_arrays(file, "state"), _read_arrays(file, "learned"))
        except checksummed.AlteredFile:
            continue
    raise checksummed.AlteredFile(f"what it goes on from is not whole in {ENDS}/")


def forget(folder: Path, last: int, kept: int = KEPT) -> None:
    """Remove the ends of all blocks but so many up to the last one that was written, of this number."""
    names = {_end_of(folder, number) for number in range(last - kept + 1, last + 1)}
    for end in set((folder / ENDS).glob("*.h5")) - names:
        end.unlink(missing_ok=True)


def _end_of(folder: Path, number: int) -> Path:
    return folder / ENDS / f"{number:04d}.h5"


def _write_end(folder: Path, number: int, end: End) -> str:
    def fill(file: Any) -> None:
        for group, arrays in (("state", end.state), ("learned", end.learned)):
            for name in sorted(arrays):
                file.create_dataset(f"{group}/{name}", data=arrays[name])

    return checksummed.write_hdf5(_end_of(folder, number), fill)


def _read_arrays(file: Any, group: str) -> dict[str, Array]:
    return {n: finite(a, n) for n, a in hdf5.arrays(file, group).items()}


def _about(text: str) -> AboutBlock:
    try:
        return AboutBlock.model_validate_json(text)
    except ValidationError:
        raise InputError("it does not describe a block of a simulation") from None

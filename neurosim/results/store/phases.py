"""The files of phases: ``phases/NUMBER-taskTASK-KIND.h5``, each sealed, each naming the seal of the one before.

So the files of a run are a chain from its ``run.json``, which a file that was altered, or is of another run, breaks.
They hold no time, so that a run always writes the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neurosim.edges import hdf5
from neurosim.edges.values import whole_array, whole_number
from neurosim.errors import InputError
from neurosim.program.precision import LedgerEntry
from neurosim.program.schedule import Array, Events
from neurosim.results.checkpoint import Checkpoint, Origin
from neurosim.results.result import Stage, StageKind
from neurosim.results.store import checksummed

FOLDER = "phases"
PACKED = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
LARGE = 2**16
"""Spikes are packed from so many bytes on."""
LARGEST = 2**31 - 1
"""Spikes are kept of at most so many steps of a trial and units of a population."""
PLAIN = ("task", "kind", "trials", "steps", "memory_bits", "raw_bits")


@dataclass(frozen=True, eq=False)
class Kept:
    """A phase in its file.

    Attributes
    ----------
    name
        The path of the file, within the run directory.
    checkpoint
        What the phase left behind.
    seal, before
        Its seal, and that of the file before it.
    method
        The seal of the method's state after it; empty where there is none.
    """

    name: str
    checkpoint: Checkpoint
    seal: str
    before: str
    method: str


def name_of(number: int, stage: Stage) -> str:
    """The path of the file of a phase, within the run directory."""
    return f"{FOLDER}/{number:04d}-task{stage.task}-{stage.kind}.h5"


def number_of(name: str) -> int:
    """The number of a phase, from the path of its file."""
    return int(Path(name).name.partition("-")[0])


def find(folder: Path, number: int) -> str | None:
    """The path of the file of a phase, within the run directory; None where it has no file."""
    return next((f"{FOLDER}/{p.name}" for p in sorted((folder / FOLDER).glob(f"{number:04d}-*.h5"))), None)


def count(folder: Path) -> int:
    """How many phases have a file."""
    return len(list((folder / FOLDER).glob("*.h5")))


def write(folder: Path, number: int, checkpoint: Checkpoint, before: str, method: str) -> Kept:
    """Write the file of a phase.

    Parameters
    ----------
    before, method
        The seals of the file before it, and of the method's state after it.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    stage, origin = checkpoint.stage, checkpoint.origin
    about = {n: getattr(stage, n) for n in PLAIN} | {
        "ledger": [asdict(e) for e in stage.ledger],
        "counts": dict(stage.counts),
        "accuracies": list(checkpoint.accuracies),
        "origin": None if origin is None else {**asdict(origin), "versions": dict(origin.versions)},
        "before": before,
        "method": method,
    }

    def fill(file: Any) -> None:
        file.attrs["about"] = json.dumps(about)
        learned = file.create_group("learned")
        for name in sorted(stage.learned):
            learned.create_dataset(name, data=stage.learned[name])
        for name in sorted(stage.spikes):
            write_events(file.create_group(f"spikes/{name}"), stage.spikes[name])

    name = name_of(number, stage)
    return Kept(name, checkpoint, checksummed.write_hdf5(folder / name, fill), before, method)


def read(folder: Path, name: str) -> Kept:
    """Read a phase; its seconds are 0, as they stand in the events.

    Raises
    ------
    AlteredFile
        If its file is not as it was written.
    """
    with checksummed.open_hdf5(folder / name) as (file, seal):
        about = _about(hdf5.text(file, "about"))
        stage = Stage(
            **{n: getattr(about, n) for n in PLAIN},
            learned={n: finite(hdf5.numbers(file, f"learned/{n}"), n) for n in hdf5.names(file, "learned")},
            spikes={n: read_events(file, f"spikes/{n}") for n in hdf5.names(file, "spikes")},
            ledger=about.ledger,
            seconds=0.0,
            counts=about.counts,
        )
        return Kept(name, Checkpoint(stage, about.accuracies, about.origin), seal, about.before, about.method)


class About(BaseModel):
    """The contents of a phase's file but its arrays."""

    model_config = ConfigDict(strict=True, extra="forbid")

    task: int
    kind: StageKind
    trials: int
    steps: int
    memory_bits: int
    raw_bits: int
    ledger: tuple[LedgerEntry, ...]
    counts: dict[str, int]
    accuracies: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...]
    origin: Origin | None
    before: str
    method: str


def _about(text: str) -> About:
    try:
        return About.model_validate_json(text)
    except ValidationError:
        raise InputError("it does not describe a phase") from None


def finite(array: Array, name: str) -> Array:
    """A learned array as it is, of any shape.

    Raises
    ------
    InputError
        If it has a value that is not finite.
    """
    if not np.isfinite(array).all():
        raise InputError(f"'{name}' has values that are not finite")
    return array


def write_events(group: Any, events: Events) -> None:
    """Write spikes into a group."""
    for name, values in (("offsets", events.offsets), ("indices", events.indices)):
        group.create_dataset(name, data=values, **(PACKED if values.nbytes >= LARGE else {}))
    group.attrs.update(steps=events.steps, units=events.units)


def read_events(file: Any, name: str) -> Events:
    """Read the spikes of a group.

    Raises
    ------
    InputError
        If they are none.
    """
    about = file[name].attrs
    steps, units = (whole_number(about[n], f"{name}: {n} =", least=0, most=LARGEST) for n in ("steps", "units"))
    indices = whole_array(hdf5.numbers(file, f"{name}/indices"), f"{name}: a spike", least=0, most=units - 1)
    offsets = whole_array(hdf5.numbers(file, f"{name}/offsets"), f"{name}: an offset", least=0, most=len(indices))
    ends = (0, len(indices)) == (offsets[0], offsets[-1])
    if not ends or (np.diff(offsets) < 0).any() or (len(offsets) - 1) % max(steps, 1):
        raise InputError(f"'{name}' is no list of spikes")
    return Events(offsets, indices.astype(np.int32), steps, units)

"""The file of a sleep that has not ended: ``unfinished.h5``, sealed, with the seal of the phase before the sleep.

It is written again and again while the sleep lasts, and is gone when that has ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neurosim.edges import hdf5
from neurosim.errors import InputError
from neurosim.program.precision import LedgerEntry
from neurosim.program.schedule import Array
from neurosim.results.checkpoint import Unfinished
from neurosim.results.store import checksummed
from neurosim.results.store.phases import finite, read_events, write_events

NAME = "unfinished.h5"


class AboutUnfinished(BaseModel):
    """The contents of the file but its arrays."""

    model_config = ConfigDict(strict=True, extra="forbid")

    steps: Annotated[int, Field(ge=1)]
    ledger: tuple[LedgerEntry, ...]
    counts: dict[str, int]
    seconds: Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
    elapsed: Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
    before: str


def write(folder: Path, unfinished: Unfinished, before: str) -> None:
    """Write the file, in place of an earlier one.

    Parameters
    ----------
    before
        The seal of the phase before.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    about = {n: getattr(unfinished, n) for n in ("steps", "seconds", "elapsed")}
    about |= {"ledger": [asdict(e) for e in unfinished.ledger], "counts": dict(unfinished.counts), "before": before}

    def fill(file: Any) -> None:
        file.attrs["about"] = json.dumps(about)
        _write_arrays(file.create_group("learned"), unfinished.learned)
        _write_arrays(file.create_group("state"), unfinished.state)
        for name in sorted(unfinished.spikes):
            write_events(file.create_group(f"spikes/{name}"), unfinished.spikes[name])

    checksummed.write_hdf5(folder / NAME, fill)


def read(folder: Path, before: str) -> Unfinished | None:
    """The sleep that follows the phase of that seal; None where there is no file, or one of an earlier sleep.

    Raises
    ------
    AlteredFile
        If the file is not as it was written.
    """
    if not (folder / NAME).exists():
        return None
    with checksummed.open_hdf5(folder / NAME) as (file, _):
        about = _about(hdf5.text(file, "about"))
        if about.before != before:
            return None
        return Unfinished(
            learned=_read_arrays(file, "learned"),
            state=_read_arrays(file, "state"),
            spikes={n: read_events(file, f"spikes/{n}") for n in hdf5.names(file, "spikes")},
            **{n: getattr(about, n) for n in ("steps", "ledger", "counts", "seconds", "elapsed")},
        )


def forget(folder: Path) -> None:
    """Remove the file."""
    (folder / NAME).unlink(missing_ok=True)


def _about(text: str) -> AboutUnfinished:
    try:
        return AboutUnfinished.model_validate_json(text)
    except ValidationError:
        raise InputError("it does not describe an unfinished sleep") from None


def _write_arrays(group: Any, arrays: Mapping[str, Array]) -> None:
    for name in sorted(arrays):
        group.create_dataset(name, data=arrays[name])


def _read_arrays(file: Any, group: str) -> dict[str, Array]:
    return {n: finite(hdf5.numbers(file, f"{group}/{n}"), n) for n in hdf5.names(file, group)}

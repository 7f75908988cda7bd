"""Runs that SLURM does: handed in, each once, and how to watch and to collect them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.cli.console import err, out
from neurosim.edges import atomic, files
from neurosim.errors import InputError
from neurosim.scenario.runs.submit.slurm.slurm_engine import SlurmEngine, under_way

if TYPE_CHECKING:
    from neurosim.cli.runs.engines import Where
    from neurosim.scenario.runs.submit.jobs import Job

FOLDER = "slurm"
"""The folder beside run directories in which jobs are kept, a folder for each time that some were handed in."""

NUMBERS = "numbers.json"
"""The file that says which number each run has at SLURM, by the name of the run's directory."""


def hand_in(where: Where, folder: Path, runs: Sequence[tuple[Path, Job[Any]]], watch: str = "") -> list[str]:
    """Hand runs in that SLURM does not have yet; the numbers of all of them.

    Parameters
    ----------
    runs
        The directory of each run, below `folder`, and its job.
    watch
        The command that tells how far runs are, beside SLURM's own.

    Raises
    ------
    NeurosimError
        If SLURM does not take them, or a file cannot be written.
    """
    here = folder.absolute() / FOLDER
    engine = SlurmEngine(_next(here), where.resources, where.jobs if where.jobs > 1 else None)
    if where.dry_run:
        out.print(engine.script(len(runs)), soft_wrap=True, markup=False)
        return []
    names = [str(path.absolute().relative_to(folder.absolute())) for path, _ in runs]
    had = {name: number for name, number in _had(here, names).items() if number in under_way()} if here.exists() else {}
    new = [(name, job) for name, (_, job) in zip(names, runs, strict=True) if name not in had]
    numbers = _submitted(engine, [job for _, job in new]) if new else []
    given = {name: number for (name, _), number in zip(new, numbers, strict=True)}
    if given:
        atomic.write(engine.folder / NUMBERS, json.dumps(given, indent=2).encode())
    _tell(engine.folder, len(given), [had[name] for name in names if name in had], numbers, watch)
    return [(had | given)[name] for name in names]


def _submitted(engine: SlurmEngine, jobs: Sequence[Job[Any]]) -> list[str]:
    """Their numbers; where they are not taken, nothing of them remains."""
    try:
        return engine.submit(jobs)
    except BaseException:
        shutil.rmtree(engine.folder, ignore_errors=True)
        for folder in (engine.folder.parent, engine.folder.parent.parent):
            with suppress(OSError):  # something else is in it
                folder.rmdir()
        raise


def _tell(folder: Path, new: int, had: Sequence[str], numbers: Sequence[str], watch: str) -> None:
    arrays = ",".join(dict.fromkeys(number.partition("_")[0] for number in [*had, *numbers]))
    if had:
        err.print(f"{len(had)} runs wait or run at SLURM already", soft_wrap=True)
    if new:
        err.print(f"handed in: {new} runs; what they print goes to {folder}", soft_wrap=True, markup=False)
    looking = f"{watch}, or squeue --jobs {arrays}" if watch else f"squeue --jobs {arrays}"
    collect = "the same command collects them when they have ended"
    err.print(f"how far they are: {looking}; {collect}", soft_wrap=True, markup=False)


def _next(here: Path) -> Path:
    """The first folder that is not there yet."""
    number = 1
    while (here / str(number)).exists():
        number += 1
    return here / str(number)


def _had(here: Path, names: Sequence[str]) -> dict[str, str]:
    """The last number that each run has had at SLURM."""
    had: dict[str, str] = {}
    for file in sorted(here.glob(f"*/{NUMBERS}"), key=lambda f: int(f.parent.name) if f.parent.name.isdecimal() else 0):
        try:
            had |= json.loads(files.content(file))
        except (OSError, ValueError, TypeError) as error:
            raise InputError(f"{file}: it does not tell which jobs there are ({error}); move it away") from None
    return {name: number for name, number in had.items() if name in names}

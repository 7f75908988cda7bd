"""`neurosim.open`: what a folder or a file holds."""

from __future__ import annotations

from pathlib import Path

from neurosim.edges.files import path_of
from neurosim.errors import InputError
from neurosim.results.store.directory import RUN
from neurosim.results.studies import STUDY, is_study
from neurosim.scenario.runs.opened.run import OpenedRun
from neurosim.scenario.runs.opened.study import OpenedStudy
from neurosim.simulation import kept
from neurosim.simulation.kept.directory import BEGUN
from neurosim.simulation.recordings.recording import Recording


def open(path: str | Path) -> OpenedRun | OpenedStudy | Recording:
    """Return what a folder holds: a run, a study, or what a kept simulation recorded.

    Arrays and spikes of runs are read when they are asked for.

    Parameters
    ----------
    path
        A run directory, the folder of a study, or the directory of a simulation.

    Raises
    ------
    InputError
        If it is none of these, or of another format; if a run or simulation has not ended, or a file is damaged.
    """
    folder = path_of(path, "open: path")
    if is_study(folder):
        return OpenedStudy.read(folder)
    if (folder / RUN).is_file():
        return OpenedRun.read(folder)
    if kept.is_simulation(folder):
        return kept.read(folder)
    raise InputError(f"{folder}: {_found(folder)}; expected a folder with {RUN}, {STUDY} or {BEGUN}")


def _found(folder: Path) -> str:
    if not folder.exists():
        return "there is no such folder"
    if not folder.is_dir():
        return "this is a file"
    inside = sum(1 for name in (RUN, STUDY, BEGUN) for _ in folder.glob(f"*/{name}"))
    return f"no run, study or simulation, but {inside} folders in it are" if inside else "no run, study or simulation"

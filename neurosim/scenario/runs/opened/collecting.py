"""All runs that folders hold: run directories, studies, and folders of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from neurosim.errors import InputError
from neurosim.results.store import RESULT
from neurosim.results.store.directory import RUN
from neurosim.results.studies import is_study
from neurosim.scenario.runs.opened.opening import open
from neurosim.scenario.runs.opened.run import OpenedRun
from neurosim.scenario.runs.opened.study import OpenedStudy


@dataclass(frozen=True)
class CollectedRuns:
    """What was found.

    Attributes
    ----------
    runs
        Those that have ended.
    missing
        Those that have not, in words.
    """

    runs: tuple[OpenedRun, ...]
    missing: tuple[str, ...]


def collected(folders: Iterable[Path]) -> CollectedRuns:
    """Return all runs of folders; one that is named twice counts once.

    Parameters
    ----------
    folders
        Run directories, study folders, or folders that have such in them, as ``runs`` has.

    Raises
    ------
    InputError
        If a folder is none of these, or holds a simulation; if a run that is named has not ended, or a file is damaged.
    """
    runs: dict[Path, OpenedRun] = {}
    missing: dict[str, None] = {}
    for folder in folders:
        for place in places(folder):
            if place != folder and _is_unfinished(place):
                missing[f"{place} (not finished)"] = None
                continue
            found = open(place)
            if isinstance(found, OpenedRun):
                runs.setdefault(place.resolve(), found)
            elif isinstance(found, OpenedStudy):
                runs.update({run.path.resolve(): run for run in found.runs})
                missing.update(dict.fromkeys(map(str, found.unfinished)))
            else:
                raise InputError(f"{place}: a simulation, which has no accuracies; expected runs or a study")
    return CollectedRuns(tuple(runs.values()), tuple(missing))


def places(folder: Path) -> list[Path]:
    """Return the run directories and studies in a folder, as ``runs`` has them; else the folder itself."""
    if (folder / RUN).is_file() or is_study(folder):
        return [folder]
    return sorted(p for p in folder.glob("*") if (p / RUN).is_file() or is_study(p)) or [folder]


def _is_unfinished(place: Path) -> bool:
    """Whether it is a run without a result, which is told where nobody named it by itself."""
    return (place / RUN).is_file() and not (place / RESULT).is_file()

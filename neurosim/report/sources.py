"""What a report is of: runs in groups, from their folders or from memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from neurosim.edges import files
from neurosim.errors import InputError, NeurosimError
from neurosim.report.found import FoundComparison, FoundLadder, comparisons, ladders
from neurosim.results import store
from neurosim.results.result import Result
from neurosim.results.store import checksummed
from neurosim.results.studies import Study, is_study
from neurosim.scenario import schema
from neurosim.scenario.runs.opened.collecting import places


@dataclass(frozen=True, eq=False)
class ReportedRun:
    """A run.

    Attributes
    ----------
    folder
        Its name, without what is above it; empty of a run in memory.
    text
        Its scenario file; empty of a run in memory.
    digest
        The SHA-256 of its result; empty of a run in memory.
    """

    result: Result
    folder: str = ""
    text: str = ""
    digest: str = ""

    @property
    def where(self) -> str:
        """``BACKEND:MODE``."""
        return f"{self.result.backend}:{self.result.mode}"


@dataclass(frozen=True, eq=False)
class RunGroup:
    """Runs of one scenario, or of one cell of a study, on any backends and with any seeds.

    Attributes
    ----------
    name
        Begins the names of its sections and drawings; empty where it is the only one.
    runs
        The reference first.
    """

    title: str
    name: str
    runs: Sequence[ReportedRun]

    @property
    def results(self) -> list[Result]:
        """Those of all runs."""
        return [r.result for r in self.runs]

    @property
    def first(self) -> list[Result]:
        """Those of the first backend, which pictures are of."""
        return [r.result for r in self.runs if r.where == self.runs[0].where]

    def named(self, part: str) -> str:
        """The name of a section or a drawing of it."""
        return f"{self.name}-{part}" if self.name else part


@dataclass(frozen=True, eq=False)
class Reported:
    """What a report is of.

    Attributes
    ----------
    unfinished
        Names of folders of runs that have not ended.
    comparisons, ladders
        What `neurosim compare` kept beside the runs.
    """

    title: str
    description: str
    groups: Sequence[RunGroup]
    unfinished: Sequence[str] = ()
    comparisons: Sequence[FoundComparison] = field(default=())
    ladders: Sequence[FoundLadder] = field(default=())

    @property
    def is_of_several(self) -> bool:
        """Whether there are several groups, so that they are set side by side."""
        return len(self.groups) > 1


def of_results(groups: Mapping[str, Sequence[Result]], title: str = "", description: str = "") -> Reported:
    """Return what a report of results in memory is of.

    Parameters
    ----------
    groups
        Results by the name of their group.

    Raises
    ------
    InputError
        If there are none.
    """
    filled = {label: [ReportedRun(r) for r in results] for label, results in groups.items() if results}
    return Reported(title or _titled(filled), description, _grouped(filled))


def read(folders: Sequence[Path]) -> Reported:
    """Return what a report is of: of run directories, study folders, and folders that have such in them.

    Raises
    ------
    InputError
        For what is neither, for damaged files, and where no run has ended.
    """
    paths = list(dict.fromkeys(place for folder in folders for place in places(folder)))
    by_label: dict[str, list[ReportedRun]] = {}
    studies = [(path, Study.read(path)) for path in paths if is_study(path)]
    unfinished = [str(run.path.relative_to(path)) for path, s in studies for run in s.runs() if not run.has_ended]
    for path, study in studies:
        for run in study.runs():
            if run.has_ended:
                by_label.setdefault(run.cell.words, []).append(_read(run.path, str(run.path.relative_to(path))))
    for path in paths:
        if not is_study(path):
            run_of = _read(path, path.resolve().name)
            by_label.setdefault(run_of.result.scenario, []).append(run_of)
    about = studies[0][1].about if len(studies) == 1 == len(paths) else None
    return Reported(
        about.name if about else _titled(by_label),
        about.description if about else _description(by_label),
        _grouped(by_label),
        unfinished,
        [c for path, _ in studies for c in comparisons(path)],
        [ladder for path, _ in studies for ladder in ladders(path)],
    )


def _read(path: Path, name: str) -> ReportedRun:
    result = store.read(path)
    text = files.content(path / store.SCENARIO).decode(errors="replace")  # `read` has compared its digest
    _, digest = checksummed.read_json(path / store.RESULT)
    return ReportedRun(result, name, text, digest)


def _titled(by_label: Mapping[str, Sequence[ReportedRun]]) -> str:
    return ", ".join(dict.fromkeys(r.result.scenario for runs in by_label.values() for r in runs))


def _description(by_label: Mapping[str, Sequence[ReportedRun]]) -> str:
    """What the scenario file of a single group says; nothing where it cannot be read."""
    if len(by_label) != 1:
        return ""
    [[run, *_]] = by_label.values()
    try:
        return schema.parse(run.text).scenario.description
    except NeurosimError:
        return ""


def _grouped(by_label: Mapping[str, Sequence[ReportedRun]]) -> list[RunGroup]:
    if not by_label:
        raise InputError("no run that has ended; a report needs one")
    several = len(by_label) > 1
    return [
        RunGroup(label, f"group{k + 1}" if several else "", sorted(runs, key=_order))
        for k, (label, runs) in enumerate(by_label.items())
    ]


def _order(run: ReportedRun) -> tuple[bool, str, int, str]:
    return run.result.backend != "reference", run.where, run.result.seed, run.folder

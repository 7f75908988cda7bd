"""A study folder, opened to be looked at: its runs that have ended, and those that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from html import escape
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from neurosim.errors import InputError, nearest
from neurosim.model.display.notebook import table_html
from neurosim.results import store
from neurosim.results.analysis import frames
from neurosim.results.analysis.labelled import Label, label_names
from neurosim.results.studies import Study, StudyRun
from neurosim.results.studies.standing import asked
from neurosim.scenario.runs.opened.run import OpenedRun

if TYPE_CHECKING:
    import neo
    import pandas
    import xarray


NOT_BEGUN = "not begun"


@dataclass(frozen=True)
class UnfinishedRun:
    """A run that a study has not, or not yet.

    Attributes
    ----------
    cell
        In words.
    backend, seed
        ``BACKEND:MODE``, and the seed; empty and None where no run of the study tells of any.
    reason
        Why it is missing.
    """

    cell: str
    backend: str
    seed: int | None
    reason: str

    def __str__(self) -> str:
        where = f" on {self.backend}, seed {self.seed}" if self.backend else ""
        return f"{self.cell}{where} ({self.reason})"


@dataclass(frozen=True, eq=False, repr=False)
class OpenedStudy:
    """A study folder that was opened.

    Attributes
    ----------
    path, name, description
        The folder, and what the study is of.
    runs
        Those that have ended: by cell, then by backend, the reference first, then by seed.
    unfinished
        Runs that are missing: begun and not ended, damaged, or not begun though they were asked for, or though
        another cell has a run on that backend or with that seed.
    """

    path: Path
    name: str
    description: str
    runs: tuple[OpenedRun, ...]
    unfinished: tuple[UnfinishedRun, ...]

    @classmethod
    def read(cls, path: Path) -> OpenedStudy:
        """Open a study folder.

        Raises
        ------
        InputError
            If it is none, of another format, or not as it was written; or if a run lies at a place that is not its own.
        """
        study = Study.read(path)
        found = list(_cell_by_cell(study, {(r.cell.place, r.where, r.identity.seed): r for r in study.runs()}))
        runs = tuple(f for f in found if isinstance(f, OpenedRun))
        missing = tuple(f for f in found if isinstance(f, UnfinishedRun))
        return cls(path, study.about.name, study.about.description, runs, missing)

    def select(self, **labels: Label | list[Label]) -> tuple[OpenedRun, ...]:
        """Return the runs that have these labels.

        Parameters
        ----------
        **labels
            A value, or several in a list, by the name of a label: ``backend="brian2"``, ``seed=[0, 1]``; that of a
            setting has dots, so write ``**{"sleep.steps": 600}``.

        Raises
        ------
        InputError
            For a name that is no label.
        """
        for name in labels:
            if name not in self._heads:
                raise InputError(f"select: no label '{name}'; {nearest(name, self._heads)}")
        wanted = {n: v if isinstance(v, list) else [v] for n, v in labels.items()}
        return tuple(r for r in self.runs if all(r.labels.get(n) in values for n, values in wanted.items()))

    @cached_property
    def _heads(self) -> list[str]:
        return label_names(self.runs)

    def to_pandas(self, *, weights: bool = False) -> dict[str, pandas.DataFrame]:
        """Return tables of all runs by name: ``runs``, ``accuracies``, ``curves``, ``spikes``, and ``weights``.

        Parameters
        ----------
        weights
            Whether to have a row for each value of a learned array after each stage.

        Raises
        ------
        InputError
            If a file of a run is damaged.
        BackendUnavailable
            Where pandas is missing.
        """
        return frames.to_pandas(self.runs, weights=weights)

    def to_xarray(self) -> xarray.Dataset:
        """Return accuracies over runs and tasks, all numbers over runs, and spikes as lists, with labels.

        Raises
        ------
        InputError
            If a file of a run is damaged.
        BackendUnavailable
            Where xarray is missing.
        """
        return frames.to_xarray(self.runs)

    def to_neo(self, step: str | float | None = None) -> list[neo.Block]:
        """Return a block of Neo for each run, as `OpenedRun.to_neo` does.

        Parameters
        ----------
        step
            How long a step is, such as ``"1 ms"``; None gives times in steps.

        Raises
        ------
        InputError
            For a step that is no time above 0, or if a file of a run is damaged.
        BackendUnavailable
            Where Neo is missing.
        """
        return [frames.to_neo(run, step) for run in self.runs]

    def __repr__(self) -> str:
        missing = f", {len(self.unfinished)} missing" if self.unfinished else ""
        return f"<study {self.path}: {self.name}; {len(self.runs)} runs{missing}>"

    def _repr_html_(self) -> str:
        heads = ("variant", "where", "seed", "accuracy")
        rows: list[tuple[object, ...]] = [_row(run) for run in self.runs]
        missing = [(str(u),) for u in self.unfinished]
        title = f"<strong>{escape(f'Study {self.name}')}</strong><p>{escape(self.description)}</p>"
        return f"<div>{title}{table_html('Runs', heads, rows)}{table_html('Missing', ('run',), missing)}</div>"


def _row(run: OpenedRun) -> tuple[object, ...]:
    r = run.result
    settings = "".join(f", {key} = {value}" for key, value in run.settings.items())
    return f"{run.variant}{settings}", f"{r.backend}:{r.mode}", r.seed, f"{r.accuracy:.3f}"


def _cell_by_cell(study: Study, begun: dict[tuple[str, str, int], StudyRun]) -> Iterator[OpenedRun | UnfinishedRun]:
    """Each run that was asked for, and of each cell what some cell has."""
    somewhere = set(product({where for _, where, _ in begun}, {seed for _, _, seed in begun}))
    wanted = {cell.place: set(somewhere) for cell in study.cells}
    for cell, where, seed in asked(study.path, study.cells):
        wanted[cell.place].add((where, seed))
    for position, cell in enumerate(study.cells):
        if not wanted[cell.place]:
            yield UnfinishedRun(cell.words, "", None, NOT_BEGUN)
        for where, seed in sorted(wanted[cell.place], key=_in_order):
            run = begun.get((cell.place, where, seed))
            yield UnfinishedRun(cell.words, where, seed, NOT_BEGUN) if run is None else _opened(study, position, run)


def _in_order(run: tuple[str, int]) -> tuple[bool, str, int]:
    """By backend, the reference first, then by seed."""
    where, seed = run
    return not where.startswith("reference:"), where, seed


def _opened(study: Study, position: int, run: StudyRun) -> OpenedRun | UnfinishedRun:
    cell = run.cell
    missing = partial(UnfinishedRun, cell.words, run.where, run.identity.seed)
    if not (run.path / store.RESULT).is_file():
        return missing("not finished")
    about = {"study": study.about.name, "variant": cell.variant, "settings": cell.settings, "position": position}
    try:
        return OpenedRun.of(run.path, run.identity, **about)
    except InputError as damage:
        return missing(str(damage))

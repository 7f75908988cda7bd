"""What a study folder tells, for whoever only reads it: nothing is locked, and nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neurosim.errors import InputError
from neurosim.results import store
from neurosim.results.result import Result
from neurosim.results.store import Identity
from neurosim.results.studies.about import AboutStudy, read_about
from neurosim.results.studies.cell import Cell, backend_folder, seed_folder
from neurosim.results.studies.directory import RUNS


@dataclass(frozen=True)
class StudyRun:
    """A run of a study that has begun; whether it has ended, `has_ended` tells.

    Attributes
    ----------
    path
        Its run directory.
    """

    cell: Cell
    identity: Identity
    path: Path

    @property
    def where(self) -> str:
        """``BACKEND:MODE``."""
        return f"{self.identity.backend}:{self.identity.mode}"

    @property
    def has_ended(self) -> bool:
        """Whether it has a result."""
        return store.has_result(self.path)

    def result(self) -> Result:
        """Its result.

        Raises
        ------
        InputError
            If it has not ended, or its files are damaged.
        """
        return store.read(self.path)


@dataclass(frozen=True)
class Study:
    """A study folder.

    Attributes
    ----------
    about
        What ``study.json`` says.
    """

    path: Path
    about: AboutStudy

    @classmethod
    def read(cls, path: Path) -> Study:
        """What a study folder is of.

        Raises
        ------
        InputError
            If it is none, of another format, or not as it was written.
        """
        return cls(path, read_about(path))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells, in the order of their tables."""
        return self.about.cells

    def runs(self) -> list[StudyRun]:
        """The runs that have begun: by cell, then by backend, the reference first, then by seed.

        Raises
        ------
        InputError
            If what a run is of was altered, or it lies at a place that is not its own.
        """
        return [run for cell in self.cells for run in sorted(self._of(cell), key=_order)]

    def _of(self, cell: Cell) -> Iterator[StudyRun]:
        for path in (self.path / RUNS / cell.place).glob("*/seed*"):
            if (path / store.RUN).is_file():
                identity, _ = store.read_run(path)
                if path.parts[-2:] != (backend_folder(identity.backend, identity.mode), seed_folder(identity.seed)):
                    raise InputError(
                        f"{path}: a run on {identity.backend}:{identity.mode} with seed {identity.seed}, which is not "
                        "what lies here; move it away"
                    )
                yield StudyRun(cell, identity, path)


def _order(run: StudyRun) -> tuple[bool, str, int]:
    return run.identity.backend != "reference", run.where, run.identity.seed

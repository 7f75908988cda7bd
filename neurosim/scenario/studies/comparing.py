"""Runs that are compared, kept in the folder of a study, and what was found of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from neurosim.backend.contract import Backend
from neurosim.errors import SpecError
from neurosim.results import store
from neurosim.results.result import Result
from neurosim.results.studies import (
    ASKED,
    COMPARISON,
    ENDED,
    INTERRUPTED,
    LADDER,
    AboutStudy,
    Cell,
    StudyDirectory,
    place_of,
    run_path,
    this_process,
)
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.preparation import Prepared
from neurosim.scenario.runs.comparison import FreeRun
from neurosim.scenario.schema import Document, ScenarioFile
from neurosim.scenario.studies.request import texts_of
from neurosim.scenario.studies.runs import CellRun

COMPARISON_FORMAT = LADDER_FORMAT = 1
"""Versions of ``comparison.json`` and ``ladder.json``."""

SEVERAL = "comparison"
"""The name of a study of several files."""


@dataclass(frozen=True, eq=False)
class ComparedFile:
    """A file whose runs are compared.

    Attributes
    ----------
    variant
        One of its variants; None for the file itself.
    settings
        Values by their keys.
    """

    file: ScenarioFile
    variant: str | None
    settings: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path, variant: str | None, settings: Mapping[str, Any]) -> ComparedFile:
        """Read a file.

        Raises
        ------
        SpecError
            As `ScenarioFile.read`.
        """
        return cls(ScenarioFile.read(path), variant, settings)

    def document(self) -> Document:
        """Its document.

        Raises
        ------
        SpecError
            As `ScenarioFile.document`.
        """
        return self.file.document(self.variant, self.settings)

    def cell(self, document: Document, prepared: Prepared) -> Cell:
        """The cell that its runs make."""
        variant = self.variant or prepared.name
        return Cell(place_of(variant, self.settings), variant, dict(self.settings), document.digest)


@dataclass(frozen=True, eq=False)
class KeptComparison:
    """Files that are compared in the folder of a study.

    Attributes
    ----------
    documents, prepared
        Of each file.
    """

    files: Sequence[ComparedFile]
    documents: Sequence[Document]
    prepared: Sequence[Prepared]

    @contextmanager
    def opened(self, path: Path, backends: Sequence[str], seeds: Sequence[int]) -> Iterator[StudyDirectory]:
        """Within the context the folder of the study is there, and held; its events tell of the context.

        Raises
        ------
        NeurosimError
            For two files of one name, and as `StudyDirectory.open`.
        """
        about = self._about()
        texts = {name: text for one in self.files for name, text in texts_of(one.file).items()}
        with StudyDirectory.open(path, about, texts) as directory:
            places = [cell.place for cell in about.cells]
            directory.tell(ASKED, cells=places, backends=list(backends), seeds=list(seeds), **this_process())
            try:
                yield directory
            except BaseException:
                directory.tell(INTERRUPTED)
                raise
            directory.tell(ENDED)

    def _about(self) -> AboutStudy:
        cells = tuple(map(self._cell, range(len(self.files))))
        for cell in cells:
            if [c.place for c in cells].count(cell.place) > 1:
                raise SpecError(f"two files have a scenario '{cell.variant}'; expected that each has a name of its own")
        tiers = {p.scenario.scenario.tier for p in self.prepared}
        first = self.files[0].file.studies.study
        name = first.name or self.prepared[0].name if len(self.files) == 1 else SEVERAL
        return AboutStudy(name, first.description, "T1" if "T1" in tiers else "T0", cells)

    def _cell(self, number: int) -> Cell:
        return self.files[number].cell(self.documents[number], self.prepared[number])

    def free(self, path: Path, number: int) -> FreeRun:
        """What runs a file on a backend, and keeps the run in the folder of the study."""
        return partial(_kept, path, self._cell(number), self.documents[number].text)


def keep_comparison(directory: StudyDirectory, comparisons: Sequence[Mapping[str, Any]]) -> None:
    """Write what was compared, as ``--json`` prints it.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    directory.keep(COMPARISON, {"neurosim_comparison": COMPARISON_FORMAT, "comparisons": list(comparisons)})


def keep_ladder(directory: StudyDirectory, ladders: Sequence[Mapping[str, Any]]) -> None:
    """Write the ladders that were climbed, as ``--json`` prints them.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    directory.keep(LADDER, {"neurosim_ladder": LADDER_FORMAT, "ladders": list(ladders)})


def _kept(
    study: Path, cell: Cell, text: str, prepared: Prepared, seed: int, chosen: tuple[Backend, str], listener: Listener
) -> Result:
    backend, mode = chosen
    path = run_path(study, cell, backend.name, mode, seed)
    CellRun(cell, prepared, text, backend, mode, seed, path).done(listener)
    return store.read(path)

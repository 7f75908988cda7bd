"""What a study is asked for, checked as a whole before anything is written: cells, seeds and backends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from neurosim.backend import registry
from neurosim.backend.contract import Backend
from neurosim.edges.files import path_of
from neurosim.edges.toml.seeds import seeds_of
from neurosim.edges.values import whole_number
from neurosim.errors import InputError, SpecError
from neurosim.results.studies import AboutStudy, StudyDirectory
from neurosim.scenario.preparation import Prepared
from neurosim.scenario.runs.preparing import prepared_each
from neurosim.scenario.runs.started import started_by
from neurosim.scenario.schema import FilesRead, ScenarioFile
from neurosim.scenario.studies.cells import Grid, StudiedCell, cells_of
from neurosim.scenario.studies.runs import CellRun

MOST_RUNS = 100_000
"""Of one study; more are a slip of the finger."""

Loaded = tuple[Backend, str]
"""A backend and its mode."""


@dataclass(frozen=True, eq=False)
class StudyRequest:
    """A study that is asked for; nothing of it is written yet.

    Attributes
    ----------
    about
        What it is of: the cells that are asked for.
    texts
        The files that it is made from, by the names that they get.
    prepared, backends
        Of each cell: what its runs share, and what runs them.
    notes
        Lines about what has no effect.
    """

    about: AboutStudy
    texts: Mapping[str, str]
    cells: Sequence[StudiedCell]
    prepared: Sequence[Prepared]
    backends: Sequence[Sequence[Loaded]]
    seeds: Sequence[int]
    notes: Sequence[str]

    @property
    def count(self) -> int:
        """How many runs it has."""
        return len(self.seeds) * sum(map(len, self.backends))

    def folder(self) -> Path:
        """The folder of the study where none is named."""
        return Path("studies") / self.about.name

    def opened(self, path: Path) -> StudyDirectory:
        """Make the folder, or open it where it is of the same study.

        Raises
        ------
        InputError
            As `neurosim.results.studies.StudyDirectory.open`.
        """
        return StudyDirectory.open(path, self.about, self.texts)

    def runs(self, directory: StudyDirectory) -> list[CellRun]:
        """All runs in their order: by cell, then by backend, then by seed.

        Raises
        ------
        InputError
            If a link stands at the place of one.
        """
        return [
            CellRun(c.cell, p, c.document.text, b, mode, seed, directory.run_path(c.cell, b.name, mode, seed))
            for c, p, loaded in zip(self.cells, self.prepared, self.backends, strict=True)
            for b, mode in loaded
            for seed in self.seeds
        ]

    def asked(self) -> dict[str, Any]:
        """What an event says of it."""
        backends = dict.fromkeys(f"{b.name}:{mode}" for loaded in self.backends for b, mode in loaded)
        return {"cells": [c.cell.place for c in self.cells], "backends": list(backends), "seeds": list(self.seeds)}


def requested(
    study: object,
    *,
    seeds: object = None,
    backends: Sequence[str] | None = None,
    variants: Sequence[str] | None = None,
    grid: Grid | None = None,
    settings: Mapping[str, Any] | None = None,
    data_folder: Path | None = None,
    allow_code: bool = False,
) -> StudyRequest:
    """Read, plan and prepare all that a study is asked for.

    Parameters
    ----------
    study
        The path of a scenario file, or its tables.
    seeds
        Whole numbers, or a text such as ``"0..9"``; None for those of the file.
    backends
        ``NAME`` or ``NAME:MODE``; None for those of the file.
    variants, grid
        As in `neurosim.scenario.studies.cells.cells_of`.
    settings
        Values by their keys: a grid of one value each.
    allow_code
        Whether Python code that a scenario names for its data may be executed.

    Raises
    ------
    NeurosimError
        For whatever is wrong with it; the error names the place.
    """
    file = _file(study)
    one_value = {key: (value,) for key, value in (settings or {}).items()}
    cells = cells_of(file, variants, {**(grid or {}), **one_value})
    about = file.studies.study
    numbers = _seeds(file.path, about.seeds if seeds is None else seeds)
    prepared, notes = _prepared(file, cells, data_folder, allow_code)
    names = about.backends if backends is None else backends
    loaded = [_loaded(file, p, names, backends is None) for p in prepared]
    if len(numbers) * sum(map(len, loaded)) > MOST_RUNS:
        count = len(numbers) * sum(map(len, loaded))
        raise SpecError(f"{file.path}: {count:,} runs; expected at most {MOST_RUNS:,}")
    tiers = {p.scenario.scenario.tier for p in prepared}
    name = about.name or prepared[0].name
    of = AboutStudy(name, about.description, "T1" if "T1" in tiers else "T0", tuple(c.cell for c in cells))
    return StudyRequest(of, texts_of(file), cells, prepared, loaded, numbers, notes)


def _file(study: object) -> ScenarioFile:
    """The scenario file at a path, or of tables, whose paths are from the working folder."""
    if not isinstance(study, Mapping):
        return ScenarioFile.read(path_of(study, "study: path"))
    path = Path("study.toml")
    try:
        text = tomli_w.dumps(study)
    except (TypeError, ValueError) as error:
        raise InputError(f"study: tables that TOML cannot have: {error}") from None
    return ScenarioFile.read(path, FilesRead({path: text}))


def _prepared(
    file: ScenarioFile, cells: Sequence[StudiedCell], data_folder: Path | None, allow_code: bool
) -> tuple[list[Prepared], list[str]]:
    prepared: list[Prepared] = []
    notes: dict[str, str] = {}
    for document, one, lines in prepared_each((c.document for c in cells), data_folder, allow_code):
        prepared.append(one)
        notes |= {line: f"{document.where}: {line}" for line in lines if line not in notes}
    return prepared, list(notes.values())


def _loaded(file: ScenarioFile, prepared: Prepared, names: Sequence[str], from_file: bool) -> list[Loaded]:
    """The backends of a cell; what the file alone names is not started, whoever made that file."""
    others = prepared.scenario.backends()
    found: dict[str, Loaded] = {}
    for name in names:
        backend, mode = registry.load(name, others)
        started = started_by(backend.name, others) if from_file else None
        if started is not None:
            raise SpecError(
                f"{file.path}: study.backends names {started.kind} '{name}', for which the file starts "
                f"`{started.what}`; if it may, name it: --backends {name}"
            )
        if f"{backend.name}:{mode}" in found:
            raise SpecError(f"backends: {backend.name}:{mode} is named twice; expected each once")
        found[f"{backend.name}:{mode}"] = backend, mode
    return list(found.values())


def texts_of(file: ScenarioFile) -> dict[str, str]:
    """The files that were read by their names, with a number where several have the same."""
    texts: dict[str, str] = {}
    for path, text in file.files.texts.items():
        number, name = 1, path.name
        while name in texts:
            number += 1
            name = f"{path.stem}-{number}{path.suffix}"
        texts[name] = text
    return texts


def _seeds(path: Path, seeds: object) -> tuple[int, ...]:
    return seeds_of([seeds], f"{path}: seeds:") if isinstance(seeds, str) else _numbers(seeds)


def _numbers(seeds: object) -> tuple[int, ...]:
    values: tuple[object, ...] = tuple(seeds) if isinstance(seeds, Iterable) else (seeds,)
    if not values:
        raise InputError("seeds: there is none; expected at least one")
    return tuple(dict.fromkeys(whole_number(seed, "seeds:", least=0) for seed in values))

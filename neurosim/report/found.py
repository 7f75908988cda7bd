"""What `neurosim compare` found and kept in the folder of a study, read with care, as anybody may have written it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from neurosim.edges import format_version
from neurosim.errors import InputError
from neurosim.results.store import checksummed
from neurosim.results.studies import COMPARISON, LADDER

FORMAT = 1
"""Of both files."""


class FoundBackend(BaseModel):
    """A backend of a comparison; what else the file has of it is not shown."""

    model_config = ConfigDict(extra="ignore")

    name: str
    mode: str
    kind: str
    accuracy: float
    max_abs_dw: float
    spikes_different: int
    tier: str
    samples_per_s: float
    ratio_to_reference: float


class FoundComparison(BaseModel):
    """A comparison of one cell with one seed."""

    model_config = ConfigDict(extra="ignore")

    scenario: str
    seed: int
    backends: tuple[FoundBackend, ...]


class FoundRung(BaseModel):
    """A rung of a ladder."""

    model_config = ConfigDict(extra="ignore")

    name: str
    kind: str
    accuracy: float
    loss: float
    tier: str
    against: str


class FoundLadder(BaseModel):
    """A ladder of one cell with one seed."""

    model_config = ConfigDict(extra="ignore")

    scenario: str
    seed: int
    rungs: tuple[FoundRung, ...]


Found = TypeVar("Found", FoundComparison, FoundLadder)


def comparisons(study: Path) -> list[FoundComparison]:
    """Return what was compared in a study; nothing where nothing was.

    Raises
    ------
    InputError
        If the file is damaged, or is of something else.
    """
    return _read(study / COMPARISON, "neurosim_comparison", FoundComparison, "backends")


def ladders(study: Path) -> list[FoundLadder]:
    """Return the ladders that were climbed in a study; nothing where none was.

    Raises
    ------
    InputError
        If the file is damaged, or is of something else.
    """
    return _read(study / LADDER, "neurosim_ladder", FoundLadder, "rungs")


def _read(path: Path, version: str, kind: type[Found], key: str) -> list[Found]:
    if not path.exists():
        return []
    try:
        document, _ = checksummed.read_json(path)
    except checksummed.AlteredFile as damage:
        raise InputError(f"{path}: {damage}; bring the file back as it was") from None
    format_version.check(document.get(version), FORMAT, f"{path}: what was compared")
    try:
        return [TypeAdapter(kind).validate_json(json.dumps(one)) for one in _with(key, document)]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: {where}: {first['msg'].lower()}") from None


def _with(key: str, value: Any) -> list[dict[str, Any]]:
    """All tables that have the key, in their order, however deep in lists and tables they are."""
    if isinstance(value, dict):
        return [value] if key in value else [one for inner in value.values() for one in _with(key, inner)]
    return [one for inner in value for one in _with(key, inner)] if isinstance(value, list) else []

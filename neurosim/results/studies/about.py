"""What a study is of, as ``study.json`` has it: sealed, and read with care, as anybody may have written it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from neurosim.edges import format_version
from neurosim.errors import InputError
from neurosim.results.store import checksummed
from neurosim.results.studies.cell import Cell

FORMAT = 1
"""Version of the folder, in ``study.json``."""

STUDY = "study.json"


@dataclass(frozen=True, config={"strict": True, "extra": "forbid"})
class AboutStudy:
    """What a study is of.

    Attributes
    ----------
    tier
        What each of its cells demands of backends.
    """

    name: str
    description: str
    tier: Literal["T0", "T1"]
    cells: tuple[Cell, ...]

    def document(self) -> dict[str, Any]:
        """What ``study.json`` has."""
        plain = {n: getattr(self, n) for n in ("name", "description", "tier")}
        return {"neurosim_study": FORMAT, **plain, "cells": [cell.document() for cell in self.cells]}


def is_study(path: Path) -> bool:
    """Whether a folder is that of a study."""
    return (path / STUDY).is_file()


def read_about(path: Path) -> AboutStudy:
    """What a study folder is of.

    Raises
    ------
    InputError
        If it is none, of another format, or not as it was written.
    """
    if not is_study(path):
        raise InputError(f"{path} is not the folder of a study: it has no {STUDY}")
    try:
        document, _ = checksummed.read_json(path / STUDY)
    except checksummed.AlteredFile as damage:
        raise InputError(f"{path / STUDY}: {damage}; bring the file back as it was") from None
    format_version.check(document.pop("neurosim_study", None), FORMAT, f"{path}: a study")
    try:
        return TypeAdapter(AboutStudy).validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{path / STUDY}: not what a study is of: {where}: {first['msg'].lower()}") from None

"""From a TOML file to a checked scenario."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neurosim.errors import SpecError, nearest
from neurosim.scenario.spec.mistakes import explain
from neurosim.scenario.spec.scenario import Scenario

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["beside", "from_document", "parse", "read", "tomllib"]


def read(path: Path) -> Scenario:
    """The scenario of a TOML file.

    Raises
    ------
    SpecError
        For a missing file, a mistake in the TOML, an unknown key or a value of the wrong kind; it names the place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}; {_scenarios_nearby(path)}") from None
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}: not TOML: not text in UTF-8 ({error.reason} at byte {error.start})") from None
    try:
        return beside(path, parse(text))
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None


def beside(path: Path, scenario: Scenario) -> Scenario:
    """The scenario with paths from where its file is."""
    table = scenario.pretraining
    if table is None or table.file is None:
        return scenario
    there = table.model_copy(update={"file": str(path.parent / table.file)})
    return scenario.model_copy(update={"pretraining": there})


def _scenarios_nearby(path: Path) -> str:
    folder = path.parent if path.parent.is_dir() else Path()
    return nearest(path.name, [p.name for p in folder.glob("*.toml")])


def parse(text: str) -> Scenario:
    """The scenario of a TOML text."""
    try:
        return from_document(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"not TOML: {error}") from None


def from_document(document: dict[str, Any]) -> Scenario:
    """The scenario of tables and values, as a TOML reader gives them."""
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise SpecError(explain(error, document)) from None

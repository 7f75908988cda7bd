"""From a TOML file to a checked scenario."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neurosim import files
from neurosim.borders import border
from neurosim.errors import SpecError, nearest
from neurosim.scenario.spec.mistakes import explain
from neurosim.scenario.spec.scenario import Scenario

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["beside", "from_document", "parse", "read", "text", "tomllib"]

LONGEST = 2**26
"""Bytes of a file."""


def read(path: Path) -> Scenario:
    """The scenario of a TOML file.

    Raises
    ------
    SpecError
        For a missing file, a mistake in the TOML, an unknown key or a value of the wrong kind; it names the place.
    """
    found = text(path)
    try:
        return beside(path, parse(found))
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None


def text(path: Path) -> str:
    """The text of a TOML file, without the byte order mark that some editors put before it.

    Raises
    ------
    SpecError
        For a file that cannot be read, is not text, or too long.
    """
    try:
        content = files.content(path)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}; {_scenarios_nearby(path)}") from None
    if len(content) > LONGEST:
        raise SpecError(f"{path}: not a scenario: {len(content):,} bytes, expected at most {LONGEST:,}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}: not TOML: not text in UTF-8 ({error.reason} at byte {error.start})") from None


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
    with border("not TOML", SpecError):  # lists within lists without end, and numbers of thousands of digits, too
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SpecError(f"not TOML: {error}") from None
    return from_document(document)


def from_document(document: dict[str, Any]) -> Scenario:
    """The scenario of tables and values, as a TOML reader gives them."""
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise SpecError(explain(error, document)) from None

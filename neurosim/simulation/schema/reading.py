"""From a TOML file to a checked simulation file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neurosim.edges import format_version
from neurosim.edges.toml.mistakes import explain
from neurosim.edges.toml.settings import parsed, put
from neurosim.edges.toml.table import FOLDER
from neurosim.edges.toml.text import document, text_of
from neurosim.errors import SpecError
from neurosim.simulation.schema.simulation_file import SimulationFile

FORMAT = 1
"""Version of the file, in its key ``format``; a file without that key has this one."""


def read(path: Path, settings: Sequence[str] = (), folder: Path | None = None) -> SimulationFile:
    """The plain network of a TOML file.

    Parameters
    ----------
    settings
        Each ``KEY=VALUE`` takes the place of what the file has.
    folder
        In which the files are that it names; None for its own.

    Raises
    ------
    SpecError
        For a missing file, a mistake in the TOML, an unknown key or a value of the wrong kind; it names the place.
    """
    text = text_of(path)
    try:
        return parse(text, settings, path.parent if folder is None else folder)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None


def parse(text: str, settings: Sequence[str] = (), folder: Path = Path()) -> SimulationFile:
    """The plain network of a TOML text.

    Parameters
    ----------
    folder
        In which the files are that it names.

    Raises
    ------
    SpecError
        For what is no TOML, another ``format`` than `FORMAT`, an unknown key or a value of the wrong kind.
    """
    tables = document(text)
    format_version.check(tables.pop("format", FORMAT), FORMAT, "a simulation file", SpecError)
    if "scenario" in tables and "simulation" not in tables:
        raise SpecError("[scenario] makes it a scenario file, which `neurosim run` takes; expected [simulation]")
    tables = put(parsed(settings), tables, SimulationFile)
    try:
        return SimulationFile.model_validate(tables, context={FOLDER: folder})
    except ValidationError as error:
        raise SpecError(explain(error, tables, SimulationFile)) from None


def is_simulation(tables: Mapping[str, Any]) -> bool:
    """Whether the tables of a file describe a plain network."""
    return "simulation" in tables

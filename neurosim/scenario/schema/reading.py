"""From a TOML file to a checked scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neurosim.device.table import DeviceTable, mocks
from neurosim.edges import format_version
from neurosim.edges.files import path_of
from neurosim.edges.toml.mistakes import explain
from neurosim.edges.toml.text import document, text_of
from neurosim.errors import SpecError
from neurosim.scenario.schema.scenario import Scenario

__all__ = ["document", "from_document", "parse", "read", "text_of", "with_paths_relative_to"]

FORMAT = 1
"""Version of the scenario file, in its key ``format``; a file without that key has this one."""


def read(path: str | Path) -> Scenario:
    """The scenario of a TOML file.

    Raises
    ------
    SpecError
        For a missing file, a mistake in the TOML, an unknown key or a value of the wrong kind; it names the place.
    """
    path = path_of(path, "read: path")
    text = text_of(path)
    try:
        return with_paths_relative_to(path, parse(text))
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None


def with_paths_relative_to(path: Path, scenario: Scenario) -> Scenario:
    """The scenario with its paths taken from the folder of its file, `path`."""
    changed: dict[str, Any] = {"devices": {**scenario.devices, **_calibrated_from(path.parent, scenario)}}
    if scenario.data.code is not None:
        changed["data"] = scenario.data.beside(path.parent)
    table = scenario.pretraining
    if table is not None and table.file is not None:
        changed["pretraining"] = table.model_copy(update={"file": str(path.parent / table.file)})
    return scenario.model_copy(update=changed)


def _calibrated_from(folder: Path, scenario: Scenario) -> dict[str, DeviceTable]:
    """The mocks with the paths of their calibrations whole, so that a run finds them when it goes on elsewhere."""
    return {
        name: t
        if t.calibration is None
        else t.model_copy(update={"calibration": str((folder / t.calibration).absolute())})
        for name, t in mocks(scenario.devices).items()
    }


def parse(text: str) -> Scenario:
    """The scenario of a TOML text.

    Raises
    ------
    SpecError
        For what is no TOML, an unknown key or a value of the wrong kind; it names the place.
    """
    return from_document(document(text))


def from_document(document: dict[str, Any]) -> Scenario:
    """The scenario of tables and values, as a TOML reader gives them.

    Raises
    ------
    SpecError
        For another ``format`` than `FORMAT`, an unknown key or a value of the wrong kind.
    """
    format_version.check(document.get("format", FORMAT), FORMAT, "a scenario file", SpecError)
    tables = {name: table for name, table in document.items() if name != "format"}
    if "simulation" in tables and "scenario" not in tables:
        raise SpecError("[simulation] makes it a plain network, which `neurosim simulate` takes; expected [scenario]")
    try:
        return Scenario.model_validate(tables)
    except ValidationError as error:
        raise SpecError(explain(error, tables, Scenario)) from None

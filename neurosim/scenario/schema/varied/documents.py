"""A scenario file with what varies it: the document of each of its variants, checked, and as text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from neurosim.device.table import DeviceTable, mocks
from neurosim.edges import format_version
from neurosim.edges.toml import settings as toml_settings
from neurosim.edges.toml.layers import laid_over, without
from neurosim.edges.toml.mistakes import explain
from neurosim.edges.toml.setting_paths import matches
from neurosim.errors import SpecError, nearest
from neurosim.scenario.schema.scenario import Scenario
from neurosim.scenario.schema.varied.extending import FORMAT, FilesRead
from neurosim.scenario.schema.varied.tables import VARYING, StudyTables, VariantTable, study_tables


@dataclass(frozen=True, eq=False)
class Document:
    """The tables of one scenario.

    Attributes
    ----------
    path
        The file that its paths are relative to.
    where
        The file and the variant, for messages.
    tables
        Tables and values, as a TOML reader gives them; they are checked.
    text
        A text in TOML of these tables.
    """

    path: Path
    where: str
    tables: Mapping[str, Any]
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the tables, whatever text they were read from."""
        return digest_of(self.tables)

    def scenario(self) -> Scenario:
        """The scenario, with its paths taken from the folder of its file."""
        return with_paths_relative_to(self.path, from_document(dict(self.tables)))


@dataclass(frozen=True, eq=False)
class ScenarioFile:
    """A scenario file, with the files that it extends.

    Attributes
    ----------
    path
        The file.
    tables
        Those of its scenario, laid over those of the files that it extends.
    studies
        What it says of studies: its variants, and the values of its grid.
    files
        All that was read so far; the variants that are asked for add theirs.
    """

    path: Path
    tables: Mapping[str, Any]
    studies: StudyTables
    files: FilesRead

    @classmethod
    def read(cls, path: Path, files: FilesRead | None = None) -> ScenarioFile:
        """Read a file and those that it extends.

        Parameters
        ----------
        files
            What has been read before, which is not read again.

        Raises
        ------
        SpecError
            For a file that is not there or no TOML, or what it says of studies is wrong; it names the place.
        """
        files = files or FilesRead()
        document = files.document(path)
        try:
            studies = study_tables(document)
        except SpecError as error:
            raise SpecError(f"{path}: {error}") from None
        return cls(path, files.scenario_tables(path), studies, files)

    def document(self, variant: str | None = None, settings: Mapping[str, Any] | None = None) -> Document:
        """The document of a variant, or of the file itself, with settings in it.

        Parameters
        ----------
        settings
            Values by their keys.

        Raises
        ------
        SpecError
            For a variant that there is not, a setting that goes nowhere, or what a scenario may not have; it names the
            file, the variant and the place.
        """
        where = f"{self.path}: variant {variant}" if variant else str(self.path)
        try:
            tables = dict(self.tables) if variant is None else self._varied(variant)
            if settings:
                tables = toml_settings.put(settings, tables, Scenario, "setting")
            from_document(tables)
        except SpecError as error:
            raise SpecError(f"{where}: {error}") from None
        as_it_is = variant is None and not settings and not self._varies
        return Document(self.path, where, tables, self.files.texts[self.path] if as_it_is else tomli_w.dumps(tables))

    @cached_property
    def _varies(self) -> bool:
        return any(key in self.files.document(self.path) for key in VARYING)

    def _varied(self, name: str) -> dict[str, Any]:
        """The tables of a variant."""
        variant = self._variant(name)
        tables = dict(self.tables) if variant.extends is None else self.files.extended(self.path, variant.extends)
        for key in variant.without:
            try:
                for place in matches(tables, key.split(".")):
                    tables = without(tables, place)
            except SpecError as error:
                raise SpecError(f"without {key!r:.80}: {error}") from None
        return toml_settings.put(variant.set, laid_over(tables, variant.tables), Scenario, "set")

    def _variant(self, name: str) -> VariantTable:
        if name not in self.studies.variants:
            raise SpecError(f"there is none of that name; {nearest(name, self.studies.variants)}")
        return self.studies.variants[name]


def digest_of(tables: Mapping[str, Any]) -> str:
    """SHA-256 of the tables of a scenario; the order of keys does not count, nor does the version of the file."""
    content = {name: table for name, table in tables.items() if name != "format"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def from_document(document: Mapping[str, Any]) -> Scenario:
    """The scenario of tables and values, as a TOML reader gives them.

    Raises
    ------
    SpecError
        For another ``format`` than 1, an unknown key or a value of the wrong kind.
    """
    format_version.check(document.get("format", FORMAT), FORMAT, "a scenario file", SpecError)
    tables = {name: table for name, table in document.items() if name != "format"}
    if "simulation" in tables and "scenario" not in tables:
        raise SpecError("[simulation] makes it a plain network, which `neurosim simulate` takes; expected [scenario]")
    for name in VARYING:
        if name in tables:
            raise SpecError(f"'{name}' varies a file, and is no table of a scenario; read the file by its path")
    try:
        return Scenario.model_validate(tables)
    except ValidationError as error:
        raise SpecError(explain(error, tables, Scenario)) from None


def with_paths_relative_to(path: Path, scenario: Scenario) -> Scenario:
    """The scenario with its paths taken from the folder of its file, `path`."""
    changed: dict[str, Any] = {"devices": {**scenario.devices, **_calibrated_from(path.parent, scenario)}}
    changed["data"] = scenario.data.beside(path.parent)
    if scenario.network.nir is not None:
        scenario = scenario.with_nir_at(str(path.parent / scenario.network.nir))
    table = scenario.pretraining
    if table is not None and table.file is not None and not scenario.starts_from_nir:
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

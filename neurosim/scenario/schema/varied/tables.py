"""``extends``, ``[study]``, ``[variants.NAME]``, ``[grid]``: what varies a scenario, and how a study of it is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from neurosim.edges.toml.mistakes import explain
from neurosim.edges.toml.table import Table
from neurosim.errors import SpecError, nearest
from neurosim.scenario.schema.scenario import Scenario

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class StudyTable(Table):
    """What a study is called, and the seeds and backends of `neurosim study` where its options name none."""

    name: Name | None = None
    description: str = ""
    seeds: str | Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(strict=False, min_length=1)] = "0"
    backends: tuple[str, ...] = Field(default=("reference",), min_length=1, strict=False)


class VariantTable(Table):
    """Another scenario than that of the file; any further table is one of a scenario, which is laid over."""

    model_config = ConfigDict(extra="allow")

    extends: str | None = None
    without: tuple[str, ...] = Field(default=(), strict=False)
    set: dict[str, Any] = {}

    @property
    def tables(self) -> dict[str, Any]:
        """The tables of a scenario that are laid over."""
        return dict(self.__pydantic_extra__ or {})


class StudyTables(Table):
    """What a scenario file has beside the tables of a scenario."""

    extends: str | None = None
    study: StudyTable = StudyTable()
    variants: dict[Name, VariantTable] = {}
    grid: dict[str, Annotated[tuple[Any, ...], Field(min_length=1, strict=False)]] = {}


VARYING = tuple(StudyTables.model_fields)
"""Keys that no scenario has."""


def study_tables(document: Mapping[str, Any]) -> StudyTables:
    """What a document says of studies.

    Raises
    ------
    SpecError
        For an unknown key, or a value of the wrong kind.
    """
    tables = {name: document[name] for name in VARYING if name in document}
    try:
        found = StudyTables.model_validate(tables)
    except ValidationError as error:
        raise SpecError(explain(error, tables, StudyTables)) from None
    for name, variant in found.variants.items():
        _check_tables(name, variant)
    for key, values in found.grid.items():
        check_values(key, values)
    return found


def _check_tables(name: str, variant: VariantTable) -> None:
    known = {*Scenario.model_fields, *VariantTable.model_fields}
    for key in variant.tables:
        if key not in known:
            raise SpecError(f"unknown key 'variants.{name}.{key}'; {nearest(key, known)}")


def check_values(key: str, values: Sequence[Any]) -> None:
    """Refuse a value of the grid that is there twice: both would run in one place.

    Raises
    ------
    SpecError
        Naming the key and the value.
    """
    texts = [repr(value) for value in values]
    for value in values:
        if texts.count(repr(value)) > 1:
            raise SpecError(f"'grid.{key}' has {value!r} twice; expected each value once")

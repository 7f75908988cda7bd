"""Which of the tables a ``[data]`` is: the one that is known by a key of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag

from neurosim.scenario.schema.data import DataTable
from neurosim.scenario.schema.data_sources.base import SourceTable
from neurosim.scenario.schema.data_sources.code import CodeTable, TonicTable
from neurosim.scenario.schema.data_sources.files import NumbersFileTable, SpikesFileTable

SOURCES = {"name": DataTable, "file": NumbersFileTable, "code": CodeTable, "tonic": TonicTable}
"""The table of each key that says where data are from."""

OF_SPIKES = frozenset({"steps", "duration", "time_unit", "units", "show"})
"""Keys that a file of numbers does not have."""


def _kind_of(table: Any) -> str:
    """The name of the table; data in a file are spikes where a key says so, or the path has no ending."""
    if not isinstance(table, dict):
        return type(table).__name__
    key = next((key for key in SOURCES if key in table), "name")
    if key == "file" and (OF_SPIKES & set(table) or not Path(str(table["file"])).suffix):
        return SpikesFileTable.__name__
    return SOURCES[key].__name__


def _one_source(table: Any) -> Any:
    """Refuse a table that does not say where data are from, or says it twice."""
    if isinstance(table, SourceTable):
        return table
    if not isinstance(table, dict):
        raise ValueError("expected a table")
    given = [key for key in SOURCES if key in table]
    if len(given) != 1:
        raise ValueError(f"expected one of {', '.join(SOURCES)}, found {' and '.join(given) or 'none of them'}")
    return table


AnyDataTable = Annotated[
    Annotated[DataTable, Tag("DataTable")]
    | Annotated[NumbersFileTable, Tag("NumbersFileTable")]
    | Annotated[SpikesFileTable, Tag("SpikesFileTable")]
    | Annotated[CodeTable, Tag("CodeTable")]
    | Annotated[TonicTable, Tag("TonicTable")],
    Discriminator(_kind_of),
    BeforeValidator(_one_source),
]

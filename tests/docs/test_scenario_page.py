"""The page of the scenario file has every key, with its default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from neurosim.scenario import datasets, schema

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "scenario-file.md").read_text(encoding="utf-8")
ROWS = [[c.strip() for c in line.strip("|").split(" | ")] for line in PAGE.splitlines() if line.startswith("| `")]
HEADINGS = " ".join(line for line in PAGE.splitlines() if line.startswith("## "))


def tables_below(kind: type[BaseModel]) -> list[type[BaseModel]]:
    """All tables, also those that the package does not export."""
    return [t for below in kind.__subclasses__() for t in (below, *tables_below(below))]


OWN = [t for t in tables_below(schema.Table) if t.__module__.startswith(f"{schema.__name__}.")]
SHARED = [t for t in tables_below(schema.Table) if t not in OWN and getattr(schema, t.__name__, None) is t]
CLASSES = [*OWN, *SHARED]  # what other files have, too, is defined elsewhere
TABLES = [
    t for t in CLASSES if t not in (schema.Scenario, schema.NetworkTable, schema.StudyTables)
]  # theirs are headings
FIELDS = [(t, n) for t in TABLES for n in t.model_fields]
LITERALS = [a for t, n in FIELDS if get_origin(a := t.model_fields[n].annotation) is Literal]
CHOICES = sorted({choice for literal in LITERALS for choice in get_args(literal)})


def rows_of(key: str) -> list[list[str]]:
    return [row for row in ROWS if f"`{key}`" in row[0].split(", ") and len(row) == 4]


@pytest.mark.parametrize(
    "table", [*schema.Scenario.model_fields, *(f"network.{n}" for n in schema.NetworkTable.model_fields)]
)
def test_every_table_has_a_heading(table: str) -> None:
    assert f"`[{table}" in HEADINGS


@pytest.mark.parametrize(("table", "key"), FIELDS, ids=[f"{t.__name__}-{n}" for t, n in FIELDS])
def test_every_key_is_on_the_page_with_its_default(table: type[BaseModel], key: str) -> None:
    field = table.model_fields[key]
    defaults = [row[2] for row in rows_of(key)]
    assert defaults
    if field.is_required():
        assert "-" in defaults
    elif isinstance(field.default, (int, float, str)):
        assert f"`{json.dumps(field.default)}`" in defaults


@pytest.mark.parametrize("table", CLASSES, ids=lambda t: t.__name__)
def test_every_table_is_exported(table: type[BaseModel]) -> None:
    assert getattr(schema, table.__name__) is table


@pytest.mark.parametrize("name", datasets.DATASETS)
def test_every_data_set_is_on_the_page(name: str) -> None:
    assert f'`"{name}"`' in " ".join(row[0] for row in ROWS)


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_of_a_key_is_on_the_page(choice: str) -> None:
    assert f'`"{choice}"`' in PAGE

"""The page of the simulation file has every key, with its default, and every choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from neurosim.edges.toml.table import Table
from neurosim.simulation.schema import SimulationFile
from neurosim.simulation.schema.call_table import CallTable
from neurosim.simulation.schema.parts.network import PartsTable

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "simulation-file.md").read_text(encoding="utf-8")
ROWS = [[c.strip() for c in line.strip("|").split(" | ")] for line in PAGE.splitlines() if line.startswith("| `")]
HEADINGS = " ".join(line for line in PAGE.splitlines() if line.startswith("## "))


def tables_below(kind: type[BaseModel]) -> list[type[BaseModel]]:
    return [t for below in kind.__subclasses__() for t in (below, *tables_below(below))]


OWN = [t for t in tables_below(Table) if t.__module__.startswith("neurosim.simulation.schema.")]
TABLES = [t for t in OWN if t not in (SimulationFile, PartsTable, CallTable)]  # those of the first two are headings
FIELDS = [(t, n) for t in TABLES for n in t.model_fields]


def choices_in(annotation: Any) -> set[str]:
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    parts = get_args(annotation)
    return set().union(*map(choices_in, parts[1:] if get_origin(annotation) is dict else parts))  # keys are in braces


CHOICES = sorted({c for t, n in FIELDS for c in choices_in(t.model_fields[n].annotation)})


@pytest.mark.parametrize("table", [*SimulationFile.model_fields, *(f"network.{n}" for n in PartsTable.model_fields)])
def test_every_table_has_a_heading(table: str) -> None:
    assert f"`[{table}" in HEADINGS


@pytest.mark.parametrize(("table", "key"), FIELDS, ids=[f"{t.__name__}-{n}" for t, n in FIELDS])
def test_every_key_is_on_the_page_with_its_default(table: type[BaseModel], key: str) -> None:
    field = table.model_fields[key]
    defaults = [row[2] for row in ROWS if f"`{key}`" in row[0].split(", ") and len(row) == 4]
    assert defaults
    if field.is_required():
        assert "-" in defaults
    elif field.default is None:
        assert "none" in defaults
    elif isinstance(field.default, (bool, int, float, str)):
        assert f"`{json.dumps(field.default)}`" in defaults


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_of_a_key_is_on_the_page(choice: str) -> None:
    assert f'`"{choice}"`' in PAGE


def test_there_are_choices_of_every_kind() -> None:
    assert {"uniform", "random", "poisson", "noisy_current", "exact", "T0", "grid_layout"} <= set(CHOICES)

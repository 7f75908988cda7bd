"""The glossary names classes and functions that exist, and words of simulators that these have."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name

import pytest

from neurosim.edges.deprecated import MOVED, REPLACED

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
ROWS = [[c.strip() for c in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
TERMS = [row for row in ROWS if row[0] != "term"]
NAMES = sorted({name for row in TERMS for name in re.findall(r"`(neurosim[\w.]+)`", row[2])})
ASKED_FOR = (
    "population", "projection", "mode", "wake, sleep", "phase", "trial", "schedule", "stimulus", "probe", "program",
    "lower", "session", "backend", "mode of a backend", "kind", "tier", "T0", "T1", "grid", "ledger", "task", "stream",
    "experience", "rehearsal", "sleep replay", "engram gate", "latent replay", "prepared", "run state", "stage",
    "checkpoint", "run directory", "worker", "artefact",
)  # fmt: skip
"""Terms that errors, pages and tables use as if everyone knew them."""


@pytest.mark.parametrize("term", ASKED_FOR)
def test_a_term_is_in_the_glossary(term: str) -> None:
    assert term in [row[0] for row in TERMS]


@pytest.mark.parametrize("row", TERMS, ids=lambda row: row[0])
def test_a_term_has_a_meaning_and_a_place_in_the_code_or_none(row: list[str]) -> None:
    assert len(row) == 4
    assert row[1].endswith(".")
    assert row[2] == "-" or re.fullmatch(r"`neurosim[\w.]+`(, `neurosim[\w.]+`)*", row[2])


@pytest.mark.parametrize("name", NAMES)
def test_what_a_term_names_exists(name: str) -> None:
    assert resolve_name(name) is not None
    assert not [old for old in (*MOVED, *REPLACED) if f"{name}.".startswith(f"{old}.")]


def test_no_term_stands_there_twice() -> None:
    terms = [row[0] for row in TERMS]
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize(("title", "package"), [("Brian2", "brian2"), ("Nengo", "nengo")])
def test_a_class_of_a_simulator_exists(title: str, package: str) -> None:
    pytest.importorskip(package)
    named = {name for row in TERMS for name in re.findall(rf"{title} `([A-Z]\w+)`", row[3])}
    assert named
    assert {name for name in named if not hasattr(import_module(package), name)} == set()

"""The pages of distributions, wiring and sources have every public name and argument."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import neurosim as ns

ROOT = Path(__file__).parents[2]
HOMES = {
    "distributions": "neurosim.model.distributions",
    "wiring": "neurosim.model.connectivity.rules",
    "sources": "neurosim.simulation.sources",
}
PAGES = {page: (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8") for page in HOMES}
NAMES = [(page, name) for page, home in HOMES.items() for name in ns._HOMES[home]]


@pytest.mark.parametrize(("page", "name"), NAMES)
def test_a_name_is_on_its_page_with_what_it_takes(page: str, name: str) -> None:
    assert f"ns.{name}(" in PAGES[page]
    for argument in inspect.signature(getattr(ns, name)).parameters:
        assert re.search(rf"\b{argument}\b", PAGES[page]), argument


@pytest.mark.parametrize("page", HOMES)
def test_a_row_has_a_meaning_an_equation_and_the_word_of_others(page: str) -> None:
    table = PAGES[page].partition("| name |")[2].partition("\n\n")[0]
    rows = [line.strip("|").split(" | ") for line in table.splitlines()[2:]]
    assert len(rows) >= 7
    assert {len(row) for row in rows} == {5}
    known = [name for name in ns._HOMES[HOMES[page]] if name != "grid_layout"]
    assert {re.findall(r"ns\.(\w+)", row[0])[0] for row in rows} == set(known)


@pytest.mark.parametrize("page", HOMES)
def test_a_page_is_linked_from_the_readme(page: str) -> None:
    assert f"](docs/reference/{page}.md)" in (ROOT / "README.md").read_text(encoding="utf-8")

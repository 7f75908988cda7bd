"""The page on installing has every extra with its size, the Pythons that were run, and what pip is told of Lava."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from neurosim.edges import optional_packages
from neurosim.edges.optional_packages import Extra

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "install.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
FOR_DEVELOPERS = {"test", "lint", "docs"}
EXTRAS = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]+) \|$", PAGE, re.M))
NAMED_BY_ERRORS = {e.title: e.install for e in vars(optional_packages).values() if isinstance(e, Extra)}


def test_every_extra_is_on_the_page_with_its_size() -> None:
    assert set(EXTRAS) == set(PROJECT["optional-dependencies"]) - FOR_DEVELOPERS
    assert [extra for extra, size in EXTRAS.items() if not re.fullmatch(r"[\d,]+|\d\.\d", size)] == []


@pytest.mark.parametrize(("title", "install"), NAMED_BY_ERRORS.items())
def test_an_extra_that_an_error_names_is_on_the_page(title: str, install: str) -> None:
    assert set(re.findall(r"neurosim\[(\w+)\]", install)) <= set(EXTRAS)


def test_the_sum_of_the_core_is_there() -> None:
    core = PAGE.partition("<!-- core begin -->")[2].partition("<!-- core end -->")[0]
    assert re.search(r"^\| together, without numpy \| \d+ \|$", core, re.M)


def test_pythons_that_were_run_are_those_of_the_classifiers() -> None:
    classified = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if c.startswith("Programming Language")]
    [run] = re.findall(r"^\| (3\.[\d., ]+) \| `make test-wheel`", PAGE, re.M)
    assert run.split(", ") == classified
    assert PROJECT["requires-python"] == f">={classified[0]}"


def test_what_is_told_to_pip_of_lava_is_what_uv_is_told() -> None:
    [lava] = [d for d in PYPROJECT["tool"]["uv"]["dependency-metadata"] if d["name"] == "lava-nc"]
    needed = {re.split(r"[<>=]", r)[0] for r in [*lava["requires-dist"], *PROJECT["optional-dependencies"]["lava"]]}
    [command] = re.findall(r"pip install \. (.+)\n", PAGE.partition("## Lava")[2])
    assert set(command.split()) == needed - {"numpy", "lava-nc"}


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "how-to" / "upgrade.md"])
def test_the_page_is_linked(page: Path) -> None:
    assert "install.md)" in page.read_text(encoding="utf-8")

"""The page of the architecture names what is there, and draws the floors that imports are checked against."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from pkgutil import resolve_name

import pytest

from neurosim.edges.deprecated import MOVED

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAMES = sorted(set(re.findall(r"`(neurosim(?:_\w+)?(?:\.\w+)+)`", PAGE)))
GROUPS = PYPROJECT["project"]["entry-points"]
NEEDS = {"neurosim_brian2": "brian2", "neurosim_torch": "torch.cuda"}  # `torch` might be a folder of tests
"""What a package that is not in the core must have installed."""


def floors(package: str) -> list[str]:
    """The layers of the contract of a package, from high to low."""
    contracts = [c for c in PYPROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers"]
    return next(c["layers"] for c in contracts if c["layers"][0].rpartition(".")[0] == package)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in GROUPS])
def test_a_name_on_the_page_exists(name: str) -> None:
    package = name.partition(".")[0]
    if package in NEEDS:
        pytest.importorskip(NEEDS[package])
    assert resolve_name(name) is not None


def test_no_name_on_the_page_is_an_old_one() -> None:
    assert [n for n in NAMES for old in MOVED if f"{n}.".startswith(f"{old}.")] == []


def test_a_class_on_the_page_is_defined_somewhere() -> None:
    named = set(re.findall(r"`((?:[A-Z][a-z]+){1,3})`", PAGE))
    assert len(named) > 20
    assert named - defined() == set()


def defined() -> set[str]:
    """The names of all classes of neurosim and of its backends."""
    files = [*(ROOT / "neurosim").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]
    return {c for file in files for c in re.findall(r"^class (\w+)", file.read_text(encoding="utf-8"), re.M)}


def test_there_are_names() -> None:
    assert len(NAMES) > 50


def test_the_floors_are_those_that_imports_are_checked_against() -> None:
    table = PAGE.partition("## The floors")[2].partition("\n## ")[0]
    expected = [part.strip() for layer in floors("neurosim") for part in layer.split(":")]
    assert re.findall(r"^\| `(neurosim\.\w+)` \| .+ \|$", table, re.M) == expected


def test_the_floors_of_a_scenario_are_those_that_imports_are_checked_against() -> None:
    sentence = PAGE.partition("in a second contract: ")[2].partition(". ")[0]
    expected = [part.strip().rpartition(".")[2] for layer in floors("neurosim.scenario") for part in layer.split(":")]
    assert re.findall(r"`(\w+)`", sentence) == expected

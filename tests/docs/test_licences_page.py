"""The list of licences has every file of data and every trained network that comes with neurosim."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from neurosim.scenario import schema

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "licences.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LISTED = set(re.findall(r"^\| `([\w./-]+)`", PAGE, re.M))
DATA = {".npz", ".npy", ".h5", ".hdf5", ".csv", ".gz", ".parquet"}
SHIPPED = ("neurosim", "backends", "firmware", "scenarios", "benchmarks", "docs")
MADE_BY = dict(re.findall(r"^\| `(\S+\.h5)` \| `neurosim pretrain (\S+) --data FOLDER` \|$", PAGE, re.M))


def test_all_data_that_are_shipped_are_on_the_page() -> None:
    shipped = {p for folder in SHIPPED for p in (ROOT / folder).rglob("*") if p.suffix in DATA}
    assert {str(p.relative_to(ROOT)) for p in shipped} == LISTED


@pytest.mark.parametrize(("network", "scenario"), sorted(MADE_BY.items()))
def test_a_trained_network_is_that_of_the_scenario_that_the_page_names(network: str, scenario: str) -> None:
    table = schema.read(ROOT / scenario).pretraining
    assert table is not None
    assert table.file is not None
    assert Path(table.file).resolve() == ROOT / network


def test_each_trained_network_has_its_command() -> None:
    assert set(MADE_BY) == {path for path in LISTED if path.endswith(".h5")}


def test_the_licences_of_the_project_are_those_of_the_page() -> None:
    assert f"`{PROJECT['license']}`" in PAGE
    texts = {p.relative_to(ROOT) for pattern in PROJECT["license-files"] for p in ROOT.glob(pattern)}
    assert {text.name for text in texts} == {"LICENSE", "digits-LICENSE.txt"}

"""The page on extending names files, tests, functions and entry points that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neurosim.backend import registry
from neurosim.device.table import DEVICES
from neurosim.model.connectivity import CONNECTIVITY
from neurosim.results.metric import METRICS
from neurosim.scenario.datasets.from_code.entry_points import DATA_SETS
from neurosim.scenario.methods import gradient
from neurosim.scenario.schema.data import STREAMS
from neurosim.scenario.schema.training import METHODS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "extend.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"`((?:neurosim|tests|docs|backends)/[\w./-]*|[A-Z]+\.md|pyproject\.toml)`", PAGE)))
ROWS = re.findall(r"^\| (.+?) \|", PAGE.partition("## In neurosim")[2], re.M)
ASKED_FOR = (
    "neuron model", "synapse", "learning rule", "connectivity", "data set", "stream of tasks", "training method",
    "metric of every run", "number format", "backend", "mode of a backend", "command", "scenario table", "file format",
)  # fmt: skip


@pytest.mark.parametrize("path", FILES)
def test_a_file_on_the_page_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("what", ASKED_FOR)
def test_there_is_a_row(what: str) -> None:
    assert what in ROWS


@pytest.mark.parametrize(
    ("file", "name"), sorted(set(re.findall(r"`(neurosim/[\w/]+\.py)` \(`(?:\w+\.)?(\w+)`\)", PAGE)))
)
def test_a_function_on_the_page_is_in_its_file(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_a_group_of_entry_points_on_the_page_is_one() -> None:
    groups = re.findall(r"group `([\w.]+)`", PAGE)
    extensions = (DATA_SETS, STREAMS, CONNECTIVITY, METHODS, METRICS, DEVICES)
    assert {*groups} == {registry.GROUP, gradient.GROUP, *(e.group for e in extensions)}


@pytest.mark.parametrize("page", ["how-to/extend.md", "reference/glossary.md", "explanation/architecture.md"])
def test_a_page_for_newcomers_is_linked_from_the_readme(page: str) -> None:
    assert f"](docs/{page})" in (ROOT / "README.md").read_text(encoding="utf-8")

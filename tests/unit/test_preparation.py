"""A scenario is built once, however it is run: network, tasks, programs, method and data."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from neurosim.backend import registry
from neurosim.scenario import engine, schema
from neurosim.scenario.runs.submit.parallel import over_seeds
from neurosim.scenario.schema import ClassIncrementalStream, DataTable, Scenario

DIGITS_SLEEP = Path(__file__).parents[1] / "digits_sleep.toml"

ONCE = {"network": 1, "tasks": 1, "program": 2, "method": 1, "data": 1}
"""How often each is built; a program for each of the two modes."""


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each has been built since the test began."""
    times: Counter[str] = Counter()

    def count(owner: Any, function: str, what: str) -> None:
        original = getattr(owner, function)

        @functools.wraps(original)
        def counted(*args: Any, **kwargs: Any) -> Any:
            times[what] += 1
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, function, counted)

    planning = import_module("neurosim.scenario.preparation.plan")  # the package gives its name to a function
    count(Scenario, "build_network", "network")
    count(ClassIncrementalStream, "build", "tasks")
    count(planning, "lower", "program")
    count(planning, "method_of", "method")
    count(DataTable, "build", "data")
    return times


@pytest.fixture
def digits_sleep(tmp_path: Path) -> Path:
    """The scenario with fewer samples, neurons and steps; what is built of it stays the same."""
    text = DIGITS_SLEEP.read_text(encoding="utf-8")
    smaller = {"size = 256": "size = 8", "test = 360": "test = 60", "validation = 287": "validation = 1637"}
    for old, new in {**smaller, "steps = 747": "steps = 30"}.items():
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "digits_sleep.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_command_line_builds_each_once(
    neurosim: Callable[..., Any], built: Counter[str], digits_sleep: Path
) -> None:
    assert neurosim("run", digits_sleep).code == 0
    assert built == ONCE


def test_the_seeds_of_a_command_share_one_preparation(
    neurosim: Callable[..., Any], built: Counter[str], digits_sleep: Path
) -> None:
    assert neurosim("run", digits_sleep, "--seeds", "0,1").code == 0
    assert built == ONCE


def test_the_engine_builds_each_once(built: Counter[str], digits_sleep: Path) -> None:
    engine.run(schema.read(digits_sleep), registry.opener(*registry.load("reference")))
    assert built == ONCE


def test_the_seeds_of_a_script_share_one_preparation(built: Counter[str], digits_sleep: Path) -> None:
    over_seeds(schema.read(digits_sleep), registry.opener(*registry.load("reference")), [0, 1])
    assert built == ONCE


def test_a_trial_of_a_search_prepares_once_for_all_its_seeds(built: Counter[str], digits_sleep: Path) -> None:
    from neurosim.scenario.search.ranges import Search
    from neurosim.scenario.search.search import search

    with digits_sleep.open("a", encoding="utf-8") as file:
        file.write('[search]\ntrials = 1\nseeds = [0, 1]\n[search.range]\n"sleep.rate" = { low = 0.1, high = 0.9 }\n')
    in_file = Search.read(digits_sleep)
    data = in_file.scenario({}).data.build()
    built.clear()
    search(in_file, registry.opener(*registry.load("reference")), data, digits_sleep.with_suffix(".db"))
    assert built == {"network": 2, "tasks": 2, "program": 4, "method": 2}, "before the first trial, and in it"

"""The page of statistics has every function and every choice of the command line."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from neurosim.results.analysis import statistics
from neurosim.results.analysis.summary import INTERVALS, TESTS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "statistics.md").read_text(encoding="utf-8")
FUNCTIONS = [name for name in statistics.__all__ if inspect.isfunction(getattr(statistics, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize(
    "choice", [*(f"interval {n}" for n in INTERVALS if n != "none"), *(f"test {n}" for n in TESTS)]
)
def test_a_choice_of_the_command_is_on_the_page(choice: str) -> None:
    assert f"`--{choice}`" in PAGE


@pytest.mark.parametrize("name", ["mean", "standard_deviation", "t_interval", "bootstrap_interval", "cohens_dz"])
def test_the_page_has_the_equation_of_the_docstring(name: str) -> None:
    equation = (inspect.getdoc(getattr(statistics, name)) or "").partition(";")[0].partition(" resampled")[0]
    assert equation.partition(", that")[0].partition(" of ")[0].lower() in PAGE.lower()

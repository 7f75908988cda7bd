"""The page of metrics has every metric, and JSON has every one that a run defines."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from neurosim.cli.report import tables as report
from neurosim.results import metrics
from neurosim.results.result import Result
from neurosim.results.store import tables as stored

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
METRICS = [n for n, f in vars(metrics).items() if inspect.isfunction(f) and f.__module__ == metrics.__name__]
PUBLIC = [n for n in METRICS if not n.startswith("_")]
OF_A_RUN = [n for n in PUBLIC if isinstance(vars(Result).get(n), property)]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_metric_is_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE


def test_some_are_of_a_run() -> None:
    assert len(OF_A_RUN) > 5


@pytest.mark.parametrize("name", OF_A_RUN)
def test_a_metric_of_a_run_is_in_every_file_and_in_json(name: str) -> None:
    assert name in stored.COMPUTED
    assert f'"{name}": metrics.{name}(' in inspect.getsource(stored)
    assert f'"{name}": result.{name}' in inspect.getsource(report)

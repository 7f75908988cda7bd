"""The page of metrics is what the records say, and files, JSON and reports have every metric of a run."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from types import ModuleType

import pytest

from neurosim.results import metrics
from neurosim.results.metric import Metric
from neurosim.results.result import Result

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
OF_A_MATRIX = [
    name
    for name, function in vars(metrics).items()
    if inspect.isfunction(function) and function.__module__ == metrics.__name__ and not name.startswith("_")
]
FUNCTIONS = [name for name in OF_A_MATRIX if name != "values"]


def make_metrics() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_metrics", ROOT / "docs" / "make_metrics.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_up_to_date() -> None:
    assert make_metrics().page() == PAGE, "run: python docs/make_metrics.py"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_metric_is_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("metric", metrics.OF_A_RUN, ids=lambda m: m.name)
def test_a_record_has_the_equation_of_its_function(metric: Metric) -> None:
    function = getattr(metrics, metric.function_name or metric.name)
    assert metric.equation in function.__doc__
    assert isinstance(vars(Result).get(metric.name), property)

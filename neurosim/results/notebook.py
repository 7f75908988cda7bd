"""What a notebook shows of a result and of a comparison: HTML in which every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from neurosim.model.display.notebook import table_html
from neurosim.results.metrics import OF_A_RUN

if TYPE_CHECKING:
    from neurosim.results.agreement.comparison import Comparison
    from neurosim.results.result import Result

WIDEST = 10
"""Of more tasks, a table has the accuracies right after each task and after the last instead of the whole matrix."""


def result_html(result: Result) -> str:
    """The run in a line, the accuracy matrix, and metrics of continual learning."""
    title = f"{result.scenario} on {result.backend}:{result.mode}, seed {result.seed}"
    metrics = table_html("Metrics", ("metric", "value"), [(n, _number(v)) for n, v in _metrics(result)])
    return f"<div><strong>{escape(title)}</strong>{_accuracies(result)}{metrics}</div>"


def comparison_html(comparison: Comparison) -> str:
    """A row: the backend, its accuracy, its agreement with the reference, and its speed."""
    cells = comparison.as_cells()
    return f"<div>{table_html('Comparison with the reference', tuple(cells), [tuple(cells.values())])}</div>"


def _accuracies(result: Result) -> str:
    matrix = result.accuracy_matrix
    tasks = range(len(matrix))
    if len(matrix) > WIDEST:
        heads: tuple[str, ...] = ("task", "when it was trained", "after the last")
        rows = [(j + 1, _number(matrix[j, j]), _number(matrix[-1, j])) for j in tasks]
        return table_html("Accuracies", heads, rows)
    heads = ("after task", *(f"task {j + 1}" for j in tasks))
    return table_html("Accuracies", heads, [(i + 1, *map(_number, row)) for i, row in enumerate(matrix)])


def _metrics(result: Result) -> Iterable[tuple[str, float | None]]:
    values = result.metrics
    yield "accuracy", values["accuracy"]
    yield from ((metric.short, values[metric.name]) for metric in OF_A_RUN if metric.line == "usual")
    yield from result.further_metrics.items()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

"""Writes the table of the metrics of a run into docs/reference/metrics.md, from their records.

python docs/make_metrics.py
"""

from __future__ import annotations

from pathlib import Path

from neurosim.results.metric import Metric
from neurosim.results.metrics import OF_A_RUN

PAGE = Path(__file__).parent / "reference" / "metrics.md"
BEGIN, END = "<!-- metrics of a run: begin -->", "<!-- metrics of a run: end -->"


def page() -> str:
    """The page with its table as the records say."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [
        "| printed | in JSON | function | equation | source |",
        "|---|---|---|---|---|",
        *map(_row, OF_A_RUN),
    ]
    return "\n".join([before + BEGIN, "", *rows, "", END + after])


def _row(metric: Metric) -> str:
    function = metric.function_name or metric.name
    return f"| {metric.short} | `{metric.name}` | `{function}` | {metric.equation} | {metric.source} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

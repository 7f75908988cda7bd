"""The table of a study, from its folder: a row for each cell and backend."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.table import Table

from neurosim.cli.runs import seed_table

if TYPE_CHECKING:
    from neurosim.results.result import Result
    from neurosim.results.studies import Study


def study_table(study: Study) -> Table:
    """Accuracy and forgetting over the seeds of each cell on each backend, of the runs that have ended."""
    by_row: dict[str, list[Result]] = {}
    for run in study.runs():
        if run.has_ended:
            row = f"{run.cell.words} on {run.where}"
            by_row.setdefault(row, []).append(replace(run.result(), stages=()))  # its arrays are in its directory
    return seed_table.table_of(("study", "runs"), {(row, str(len(runs))): runs for row, runs in by_row.items()})

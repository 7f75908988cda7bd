"""The runs of one scenario with several seeds: mean and spread, a row for each backend."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from neurosim.cli.console import out
from neurosim.cli.report.fitting import PLAIN, FittingTable

if TYPE_CHECKING:
    from neurosim.results.result import Result


def tell(results: Sequence[Result]) -> None:
    """Print what the table is of, and the table."""
    seeds = ", ".join(str(seed) for seed in dict.fromkeys(r.seed for r in results))
    what = f"on the {results[0].part} part, mean ± standard deviation of seeds {seeds}"
    out.print(f"\n[bold]{results[0].scenario}[/bold] {what}", soft_wrap=True)
    out.print(table(results))


def table(results: Sequence[Result]) -> Table:
    """Accuracy over all classes after the last task with its lowest and highest, forgetting, and seconds."""
    by_backend: dict[str, list[Result]] = {}
    for result in results:
        by_backend.setdefault(f"{result.backend}:{result.mode}", []).append(result)
    rows = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    rows.add_column("backend", no_wrap=True)
    for header in ("accuracy", "lowest to highest", "forgetting", "s"):
        rows.add_column(header, justify="right", no_wrap=True)
    for name, runs in by_backend.items():
        accuracies = [r.accuracy for r in runs]
        forgotten = [r.forgetting for r in runs if r.forgetting is not None]  # a single task has none
        span = f"{min(accuracies):.3f} to {max(accuracies):.3f}"
        rows.add_row(name, _spread(accuracies, 3), span, _spread(forgotten, 3), _spread([r.seconds for r in runs], 1))
    return rows


def _spread(values: Sequence[float], digits: int) -> str:
    if not values:
        return "-"
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"

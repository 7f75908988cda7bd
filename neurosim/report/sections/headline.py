"""The figures that a reader looks for first."""

from __future__ import annotations

from neurosim.report.blocks import Figure, Figures
from neurosim.report.quantities import interval, listed, spread
from neurosim.report.sources import RunGroup

METRICS = {
    "accuracy": "accuracy after the last task",
    "average_incremental_accuracy": "average incremental accuracy",
    "forgetting": "forgetting",
    "backward_transfer": "backward transfer",
}


def headline(group: RunGroup) -> Figures:
    """Return the mean of each metric over the seeds of the first backend, with its interval."""
    figures = []
    for name, label in METRICS.items():
        values = [v for v in (getattr(r, name) for r in group.first) if v is not None]
        if values:
            said = f"95% interval of the mean: {interval(values)}" if len(values) > 1 else ""
            figures.append(Figure(label, spread(values), said))
    seeds = [r.seed for r in group.first]
    where = ", ".join(dict.fromkeys(r.where for r in group.runs))
    figures.append(Figure("seeds" if len(seeds) > 1 else "seed", listed(seeds), f"on {where}"))
    return Figures(figures)

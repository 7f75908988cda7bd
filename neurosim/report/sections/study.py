"""The variants of a study beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim import plots
from neurosim.plots.studies import METRICS, by_backend, values_of
from neurosim.report.blocks import Cell, Gallery, Picture, ReportTable, Section
from neurosim.report.drawing import drawn
from neurosim.report.quantities import interval, listed, spread
from neurosim.report.sources import Reported

DRAWN = ("accuracy", "average_incremental_accuracy", "forgetting")
HEADS = [
    "variant, backend", "seeds", "accuracy", "95% interval of the mean", "average incremental accuracy", "forgetting",
]  # fmt: skip


def study(reported: Reported) -> Section | None:
    """Return the section that sets groups side by side; None of a single one."""
    if not reported.is_of_several:
        return None
    pictures = [_picture(reported, metric) for metric in DRAWN if _values(reported, metric)]
    table = ReportTable("Variants: mean ± standard deviation over seeds", HEADS, _rows(reported), 4)
    return Section("variants", "Variants", [table, Gallery(pictures)])


def _rows(reported: Reported) -> list[Sequence[Cell]]:
    return [
        [
            f"{group.title}, {where}",
            listed([r.seed for r in results]),
            spread(values_of(results, "accuracy").tolist()),
            interval(values_of(results, "accuracy").tolist()),
            spread(values_of(results, "average_incremental_accuracy").tolist()),
            spread(values_of(results, "forgetting").tolist()),
        ]
        for group in reported.groups
        for where, results in by_backend(group.results).items()
    ]


def _values(reported: Reported, metric: str) -> dict[str, float]:
    """The mean of a metric of each group that defines it."""
    found = {g.title: values_of(g.results, metric) for g in reported.groups}
    return {title: float(values.mean()) for title, values in found.items() if len(values)}


def _picture(reported: Reported, metric: str) -> Picture:
    means = _values(reported, metric)
    best, worst = (choose(means, key=lambda t: means[t]) for choose in (max, min))
    words = f"{METRICS[metric]} of {len(means)} variants: highest of {best}, {means[best]:.3f}; lowest of {worst}, "
    groups = {g.title: g.results for g in reported.groups}
    height = 0.9 + 0.42 * len(groups)
    drawing = drawn(
        f"variants-{metric.replace('_', '-')}",
        f"{words}{means[worst]:.3f}.",
        lambda ax: plots.study_metric(groups, metric, ax=ax),
        height,
    )
    return Picture(f"{METRICS[metric]}: means, 95% intervals, and each run", drawing)

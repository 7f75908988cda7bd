"""The variants of a study beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim import plots
from neurosim.plots.studies import METRICS, by_backend, values_of
from neurosim.report.blocks import Cell, Gallery, Note, ReportPicture, ReportTable, Section
from neurosim.report.drawing import drawn
from neurosim.report.quantities import ends, interval, listed, spread
from neurosim.report.sources import Reported, RunGroup
from neurosim.results.analysis.statistics import holm, mean, paired_by_seed, paired_t_test, t_interval

DRAWN = ("accuracy", "average_incremental_accuracy", "forgetting")
COMPARED = ("accuracy", "forgetting")
DIFFERENCES = ["variant, metric", "difference", "95% interval of the mean", "p", "pairs"]
HEADS = [
    "variant, backend", "seeds", "accuracy", "95% interval of the mean", "average incremental accuracy", "forgetting",
]  # fmt: skip


def study(reported: Reported) -> Section | None:
    """Return the section that sets groups side by side; None of a single one."""
    if not reported.is_of_several:
        return None
    pictures = [_picture(reported, metric) for metric in DRAWN if _values(reported, metric)]
    table = ReportTable("Variants: mean ± standard deviation over seeds", HEADS, _rows(reported), 4)
    differences = _differences(reported)
    return Section("variants", "Variants", [table, Gallery(pictures), *differences])


def _differences(reported: Reported) -> list[Note | ReportTable]:
    """What the metrics of each variant have over the first, over pairs of one seed; nothing without pairs."""
    base, *others = reported.groups
    pairs = {(g.title, m): paired_by_seed(_by_seed(g, m), _by_seed(base, m)) for g in others for m in COMPARED}
    found = {key: p.differences for key, p in pairs.items() if len(p.seeds) > 1}
    if not found:
        return []
    ps = holm([paired_t_test(d).p for d in found.values()])
    rows = [
        [f"{title}, {metric}", f"{_mean(d):+.3f}", ends(t_interval(d)), _p(p), str(len(d))]
        for ((title, metric), d), p in zip(found.items(), ps, strict=True)
    ]
    note = Note(
        f"Differences are means over pairs of one seed. p: paired t test, two-sided, Holm's correction over {len(ps)} "
        "tests. It is - where all differences are equal, or there are no two pairs."
    )
    return [ReportTable(f"Differences to {base.title}", DIFFERENCES, rows, 4), note]


def _by_seed(group: RunGroup, metric: str) -> dict[int, float]:
    return {r.seed: v for r in group.first if (v := getattr(r, metric)) is not None}


def _mean(values: Sequence[float]) -> float:
    return mean(values) or 0.0


def _p(p: float | None) -> str:
    return "-" if p is None else f"{p:.3g}"


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


def _picture(reported: Reported, metric: str) -> ReportPicture:
    means = _values(reported, metric)
    best, worst = (choose(means, key=lambda t: means[t]) for choose in (max, min))
    title = METRICS[metric][0].upper() + METRICS[metric][1:]
    words = f"{title} of {len(means)} variants: highest of {best}, {means[best]:.3f}; lowest of {worst}, "
    groups = {g.title: g.results for g in reported.groups}
    height = 0.9 + 0.42 * len(groups)
    drawing = drawn(
        f"variants-{metric.replace('_', '-')}",
        f"{words}{means[worst]:.3f}.",
        lambda ax: plots.study_metric(groups, metric, ax=ax),
        height,
    )
    return ReportPicture(f"{title}: means, 95% intervals, and each run", drawing)

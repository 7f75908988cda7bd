"""Sleep: every spike of every sleep, how they spread over a sleep, and what sleep does to weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from neurosim import plots
from neurosim.plots import sleep as of_sleep
from neurosim.plots.weights import matrices, weight_change
from neurosim.report.blocks import Gallery, Note, ReportPicture, ReportTable, Section
from neurosim.report.drawing import PAGE, drawn
from neurosim.report.sources import RunGroup
from neurosim.results.result import Result, Stage, StageKind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUARTERS = 4
BINS = 12
"""Of the tables; pictures have more."""

MOST_DOTS = 5000
"""Spikes that are drawn one by one; more are an image."""

MOST_MATRICES = 6
"""Pictures of weights: the first."""


def sleep(group: RunGroup, level: int) -> Section | None:
    """Return the section of sleep; None of runs that never slept."""
    results = [r for r in group.first if any(s.kind == StageKind.SLEPT for s in r.stages)]
    if not results:
        return None
    name, blocks = group.named("sleep"), [*_spikes(group, results), *_weights(group, results[0])]
    return Section(name, "Sleep", blocks, level)


def _of(group: RunGroup) -> str:
    return f", {group.title}" if group.name else ""


def _spikes(group: RunGroup, results: Sequence[Result]) -> Iterator[Note | Gallery]:
    spiking = [r for r in results if any(s.kind == StageKind.SLEPT and s.spikes for s in r.stages)]
    if not spiking:
        yield Note("No spikes of its sleep were recorded.")
        return
    stages = of_sleep.sleeps(spiking[0])
    yield Note(_about(spiking[0], stages))
    yield Gallery([_raster(group, spiking[0], stages)])
    yield Gallery([_activity(group, spiking)])


def _about(result: Result, stages: Sequence[Stage]) -> str:
    counts = {name: sum(s.spikes[name].count for s in stages) for name in stages[0].spikes}
    early = {name: of_sleep.first_quarter(stages, name) for name in counts}
    parts = [f"{n.partition('.')[0]} {counts[n]:,} ({early[n]:.0%} of them in the first quarter)" for n in counts]
    return f"Spikes of {len(stages)} sleeps, seed {result.seed}: {'; '.join(parts)}."


def _raster(group: RunGroup, result: Result, stages: Sequence[Stage]) -> ReportPicture:
    spikes = sum(e.count for s in stages for e in s.spikes.values())

    def draw(ax: Axes) -> None:
        for dots in plots.sleep_raster(result, ax).collections:
            dots.set_rasterized(spikes > MOST_DOTS)

    words = f"A dot for each spike of {len(stages)} sleeps, which lie side by side. {_about(result, stages)}"
    wide = drawn(group.named("raster"), words, draw, 3.4, PAGE)
    narrow = drawn(group.named("raster-narrow"), words, draw, 3.6)
    rows = [
        [f"sleep {s.task + 1}, {name.partition('.')[0]}", *map(str, _quarters(s, name))]
        for s in stages
        for name in s.spikes
    ]
    heads = ["sleep and population", *(f"quarter {k + 1}" for k in range(QUARTERS))]
    data = ReportTable(f"Spikes in each quarter of a sleep{_of(group)}", heads, rows, QUARTERS)
    return ReportPicture("Every spike of every sleep", wide, narrow, data, fills_page=True)


def _quarters(stage: Stage, name: str) -> list[int]:
    offsets = stage.spikes[name].offsets
    ends = [offsets[(len(offsets) - 1) * k // QUARTERS] for k in range(QUARTERS + 1)]
    return [int(b - a) for a, b in pairwise(ends)]


def _activity(group: RunGroup, results: Sequence[Result]) -> ReportPicture:
    def draw(ax: Axes) -> Axes:
        return plots.sleep_activity(results, ax)

    stages = [s for r in results for s in of_sleep.sleeps(r)]
    shares = {n: of_sleep.first_quarter(stages, n) for n in stages[0].spikes}
    said = "; ".join(f"{n.partition('.')[0]} {share:.0%}" for n, share in shares.items())
    words = f"Spikes a step over the steps of a sleep, falling. Share of spikes in the first quarter: {said}."
    found = of_sleep.activity(stages, BINS)
    edges = next(iter(found.values()))[0]
    rows = [
        [f"{a:.0f} to {b:.0f}", *(f"{found[n][1][k]:.3f}" for n in found)] for k, (a, b) in enumerate(pairwise(edges))
    ]
    heads = ["steps of a sleep", *(n.partition(".")[0] for n in found)]
    data = ReportTable(f"Spikes a step{_of(group)}", heads, rows, len(found))
    wide = drawn(group.named("activity"), words, draw, 2.2, PAGE)
    narrow = drawn(group.named("activity-narrow"), words, draw, 2.4)
    title = f"Spikes a step, the mean of all sleeps of {len(results)} run{'s' * (len(results) != 1)}"
    return ReportPicture(title, wide, narrow, data, fills_page=True)


def _weights(group: RunGroup, result: Result) -> Iterator[Note | Gallery]:
    names = matrices(result)
    if not names or result.stages[0].kind == StageKind.SLEPT:
        return
    yield Note(f"Weights before and after the last sleep, seed {result.seed}; counts are logarithmic.")
    yield Gallery([_histogram(group, result, name, k) for k, name in enumerate(names[:MOST_MATRICES])])


def _histogram(group: RunGroup, result: Result, name: str, k: int) -> ReportPicture:
    change, coarse = weight_change(result, name), weight_change(result, name, bins=BINS)
    words = (
        f"Histogram of {name} before and after the last sleep: {change.share_changed:.1%} of the weights changed, on "
        f"average by {change.mean_change:+.2g}."
    )

    def draw(ax: Axes) -> Axes:
        return plots.weights_before_after(result, name, ax=ax)

    drawing = drawn(group.named(f"weights{k + 1}"), words, draw, 2.5)
    bins = zip(coarse.edges, coarse.edges[1:], coarse.before, coarse.after, strict=False)
    rows = [[f"{low:.3g} to {high:.3g}", f"{before:,}", f"{after:,}"] for low, high, before, after in bins]
    data = ReportTable(f"Values of {name}{_of(group)}", ["weight", "before sleep", "after sleep"], rows, 2)
    return ReportPicture(f"{name} before and after sleep", drawing, None, data)

"""Whether backends that ran the same scenario with the same seed have the same weights and spikes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from neurosim import plots
from neurosim.plots.differences import differences
from neurosim.report.blocks import Block, Cell, Gallery, Judged, Note, ReportPicture, ReportTable, Section
from neurosim.report.drawing import drawn
from neurosim.report.found import FoundComparison
from neurosim.report.sources import ReportedRun, RunGroup
from neurosim.results.agreement.tiers import agreement as agreement_of
from neurosim.results.agreement.tiers import tier

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADS = ["backend, seed", "kind", "tier", "accuracy", "max |Δw|", "spikes ≠", "samples/s", "ratio to the first"]
MOST_PICTURES = 6


def agreement(group: RunGroup, level: int) -> Section | None:
    """Return the section of agreement; None where no seed ran on two backends."""
    pairs = list(_pairs(group))
    if not pairs:
        return None
    rows = [_row(reference, other) for reference, other in pairs]
    exact = sum(r[2] == Judged("T0", True) for r in rows)
    words = (
        f"{exact} of {len(rows)} runs have all weights, spikes and accuracies of the first backend with their seed "
        "(tier T0)."
    )
    caption = f"Agreement with {pairs[0][0].where}{_of(group)}"
    blocks: list[Block] = [Note(words), Gallery([*_pictures(group, pairs), ReportTable(caption, HEADS, rows, 5)])]
    return Section(group.named("agreement"), "Agreement of backends", blocks, level)


def _of(group: RunGroup) -> str:
    return f", {group.title}" if group.name else ""


def _pairs(group: RunGroup) -> Iterator[tuple[ReportedRun, ReportedRun]]:
    """Each run with the first of its seed, where they have the same stages."""
    first: dict[int, ReportedRun] = {}
    for run in group.runs:
        reference = first.setdefault(run.result.seed, run)
        if reference.where != run.where and _stages(reference) == _stages(run):
            yield reference, run


def _stages(run: ReportedRun) -> list[tuple[int, str]]:
    return [(s.task, s.kind.value) for s in run.result.stages]


def _row(reference: ReportedRun, other: ReportedRun) -> list[Cell]:
    r, found = other.result, agreement_of(reference.result, other.result)
    reached = tier(found)
    ratio = r.samples_per_s / reference.result.samples_per_s if reference.result.samples_per_s else 0.0
    return [
        f"{other.where}, seed {r.seed}",
        r.kind,
        Judged(reached, reached != "none"),
        f"{r.accuracy:.3f}",
        "0" if found.max_abs_dw == 0 else f"{found.max_abs_dw:.1e}",
        f"{found.spikes_different:,} of {found.spikes:,}",
        f"{r.samples_per_s:,.0f}",
        f"{ratio:.2f}",
    ]


def _pictures(group: RunGroup, pairs: Sequence[tuple[ReportedRun, ReportedRun]]) -> Iterator[ReportPicture]:
    """One for each other backend: the seed that differs, or the first."""
    chosen: dict[str, tuple[ReportedRun, ReportedRun]] = {}
    for pair in sorted(pairs, key=lambda p: agreement_of(p[0].result, p[1].result).is_exact):
        chosen.setdefault(pair[1].where, pair)
    for k, (reference, other) in enumerate([*chosen.values()][:MOST_PICTURES]):
        yield _picture(group, reference, other, k)


def _picture(group: RunGroup, reference: ReportedRun, other: ReportedRun, k: int) -> ReportPicture:
    def draw(ax: Axes) -> Axes:
        return plots.first_difference(reference.result, other.result, ax)

    found = differences(reference.result, other.result)
    first = next((d.title for d in found if not d.is_none), None)
    title = f"{other.where} beside {reference.where}, seed {other.result.seed}"
    words = f"{title}: {'no stage differs' if first is None else f'they first differ after {first}'}."
    rows = [[d.title, f"{d.weights:.3g}", f"{d.spikes:,}"] for d in found]
    heads = ["stage", "max |Δw|", "spikes ≠"]
    data = ReportTable(f"Differences of {title}{_of(group)}", heads, rows, 2)
    return ReportPicture(title, drawn(group.named(f"difference{k + 1}"), words, draw, 2.9), None, data)


def compared(found: Sequence[FoundComparison]) -> Section | None:
    """Return the section of what `neurosim compare` kept in a study; None where it kept nothing."""
    if not found:
        return None
    rows: list[list[Cell]] = [
        [
            f"{c.scenario}, seed {c.seed}, {b.name}:{b.mode}",
            b.kind,
            Judged(b.tier, b.tier != "none"),
            f"{b.accuracy:.3f}",
            f"{b.max_abs_dw:.1e}" if b.max_abs_dw else "0",
            f"{b.spikes_different:,}",
            f"{b.samples_per_s:,.0f}",
            f"{b.ratio_to_reference:.2f}",
        ]
        for c in found
        for b in c.backends
    ]
    return Section("compared", "Comparison", [ReportTable("What neurosim compare found", HEADS, rows, 5)])

"""How long the calls of a device took, and what happened that a reader must know."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim import plots
from neurosim.report.blocks import Block, Gallery, Note, ReportPicture, ReportTable, Section
from neurosim.report.drawing import drawn
from neurosim.report.quantities import quantity
from neurosim.report.sources import ReportedRun, RunGroup
from neurosim.results.costs.device_calls import DeviceCalls

MOST_INCIDENTS = 20
HEADS = ["part of the run", "calls", "p50", "p95", "p99", "overruns", "bytes up", "bytes down", "incidents"]


def devices(group: RunGroup, level: int) -> Section | None:
    """Return the section of devices, of the first run that called one; None where none did."""
    run = next((r for r in group.runs if r.result.device), None)
    if run is None:
        return None
    parts = run.result.device
    blocks: list[Block] = [Note(f"Calls of {run.where}, seed {run.result.seed}.")]
    if any(p.calls for p in parts):
        blocks.append(Gallery([_picture(group, run)]))
    of = f", {group.title}" if group.name else ""
    blocks.append(ReportTable(f"Calls of a device{of}", HEADS, [_row(p) for p in parts], len(HEADS) - 1))
    incidents = [text for p in parts for text in p.incidents]
    if incidents:
        blocks.append(_incidents(incidents, of))
    return Section(group.named("devices"), "Device", blocks, level)


def _row(p: DeviceCalls) -> Sequence[str]:
    times = [quantity(t, "s") if t == t else "-" for t in (p.p50, p.p95, p.p99)]
    return [
        p.part,
        f"{p.calls:,}",
        *times,
        f"{p.overruns:,}",
        quantity(p.bytes_up, "B"),
        quantity(p.bytes_down, "B"),
        f"{len(p.incidents):,}",
    ]


def _picture(group: RunGroup, run: ReportedRun) -> ReportPicture:
    parts = run.result.device
    most = max(parts, key=lambda p: p.calls)
    words = f"Latencies of calls; of {most.part}, with most calls, p99 is {quantity(most.p99, 's')}."
    drawing = drawn(group.named("latencies"), words, lambda ax: plots.latency_percentiles(parts, ax), 2.6)
    return ReportPicture("What 50, 95 and 99 % of calls took at the most", drawing)


def _incidents(incidents: Sequence[str], of: str) -> ReportTable:
    shown = [[str(k + 1), text] for k, text in enumerate(incidents[:MOST_INCIDENTS])]
    caption = f"Incidents, {min(len(incidents), MOST_INCIDENTS)} of {len(incidents):,}{of}"
    return ReportTable(caption, ["number", "what happened"], shown)

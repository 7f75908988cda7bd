"""Results as tables for a terminal and as plain data for ``--json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from neurosim.cli.report.fitting import PLAIN, FittingTable
from neurosim.report.quantities import quantity
from neurosim.results.agreement.comparison import Comparison
from neurosim.results.agreement.teacher_forced import Segment, summary
from neurosim.results.analysis.task_titles import task_titles
from neurosim.results.costs import device_calls, energy
from neurosim.results.metrics import OF_A_RUN, values
from neurosim.results.result import Result, StageKind
from neurosim.results.store.tables import further_metrics

SHOWN = ("synaptic_operations", "effective_synaptic_operations", "spikes")
LARGE = 10**8
"""Counts from this on have three digits and a prefix, so that the table of costs fits into 80 characters."""

WIDEST = 10
"""The accuracy matrix of so many tasks fits into 80 characters."""


def run_as_data(result: Result, run_dir: str) -> dict[str, Any]:
    """One object of ``neurosim run --json``: energies in joules, memory in bytes, buffers in bits."""
    return {
        "scenario": result.scenario,
        "seed": result.seed,
        "backend": result.backend,
        "mode": result.mode,
        **values(OF_A_RUN, result.accuracy_matrix, result.samples),
        **further_metrics(result.further_metrics),
        "accuracy_matrix": result.accuracy_matrix.tolist(),
        "counts": {kind: dict(counts) for kind, counts in result.counts.items()},
        "energy": {t.name: {kind: t.energy(counts) for kind, counts in result.counts.items()} for t in energy.TABLES},
        "buffer_bits": result.buffer_bits,
        "raw_bits": result.raw_bits,
        "peak_memory": result.peak_memory,
        "device": device_calls.as_data(result.device),
        "run_dir": run_dir,
    }


def accuracy_table(result: Result) -> Table:
    """The accuracy matrix: a row for each task trained, a column for the classes of each task tested.

    Of many tasks only the diagonal and the last row, side by side, for all of it would be too wide.
    """
    titles = task_titles(result.classes)
    if len(titles) > WIDEST:
        return _two_columns(titles, result)
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("after task", justify="right", no_wrap=True)
    for title in titles:
        table.add_column(title, justify="right")
    for i, row in enumerate(result.accuracy_matrix):
        cells = [f"{value:.2f}" if j <= i else f"[dim]{value:.2f}[/dim]" for j, value in enumerate(row)]
        table.add_row(f"{i + 1}", *cells)
    return table


def _two_columns(titles: Sequence[str], result: Result) -> Table:
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    for header in ("task", "when it was trained", "after the last"):
        table.add_column(header, justify="right")
    for j, title in enumerate(titles):
        table.add_row(title, *(f"{result.accuracy_matrix[i, j]:.2f}" for i in (j, -1)))
    return table


def summary_line(result: Result) -> str:
    """One line: the accuracy of a run, its samples per second, and its seconds."""
    shown = "training" if any(s.kind == StageKind.TRAINED for s in result.stages) else "test"
    return (
        f"[bold]{result.accuracy:.1%}[/bold] of all classes after the last task; "
        f"{result.samples_per_s:,.0f} {shown} samples/s, {result.seconds:.1f} s in all"
    )


def metrics_line(result: Result) -> str:
    """One line: ACC, AIA, BWT and forgetting, by their names in the literature."""
    return _listed(result, "usual")


def conventions_line(result: Result) -> str:
    """One line: BWT and forgetting by the other conventions of the literature."""
    return f"by other conventions: {_listed(result, 'other')}"


def further_line(result: Result) -> str:
    """One line: the metrics of other packages, by their names; empty where there are none."""
    return ", ".join(f"{escape(name)} {_or_none(value)}" for name, value in result.further_metrics.items())


def _listed(result: Result, line: str) -> str:
    shown = ((m.short, m.of(result.accuracy_matrix, result.samples)) for m in OF_A_RUN if m.line == line)
    return ", ".join(f"{short} {_or_none(value)}" for short, value in shown)


def _or_none(metric: float | None) -> str:
    return "-" if metric is None else f"{metric:.3f}"


def cost_table(result: Result) -> Table:
    """A row for each kind of stage: its counts, and their energy by each table."""
    caption = "energies are counts times published figures, not measured"
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0), caption=caption, caption_justify="left")
    table.add_column("")
    for header in ("synaptic\noperations", "effective\nones", "spikes\nrecorded", *map(_energy_header, energy.TABLES)):
        table.add_column(header, justify="right", no_wrap=True)
    for kind, counts in ((k, c) for k, c in result.counts.items() if c):
        numbers = [_three_digits(counts.get(n)) for n in SHOWN]
        table.add_row(kind, *numbers, *(quantity(t.energy(counts), "J") for t in energy.TABLES))
    return table


def _three_digits(count: int | None) -> str:
    """A count in full; with a prefix where it has more digits than fit."""
    return "-" if count is None else f"{count:,}" if count < LARGE else quantity(count, "").rstrip()


def _energy_header(table: energy.EnergyTable) -> str:
    """Its name, and its figure, which the cells are multiples of."""
    return f"{table.name}\nx {', '.join(quantity(j, 'J') for j in table.joules.values())}"


def memory_line(result: Result) -> str:
    """One line: the most memory that the process took, and the size of the replay buffer."""
    peak, buffer = quantity(result.peak_memory, "B"), quantity(result.buffer_bits, "bit")
    ratio = result.raw_bits / max(result.buffer_bits, 1)
    compressed = f", 1/{ratio:.3g} of the samples themselves" if ratio > 1 else ""
    return f"peak memory {peak}, replay buffer {buffer}{compressed}"


MOST_INCIDENTS = 5
"""As many are shown; all of them are in the events of the run."""


def device_lines(result: Result) -> list[str]:
    """Lines on the calls of a device, and the incidents that there were; none where no device was called."""
    data = device_calls.as_data(result.device)
    if data is None:
        return []
    incidents = data["incidents"]
    p50, p95, p99 = (quantity(data[n], "s") for n in ("p50", "p95", "p99"))
    carried = data["bytes_up"], data["bytes_down"]
    link = f", {quantity(carried[0], 'B')} up and {quantity(carried[1], 'B')} down" if any(carried) else ""
    first = (
        f"{data['calls']:,} calls of the device: p50 {p50}, p95 {p95}, p99 {p99} in the part with most{link}; "
        f"{data['overruns']:,} overruns, {len(incidents):,} incidents"
    )
    more = len(incidents) - MOST_INCIDENTS
    rest = [f"  and {more:,} more, in events.jsonl"] if more > 0 else []
    return [first, *(f"  {text}" for text in incidents[:MOST_INCIDENTS]), *rest]


def comparison_table(rows: Sequence[Comparison]) -> Table:
    """A row for each backend, in the order given; it fits into 80 columns."""
    table = FittingTable(box=PLAIN, show_edge=False, padding=0)
    for header in ("backend", "kind"):
        table.add_column(header, no_wrap=True)
    for header in ("accuracy", "max|dw|", "spikes !=", "tier", "samples/s", "x ref", "s"):
        table.add_column(header, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*{**row.as_cells(), "tier": coloured_tier(row.tier)}.values())
    return table


def coloured_tier(tier: str) -> str:
    """A tier in the colour of success, or of none."""
    return {"T0": "[green]T0[/green]", "T1": "[green]T1[/green]"}.get(tier, f"[red]{tier}[/red]")


def remarks(rows: Sequence[Comparison]) -> list[str]:
    """A line for each backend that differs from the reference, and for each that was compared in segments."""
    lines = []
    for row in rows:
        if row.agreement.first_difference is not None:
            lines.append(f"{row.name} first differs from the reference after {row.agreement.first_difference}")
        if row.segments is not None:
            lines.append(about_segments(row.name, row.segments))
    return lines


def about_segments(name: str, segments: Sequence[Segment]) -> str:
    """A line: how far a backend was from the reference at the end of teacher-forced segments."""
    worst = summary(segments)
    return (
        f"{name}: {worst['count']} teacher-forced segments, worst max|dw| {worst['max_abs_dw']:.1e} "
        f"(one ulp in the reference grows to {worst['amplification']:.1e}), {worst['spikes_different']} spikes differ"
    )

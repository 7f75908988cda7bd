"""Results as tables for a terminal and as plain data for ``--json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.table import Table

from neurosim.results.compare import Agreement
from neurosim.results.result import Result
from neurosim.results.segments import Segment

PLAIN = box.Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
"""A line below the header and nothing else, so that a table of eight columns fits into 80 characters."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """One backend of a comparison: its run, its agreement with the reference, the tier reached, and speed."""

    result: Result
    agreement: Agreement
    tier: str
    ratio_to_reference: float
    segments: tuple[Segment, ...] | None = None

    @property
    def name(self) -> str:
        return f"{self.result.backend}:{self.result.mode}"

    def as_data(self) -> dict[str, Any]:
        """The row of ``neurosim compare --json``."""
        r = self.result
        row: dict[str, Any] = {
            "name": r.backend,
            "mode": r.mode,
            "kind": r.kind,
            "accuracy": r.accuracy,
            "accuracy_matrix": r.accuracy_matrix.tolist(),
            "max_abs_dw": self.agreement.max_abs_dw,
            "spikes_different": self.agreement.spikes_different,
            "tier": self.tier,
            "seconds": r.seconds,
            "samples_per_s": r.samples_per_s,
            "ratio_to_reference": self.ratio_to_reference,
        }
        if self.segments is not None:
            row["segments"] = {
                "count": len(self.segments),
                "max_abs_dw": max((s.max_abs_dw for s in self.segments), default=0.0),
                "spikes_different": sum(s.spikes_different for s in self.segments),
                "amplification": max((s.amplification for s in self.segments), default=0.0),
            }
        return row


def run_as_data(result: Result, run_dir: str) -> dict[str, Any]:
    """One object of ``neurosim run --json``."""
    return {
        "scenario": result.scenario,
        "seed": result.seed,
        "backend": result.backend,
        "mode": result.mode,
        "accuracy": result.accuracy,
        "average_accuracy": result.average_accuracy,
        "forgetting": result.forgetting,
        "accuracy_matrix": result.accuracy_matrix.tolist(),
        "run_dir": run_dir,
    }


def accuracy_table(result: Result) -> Table:
    """The accuracy matrix: a row for each task trained, a column for the classes of each task tested."""
    table = Table(box=PLAIN, show_edge=False)
    table.add_column("after task", justify="right")
    for classes in result.classes:
        table.add_column(_classes(classes), justify="right")
    for i, row in enumerate(result.accuracy_matrix):
        cells = [f"{value:.2f}" if j <= i else f"[dim]{value:.2f}[/dim]" for j, value in enumerate(row)]
        table.add_row(f"{i + 1}", *cells)
    return table


def _classes(classes: Sequence[int]) -> str:
    if len(classes) > 3:
        return f"{classes[0]}-{classes[-1]}"
    return ",".join(str(c) for c in classes)


def summary_line(result: Result) -> str:
    """Accuracy, average accuracy, forgetting, and speed of a run."""
    return (
        f"[bold]{result.accuracy:.1%}[/bold] of all classes after the last task; "
        f"average accuracy {result.average_accuracy:.3f}, forgetting {result.forgetting:.3f}; "
        f"{result.samples_per_s:,.0f} training samples/s, {result.seconds:.1f} s in all"
    )


def comparison_table(rows: Sequence[Comparison]) -> Table:
    """One row a backend; the reference first. It fits into 80 columns."""
    table = Table(box=PLAIN, show_edge=False, padding=0)
    for header in ("backend", "kind"):
        table.add_column(header, no_wrap=True)
    for header in ("accuracy", "max|dw|", "spikes !=", "tier", "samples/s", "x ref", "s"):
        table.add_column(header, justify="right", no_wrap=True)
    for row in rows:
        r, a = row.result, row.agreement
        table.add_row(
            row.name,
            r.kind,
            f"{r.accuracy:.3f}",
            "0" if a.max_abs_dw == 0 else f"{a.max_abs_dw:.1e}",
            f"{a.spikes_different:,}",
            _coloured(row.tier),
            f"{r.samples_per_s:,.0f}",
            f"{row.ratio_to_reference:.2f}",
            f"{r.seconds:.1f}",
        )
    return table


def _coloured(tier: str) -> str:
    return {"T0": "[green]T0[/green]", "T1": "[green]T1[/green]"}.get(tier, f"[red]{tier}[/red]")


def remarks(rows: Sequence[Comparison]) -> list[str]:
    """A line for each backend that differs from the reference, or that was also compared in segments."""
    lines = []
    for row in rows:
        if row.agreement.first_difference is not None:
            lines.append(f"{row.name} first differs from the reference after {row.agreement.first_difference}")
        if row.segments is not None:
            lines.append(_about_segments(row.name, row.segments))
    return lines


def _about_segments(name: str, segments: Sequence[Segment]) -> str:
    worst = max((s.max_abs_dw for s in segments), default=0.0)
    ulp = max((s.amplification for s in segments), default=0.0)
    spikes = sum(s.spikes_different for s in segments)
    return (
        f"{name}: {len(segments)} teacher-forced segments, worst max|dw| {worst:.1e} "
        f"(one ulp in the reference grows to {ulp:.1e}), {spikes} spikes differ"
    )

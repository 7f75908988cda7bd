"""Simulations of plain networks as tables for a terminal and as plain data for ``--json``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from neurosim.cli.report.fitting import PLAIN, FittingTable
from neurosim.cli.report.tables import about_segments, coloured_tier
from neurosim.simulation.compare import HEADS, SimulationComparison
from neurosim.simulation.recordings.recording import Recorded, Recording, SpikeTrain

if TYPE_CHECKING:
    from neurosim.cli.plain_networks.simulations import ReadySimulation

SHORT = {"seconds": "s"}
"""Heads that a narrow terminal has no room for."""

NUMBERS = ("spikes !=", "seconds", "x ref")
"""Heads of columns that stand to the right."""


def as_data(ready: ReadySimulation, recording: Recording, folder: Path | None) -> dict[str, Any]:
    """The object of ``neurosim simulate --json``: times in ms, rates in Hz; `directory` where it is kept."""
    return {
        **({} if folder is None else {"directory": str(folder)}),
        "simulation": ready.name,
        "seed": ready.seed,
        "backend": recording.backend,
        "kind": recording.kind,
        "duration": recording.duration,
        "dt": recording.dt,
        "seconds": recording.seconds,
        "wall_seconds": recording.wall,
        "recorded": {name: _recorded_as_data(found) for name, found in recording.items()},
    }


def _recorded_as_data(found: Recorded) -> dict[str, Any]:
    if isinstance(found, SpikeTrain):
        return {"neurons": found.size, "spikes": len(found), "rate": found.rate}
    return {"samples": len(found), "units": len(found.units)}


def run_line(recording: Recording) -> str:
    """One line: what was simulated, where, and how long that took."""
    steps = f"{recording.duration:,.6g} ms in steps of {recording.dt:g} ms"
    return f"{steps} on {recording.backend} ({recording.kind}) in {recording.seconds:.2f} s"


def spikes_table(recording: Recording) -> Table:
    """A row for each population whose spikes were recorded."""
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("population", no_wrap=True)
    for header in ("neurons", "spikes", "rate in Hz"):
        table.add_column(header, justify="right", no_wrap=True)
    for name, train in recording.spikes().items():
        table.add_row(name.removesuffix(".spikes"), f"{train.size:,}", f"{len(train):,}", f"{train.rate:.3g}")
    return table


def trace_lines(recording: Recording) -> list[str]:
    """A line for each variable that was recorded."""
    return [f"{n}: {len(t):,} samples of {len(t.units):,} units" for n, t in recording.traces().items()]


def comparison_table(comparison: SimulationComparison) -> Table:
    """A row for each backend; it fits into 80 columns."""
    table = FittingTable(box=PLAIN, show_edge=False, padding=0)
    for header in HEADS:
        table.add_column(SHORT.get(header, header), justify="right" if header in NUMBERS else "left", no_wrap=True)
    for row in comparison.rows():
        cells = dict(zip(HEADS, row, strict=True))
        first = cells["first difference"].replace("[", r"\[") or "-"
        table.add_row(*{**cells, "tier": coloured_tier(cells["tier"]), "first difference": first}.values())
    return table


def segment_lines(comparison: SimulationComparison) -> list[str]:
    """A line for each backend that was compared in segments."""
    return [about_segments(v.recording.backend, v.segments) for v in comparison.verdicts if v.segments is not None]

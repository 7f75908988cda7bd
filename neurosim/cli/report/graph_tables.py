"""A process graph as tables for a terminal."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from neurosim.backend.process_graph import ProcessGraph
from neurosim.cli.report.fitting import PLAIN, FittingTable
from neurosim.report.process_words import shape_of


def processes_table(graph: ProcessGraph) -> Table:
    """A row for each process: what it is and why, its shape, and what a chip would need."""
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    for header in ("process", "is", "shape", "chip"):
        table.add_column(header, no_wrap=True)
    table.add_column("why")
    for p in graph.processes:
        mark = "[green]yes[/green]" if p.on_chip else "no"
        table.add_row(p.name, p.process, shape_of(p), mark, f"{escape(p.why)}\n[dim]chip: {escape(p.chip)}[/dim]")
    return table


def connections_table(graph: ProcessGraph) -> Table:
    """A row for each connection: its source and target, what it carries, and when."""
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    for header in ("from", "to", "sends", "when"):
        table.add_column(header, overflow="fold")
    for c in graph.connections:
        what = f"{', '.join(c.what)} ({c.carries})" if c.carries == "rules" else f"{c.carries} ({', '.join(c.what)})"
        table.add_row(c.source, c.target, what, c.when)
    return table

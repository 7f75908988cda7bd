"""A process graph in words."""

from __future__ import annotations

from neurosim.backend.process_graph import Process, ProcessGraph


def summary(graph: ProcessGraph) -> str:
    """One line: how many processes there are, are the simulator's own, and could be on a chip."""
    stock, chip = (sum(getattr(p, n) for p in graph.processes) for n in ("stock", "on_chip"))
    return f"{len(graph.processes)} processes: {stock} the simulator's own; {chip} that a chip could have"


def made_of(p: Process) -> str:
    """Its process, as ``LIF``; of one that is not the simulator's own with its kind."""
    return p.process if p.stock else f"{p.process} ({p.kind})"


def shape_of(p: Process) -> str:
    """Its shape, as ``20 x 10``."""
    return " x ".join(map(str, p.shape))

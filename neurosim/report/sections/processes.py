"""The processes that Lava would have of the network."""

from __future__ import annotations

import re

from neurosim.backend import registry
from neurosim.backend.process_graph import HasGraph, ProcessGraph
from neurosim.errors import NeurosimError
from neurosim.report import graph_svg
from neurosim.report.blocks import Cell, Gallery, Judged, Note, ReportPicture, ReportTable, Section
from neurosim.report.drawing import of_svg
from neurosim.report.process_words import made_of, shape_of, summary
from neurosim.report.sources import RunGroup
from neurosim.scenario import schema
from neurosim.scenario.runs.chip_estimate import programs_of

BACKEND = "lava:mapped"

COLOURS = {
    "#dcf1e2": "var(--own)", "#2f7d4f": "var(--good)", "#e9eff8": "var(--ours)", "#47699a": "var(--link)",
    "#f4f4f2": "var(--raised)", "#82827c": "var(--muted)", "#3c3c3c": "currentColor", "#a3487f": "var(--rules)",
}  # fmt: skip
"""Of the picture on white, and what stands for them on a page that may be dark."""


def processes(group: RunGroup, level: int) -> Section | None:
    """Return the section of processes, of the mode in which it sleeps, else of the one awake; None where not known."""
    run = group.runs[0]
    if not run.text:
        return None
    try:
        programs = programs_of(schema.parse(run.text))
        backend, mode = registry.load(BACKEND)
        if not isinstance(backend, HasGraph):
            return None
        of = "sleep" if "sleep" in programs else "wake"
        graph = backend.graph(programs[of], mode=mode)
    except NeurosimError:
        return None
    note = Note(f"As {BACKEND} would run it in the mode {of}: {summary(graph)}.")
    picture = _picture(group, graph, of)
    return Section(group.named("processes"), "Processes", [note, Gallery([picture])], level)


def _picture(group: RunGroup, graph: ProcessGraph, mode: str) -> ReportPicture:
    title = f"{group.title}, {mode}, on {BACKEND}"
    ends = [f"{c.source} to {c.target}" for c in graph.connections]
    words = f"Processes and what they send: {', '.join(dict.fromkeys(ends))}."
    rows: list[list[Cell]] = [
        [p.name, made_of(p), shape_of(p), Judged("yes" if p.on_chip else "no", p.on_chip), p.why, p.chip]
        for p in graph.processes
    ]
    heads = ["process", "is", "shape", "on a chip", "why", "what that takes"]
    data = ReportTable(f"Processes of {title}", heads, rows)
    drawing = of_svg(group.named("graph"), words, themed(graph_svg.svg(graph, title, summary(graph))))
    return ReportPicture(title, drawing, None, data, fills_page=True)


def themed(text: str) -> str:
    """Return the picture with the colours of the page, and without the white behind it."""
    text = re.sub(r'<rect width="[^"]*" height="[^"]*" fill="#fff"/>', "", text)
    return re.sub("|".join(COLOURS), lambda m: COLOURS[m[0]], text)

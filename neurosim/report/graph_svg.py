"""A process graph as a picture in SVG, written by hand: populations from left to right, projections between them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from neurosim.backend.process_graph import Connection, Process, ProcessGraph
from neurosim.report.process_words import made_of, shape_of

WIDTH, HEIGHT, ACROSS, DOWN, MARGIN, HEAD, FOOT = 232, 96, 132, 44, 28, 64, 56
LETTERS = 38
"""Letters of small text that fit into the width of a box."""

FILL = {True: ("#dcf1e2", "#2f7d4f"), False: ("#e9eff8", "#47699a")}
GREY = ("#f4f4f2", "#82827c")
STROKE = {"output": "#3c3c3c", "sums": "#3c3c3c", "rules": "#a3487f"}
STYLE = """text{font-family:Helvetica,Arial,sans-serif;fill:#1f1f1f}
.title{font-size:19px;font-weight:bold}.note{font-size:13px;fill:#5a5a5a}.name{font-size:15px;font-weight:bold}
.made{font-size:13px}.why{font-size:11px;fill:#444}.tag{font-size:11px;font-weight:bold}
.label{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px}"""

Ends = dict[tuple[int, str], tuple[float, float]]
"""Where a connection, by its number, leaves (``out``) and arrives (``in``)."""


@dataclass(frozen=True)
class Box:
    """A process with its column, from 0, and its upper left corner, in pixels."""

    process: Process
    column: int
    x: float
    y: float

    @property
    def middle(self) -> float:
        """The y of its middle, in pixels."""
        return self.y + HEIGHT / 2


def svg(graph: ProcessGraph, title: str, note: str) -> str:
    """The text of an SVG file.

    Parameters
    ----------
    title, note
        Lines above the picture.
    """
    boxes = _placed(graph)
    connections = _joined(graph.connections)
    width = max(b.x for b in boxes.values()) + WIDTH + MARGIN
    height = max(b.y for b in boxes.values()) + HEIGHT + FOOT
    ends = _ends(connections, boxes)
    parts = [f"<style>{STYLE}</style>", f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>', _heads()]
    parts += [_text(MARGIN, 30, "title", title), _text(MARGIN, 50, "note", note)]
    parts += [_line(i, c, ends) for i, c in enumerate(connections)]
    parts += [_box(b) for b in boxes.values()]
    parts += [_label(i, c, ends) for i, c in enumerate(connections)]
    parts.append(_legend(height - 18))
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n' + "\n".join(parts) + "\n</svg>\n"


# places


def _placed(graph: ProcessGraph) -> dict[str, Box]:
    """Populations in columns by how far from an input they are, all else in the columns between."""
    columns = _columns(graph)
    in_column: dict[int, list[Process]] = {}
    for p in graph.processes:
        in_column.setdefault(columns[p.name], []).append(p)
    used = sorted(in_column)
    tallest = max(len(processes) for processes in in_column.values())
    boxes = {}
    for i, column in enumerate(used):
        top = HEAD + (tallest - len(in_column[column])) * (HEIGHT + DOWN) / 2
        for k, p in enumerate(in_column[column]):
            boxes[p.name] = Box(p, column, MARGIN + i * (WIDTH + ACROSS), top + k * (HEIGHT + DOWN))
    return boxes


def _columns(graph: ProcessGraph) -> dict[str, int]:
    depth = {p.name: 0 for p in graph.processes if p.kind == "input"}
    ends = {p.name: _ends_of(p, graph) for p in graph.processes if p.kind == "projection"}
    populations = [p.name for p in graph.processes if p.kind in ("input", "population")]
    for _ in populations:
        for source, target in ends.values():
            if source in depth:
                depth.setdefault(target, depth[source] + 1)
    columns = {name: 2 * depth.get(name, 0) for name in populations}
    for name, (source, target) in ends.items():
        same = columns[source] == columns[target]
        columns[name] = columns[source] + 1 if same else (columns[source] + columns[target]) // 2
        if not same and columns[name] % 2 == 0:  # it passes over a column of populations
            columns[name] += 1
    for c in graph.connections:
        columns.setdefault(c.target, columns.get(c.source, 0) + 1)
    return columns


def _ends_of(p: Process, graph: ProcessGraph) -> tuple[str, str]:
    """The populations that a direction of a projection connects."""
    source = next(c.source for c in graph.connections if c.target == p.name and c.carries == "output")
    return source, next(c.target for c in graph.connections if c.source == p.name)


def _joined(connections: Iterable[Connection]) -> list[Connection]:
    """Each connection once; one line shows both sides of a projection onto its own population."""
    return list({(c.source, c.target, c.carries): c for c in connections}.values())


def _ends(connections: list[Connection], boxes: Mapping[str, Box]) -> Ends:
    """The ends at each side of a box, spread over it in the order of what they go to."""
    sides: dict[tuple[str, bool], list[tuple[float, int, str]]] = {}
    for i, c in enumerate(connections):
        a, b = boxes[c.source], boxes[c.target]
        right = b.column > a.column
        order = 0.1 * (c.carries == "rules")
        sides.setdefault((c.source, right), []).append((b.middle + order, i, "out"))
        sides.setdefault((c.target, not right), []).append((a.middle + order, i, "in"))
    places: Ends = {}
    for (name, right), ends in sides.items():
        box = boxes[name]
        for k, (_, i, end) in enumerate(sorted(ends)):
            places[i, end] = (box.x + WIDTH * right, box.y + HEIGHT * (k + 1) / (len(ends) + 1))
    return places


# parts of the picture


def _text(x: float, y: float, kind: str, text: str, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}"{more}>{escape(text)}</text>'


def _heads() -> str:
    marks = "".join(
        f'<marker id="to-{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0,1 L10,5 L0,9 z" fill="{colour}"/></marker>'
        for kind, colour in STROKE.items()
    )
    return f"<defs>{marks}</defs>"


def _box(b: Box) -> str:
    p = b.process
    fill, stroke = GREY if p.kind in ("input", "recorder") else FILL[p.stock]
    frame = f'<rect x="{b.x:g}" y="{b.y:g}" width="{WIDTH}" height="{HEIGHT}" rx="9" fill="{fill}" stroke="{stroke}"/>'
    tag, colour = ("chip", "#2f7d4f") if p.on_chip else ("CPU", "#82827c")
    lines = textwrap.wrap(p.chip if not p.stock else p.why, LETTERS, max_lines=3, placeholder=" ...")
    parts = [
        f"<g><title>{escape(f'{p.name}: {p.why}; {p.chip}')}</title>{frame}",
        _text(b.x + 12, b.y + 22, "name", textwrap.shorten(p.name, 24, placeholder="...")),
        _text(b.x + WIDTH - 12, b.y + 21, "tag", tag, f' text-anchor="end" style="fill:{colour}"'),
        _text(b.x + 12, b.y + 41, "made", f"{made_of(p)}, {shape_of(p)}"),
        *(_text(b.x + 12, b.y + 59 + 14 * k, "why", line) for k, line in enumerate(lines)),
    ]
    return "".join([*parts, "</g>"])


def _line(i: int, c: Connection, ends: Ends) -> str:
    (x, y), (u, v) = ends[i, "out"], ends[i, "in"]
    bend = (u - x) / 2
    dashes = ' stroke-dasharray="5 4"' if c.carries == "rules" else ""
    thick = 1.3 if c.carries == "rules" or c.when != "every step" else 2
    path = f"M{x:g},{y:g} C{x + bend:g},{y:g} {u - bend:g},{v:g} {u:g},{v:g}"
    paint = f'fill="none" stroke="{STROKE[c.carries]}" stroke-width="{thick:g}"{dashes}'
    return f'<path d="{path}" {paint} marker-end="url(#to-{c.carries})"/>'


def _label(i: int, c: Connection, ends: Ends) -> str:
    (x, y), (u, v) = ends[i, "out"], ends[i, "in"]
    text = textwrap.shorten(", ".join(c.what), 20, placeholder=" ...")
    more = f' text-anchor="middle" style="fill:{STROKE[c.carries]}"'
    return _text((x + u) / 2, (y + v) / 2 - 5, "label", text, more)


def _legend(y: float) -> str:
    parts, x = [], float(MARGIN)
    for colours, words in (
        (FILL[True], "the simulator's own process"),
        (FILL[False], "ours, executes the equations"),
        (GREY, "stimuli and recordings"),
    ):
        parts.append(f'<rect x="{x:g}" y="{y - 11:g}" width="18" height="13" rx="3" fill="{colours[0]}" ')
        parts.append(f'stroke="{colours[1]}"/>{_text(x + 26, y, "note", words)}')
        x += 40 + 7 * len(words)
    for dashes, kind, words in (("", "output", "in a step"), (' stroke-dasharray="5 4"', "rules", "for rules")):
        line = f'<line x1="{x:g}" y1="{y - 4:g}" x2="{x + 34:g}" y2="{y - 4:g}" stroke="{STROKE[kind]}" '
        parts.append(f'{line}stroke-width="2"{dashes}/>{_text(x + 42, y, "note", words)}')
        x += 62 + 7 * len(words)
    return "".join(parts)

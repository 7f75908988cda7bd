"""A network as a picture: a node for each population, an arrow with its synapses for each projection."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neurosim.edges.axes import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from neurosim.model.network.network import Network

HEIGHT = 5.0
"""In inches."""

BEND = 0.16
"""Of an arrow, in parts of its length; each further one between the same populations bends by as much more."""

LOOP = 26.0
"""How far an arrow from a population to itself goes up, in points; each further one as far again."""

ARROW: Mapping[str, Any] = {"arrowstyle": "-|>", "color": "0.4"}

LABEL: Mapping[str, Any] = {
    "ha": "center",
    "va": "center",
    "fontsize": "small",
    "zorder": 2,
    "bbox": {"fc": "white", "ec": "none", "pad": 1},
}

INPUTS, OTHERS = "#fdf0d5", "#e3edf7"
"""Colours of populations that show stimuli, and of neurons."""

Point = tuple[float, float]


def draw(network: Network, ax: Axes | None = None) -> Axes:
    """Draw a network; populations lie on a circle, the first at the left.

    Parameters
    ----------
    ax
        Where to draw; None for a new figure.
    """
    ax = axes(ax, HEIGHT)
    places = _places(len(network.populations))
    nodes = {p.name: _node(network, p.name, at, ax) for p, at in zip(network.populations, places, strict=True)}
    synapses = {j.name: _synapses(network, j.name, j.pre, j.post) for j in network.projections}
    drawn: Counter[tuple[str, str]] = Counter()
    for j in network.projections:
        drawn[j.pre, j.post] += 1
        _arrow(nodes[j.pre], nodes[j.post], f"{synapses[j.name]:,}", drawn[j.pre, j.post], ax)
    ax.set(xlim=(-1.6, 1.6), ylim=(-1.45, 1.45), aspect="equal")
    ax.set_axis_off()
    return ax


def _places(count: int) -> list[Point]:
    if count == 1:
        return [(0.0, 0.0)]
    angles = [math.pi - 2 * math.pi * k / count for k in range(count)]
    return [(math.cos(a), math.sin(a)) for a in angles]


def _node(network: Network, name: str, at: Point, ax: Axes) -> Text:
    population = network.population(name)
    is_input = any(population.model_in(mode).is_input for mode in network.modes)
    box = {
        "boxstyle": f"{'square' if is_input else 'round'},pad=0.5",
        "fc": INPUTS if is_input else OTHERS,
        "ec": "0.4",
    }
    return ax.text(*at, f"{name}\n{population.size:,}", ha="center", va="center", bbox=box, zorder=3)


def _synapses(network: Network, projection: str, pre: str, post: str) -> int:
    return network.synapses(projection)


def _arrow(pre: Text, post: Text, label: str, number: int, ax: Axes) -> None:
    """An arrow with a label at its middle; the first from one population to another, or a further one."""
    if pre is post:
        _loop(pre, label, LOOP * number, ax)
        return
    start, end, bend = pre.get_position(), post.get_position(), BEND * number
    patches = {"patchA": pre.get_bbox_patch(), "patchB": post.get_bbox_patch(), "shrinkA": 0, "shrinkB": 0}
    style = {**ARROW, "connectionstyle": f"arc3,rad={bend}", **patches}
    ax.annotate("", end, start, arrowprops=style, zorder=1)
    ax.text(*_middle(start, end, bend), label, **LABEL)


def _loop(node: Text, label: str, height: float, ax: Axes) -> None:
    """An arrow that leaves a node above and comes back to it; both ends are in parts of its text."""
    style = {**ARROW, "connectionstyle": f"arc,angleA=90,angleB=90,armA={height},armB={height},rad=8", "shrinkB": 6}
    ax.annotate("", (0.15, 1.0), (0.85, 1.0), xycoords=node, textcoords=node, arrowprops=style, zorder=1)
    ax.annotate(label, (0.5, 1.0), (0, height), xycoords=node, textcoords="offset points", **LABEL)


def _middle(start: Point, end: Point, bend: float) -> Point:
    """Of the curve of Bezier that matplotlib draws from start to end."""
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    return x + dx / 2 + bend * dy / 2, y + dy / 2 - bend * dx / 2

"""Writes the support table of docs/reference/nir.md, and draws docs/explanation/nir.png: what each choice changes.

python docs/make_nir.py
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import neurosim as ns
from neurosim.interchange.nir import Graph, Node
from neurosim.interchange.nir.choices import ALLOWED
from neurosim.interchange.nir.graphs.primitives import GRAPH, PRIMITIVES

DOCS = Path(__file__).parent
PAGE, PICTURE = DOCS / "reference" / "nir.md", DOCS / "explanation" / "nir.png"
BEGIN, END = "<!-- support begin -->\n", "<!-- support end -->\n"
STEPS = 60
SHOWN = np.isin(np.arange(STEPS), [3, 5, 7, 9, 11, 13, 22, 24, 26, 28, 40, 41, 42, 43, 44])


def support() -> str:
    """The table of all primitives."""
    lines = ["| NIR | here | choices | written from |", "|---|---|---|---|"]
    for name, p in PRIMITIVES.items():
        open_choices = ", ".join(f"`{c}`" for c in p.open) or "-"
        lines.append(f"| {name} | {p.becomes.replace('|', '/')} | {open_choices} | {p.written} |")
    lines.append(f"| {GRAPH} in a graph | flattened: its nodes are called `SUBGRAPH.NODE` | - | as it was read |")
    return "\n".join(lines) + "\n"


def page_with(table: str, page: str) -> str:
    """The page with a table between its marks."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + table + "\n" + END + rest.partition(END)[2]


def node(kind: str, **values: Any) -> Node:
    """A node of one neuron."""
    return Node(kind, {n: np.atleast_1d(v) for n, v in values.items()})


def chain(**nodes: Node) -> Graph:
    """Each node leads to the next."""
    return Graph(nodes, tuple(pairwise(nodes)))


SOURCE = Node("Input", {"shape": np.array([1])})
LIF = node("LIF", tau=1e-3, r=1.0, v_leak=0.0, v_threshold=0.5, v_reset=0.0)
CUBA = node("CubaLIF", tau_syn=5e-4, tau_mem=1e-3, r=1.0, v_leak=0.0, v_threshold=0.3, w_in=1.0, v_reset=0.0)
WEIGHT = Node("Linear", {"weight": np.array([[3.0]])})
BIASED = Node("Affine", {"weight": np.array([[3.0]]), "bias": np.array([0.4])})
ONE = chain(input=SOURCE, w=WEIGHT, n=LIF)
COARSE = chain(input=SOURCE, w=WEIGHT, n=node("LIF", tau=2e-4, r=1.0, v_leak=0.0, v_threshold=9.0))
CURRENT = chain(input=SOURCE, w=WEIGHT, n=CUBA)
INTEGRATOR = chain(
    input=SOURCE, w=Node("Linear", {"weight": np.array([[0.125]])}), n=node("IF", r=1.0, v_threshold=0.5)
)
DEEP = chain(input=SOURCE, w=WEIGHT, h=LIF, b=BIASED, n=node("LIF", tau=1e-3, r=1.0, v_leak=0.0, v_threshold=9.0))
LATE = chain(input=SOURCE, d=node("Delay", delay=6.5e-4), w=WEIGHT, n=LIF)
PANELS: Mapping[str, tuple[Graph, Mapping[str, str], int]] = {
    "integrator": (COARSE, {}, STEPS),
    "reset": (ONE, {}, STEPS),
    "current": (CURRENT, {}, STEPS),
    "threshold": (INTEGRATOR, {"charge": "impulse"}, STEPS),
    "bias": (DEEP, {}, 12),
    "delays": (LATE, {}, STEPS),
}


def membrane(graph: Graph, steps: int, **choices: str) -> np.ndarray:
    """The membrane of the neuron n, after each step."""
    imported = ns.nir.read(graph, **choices)
    builder = ns.NetworkBuilder(dt=imported.choices.dt)
    events = ns.Events.from_dense(SHOWN[np.newaxis, :, np.newaxis].astype(int))
    builder.include(imported.network, imported.weights, {"input": ns.playback(events)})
    return ns.simulate(builder, f"{0.1 * steps:.1f} ms", [builder["n"].v])["n.v"].values[:, 0]


def draw() -> Any:
    """One panel a choice, a line for each of its values."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7), layout="constrained")
    axes = figure.subplots(3, 2)
    for ax, (name, (graph, more, steps)) in zip(axes.flat, PANELS.items(), strict=True):
        for k, value in enumerate(ALLOWED[name]):
            v = membrane(graph, steps, **{**more, name: value})
            ax.step(0.1 * np.arange(1, steps + 1), v, where="post", color=f"C{k}", linewidth=2.2 - 0.7 * k,
                    linestyle=("-", "--", ":")[k], label=value)  # fmt: skip
        ax.set_title(name, loc="left", fontsize=11)
        ax.set_ylabel("v")
        ax.legend(frameon=False, fontsize=9, ncols=3, loc="upper right")
        ax.margins(y=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("time in ms")
    return figure


def main() -> None:
    """Write the table, and the picture."""
    PAGE.write_text(page_with(support(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    draw().savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()

"""Equilibrium propagation on Lava as many processes: modes `mapped` and `fused` beside a graph written by hand.

All learn the same digits at 64-100-10, one sample at a time, in turn, and must have learned the same. `share` is the
speed over that of the graph, round by round. Writes ``build/bench-mapped.json`` and prints a table.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from bench import BETA, EPS, LR, STEPS, ep_network, glorot, patterns
from hand_graph import HandGraph
from rich.console import Console
from rich.table import Table

from neurosim import Float64, Trials, load, lower
from neurosim.results.report import PLAIN
from neurosim.scenario.training import one_sided

SIZES, SAMPLES, RUNS = (64, 100, 10), 60, 7
GRAPH = "hand-written graph"
PROCESSES = {GRAPH: HandGraph.processes, "lava:mapped": 6, "lava:fused": 1}
Train = Callable[[], tuple[float, Mapping[str, Any]]]
"""Learns all samples once; gives seconds, and what was learned."""


def on_lava(mode: str, learned: Mapping[str, Any], inputs: Any, targets: Any) -> Train:
    program = lower(ep_network(SIZES), one_sided("input", "output", *STEPS, BETA), precision=Float64())
    session = load("lava")[0].compile(program, mode=mode)

    def train() -> tuple[float, Mapping[str, Any]]:
        session.write(learned)
        records = session.run(Trials({"input.s": inputs, "output.target": targets}))
        return records.timing.simulate, session.read()

    return train


def by_hand(graph: HandGraph) -> Train:
    return lambda: (graph.train(), graph.learned)


def measure(work: Mapping[str, Train]) -> list[dict[str, Any]]:
    """All in turn, `RUNS` times after one that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for round_ in range(RUNS + 1):
        expected: Mapping[str, Any] = {}
        for name, train in work.items():
            seconds, learned = train()
            expected = expected or {n: a.copy() for n, a in learned.items()}
            for variable, values in expected.items():
                np.testing.assert_allclose(learned[variable], values, rtol=0, atol=1e-10, err_msg=name)
            if round_:
                times[name].append(seconds)
    return [_row(name, times) for name in work]


def _row(name: str, times: Mapping[str, list[float]]) -> dict[str, Any]:
    median = statistics.median(times[name])
    step = median / SAMPLES / (sum(STEPS) + 1) * 1e6
    share = statistics.median(b / a for a, b in zip(times[name], times[GRAPH], strict=True))
    row = {"work": "ep-train-64-100-10", "name": name, "processes": PROCESSES[name], "samples_per_s": SAMPLES / median}
    return row | {"us_per_process_and_step": step / PROCESSES[name], "share": share, "runs": RUNS}


def main() -> None:
    learned = glorot(ep_network(SIZES), 0.5)
    inputs, targets = patterns(SIZES, SAMPLES)
    graph = HandGraph(inputs, targets, learned, STEPS, EPS, BETA, LR)
    work = {GRAPH: by_hand(graph)}
    work |= {f"lava:{mode}": on_lava(mode, learned, inputs, targets) for mode in ("mapped", "fused")}
    rows = measure(work)
    graph.stop()
    folder = Path("build")
    folder.mkdir(exist_ok=True)
    (folder / "bench-mapped.json").write_text(json.dumps(rows, indent=2))
    table = Table(title="one epoch of EP at 64-100-10 on Lava's CPU runtime", box=PLAIN, show_edge=False)
    for header in ("", "processes", "samples/s", "us a process and step", "share"):
        table.add_column(header, justify="right" if header else "left")
    for r in rows:
        cells = [f"{r['samples_per_s']:.0f}", f"{r['us_per_process_and_step']:.0f}", f"{r['share']:.2f}"]
        table.add_row(r["name"], str(r["processes"]), *cells)
    Console().print(table)


if __name__ == "__main__":
    main()

"""Speed as ratios within one run: every backend does the same work in turn, several times, and medians are compared.

Where the time of a whole scenario goes comes last. Writes ``build/bench.json`` and prints tables. Absolute times depend
on the machine and on what else it does; the ratios hold better, because whatever slows one slows its neighbour.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dense
import engine_share
import numpy as np
from hand_written.numpy_loop import train
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits

from neurosim import (
    BiasPropagation,
    Clamp,
    EquilibriumPropagation,
    Events,
    Float64,
    Grid,
    Network,
    Phase,
    Population,
    Probe,
    Projection,
    RateUnit,
    Schedule,
    Trials,
    load,
    lower,
    quantise,
)
from neurosim.backend.contract import Session
from neurosim.errors import BackendUnavailable
from neurosim.results.report import PLAIN
from neurosim.scenario.randomness import stream
from neurosim.scenario.training import one_sided

RUNS = 7
SCENARIO = Path(__file__).parents[1] / "scenarios" / "digits_sleep.toml"
BACKENDS = ("reference", "brian2:standalone", "nengo:native", "nengo:fused", "lava:fused")
BATCH = 64
"""Trials that torch lets learn together."""
STEPS, EPS, BETA, LR = (20, 4), 0.5, 0.5, (0.03, 0.015)
Work = Callable[[], object]


def ep_network(sizes: tuple[int, int, int]) -> Network:
    bias = [BiasPropagation(lr=lr, beta=BETA) for lr in LR]
    rule = [EquilibriumPropagation(lr=lr, beta=BETA) for lr in LR]
    return Network(
        [
            Population("input", sizes[0], Clamp),
            Population("hidden", sizes[1], RateUnit(eps=EPS), [bias[0]]),
            Population("output", sizes[2], RateUnit(eps=EPS), [bias[1]]),
        ],
        [
            Projection("input_hidden", "input", "hidden", learning=[rule[0]]),
            Projection("hidden_output", "hidden", "output", learning=[rule[1]], reciprocal=True),
        ],
    )


def glorot(network: Network, scale: float) -> dict[str, Any]:
    found = {}
    for name, variable in network.learned().items():
        width = scale * np.sqrt(6 / sum(variable.shape)) if len(variable.shape) == 2 else 0.0
        found[name] = stream(0, "bench", name).uniform(-1, 1, variable.shape) * width
    return found


def ep_training(sizes: tuple[int, int, int], samples: int, grid: bool) -> dict[str, Work]:
    """One epoch of digits (or of random patterns, where the input is not 64 wide)."""
    network = ep_network(sizes)
    program = lower(network, one_sided("input", "output", *STEPS, BETA), precision=Grid() if grid else Float64())
    inputs, targets = patterns(sizes, samples)
    learned, _ = quantise(glorot(network, 0.5), program)
    trials = Trials({"input.s": inputs, "output.target": targets})
    work = sessions_at_work(program, learned, trials) | batches_at_work(program, learned, trials)
    if not grid:
        work["hand-written"] = lambda: train(inputs, targets, learned, STEPS, EPS, BETA, LR)
    return work


def patterns(sizes: tuple[int, int, int], samples: int) -> tuple[Any, Any]:
    if sizes[0] == 64:
        digits = load_digits()
        return digits.data[:samples] / 16.0, np.eye(10)[digits.target[:samples]]
    random = stream(0, "bench", "patterns")
    inputs = random.random((samples, sizes[0])) * (random.random((samples, sizes[0])) < 0.2)
    return inputs, np.eye(sizes[2])[random.integers(0, sizes[2], samples)]


def sleep(sizes: tuple[int, int, int], steps: int) -> dict[str, Work]:
    """One long trial of spikes with sleep plasticity."""
    network = dense.sleep_network(sizes)
    probes = [Probe("hidden.spike", "step"), Probe("output.spike", "step")]
    program = lower(network, Schedule([Phase("sleep", steps)], probes, {"input.x": "events"}), precision=Grid())
    random = stream(0, "bench", "spikes")
    spikes = Events.from_dense(random.random((1, steps, sizes[0])) < 0.1 * random.random(sizes[0]))
    learned, _ = quantise({n: a + 0.05 for n, a in glorot(network, 1.0).items()}, program)
    return sessions_at_work(program, learned, Trials({"input.x": spikes}))


def sessions_at_work(program: Any, learned: dict[str, Any], trials: Trials) -> dict[str, Work]:
    """For each installed backend what writes the weights and runs the trials once."""
    found = {}
    for name in BACKENDS:
        try:
            backend, mode = load(name)
            found[name] = once(backend.compile(program, mode=mode), learned, trials)
        except BackendUnavailable as error:
            print(f"left out: {error}")
    return found


def batches_at_work(program: Any, learned: dict[str, Any], trials: Trials) -> dict[str, Work]:
    """The same trials on torch, `BATCH` of them learning together: less is learned from them than from one by one."""
    try:
        backend: Any = load("torch")[0]
        session = backend.compile(program, mode="cpu", batch=BATCH)
    except BackendUnavailable as error:
        print(f"left out: {error}")
        return {}
    return {f"torch:cpu batch {BATCH}": once(session, learned, trials)}


def once(session: Session, learned: dict[str, Any], trials: Trials) -> Work:
    def work() -> object:
        session.write(learned)
        return session.run(trials)

    return work


def measure(title: str, work: dict[str, Work]) -> list[dict[str, Any]]:
    """All kinds of work in turn, `RUNS` times after one that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for round_ in range(RUNS + 1):
        for name, run in work.items():
            start = time.perf_counter()
            run()
            if round_:
                times[name].append(time.perf_counter() - start)
    rows = []
    for against in ("reference", "hand-written"):
        for name in (n for n in times if against in times and n != against):
            backend, _, mode = name.partition(":")
            ratio = statistics.median(b / a for a, b in zip(times[name], times[against], strict=True))
            median = statistics.median(times[name])
            row = {"work": title, "backend": backend, "mode": mode or "numpy", "against": against, "ratio": ratio}
            rows.append(row | {"median_s": median, "runs": RUNS})
    return rows


def speeds(rows: list[dict[str, Any]]) -> Table:
    table = table_of("speed over that of `against`, in one run", ("work", "backend", "against"), ("ratio", "median s"))
    for row in rows:
        cells = [row["work"], f"{row['backend']}:{row['mode']}", row["against"]]
        table.add_row(*cells, f"{row['ratio']:.2f}", f"{row['median_s']:.3f}")
    return table


def shares(rows: list[dict[str, Any]]) -> Table:
    parts = ("load", "transfer", "simulate", "engine", "wall")
    title = "median seconds of a whole scenario on Brian2, and the engine's share"
    table = table_of(title, ("work",), (*parts, "engine share"))
    for row in rows:
        seconds = [f"{row[f'{part}_s']:.3f}" for part in parts]
        table.add_row(row["work"], *seconds, f"{row['engine share']:.1%}")
    return table


def table_of(title: str, words: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    table = Table(title=title, box=PLAIN, show_edge=False, padding=0)
    for header in (*words, *numbers):
        table.add_column(header, justify="right" if header in numbers else "left")
    return table


def main() -> None:
    works: dict[str, Callable[[], dict[str, Work]]] = {
        "ep-train-64-100-10": lambda: ep_training((64, 100, 10), 1437, grid=False),
        "ep-train-64-100-10-grid": lambda: ep_training((64, 100, 10), 1437, grid=True),
        "ep-train-784-500-10": lambda: ep_training((784, 500, 10), 100, grid=False),
        "sleep-64-100-10": lambda: sleep((64, 100, 10), 5000),
    }
    compared = [row for title, make in works.items() for row in measure(title, make())]
    split: list[dict[str, Any]] = []
    try:
        compared += dense.measure()
        split = engine_share.measure(SCENARIO, "brian2", RUNS)
    except BackendUnavailable as error:
        print(f"left out: {error}")
    folder = Path("build")
    folder.mkdir(exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(compared + split, indent=2))
    for table in (speeds(compared), shares(split)):
        Console().print(table, "")


if __name__ == "__main__":
    main()

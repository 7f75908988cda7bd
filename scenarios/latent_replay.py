"""Compressed latent replay of spoken digits: what compression in time costs, and what it saves, as Markdown tables.

python scenarios/latent_replay.py --data FOLDER [--seeds 3] [SCENARIO ...]

Needs PyTorch. A table for each scenario: nothing kept, then spikes of the insertion compressed 1:1, 1:2, 1:10 and 1:20.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import neurosim
from neurosim.results.result import Result
from neurosim.scenario import engine, schema

SCENARIOS = ("spoken_sample_incremental", "spoken_class_incremental", "spoken_multi_class")
WINDOWS = (1, 2, 10, 20)
HEAD = """| {name}: kept | accuracy | lowest to highest | first task | later tasks | memory in bits | to raw |
|---|---|---|---|---|---|---|"""


def arms(windows: list[int], insertions: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a row is called, and what it changes in [training]."""
    yield "nothing", {"samples": 0}
    for insertion in insertions:
        for window in windows:
            yield f"{insertion}, 1:{window}", {"insertion": insertion, "window": window}


def first_and_later(result: Result) -> tuple[float, float]:
    """Accuracy on the samples of the first task, and on those of all others, after the last."""
    last, samples = result.accuracy_matrix[-1], np.array(result.samples)
    return float(last[0]), float(np.average(last[1:], weights=samples[1:]))


def row(name: str, results: list[Result]) -> str:
    accuracies = [r.accuracy for r in results]
    span = f"{min(accuracies):.3f} to {max(accuracies):.3f}"
    first, later = np.mean([first_and_later(r) for r in results], axis=0)
    bits, raw = results[0].buffer_bits, results[0].raw_bits
    memory = f"{bits:,} | 1/{raw / bits:.0f}" if bits else "0 | -"
    return f"| {name} | {np.mean(accuracies):.3f} | {span} | {first:.3f} | {later:.3f} | {memory} |"


def table(name: str, options: argparse.Namespace) -> None:
    scenario = schema.read(Path(__file__).parent / f"{name}.toml")
    data = scenario.data.build(options.data)
    backend, _ = neurosim.load("torch")
    print(HEAD.format(name=name))
    training = scenario.training
    assert isinstance(training, schema.LatentReplayTable)
    for kept, changes in arms(options.windows, options.insertions or [training.insertion]):
        changed = scenario.model_copy(update={"training": training.model_copy(update=changes)})
        results = [engine.run(changed, backend.compile, seed, part=options.part, data=data) for seed in options.seeds]
        print(row(kept, results), flush=True)
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=SCENARIOS, metavar="SCENARIO")
    parser.add_argument("--data", type=Path, help="where data sets are")
    parser.add_argument("--seeds", type=lambda n: range(int(n)), default=range(3), help="how many")
    parser.add_argument("--windows", type=int, nargs="+", default=WINDOWS)
    parser.add_argument("--insertions", nargs="+", help="those of the scenarios, if none is given")
    parser.add_argument("--part", choices=("test", "validation"), default="test")
    options = parser.parse_args()
    for name in options.scenarios:
        table(name, options)


if __name__ == "__main__":
    main()

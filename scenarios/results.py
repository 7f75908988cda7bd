"""The accuracies in the README: three scenarios over five seeds on the test part, as a Markdown table.

python scenarios/results.py [BACKEND[:MODE]]
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import numpy as np

import neurosim
from neurosim.scenario import engine, spec

SCENARIOS = ("digits_joint", "digits_sequential", "digits_sleep")
SEEDS = range(5)


def main(backend_name: str = "reference") -> None:
    backend, mode = neurosim.load(backend_name)
    print("| scenario | mean accuracy | lowest to highest | average forgetting |")
    print("|---|---|---|---|")
    for name in SCENARIOS:
        scenario = spec.read(Path(__file__).parent / f"{name}.toml")
        data = engine.load_data(scenario)
        open_session = functools.partial(backend.compile, mode=mode)
        results = [engine.run(scenario, open_session, seed, data=data) for seed in SEEDS]
        accuracies = [r.accuracy for r in results]
        forgetting = np.mean([r.forgetting for r in results])
        span = f"{min(accuracies):.3f} to {max(accuracies):.3f}"
        print(f"| {name} | {np.mean(accuracies):.3f} | {span} | {forgetting:.3f} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

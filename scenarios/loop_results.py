"""Deployed, in the loop, and from scratch: digits on mocks of chips, five training seeds on five chips each.

    python scenarios/loop_results.py [mild] [hard] [--seeds N] [--chips N] [--part test|validation] [--backend NAME]

Prints a table for each severity, as Markdown: mean and standard deviation over seeds and chips, and the range. Weights
are programmed anew for each of five tests, whose mean counts. Rows and epochs were chosen on the validation part.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from neurosim.backend import registry
from neurosim.backend.contract import Session
from neurosim.device.mock import MockBackend
from neurosim.device.silicon import Silicon
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.scenario import schema
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.streams import SampleRefs

FOLDER = Path(__file__).parent
PROGRAMMINGS = 5
FIRST_CHIP = 1000
EPOCHS = {"float": 10, "a little": 1, "loop": 4, "scratch": 10}

Open = Callable[[Program], Session]
Weights = dict[str, Array]


def with_epochs(prepared: Prepared, epochs: int) -> Prepared:
    """The same scenario with another number of epochs."""
    training = prepared.scenario.training.model_copy(update={"epochs": epochs})
    return prepare(prepared.scenario.model_copy(update={"training": training}), prepared.data, prepared.part)


def learned(
    prepared: Prepared, open_session: Open, seed: int, start: dict[str, Array] | None = None
) -> dict[str, Array]:
    """What training leaves behind, from first weights or from others."""
    run_state = prepared.begin(seed)
    if start is not None:
        run_state.restore(start)
    with open_session(prepared.programs["wake"]) as session:
        run_state.sessions["wake"] = session
        prepared.method.training(run_state, run_state.tasks[0])()
    return run_state.learned


def accuracy(prepared: Prepared, open_session: Open, weights: Weights, seed: int) -> float:
    """The mean over programmings."""
    run_state = prepared.begin(seed)
    run_state.restore(weights)
    shown = run_state.tasks[0].shows(run_state.tasks[0].part(prepared.part))
    trials, constants = prepared.method.trials(run_state, SampleRefs.joined([shown]))
    found = []
    with open_session(prepared.programs["wake"]) as session:
        run_state.sessions["wake"] = session
        run_state.give("wake")
        for k in range(PROGRAMMINGS):
            records = session.run(replace(trials, phase=f"programming/{k}"), constants=constants, learn=False)
            found.append((prepared.method.scores(records).argmax(1) == run_state.labels(shown)).mean())
    return float(np.mean(found))


def rows_of(prepared: Prepared, device: MockBackend, seeds: Sequence[int], chips: int) -> dict[str, list[float]]:
    """The accuracies of each row, over seeds and chips."""
    simulator = registry.opener(device.inside, device.mode)
    few_bits = opened(device.with_silicon("bits", Silicon(weight_bits=device.silicon.weight_bits)))
    rows: dict[str, list[float]] = {}

    def add(row: str, value: float) -> None:
        rows.setdefault(row, []).append(value)

    once, loop, scratch = (with_epochs(prepared, EPOCHS[n]) for n in ("a little", "loop", "scratch"))
    for seed in seeds:
        weights = learned(with_epochs(prepared, EPOCHS["float"]), simulator, seed)
        add("float", accuracy(prepared, simulator, weights, seed))
        add(f"{device.silicon.weight_bits} bits only", accuracy(prepared, few_bits, weights, seed))
        each = [opened(device.with_seed(FIRST_CHIP + 100 * seed + k)) for k in range(chips)]
        for k, chip in enumerate(each):
            add("deployed", accuracy(prepared, chip, weights, seed))
            add("in the loop, 1 epoch", accuracy(prepared, chip, learned(once, chip, seed, weights), seed))
            adapted = learned(loop, chip, seed, weights)
            add(f"in the loop, {EPOCHS['loop']} epochs", accuracy(prepared, chip, adapted, seed))
            for other in (*each[:k], *each[k + 1 :]):
                add("these weights on other chips", accuracy(prepared, other, adapted, seed))
            fresh = learned(scratch, chip, seed)
            add(f"from scratch in the loop, {EPOCHS['scratch']} epochs", accuracy(prepared, chip, fresh, seed))
    return rows


def opened(device: MockBackend) -> Open:
    return registry.opener(device, device.mode)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("severities", nargs="*", default=["mild", "hard"], choices=["mild", "hard"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--chips", type=int, default=5)
    parser.add_argument("--part", default="test", choices=["test", "validation"])
    parser.add_argument("--backend", default=None)
    asked = parser.parse_args()
    for severity in asked.severities:
        scenario = schema.read(FOLDER / f"loop_{severity}.toml")
        if asked.backend is not None:
            table = scenario.devices["mock"].model_copy(update={"on": asked.backend})
            scenario = scenario.model_copy(update={"devices": {"mock": table}})
        prepared = prepare(scenario, scenario.data.build(), asked.part)
        device = scenario.backends()["mock"]
        assert isinstance(device, MockBackend)
        start, used = time.perf_counter(), time.process_time()
        rows = rows_of(prepared, device, range(asked.seeds), asked.chips)
        print(f"\n| {severity}: {asked.seeds} seeds, {asked.chips} chips each | accuracy | range |\n|---|---|---|")
        for row, found in rows.items():
            print(f"| {row} | {np.mean(found):.3f} ± {np.std(found):.3f} | {min(found):.3f} to {max(found):.3f} |")
        took, here = time.perf_counter() - start, time.process_time() - used
        print(f"\n{took:.0f} s, {here:.0f} s of this process's time; on {device.inside.name}:{device.mode}")


if __name__ == "__main__":
    main()

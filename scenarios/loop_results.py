"""Deployed, calibrated, in the loop, from scratch: digits on mocks of chips, five training seeds on five chips each.

    python scenarios/loop_results.py [mild] [hard] [--seeds N ...] [--chips N] [--part test|validation] [--backend NAME]

Prints a table for each severity, as Markdown: mean and standard deviation over seeds and chips, and the range. Weights
are programmed anew for each of five tests, whose mean counts. Epochs were chosen on the validation part, with other
seeds and other chips.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tables import processor_seconds, spread

from neurosim.backend import registry
from neurosim.backend.contract import Records, Session
from neurosim.backend.sessions.joined_records import joined
from neurosim.backend.sessions.session_wrapper import SessionWrapper
from neurosim.device import calibrate
from neurosim.device.mock import MockBackend
from neurosim.device.silicon import Silicon
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Trials
from neurosim.scenario import schema
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.streams import SampleRefs

FOLDER = Path(__file__).parent
SEVERITIES = ("mild", "hard")
PROGRAMMINGS = 5
FIRST_CHIP = 1000
FLOAT = 30
IN_THE_LOOP = (1, 4, 20)
CALIBRATED = (1, 4)
SCRATCH = (4, 20)
"""Epochs on a simulator; in the loop, from these weights as they are, on a calibrated chip, and from first weights."""

Open = Callable[[Program], Session]
Weights = dict[str, Array]
Row = tuple[str, float]
"""The name of a row, and one accuracy of it."""


def with_epochs(prepared: Prepared, epochs: int) -> Prepared:
    """The same scenario with another number of epochs."""
    training = prepared.scenario.training.model_copy(update={"epochs": epochs})
    return prepare(prepared.scenario.model_copy(update={"training": training}), prepared.data, prepared.part)


class EpochByEpoch(SessionWrapper):
    """Runs a training in one call an epoch, which changes no bit, and keeps what is learned after each."""

    def __init__(self, session: Session, epochs: int):
        super().__init__(session)
        self.epochs = epochs
        self.after: list[Weights] = []

    def run(self, trials: Trials, **how: Any) -> Records:
        """Run all trials."""
        samples, records = trials.count // self.epochs, []
        for first in range(0, trials.count, samples):
            records.append(super().run(trials.part(first, first + samples), **how))
            self.after.append(self.read())
        return joined(records)


def learned(
    prepared: Prepared, open_session: Open, seed: int, epochs: int, start: Weights | None = None
) -> list[Weights]:
    """What training leaves behind after each epoch, from first weights or from others."""
    longer = with_epochs(prepared, epochs)
    run_state = longer.begin(seed)
    if start is not None:
        run_state.restore(start)
    with EpochByEpoch(open_session(longer.programs["wake"]), epochs) as session:
        run_state.sessions["wake"] = session
        longer.method.training(run_state, run_state.tasks[0])()
        return session.after


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


def chips_of(device: MockBackend, seed: int, chips: int) -> list[MockBackend]:
    """The chips of a training seed, which no other seed has."""
    return [device.with_seed(FIRST_CHIP + 100 * seed + k) for k in range(chips)]


def rows_of(prepared: Prepared, device: MockBackend, seed: int, chips: int) -> Iterator[Row]:
    """All rows of a training seed: of the simulator, then of each of its chips."""
    simulator = registry.opener(device.inside, device.mode)
    weights = learned(prepared, simulator, seed, FLOAT)[-1]
    yield "float", accuracy(prepared, simulator, weights, seed)
    bits = device.silicon.weight_bits
    few_bits = device.with_silicon("bits", Silicon(weight_bits=bits))
    yield f"{bits} bits only", accuracy(prepared, opened(few_bits), weights, seed)
    each = chips_of(device, seed, chips)
    for k, chip in enumerate(each):
        yield from rows_of_chip(prepared, chip, [*each[:k], *each[k + 1 :]], weights, seed)


def rows_of_chip(
    prepared: Prepared, chip: MockBackend, others: Sequence[MockBackend], weights: Weights, seed: int
) -> Iterator[Row]:
    """The rows of one chip, with weights of a simulator and from scratch; what it learned is put on the others, too."""

    def told(by: MockBackend, of: Weights) -> float:
        return accuracy(prepared, opened(by), of, seed)

    def in_the_loop(by: MockBackend, epochs: Sequence[int], start: Weights | None = None) -> dict[int, Weights]:
        after = learned(prepared, opened(by), seed, epochs[-1], start)
        return {k: after[k - 1] for k in epochs}

    yield "deployed", told(chip, weights)
    for epochs, adapted in in_the_loop(chip, IN_THE_LOOP, weights).items():
        yield f"in the loop, {in_words(epochs)}", told(chip, adapted)
    for other in others:
        yield f"those of {in_words(epochs)}, on other chips", told(other, adapted)
    trimmed = chip.calibrated(calibrate(chip, prepared.network, precision=prepared.scenario.scenario.precision.build()))
    yield "calibrated", told(trimmed, weights)
    for epochs, adapted in in_the_loop(trimmed, CALIBRATED, weights).items():
        yield f"calibrated, then in the loop, {in_words(epochs)}", told(trimmed, adapted)
    for epochs, fresh in in_the_loop(chip, SCRATCH).items():
        yield f"from scratch in the loop, {in_words(epochs)}", told(chip, fresh)
    for other in others:
        yield "those from scratch, on other chips", told(other, fresh)


def in_words(epochs: int) -> str:
    return "1 epoch" if epochs == 1 else f"{epochs} epochs"


def opened(device: MockBackend) -> Open:
    return registry.opener(device, device.mode)


def read(severity: str, part: str, backend: str | None = None) -> tuple[Prepared, MockBackend]:
    """The scenario of a severity, and its chip, on the backend of its file or on another one."""
    scenario = schema.read(FOLDER / f"loop_{severity}.toml")
    if backend is not None:
        table = scenario.devices["mock"].model_copy(update={"on": backend})
        scenario = scenario.model_copy(update={"devices": {"mock": table}})
    device = scenario.backends()["mock"]
    assert isinstance(device, MockBackend)
    return prepare(scenario, scenario.data.build(), part), device


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("severities", nargs="*", default=[], choices=[[], *SEVERITIES], metavar="mild|hard")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    parser.add_argument("--chips", type=int, default=5)
    parser.add_argument("--part", default="test", choices=["test", "validation"])
    parser.add_argument("--backend", default=None)
    asked = parser.parse_args()
    for severity in asked.severities or SEVERITIES:
        used = processor_seconds()
        prepared, device = read(severity, asked.part, asked.backend)
        rows: dict[str, list[float]] = {}
        for seed in asked.seeds:
            for row, found in rows_of(prepared, device, seed, asked.chips):
                rows.setdefault(row, []).append(found)
        print(f"\n| {severity}: {len(asked.seeds)} seeds, {asked.chips} chips each | accuracy | lowest to highest |")
        print("|---|---|---|")
        for row, values in rows.items():
            print(f"| {row} | {spread(values)} | {min(values):.3f} to {max(values):.3f} |")
        took = processor_seconds() - used
        print(f"\n{took:.0f} s of processor time, on {device.inside.name}:{device.mode}", flush=True)


if __name__ == "__main__":
    main()

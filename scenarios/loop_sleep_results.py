"""Does sleep undo what a biased readout erases? Five tasks of digits on a chip, ten seeds, with and without either.

    python scenarios/loop_sleep_results.py [--seeds N ...] [--part test|validation] [--bias B]

Prints two tables, as Markdown: accuracy over all classes after the last task, and that of the four earlier tasks; then
differences of arms that have the same seeds, mean and 95 % interval (Student's t). Each seed has a chip of its own. An
exact readout is the simulator itself, which a device with an ideal readout equals bit for bit.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import t as student
from tables import Document, document, processor_seconds, spread, without

from neurosim.device.mock import MockBackend
from neurosim.results.result import Result
from neurosim.scenario import engine, schema
from neurosim.scenario.datasets import Dataset

FIRST_CHIP = 2000

Pair = tuple[str, str]
"""Readout and night: an arm."""

EXACT, BIASED = "exact readout", "biased readout"
AWAKE, ASLEEP = "no sleep", "sleep"
ARMS: tuple[Pair, ...] = ((EXACT, AWAKE), (BIASED, AWAKE), (EXACT, ASLEEP), (BIASED, ASLEEP))

Found = dict[Pair, np.ndarray]
"""A figure of each arm, by seed."""

DIFFERENCES: dict[str, Callable[[Found], np.ndarray]] = {
    "what the bias costs without sleep": lambda f: f[EXACT, AWAKE] - f[BIASED, AWAKE],
    "what the bias costs with sleep": lambda f: f[EXACT, ASLEEP] - f[BIASED, ASLEEP],
    "what sleep adds, exact readout": lambda f: f[EXACT, ASLEEP] - f[EXACT, AWAKE],
    "what sleep adds, biased readout": lambda f: f[BIASED, ASLEEP] - f[BIASED, AWAKE],
    "what sleep undoes of the cost": lambda f: (
        (f[EXACT, AWAKE] - f[BIASED, AWAKE]) - (f[EXACT, ASLEEP] - f[BIASED, ASLEEP])
    ),
}


def run(tables: Document, readout: str, seed: int, part: str, data: Dataset) -> Result:
    """One run, on the chip of the seed, or on what simulates it."""
    scenario = schema.from_document(tables)
    chip = scenario.backends()["mock"]
    assert isinstance(chip, MockBackend)
    opened = chip.with_seed(FIRST_CHIP + seed).compile if readout == BIASED else on_simulator(chip)
    return engine.run(scenario, opened, seed, part=part, data=data)


def on_simulator(chip: MockBackend) -> engine.OpenSession:
    return functools.partial(chip.inside.compile, mode=chip.mode)


def of_night(tables: Document, night: str) -> Document:
    return tables if night == ASLEEP else without(tables, "sleep")


def at_once(tables: Document) -> Document:
    """All classes in one task, which nothing has to be kept after."""
    return {k: v for k, v in tables.items() if k not in ("sleep", "rehearsal")} | {"stream": {"kind": "joint"}}


def earlier(result: Result) -> float:
    """Accuracy over all tasks but the last, after the last."""
    return float(np.average(result.accuracy_matrix[-1, :-1], weights=result.samples[:-1]))


def arms(tables: Document, seeds: Sequence[int], part: str, data: Dataset) -> tuple[Found, Found]:
    """Accuracies over all classes, and over the earlier tasks, of each arm."""
    whole: Found = {}
    before: Found = {}
    for readout, night in ARMS:
        results = [run(of_night(tables, night), readout, seed, part, data) for seed in seeds]
        whole[readout, night] = np.array([r.accuracy for r in results])
        before[readout, night] = np.array([earlier(r) for r in results])
    return whole, before


def interval(differences: np.ndarray) -> str:
    """Mean and 95 % interval of differences by seed."""
    mean, half = float(np.mean(differences)), half_interval(differences)
    return f"{mean:+.3f} | {mean - half:+.3f} to {mean + half:+.3f}"


def half_interval(differences: np.ndarray) -> float:
    n = len(differences)
    return float(student.ppf(0.975, n - 1) * np.std(differences, ddof=1) / np.sqrt(n))


def print_accuracies(whole: Found, before: Found, seeds: int) -> None:
    print(f"| loop_sleep: {seeds} seeds | all classes | lowest to highest | earlier tasks |\n|---|---|---|---|")
    for arm, found in whole.items():
        span = f"{min(found):.3f} to {max(found):.3f}"
        print(f"| {', '.join(arm)} | {spread(list(found))} | {span} | {spread(list(before[arm]))} |")


def print_differences(whole: Found, before: Found) -> None:
    print("\n| paired by seed | all classes | 95 % interval | earlier tasks | 95 % interval |\n|---|---|---|---|---|")
    for row, difference in DIFFERENCES.items():
        print(f"| {row} | {interval(difference(whole))} | {interval(difference(before))} |")


def with_bias(tables: Document, bias: float) -> Document:
    chip = tables["devices"]["mock"]
    return tables | {"devices": {"mock": chip | {"readout": chip["readout"] | {"bias": bias}}}}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=list(range(10)))
    parser.add_argument("--part", default="test", choices=["test", "validation"])
    parser.add_argument("--bias", type=float, default=None)
    asked = parser.parse_args()
    used = processor_seconds()
    tables = document("loop_sleep") if asked.bias is None else with_bias(document("loop_sleep"), asked.bias)
    data = schema.from_document(tables).data.build()
    joint = [run(at_once(tables), EXACT, seed, asked.part, data).accuracy for seed in asked.seeds]
    whole, before = arms(tables, asked.seeds, asked.part, data)
    print_accuracies(whole, before, len(asked.seeds))
    print(f"| all classes at once, exact readout | {spread(joint)} | {min(joint):.3f} to {max(joint):.3f} | - |")
    print_differences(whole, before)
    print(f"\n{processor_seconds() - used:.0f} s of processor time")


if __name__ == "__main__":
    main()

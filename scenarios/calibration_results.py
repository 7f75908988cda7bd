"""Deployed and calibrated: digits trained on a simulator, then run on mocks of chips as they are and with their trims.

    python scenarios/calibration_results.py [--seeds N] [--chips N]

Prints a table, as Markdown: mean and standard deviation over seeds and chips, and the range. Weights are programmed
anew for each of five tests, whose mean counts.
"""

from __future__ import annotations

import argparse

import numpy as np
from loop_results import EPOCHS, FIRST_CHIP, FOLDER, accuracy, learned, opened, with_epochs

from neurosim.backend import registry
from neurosim.device import MockBackend, calibrate
from neurosim.scenario import schema
from neurosim.scenario.preparation import Prepared, prepare

SEVERITIES = ("mild", "hard")


def read(severity: str) -> tuple[Prepared, MockBackend]:
    """The scenario of a severity, and its chip."""
    scenario = schema.read(FOLDER / f"loop_{severity}.toml")
    device = scenario.backends()["mock"]
    assert isinstance(device, MockBackend)
    return prepare(scenario, scenario.data.build(), "test"), device


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--chips", type=int, default=5)
    asked = parser.parse_args()
    rows: dict[str, list[float]] = {}
    for seed in range(asked.seeds):
        prepared, device = read("mild")
        simulator = registry.opener(device.inside, device.mode)
        weights = learned(with_epochs(prepared, EPOCHS["float"]), simulator, seed)
        rows.setdefault("float", []).append(accuracy(prepared, simulator, weights, seed))
        for severity in SEVERITIES:
            prepared, device = read(severity)
            for k in range(asked.chips):
                chip = device.with_seed(FIRST_CHIP + 100 * seed + k)
                found = calibrate(chip, prepared.network, precision=prepared.scenario.scenario.precision.build())
                for row, one in (("deployed", chip), ("calibrated", chip.calibrated(found))):
                    told = accuracy(prepared, opened(one), weights, seed)
                    rows.setdefault(f"{severity}, {row}", []).append(told)
    print(f"| {asked.seeds} seeds, {asked.chips} chips each | accuracy | range |\n|---|---|---|")
    for row, values in rows.items():
        print(f"| {row} | {np.mean(values):.3f} ± {np.std(values):.3f} | {min(values):.3f} to {max(values):.3f} |")


if __name__ == "__main__":
    main()

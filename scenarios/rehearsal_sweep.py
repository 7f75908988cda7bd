"""Where sleep stops helping: accuracy over all classes for more and more awake rehearsal, with and without sleep.

python scenarios/rehearsal_sweep.py DATA [BACKEND[:MODE]]

DATA is digits, mnist or fashion. Two files give the settings: DATA_sleep.toml, searched without rehearsal, and
DATA_sleep_rehearsal.toml, whose sleep was searched with a fortieth of the earlier samples. Each comes without its sleep
and with it. Five seeds, on the test part.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from tables import document, session_on, without

from neurosim.scenario import engine, schema
from neurosim.scenario.datasets import Dataset

SEEDS = range(5)
FRACTIONS = (0.0, 0.01, 0.025, 0.1, 0.3)


def arms(data: str) -> dict[str, dict[str, Any]]:
    """Either file, without its sleep and with it."""
    alone, together = document(f"{data}_sleep"), document(f"{data}_sleep_rehearsal")
    return {
        "no sleep": without(alone, "sleep"),
        "sleep": alone,
        "no sleep, set for rehearsal": without(together, "sleep"),
        "sleep, set for rehearsal": together,
    }


def with_rehearsal(tables: dict[str, Any], fraction: float) -> dict[str, Any]:
    rest = without(tables, "rehearsal")
    return rest | {"rehearsal": {"fraction": fraction}} if fraction else rest


def cell(tables: dict[str, Any], open_session: engine.OpenSession, data: Dataset) -> str:
    scenario = schema.from_document(tables)
    accuracies = [engine.run(scenario, open_session, seed, data=data).accuracy for seed in SEEDS]
    return f"{np.mean(accuracies):.3f} ({min(accuracies):.3f} to {max(accuracies):.3f})"


def main(name: str, backend_name: str = "brian2") -> None:
    open_session = session_on(backend_name)
    columns = arms(name)
    data = schema.from_document(columns["sleep"]).data.build()
    print(f"| rehearsed of {name} | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for fraction in FRACTIONS:
        cells = [cell(with_rehearsal(tables, fraction), open_session, data) for tables in columns.values()]
        print(f"| {100 * fraction:g} % | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

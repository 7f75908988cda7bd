"""The accuracies in the README: scenarios over five seeds on the test part, as Markdown tables.

python scenarios/results.py [BACKEND[:MODE]]
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import neurosim
from neurosim.scenario import engine, spec

SCENARIOS = ("digits_joint", "digits_sequential", "digits_sleep")
GATES = ("input-conditioned", "bank", "unconditioned")
SEEDS = range(5)


def document(name: str) -> dict[str, Any]:
    return spec.document(spec.text_of(Path(__file__).parent / f"{name}.toml"))


def engrams() -> Iterator[tuple[str, dict[str, Any]]]:
    """The engram scenario without gates, without metaplasticity, and with each kind of gate."""
    for arm in ("plain binary", "metaplastic", *GATES):
        d = document("digits_engrams")
        if arm in GATES:
            d["gates"]["kind"] = arm
        else:
            del d["gates"]
        if arm == "plain binary":
            for projection in d["network"]["projection"].values():
                projection["wake"]["learning"][0]["m"] = 0.0
        yield arm if arm not in GATES else f"metaplastic, gate: {arm}", d


def row(name: str, tables: dict[str, Any], open_session: engine.OpenSession) -> str:
    scenario = spec.from_document(tables)
    data = engine.load_data(scenario)
    results = [engine.run(scenario, open_session, seed, data=data) for seed in SEEDS]
    accuracies = [r.accuracy for r in results]
    span = f"{min(accuracies):.3f} to {max(accuracies):.3f}"
    forgetting = [r.forgetting for r in results if r.forgetting is not None]  # a single task has none
    forgotten = f"{np.mean(forgetting):.3f}" if forgetting else "-"
    return f"| {name} | {np.mean(accuracies):.3f} | {span} | {forgotten} |"


def table(arms: Iterable[tuple[str, dict[str, Any]]], open_session: engine.OpenSession) -> None:
    print("| scenario | mean accuracy | lowest to highest | average forgetting |")
    print("|---|---|---|---|")
    for name, tables in arms:
        print(row(name, tables, open_session), flush=True)
    print()


def main(backend_name: str = "reference") -> None:
    backend, mode = neurosim.load(backend_name)
    open_session = functools.partial(backend.compile, mode=mode)
    table([(name, document(name)) for name in SCENARIOS], open_session)
    table(engrams(), open_session)


if __name__ == "__main__":
    main(*sys.argv[1:])

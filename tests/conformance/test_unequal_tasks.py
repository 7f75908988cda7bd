"""A list of unequal tasks, permuted, turned, with other outputs for a class and with sleep, is T0 on every backend.

The network is that of digits_sleep, so what is compiled for that is used here, too.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from neurosim.backend import registry
from neurosim.results.agreement.tiers import agreement
from neurosim.results.result import Result
from neurosim.scenario import engine, schema

SCENARIO = Path(__file__).parents[2] / "scenarios" / "digits_sleep.toml"
TASKS = [
    {"classes": [0, 3], "samples": 20},
    {"classes": [3, 7, 9], "fraction": 0.4, "outputs": [0, 4, 4], "transformation": {"kind": "permuted", "seed": 3}},
    {"classes": [5], "transformation": {"kind": "rotated", "angle": 30}},
    {"samples": 30, "transformation": {"kind": "inverted"}},
]
BACKENDS = ("brian2:standalone", "nengo:native", "nengo:fused", "lava:fused")


def scenario() -> schema.Scenario:
    document = schema.document(schema.text_of(SCENARIO))
    document["stream"] = {"kind": "list", "task": TASKS, "labels": {"5": 6}}
    document["data"] |= {"train": 200, "test": 100, "validation": 100}
    document["sleep"] |= {"steps": 100, "mask": 5}
    document["rehearsal"] = {"fraction": 0.2}
    return schema.from_document(document)


@functools.cache
def of_reference() -> Result:
    return engine.run(scenario(), registry.load("reference")[0].compile)


@pytest.mark.parametrize("backend", BACKENDS)
def test_unequal_tasks_are_t0(backend: str) -> None:
    loaded, mode = registry.load(backend)
    free = agreement(of_reference(), engine.run(scenario(), functools.partial(loaded.compile, mode=mode)))
    assert (free.first_difference, free.max_abs_dw) == (None, 0.0)
    assert free.spikes > 300


def test_they_are_unequal_and_learn() -> None:
    result = of_reference()
    assert len(set(result.samples)) == len(TASKS)
    assert result.accuracy_matrix[0, 0] > 0.9
    described = scenario()
    assert isinstance(described.training, schema.EquilibriumTable)
    trained = [s.trials / described.training.epochs for s in result.stages if s.kind == "trained"]
    assert trained[0] == 20
    assert len(set(trained)) == len(TASKS)

"""Small runs that learn in batches; the last batch of each has fewer trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from neurosim.model.connectivity import Pairs
from neurosim.model.learning import (
    LearningRule,
    SymmetricAdamPropagation,
    SymmetricBiasPropagation,
    SymmetricEquilibriumPropagation,
    SymmetricMomentumPropagation,
)
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit
from neurosim.model.synapses import Adam, Momentum
from neurosim.program.schedule import Phase, Probe, Schedule, Trials
from neurosim.testing.cases.library import weights
from neurosim.testing.cases.small import Case, ep_one_sided, generator

TRIALS = 72
"""One batch of 64 and one of 8, or four of 16 and one of 8."""

LAYERS = {"first": 14, "second": 9, "third": 8, "output": 5}

SQUARED = LearningRule(
    "squared",
    "end:minus",
    {"w": "w + lr*(sharp*pre.s*pre.s*tanh(sharp*post.s) - arrived)"},
    {"lr": 2.0**-9, "sharp": 0.7},
)
"""Factors that are no outputs, one with a constant of the rule in it, and terms with two different constants."""


def _trials(inputs: int, classes: int) -> Trials:
    random = generator(120)
    targets = np.eye(classes)[random.integers(0, classes, TRIALS)]
    return Trials({"input.s": random.random((TRIALS, inputs)), "output.target": targets})


def _one_sided(batch: int, length: float) -> Case:
    case = ep_one_sided(length)
    schedule = replace(case.schedule, batch=batch)
    return replace(case, name=f"batch_of_{batch}", schedule=schedule, trials=_trials(12, 5))


def batch_of_layers(length: float = 1.0) -> Case:
    """Symmetric equilibrium propagation in batches of 16 of several layers, one of them sparse, each with its own rule.

    Momentum and Adam name their estimates.
    """
    random = generator(121)
    some = Pairs(random.integers(0, 14, 60), random.integers(0, 9, 60))
    bias = [SymmetricBiasPropagation(lr=0.03)]
    momentum, adam = SymmetricMomentumPropagation(lr=0.01, weight_decay=0.01), SymmetricAdamPropagation(lr=0.01)
    network = Network(
        [Population("input", 10, Clamp), *(Population(n, size, RateUnit, bias) for n, size in LAYERS.items())],
        [
            Projection("in_first", "input", "first", learning=[SymmetricEquilibriumPropagation(lr=0.02)]),
            Projection("sparse", "first", "second", learning=[SymmetricEquilibriumPropagation(lr=0.02)],
                       connectivity=some, reciprocal=True),
            Projection("moving", "second", "third", Momentum, [momentum], reciprocal=True),
            Projection("scaled", "third", "output", Adam, [adam], reciprocal=True),
            Projection("skipping", "first", "output", learning=[SQUARED], reciprocal=True),
        ],
    )  # fmt: skip
    steps = max(3, round(10 * length))
    schedule = Schedule(
        [
            Phase("free", steps, assign={"s_free": "s"}),
            Phase("plus", 3, {"output.beta": 0.5}, assign={"s_plus": "s", "s": "s_free"}),
            Phase("minus", 3, {"output.beta": -0.5}),
        ],
        [Probe("output.s", "end:free"), Probe("second.s", "step", units=range(3))],
        {"input.s": "constant", "output.target": "constant"},
        batch=16,
    )
    return Case("batch_of_layers", network, schedule, weights(network, 122, -0.3, 0.4), _trials(10, 5))


BATCHES: dict[str, Callable[[float], Case]] = {
    "batch_of_16": partial(_one_sided, 16),
    "batch_of_64": partial(_one_sided, 64),
    "batch_of_layers": batch_of_layers,
}
"""The cases by name; the first two share a program, for how many trials a batch has is no part of it."""

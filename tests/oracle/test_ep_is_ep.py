"""Equilibrium propagation estimates the gradient of the loss at the free fixed point.

The loss is C = 1/2 |output* - target|^2, with output* where the free phase comes to rest. The exact gradient is had by
central differences through whole runs of the dynamics; the estimate is the weight change of the rules, divided by -lr.
One-sided, the estimate is off by O(beta); symmetric, by O(beta^2).
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from neurosim.backend.contract import Session
from neurosim.backend.reference import ReferenceBackend
from neurosim.model.learning import (
    BiasPropagation,
    EquilibriumPropagation,
    SymmetricBiasPropagation,
    SymmetricEquilibriumPropagation,
)
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, LeakyTanhRateUnit, TanhRateUnit
from neurosim.program.lowering.lower import lower
from neurosim.program.schedule import Trials
from neurosim.scenario.methods import ep_schedules

Arrays = dict[str, np.ndarray]

UNITS = {"tanh": TanhRateUnit, "leaky": LeakyTanhRateUnit}
"""Smooth units of the library; both come to rest at s = tanh(drive + bias + nudge)."""

SIZES = (3, 4, 2)
STEPS = 400
LR = 1e-3
RANDOM = np.random.default_rng(3)
INPUT, TARGET = RANDOM.uniform(0, 1, (1, 3)), np.array([[0.6, -0.4]])
START: Arrays = {
    "input_hidden.w": RANDOM.uniform(-0.8, 0.8, (3, 4)),
    "hidden_output.w": RANDOM.uniform(-0.6, 0.6, (4, 2)),
    "hidden.bias": RANDOM.uniform(-0.2, 0.2, 4),
    "output.bias": RANDOM.uniform(-0.2, 0.2, 2),
}


def session(unit: str, method: str) -> Session:
    one_sided = method == "one-sided"
    rule = EquilibriumPropagation if one_sided else SymmetricEquilibriumPropagation
    bias = BiasPropagation if one_sided else SymmetricBiasPropagation
    network = Network(
        [
            Population("input", SIZES[0], Clamp),
            Population("hidden", SIZES[1], UNITS[unit], [bias(lr=LR)]),
            Population("output", SIZES[2], UNITS[unit], [bias(lr=LR)]),
        ],
        [
            Projection("input_hidden", "input", "hidden", learning=[rule(lr=LR)]),
            Projection("hidden_output", "hidden", "output", learning=[rule(lr=LR)], reciprocal=True),
        ],
    )
    make = ep_schedules.one_sided if one_sided else ep_schedules.symmetric
    return ReferenceBackend().compile(lower(network, make("input", "output", STEPS, STEPS, 0.1)))


TRIALS = Trials({"input.s": INPUT, "output.target": TARGET})


def loss(opened: Session, weights: Mapping[str, np.ndarray]) -> float:
    opened.write(weights)
    output = np.asarray(opened.run(TRIALS, constants={"steps.nudged": 0}, learn=False)["output.s@end:free"])
    return float(0.5 * np.sum((output - TARGET) ** 2))


@cache
def exact_gradient(unit: str) -> np.ndarray:
    h, found = 1e-5, []
    with session(unit, "one-sided") as opened:
        for name, array in START.items():
            for index in np.ndindex(array.shape):
                either = []
                for sign in (1, -1):
                    moved = array.copy()
                    moved[index] += sign * h
                    either.append(loss(opened, {**START, name: moved}))
                found.append((either[0] - either[1]) / (2 * h))
    return np.array(found)


@cache
def estimate(unit: str, method: str, beta: float) -> np.ndarray:
    nudges = (
        {"output.beta@nudged": beta}
        if method == "one-sided"
        else {"output.beta@plus": beta, "output.beta@minus": -beta}
    )
    with session(unit, method) as opened:
        rules = {n: beta for n in opened.program.constants if n.endswith((".ep.beta", ".ep_bias.beta"))}  # type: ignore[attr-defined]
        opened.write(START)
        opened.run(TRIALS, constants={**nudges, **rules})
        after = opened.read()
    return np.concatenate([((START[n] - after[n]) / LR).ravel() for n in START])


def gap(unit: str, method: str, beta: float) -> float:
    """Relative distance of the estimate from the exact gradient."""
    return float(
        np.linalg.norm(estimate(unit, method, beta) - exact_gradient(unit)) / np.linalg.norm(exact_gradient(unit))
    )


@pytest.mark.parametrize("unit", UNITS)
def test_the_free_phase_comes_to_rest(unit: str) -> None:
    with session(unit, "one-sided") as opened:
        opened.write(START)
        long, longer = (
            np.asarray(
                opened.run(TRIALS, constants={"steps.free": n, "steps.nudged": 0}, learn=False)["output.s@end:free"]
            )
            for n in (STEPS, 2 * STEPS)
        )
    np.testing.assert_allclose(long, longer, rtol=0, atol=1e-14)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("method", ["one-sided", "symmetric"])
def test_the_estimate_points_down_the_gradient(unit: str, method: str) -> None:
    e, g = estimate(unit, method, 0.01), exact_gradient(unit)
    assert e @ g / (np.linalg.norm(e) * np.linalg.norm(g)) > 0.999
    assert gap(unit, method, 0.01) < 0.02


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("beta", [0.1, 0.05, 0.02])
def test_the_one_sided_gap_halves_with_beta(unit: str, beta: float) -> None:
    assert 1.8 <= gap(unit, "one-sided", beta) / gap(unit, "one-sided", beta / 2) <= 2.2


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("beta", [0.1, 0.05, 0.02])
def test_the_symmetric_gap_quarters_with_beta(unit: str, beta: float) -> None:
    assert 3.5 <= gap(unit, "symmetric", beta) / gap(unit, "symmetric", beta / 2) <= 4.5


@pytest.mark.parametrize("unit", UNITS)
def test_learning_lowers_the_loss(unit: str) -> None:
    with session(unit, "one-sided") as opened:
        before = loss(opened, START)
        opened.run(
            TRIALS,
            constants={
                "output.beta@nudged": 0.1,
                **{n: 10 * LR for n in opened.program.constants if n.endswith(".lr")},
            },
        )  # type: ignore[attr-defined]
        assert loss(opened, opened.read()) < before

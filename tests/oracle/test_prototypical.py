"""`PrototypicalRateUnit` is the published discrete-time dynamics of equilibrium propagation, and its updates are EP's.

The authors' form: s' = rho(dPhi/ds), Phi = sum over layers of s_next . (s @ W) + bias . s - beta/2 |target - s_out|^2,
all layers at once, rho(x) = clip(x, 0, 1) (Ernoult et al. 2019; Laborieux et al. 2021). Written here with plain loops.
"""

from __future__ import annotations

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
from neurosim.model.neurons import Clamp, PrototypicalRateUnit
from neurosim.program.lowering.lower import lower
from neurosim.program.schedule import Trials
from neurosim.scenario.methods import ep_schedules

Arrays = dict[str, np.ndarray]

SIZES, FREE, NUDGED, LR = (4, 5, 3), 60, 60, 0.01
RANDOM = np.random.default_rng(17)
INPUT, TARGET = RANDOM.uniform(0.2, 0.8, 4), np.array([0.7, 0.3, 0.5])
START: Arrays = {
    "input_hidden.w": RANDOM.uniform(-0.3, 0.3, (4, 5)),
    "hidden_output.w": RANDOM.uniform(-0.3, 0.3, (5, 3)),
    "hidden.bias": RANDOM.uniform(0.35, 0.6, 5),
    "output.bias": RANDOM.uniform(0.35, 0.6, 3),
}
"""All units come to rest between 0 and 1, where rho has a derivative."""


def session(symmetric: bool, steps: tuple[int, int] = (FREE, NUDGED)) -> Session:
    rule, bias = (
        (SymmetricEquilibriumPropagation, SymmetricBiasPropagation)
        if symmetric
        else (EquilibriumPropagation, BiasPropagation)
    )
    network = Network(
        [
            Population("input", SIZES[0], Clamp),
            Population("hidden", SIZES[1], PrototypicalRateUnit, [bias(lr=LR)]),
            Population("output", SIZES[2], PrototypicalRateUnit, [bias(lr=LR)]),
        ],
        [
            Projection("input_hidden", "input", "hidden", learning=[rule(lr=LR)]),
            Projection("hidden_output", "hidden", "output", learning=[rule(lr=LR)], reciprocal=True),
        ],
    )
    make = ep_schedules.symmetric if symmetric else ep_schedules.one_sided
    return ReferenceBackend().compile(lower(network, make("input", "output", *steps, 0.1)))


TRIALS = Trials({"input.s": INPUT[None], "output.target": TARGET[None]})


def rho(x: float) -> float:
    return min(max(x, 0.0), 1.0)


def settle(weights: Arrays, hidden: list[float], output: list[float], beta: float, steps: int) -> tuple[list, list]:
    """The authors' dynamics, a unit at a time; all units from the old state."""
    first, second = weights["input_hidden.w"], weights["hidden_output.w"]
    for _ in range(steps):
        new_hidden, new_output = [], []
        for k in range(SIZES[1]):
            force = weights["hidden.bias"][k]
            force += sum(INPUT[i] * first[i, k] for i in range(SIZES[0]))
            force += sum(second[k, j] * output[j] for j in range(SIZES[2]))
            new_hidden.append(rho(force))
        for j in range(SIZES[2]):
            force = weights["output.bias"][j] + sum(hidden[k] * second[k, j] for k in range(SIZES[1]))
            new_output.append(rho(force + beta * (TARGET[j] - output[j])))
        hidden, output = new_hidden, new_output
    return hidden, output


def updated(weights: Arrays, symmetric: bool, beta: float) -> Arrays:
    """One update by the contrast of two equilibria, as the authors take it."""
    rest = settle(weights, [0.0] * SIZES[1], [0.0] * SIZES[2], 0.0, FREE)
    high = settle(weights, *rest, beta, NUDGED)
    low = settle(weights, *rest, -beta, NUDGED) if symmetric else rest
    over = 2 * beta if symmetric else beta
    found = {n: a.copy() for n, a in weights.items()}
    for k in range(SIZES[1]):
        found["hidden.bias"][k] += LR * (high[0][k] - low[0][k]) / over
        for i in range(SIZES[0]):
            found["input_hidden.w"][i, k] += LR * INPUT[i] * (high[0][k] - low[0][k]) / over
        for j in range(SIZES[2]):
            found["hidden_output.w"][k, j] += LR * (high[0][k] * high[1][j] - low[0][k] * low[1][j]) / over
    for j in range(SIZES[2]):
        found["output.bias"][j] += LR * (high[1][j] - low[1][j]) / over
    return found


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("beta", [0.1, 0.5])
def test_one_update_is_that_of_the_authors_dynamics(symmetric: bool, beta: float) -> None:
    nudges = {"output.beta@plus": beta, "output.beta@minus": -beta} if symmetric else {"output.beta@nudged": beta}
    with session(symmetric) as opened:
        rules = {n: beta for n in opened.program.constants if n.endswith((".ep.beta", ".ep_bias.beta"))}  # type: ignore[attr-defined]
        opened.write(START)
        opened.run(TRIALS, constants={**nudges, **rules})
        found = opened.read()
    for name, expected in updated(START, symmetric, beta).items():
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=1e-15, err_msg=name)
        assert not np.array_equal(found[name], START[name])


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_each_step_is_that_of_the_authors_dynamics(steps: int) -> None:
    with session(False, (steps, 0)) as opened:
        opened.write({**START, "hidden.bias": START["hidden.bias"] + [2.0, -2.0, 0.0, 0.0, 0.0]})  # rho at work
        found = opened.run(TRIALS, learn=False)["output.s@end:free"]
    weights = {**START, "hidden.bias": START["hidden.bias"] + [2.0, -2.0, 0.0, 0.0, 0.0]}
    _, expected = settle(weights, [0.0] * SIZES[1], [0.0] * SIZES[2], 0.0, steps)
    np.testing.assert_allclose(np.asarray(found)[0], expected, rtol=0, atol=1e-15)


def loss(weights: Arrays) -> float:
    _, output = settle(weights, [0.0] * SIZES[1], [0.0] * SIZES[2], 0.0, 200)
    return 0.5 * sum((o - t) ** 2 for o, t in zip(output, TARGET, strict=True))


def gap(symmetric: bool, beta: float) -> float:
    """Relative distance of the update from a step down the exact gradient, which is had by central differences."""
    h, exact, estimate = 1e-5, [], []
    after = updated(START, symmetric, beta)
    for name, array in START.items():
        for index in np.ndindex(array.shape):
            either = [loss({**START, name: array + sign * h * _unit(array, index)}) for sign in (1, -1)]
            exact.append((either[0] - either[1]) / (2 * h))
            estimate.append((array[index] - after[name][index]) / LR)
    return float(np.linalg.norm(np.subtract(estimate, exact)) / np.linalg.norm(exact))


def _unit(array: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
    found = np.zeros_like(array)
    found[index] = 1.0
    return found


def test_the_update_is_down_the_gradient_of_the_loss() -> None:
    assert 1.8 <= gap(False, 0.04) / gap(False, 0.02) <= 2.2
    assert 3.5 <= gap(True, 0.1) / gap(True, 0.05) <= 4.5
    assert gap(True, 0.02) < 1e-3

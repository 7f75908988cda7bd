"""Equilibrium propagation at full size is the gradient that back-propagation through time computes, as beta goes to 0.

The loss is C = 1/2 |output* - target|^2, with output* where the free phase comes to rest. The estimate is the weight
change that the rules make in the reference, divided by -lr, the mean over digits of which each starts from the same
weights; the gradient goes through all steps of the free phase. One-sided, the estimate is off by O(beta); symmetric,
by O(beta^2).
"""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")


from neurosim.backend.reference import ReferenceBackend
from neurosim.model.learning import (
    BiasPropagation,
    EquilibriumPropagation,
    SymmetricBiasPropagation,
    SymmetricEquilibriumPropagation,
)
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, NeuronModel, PrototypicalRateUnit, TanhRateUnit
from neurosim.program.lowering.lower import lower
from neurosim.program.program import Program
from neurosim.program.schedule import Trials
from neurosim.scenario.datasets.published import digits as handwritten
from neurosim.scenario.methods import ep_schedules
from neurosim_torch.differentiable import Differentiable
from neurosim_torch.surrogates import fast_sigmoid
from neurosim_torch.training.losses import MeanSquared

Arrays = dict[str, np.ndarray]

SIZES = {"one hidden layer": (64, 100, 10), "two hidden layers": (64, 100, 100, 10)}
METHODS = ("one-sided", "symmetric")
UNIT = TanhRateUnit(eps=0.8)  # smooth, and comes to rest at s = tanh(drive + bias + nudge)
STEPS = 400
BETA = 0.01
DIGITS = 20
FREE = "output.s@end:free"


def network(sizes: tuple[int, ...], method: str, unit: NeuronModel = UNIT) -> Network:
    rule, bias = {
        "one-sided": (EquilibriumPropagation, BiasPropagation),
        "symmetric": (SymmetricEquilibriumPropagation, SymmetricBiasPropagation),
    }[method]
    names = ["input", *(f"hidden{k}" for k in range(1, len(sizes) - 1)), "output"]
    units = [Population(n, size, unit, [bias(lr=1.0)]) for n, size in zip(names[1:], sizes[1:], strict=True)]
    return Network(
        [Population("input", sizes[0], Clamp), *units],
        [
            Projection(f"{pre}_{post}", pre, post, learning=[rule(lr=1.0)], reciprocal=pre != "input")
            for pre, post in pairwise(names)
        ],
    )


def program(sizes: tuple[int, ...], method: str) -> Program:
    make = {"one-sided": ep_schedules.one_sided, "symmetric": ep_schedules.symmetric}[method]
    return lower(network(sizes, method), make("input", "output", STEPS, STEPS, BETA))


@cache
def weights(sizes: tuple[int, ...]) -> Arrays:
    """Small enough that the way back through the layers dies out, so that the network comes to rest."""
    random = np.random.default_rng(5)
    shapes = program(sizes, "one-sided").shapes()
    return {
        n: random.uniform(-1, 1, s) * (0.4 * np.sqrt(6 / sum(s)) if len(s) == 2 else 0.1) for n, s in shapes.items()
    }


@cache
def digits() -> Trials:
    samples = handwritten.read()
    return Trials({"input.s": samples.inputs[:DIGITS], "output.target": np.eye(10)[samples.labels[:DIGITS]]})


@cache
def gradient(sizes: tuple[int, ...]) -> Arrays:
    """By back-propagation through the steps of the free phase."""
    model = Differentiable(
        program(sizes, "one-sided"), digits(), fast_sigmoid(), constants={"steps.nudged": 0}, dtype="float64"
    )
    parameters = model.parameters(weights(sizes))
    target = torch.tensor(digits().stimuli["output.target"])
    MeanSquared(FREE)(model(parameters, torch.arange(DIGITS)), target).backward()
    return {n: p.grad.numpy() for n, p in parameters.items()}


@cache
def estimate(sizes: tuple[int, ...], method: str, beta: float) -> Arrays:
    """By the rules, a digit at a time from the same weights."""
    start = weights(sizes)
    total = {n: np.zeros_like(a) for n, a in start.items()}
    with ReferenceBackend().compile(program(sizes, method)) as session:
        constants = nudged(session.program.constants, beta)
        for k in range(DIGITS):
            session.write(start)
            session.run(digits().part(k, k + 1), constants=constants)
            for n, a in session.read().items():
                total[n] += (start[n] - a) / DIGITS
    return total


def nudged(constants: Mapping[str, float], beta: float) -> dict[str, float]:
    """The nudge in every phase and rule that has one."""
    phases = {"output.beta@nudged": beta, "output.beta@plus": beta, "output.beta@minus": -beta}
    rules = {n: beta for n in constants if n.endswith((".ep.beta", ".ep_bias.beta"))}
    return {n: b for n, b in phases.items() if n in constants} | rules


def gaps(sizes: tuple[int, ...], method: str, beta: float) -> dict[str, float]:
    """Relative distance of the estimate from the gradient, for each learned array."""
    g, e = gradient(sizes), estimate(sizes, method, beta)
    return {n: float(np.linalg.norm(e[n] - g[n]) / np.linalg.norm(g[n])) for n in g}


@pytest.mark.parametrize("depth", SIZES)
def test_the_free_phase_comes_to_rest(depth: str) -> None:
    sizes = SIZES[depth]
    with ReferenceBackend().compile(program(sizes, "one-sided")) as session:
        session.write(weights(sizes))
        found, longer = (
            session.run(digits(), constants={"steps.free": n, "steps.nudged": 0}, learn=False)[FREE]
            for n in (STEPS, 2 * STEPS)
        )
    np.testing.assert_allclose(found, longer, rtol=0, atol=1e-14)


@pytest.mark.parametrize("depth", SIZES)
@pytest.mark.parametrize("method", METHODS)
def test_the_estimate_of_every_layer_points_along_the_gradient(depth: str, method: str) -> None:
    g, e = gradient(SIZES[depth]), estimate(SIZES[depth], method, BETA)
    for n in g:
        cosine = float(np.vdot(e[n], g[n]) / (np.linalg.norm(e[n]) * np.linalg.norm(g[n])))
        assert cosine > 0.999, n


@pytest.mark.parametrize("depth", SIZES)
@pytest.mark.parametrize("beta", [4 * BETA, 2 * BETA])
def test_the_one_sided_gap_of_every_layer_halves_with_beta(depth: str, beta: float) -> None:
    gap, half = (gaps(SIZES[depth], "one-sided", b) for b in (beta, beta / 2))
    for n in gap:
        assert 1.8 <= gap[n] / half[n] <= 2.2, n


@pytest.mark.parametrize("depth", SIZES)
@pytest.mark.parametrize("beta", [4 * BETA, 2 * BETA])
def test_the_symmetric_gap_of_every_layer_quarters_with_beta(depth: str, beta: float) -> None:
    gap, half = (gaps(SIZES[depth], "symmetric", b) for b in (beta, beta / 2))
    for n in gap:
        assert 3.5 <= gap[n] / half[n] <= 4.5, n


def test_the_published_dynamics_give_the_gradient_too() -> None:
    """s' = rho(dPhi/ds), of units that come to rest where rho has a derivative."""
    sizes, random = (64, 30, 10), np.random.default_rng(6)
    units = {"hidden1": 30, "output": 10}
    shapes = {"input_hidden1.w": (64, 30), "hidden1_output.w": (30, 10)}
    start = {n: random.uniform(-1, 1, s) * 0.3 / np.sqrt(s[0]) for n, s in shapes.items()}
    start |= {f"{n}.bias": random.uniform(0.4, 0.6, size) for n, size in units.items()}
    plain = lower(
        network(sizes, "symmetric", PrototypicalRateUnit),
        ep_schedules.symmetric("input", "output", STEPS, STEPS, BETA),
    )
    trials = digits().part(0, 1)
    with ReferenceBackend().compile(plain) as session:
        session.write(start)
        session.run(trials, constants=nudged(plain.constants, BETA))
        estimated = {n: start[n] - a for n, a in session.read().items()}
    free = lower(
        network(sizes, "one-sided", PrototypicalRateUnit), ep_schedules.one_sided("input", "output", STEPS, 0, BETA)
    )
    model = Differentiable(free, trials, fast_sigmoid(), dtype="float64")
    parameters = model.parameters(start)
    MeanSquared(FREE)(model(parameters, torch.arange(1)), torch.tensor(trials.stimuli["output.target"])).backward()
    for n, p in parameters.items():
        exact = p.grad.numpy()
        assert np.linalg.norm(exact) > 0
        assert np.linalg.norm(estimated[n] - exact) / np.linalg.norm(exact) < 1e-3, n

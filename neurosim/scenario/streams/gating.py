"""Engram gates: which neurons of a layer take part in a trial, drawn here and given to every backend as a stimulus.

A gate is a parameter `gate` of each neuron, driven once a trial: 0 or 1 while training, its expectation when tested.
It knows the input of the trial, never the task or the label.

Source: reconstruction of stochastically activated engrams (arXiv 2503.21436, from its abstract); the kinds are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from neurosim.edges.values import number, whole_number
from neurosim.errors import InputError
from neurosim.model.randomness import stream
from neurosim.program.schedule import Array


class EngramGate(Protocol):
    """The expected gates of some inputs, and a draw of them."""

    def expected(self, inputs: Array) -> Array:
        """The probability of each gate, in [0, 1]: shape (samples, units), of inputs (samples, inputs)."""
        ...

    def drawn(self, inputs: Array, random: np.random.Generator) -> Array:
        """Gates drawn with these probabilities, 0 or 1: shape (samples, units), of inputs (samples, inputs)."""
        ...


@dataclass(frozen=True, eq=False)
class InputConditioned:
    """P(gate = 1) = sigmoid(tau*q + logit(rho)), q = R x standardised over the units, R random in {-1, +1} (G1).

    Parameters
    ----------
    projection
        R, shape (inputs, units).
    """

    projection: Array
    density: float
    tau: float

    def expected(self, inputs: Array) -> Array:
        """sigmoid(tau*q + logit(rho)), shape (samples, units), of inputs (samples, inputs)."""
        q = inputs @ self.projection
        q = (q - q.mean(axis=1, keepdims=True)) / np.maximum(q.std(axis=1, keepdims=True), 1e-9)
        return np.asarray(1 / (1 + np.exp(-self.tau * q) * (1 - self.density) / self.density))

    def drawn(self, inputs: Array, random: np.random.Generator) -> Array:
        """Every gate is drawn by itself: 0 or 1, shape (samples, units), of inputs (samples, inputs)."""
        expected = self.expected(inputs)
        return (random.random(expected.shape) < expected).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Bank:
    """One mask of a bank is recalled: P(mask k) = softmax_k(tau * cosine(x - mean x, prototype k)) (G2).

    Parameters
    ----------
    prototypes
        Shape (masks, inputs).
    masks
        Shape (masks, units), 0 or 1.
    """

    prototypes: Array
    masks: Array
    tau: float

    def recall(self, inputs: Array) -> Array:
        """P(mask) for each input: shape (samples, masks), of inputs (samples, inputs)."""
        x = inputs - inputs.mean(axis=1, keepdims=True)
        similarity = x @ self.prototypes.T
        similarity /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9) * np.linalg.norm(
            self.prototypes, axis=1
        )
        odds = np.exp(self.tau * (similarity - similarity.max(axis=1, keepdims=True)))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def expected(self, inputs: Array) -> Array:
        """The mean of the masks by their P(mask): shape (samples, units), of inputs (samples, inputs)."""
        return np.asarray(self.recall(inputs) @ self.masks)

    def drawn(self, inputs: Array, random: np.random.Generator) -> Array:
        """One mask of the bank for each input: 0 or 1, shape (samples, units), of inputs (samples, inputs)."""
        chosen = (self.recall(inputs).cumsum(axis=1) < random.random((len(inputs), 1))).sum(axis=1)
        return np.asarray(self.masks[np.minimum(chosen, len(self.masks) - 1)])


@dataclass(frozen=True)
class Unconditioned:
    """P(gate = 1) = rho for every neuron and trial (G3), the ablation.

    Raises
    ------
    InputError
        For a number of units that is no whole number of at least 1, or a density that is not between 0 and 1.
    """

    units: int
    density: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", whole_number(self.units, "gate: units =", least=1))
        _check_density(self.density)

    def expected(self, inputs: Array) -> Array:
        """rho everywhere: shape (samples, units), of inputs (samples, inputs)."""
        return np.full((len(inputs), self.units), self.density)

    def drawn(self, inputs: Array, random: np.random.Generator) -> Array:
        """Every gate is drawn by itself: 0 or 1, shape (samples, units), of inputs (samples, inputs)."""
        return (random.random((len(inputs), self.units)) < self.density).astype(np.float64)


def input_conditioned(
    seed: int, population: str, inputs: int, units: int, density: float, tau: float
) -> InputConditioned:
    """A gate whose projection is drawn from the stream ``gate/POPULATION/projection``.

    Raises
    ------
    InputError
        For sizes that are no whole numbers of at least 1, a density that is not between 0 and 1, or a tau of 0 or less.
    """
    inputs, units = _sizes(inputs, units)
    _check_density(density)
    _check_tau(tau)
    signs = stream(seed, "gate", population, "projection").random((inputs, units)) < 0.5
    return InputConditioned(np.where(signs, 1.0, -1.0), density, tau)


def bank(seed: int, population: str, inputs: int, units: int, density: float, tau: float, masks: int) -> Bank:
    """A gate whose masks are drawn from the stream ``gate/POPULATION/masks``.

    All populations share the prototypes, which are drawn from ``gate/prototypes``.

    Raises
    ------
    InputError
        For sizes that are no whole numbers of at least 1, a density that is not between 0 and 1, or a tau of 0 or less.
    """
    inputs, units = _sizes(inputs, units)
    masks = whole_number(masks, "gate: masks =", least=1)
    _check_density(density)
    _check_tau(tau)
    prototypes = stream(seed, "gate", "prototypes").standard_normal((masks, inputs))
    chosen = stream(seed, "gate", population, "masks").random((masks, units)) < density
    return Bank(prototypes, chosen.astype(np.float64), tau)


def _sizes(inputs: int, units: int) -> tuple[int, int]:
    return whole_number(inputs, "gate: inputs =", least=1), whole_number(units, "gate: units =", least=1)


def _check_density(density: float) -> None:
    if not 0 < number(density, "gate: density =") < 1:
        raise InputError(f"gate: density = {density:g}; expected a number between 0 and 1")


def _check_tau(tau: float) -> None:
    if not number(tau, "gate: tau =") > 0:
        raise InputError(f"gate: tau = {tau:g}; expected a number above 0")

"""Pairs (log gain/threshold, log tau) and the spikes that follow from them; the pair nearest to what was counted.

What follows is no formula but the neuron itself: a population of the library's model whose neurons have the thresholds
and time constants of the candidates runs on the reference, with noise as a mock of a chip has it. So every detail of
its step and of its reset is there.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from neurosim.backend import registry
from neurosim.device.calibration.measuring.lines import Bench, spike_counts
from neurosim.device.mock import MockBackend
from neurosim.device.silicon import Silicon
from neurosim.model.network import Population
from neurosim.model.neurons import NeuronModel
from neurosim.program.schedule import Array

THRESHOLD, TIME_CONSTANT = "theta", "tau_mem"

REACH = 0.9
"""Of the grid in both logarithms, to both sides of nominal: factors from 0.4 to 2.5."""
GRID = (46, 31)
FINER = (0.04, 0.06)
"""How far beside the best of the grid is looked first."""
ROUNDS, SHRINK, ACROSS = 4, 2.5, 5
AT_ONCE = 1000
"""Neurons that are refined together."""
LARGEST = 2 * 10**7
"""Steps of neurons that are simulated at once, about."""
MOST = 4.0
"""The most that one level counts: a dead synapse, or a neuron that noise wakes, must not decide alone."""


class CandidateSearch:
    """A search among neurons of a model that are shown the same.

    Parameters
    ----------
    model
        Nominal.
    drives
        The levels, shape (levels,).
    steps
        Of each.
    noise
        Of what is added to each neuron's drive in each step.
    """

    def __init__(self, model: NeuronModel, drives: Array, steps: int, noise: float = 0.0):
        self.model, self.drives, self.steps = model, drives, steps
        self.bench = Bench(registry.opener(MockBackend("candidates", "reference", Silicon(step_noise=noise)), "numpy"))

    def counts(self, pairs: Array, part: str = "") -> Array:
        """Return the spikes of candidates, of shape (2, candidates), at each level; shape (levels, candidates).

        Parameters
        ----------
        part
            Names what noise they have.
        """
        at_once = max(LARGEST // (len(self.drives) * self.steps), 1)
        starts = range(0, pairs.shape[1], at_once)
        return np.concatenate([self._counts(pairs[:, k : k + at_once], part) for k in starts], axis=1)

    def _counts(self, pairs: Array, part: str) -> Array:
        c = self.model.constants
        drives = np.repeat(self.drives, pairs.shape[1])  # one trial shows all levels: a neuron for each pair at each
        gain, tau = np.tile(np.exp(pairs), len(self.drives))
        own = {THRESHOLD: c[THRESHOLD] / gain, TIME_CONSTANT: c[TIME_CONSTANT] * tau}
        population = Population("candidates", len(drives), self.model, parameters=own)
        counts = spike_counts(self.bench, population, drives[np.newaxis], self.steps, part)
        return counts.reshape(len(self.drives), -1)

    def nominal(self) -> Array:
        """Return the spikes of a nominal neuron at each level."""
        return self.counts(np.zeros((2, 1)))[:, 0]

    def nearest(self, counted: Array) -> Array:
        """Return the pair of each neuron whose spikes are nearest to those counted.

        Parameters
        ----------
        counted
            Shape (levels, neurons).

        Returns
        -------
        ndarray
            Shape (2, neurons).
        """
        pairs, shown = self._grid
        best = [int(_distance(shown, one[:, np.newaxis]).argmin()) for one in counted.T]
        found = pairs[:, best]
        for start in range(0, found.shape[1], AT_ONCE):
            those = slice(start, start + AT_ONCE)
            found[:, those] = self._refined(found[:, those], counted[:, those])
        return found

    def distance(self, counted: Array) -> float:
        """Return how far the nearest pairs of the coarse grid are from what was counted, in all."""
        shown = self._grid[1]
        return float(sum(_distance(shown, one[:, np.newaxis]).min() for one in counted.T))

    @cached_property
    def _grid(self) -> tuple[Array, Array]:
        pairs = _mesh(*(np.linspace(-REACH, REACH, n) for n in GRID))
        return pairs, self.counts(pairs)

    def _refined(self, found: Array, counted: Array) -> Array:
        around = np.linspace(-1, 1, ACROSS)
        for k in range(ROUNDS):
            beside = _mesh(*(around * far / SHRINK**k for far in FINER))
            tried = found[:, :, np.newaxis] + beside[:, np.newaxis]
            shown = self.counts(tried.reshape(2, -1)).reshape(len(counted), *tried.shape[1:])
            distance = _distance(shown, counted[:, :, np.newaxis])
            ties = distance <= distance.min(axis=1, keepdims=True) + 1e-9
            found = (tried * ties).sum(axis=2) / ties.sum(axis=1)  # amid those that the spikes do not tell apart
        return found


def _mesh(first: Array, second: Array) -> Array:
    return np.stack([a.ravel() for a in np.meshgrid(first, second, indexing="ij")])


def _distance(shown: Array, counted: Array) -> Array:
    """The sum over levels of (sqrt(a) - sqrt(b))**2, each at most MOST."""
    return np.asarray(np.minimum((np.sqrt(shown) - np.sqrt(counted)) ** 2, MOST).sum(axis=0))

"""Each pair with the same probability, independently of all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.edges.values import number
from neurosim.errors import ModelError
from neurosim.model.connectivity.pairs import Pairs
from neurosim.model.connectivity.rules.rule import Candidates, Sides, WiringRule, flags, made
from neurosim.model.display.described import shortest
from neurosim.model.randomness.positions import successes


@dataclass(frozen=True)
class FixedProbability(WiringRule):
    """P(i has a synapse to j) = p, for each pair by itself; see `random`."""

    p: float
    self_connections: bool = True

    def expected(self, sides: Sides) -> int:
        """Return p*pre*post."""
        return int(self.p * sides.pre * sides.post)

    def draw(self, random: np.random.Generator, sides: Sides) -> Pairs:
        """Draw the pairs, ordered by source, then by target.

        Raises
        ------
        ModelError
            If none was drawn.
        """
        candidates = Candidates(sides, self.self_connections)
        drawn = successes(random, self.p, candidates.count)
        return made(map(candidates.at, drawn), f"random(p={shortest(self.p)})", sides.where)


def random(p: float, *, self_connections: bool = True) -> FixedProbability:
    """P(i has a synapse to j) = p, for each pair by itself; no pair has two.

    Time and memory follow from the number of synapses, not of pairs.

    Parameters
    ----------
    p
        Above 0, at most 1.
    self_connections
        Whether a neuron may be its own target, where a population is wired to itself.

    Raises
    ------
    ModelError
        For another `p`.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.random(p=0.02, self_connections=False)
    FixedProbability(p=0.02, self_connections=False)
    """
    chance = number(p, "random: p =", error=ModelError)
    if not 0 < chance <= 1:
        raise ModelError(f"random: p = {shortest(chance)}; expected a probability above 0, at most 1")
    return FixedProbability(chance, *flags("random", self_connections=self_connections))

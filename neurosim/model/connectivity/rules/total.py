"""A given number of synapses in all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.edges.values import whole_number
from neurosim.errors import ModelError
from neurosim.model.connectivity.pairs import Pairs
from neurosim.model.connectivity.rules.rule import Candidates, Sides, WiringRule, check_enough, flags, made
from neurosim.model.randomness.positions import distinct


@dataclass(frozen=True)
class FixedTotal(WiringRule):
    """`n` synapses between pairs drawn at random; see `fixed_total`."""

    n: int
    self_connections: bool = True
    multiple: bool = False

    def expected(self, sides: Sides) -> int:
        """Return n."""
        return self.n

    def draw(self, random: np.random.Generator, sides: Sides) -> Pairs:
        """Draw the pairs, ordered by source, then by target.

        Raises
        ------
        ModelError
            If there are not as many pairs.
        """
        candidates = Candidates(sides, self.self_connections)
        check_enough(self.n, candidates.count, self.multiple, "fixed_total", "pairs", sides.where)
        if self.multiple:
            drawn = random.integers(candidates.count, size=self.n)
            drawn.sort()
        else:
            drawn = distinct(random, candidates.count, self.n)
        return made([candidates.at(drawn)], "fixed_total", sides.where)


def fixed_total(n: int, *, self_connections: bool = True, multiple: bool = False) -> FixedTotal:
    """n synapses in all, between different pairs, every set of these as likely.

    Parameters
    ----------
    n
        Synapses, at least 1.
    self_connections
        Whether a neuron may be its own target, where a population is wired to itself.
    multiple
        Whether pairs are drawn one by one, each as likely, so that a pair may have several synapses (multapses).

    Raises
    ------
    ModelError
        For what is no whole number of at least 1, or no truth value.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.fixed_total(5000)
    FixedTotal(n=5000, self_connections=True, multiple=False)
    """
    count = whole_number(n, "fixed_total: n =", least=1, error=ModelError)
    return FixedTotal(count, *flags("fixed_total", self_connections=self_connections, multiple=multiple))

"""The same number of synapses for each target, or for each source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import whole_number
from neurosim.errors import ModelError
from neurosim.model.connectivity.pairs import MOST, Pairs
from neurosim.model.connectivity.rules.rule import Candidates, Sides, WiringRule, check_enough, flags, made
from neurosim.model.connectivity.wiring import sorting_order
from neurosim.model.randomness.positions import subsets


@dataclass(frozen=True)
class FixedInDegree(WiringRule):
    """Each target has `n` synapses from sources drawn at random; see `fixed_in_degree`."""

    n: int
    self_connections: bool = True
    multiple: bool = False

    def expected(self, sides: Sides) -> int:
        """Return n*post."""
        return self.n * sides.post

    def draw(self, random: np.random.Generator, sides: Sides) -> Pairs:
        """Draw the pairs, ordered by source, then by target.

        Raises
        ------
        ModelError
            If a target has not as many sources.
        """
        left_out = Candidates(sides, self.self_connections).left_out
        there, of = sides.pre - left_out, "sources of each target"
        check_enough(self.n, there, self.multiple, "fixed_in_degree", of, sides.where)
        sources = _partners(random, self, sides.pre, sides.post, left_out)
        targets = np.repeat(np.arange(sides.post, dtype=np.int32), self.n)
        order = sorting_order(sources.ravel())
        pre, post = (sources.ravel(), targets) if order is None else (sources.ravel()[order], targets[order])
        return made([(pre, post)], "fixed_in_degree", sides.where)


@dataclass(frozen=True)
class FixedOutDegree(WiringRule):
    """Each source has `n` synapses to targets drawn at random; see `fixed_out_degree`."""

    n: int
    self_connections: bool = True
    multiple: bool = False

    def expected(self, sides: Sides) -> int:
        """Return n*pre."""
        return self.n * sides.pre

    def draw(self, random: np.random.Generator, sides: Sides) -> Pairs:
        """Draw the pairs, ordered by source, then by target.

        Raises
        ------
        ModelError
            If a source has not as many targets.
        """
        candidates, of = Candidates(sides, self.self_connections), "targets of each source"
        check_enough(self.n, candidates.targets, self.multiple, "fixed_out_degree", of, sides.where)
        targets = _partners(random, self, sides.post, sides.pre, candidates.left_out)
        sources = np.repeat(np.arange(sides.pre, dtype=np.int32), self.n)
        return made([(sources, targets.ravel())], "fixed_out_degree", sides.where)


def fixed_in_degree(n: int, *, self_connections: bool = True, multiple: bool = False) -> FixedInDegree:
    """Each target has n synapses, from n different sources, every set of these as likely.

    Parameters
    ----------
    n
        Synapses of each target, at least 1.
    self_connections
        Whether a neuron may be its own source, where a population is wired to itself.
    multiple
        Whether sources are drawn one by one, each as likely, so that a pair may have several synapses (multapses).

    Raises
    ------
    ModelError
        For what is no whole number of at least 1, or no truth value.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.fixed_in_degree(100)
    FixedInDegree(n=100, self_connections=True, multiple=False)
    """
    degree = whole_number(n, "fixed_in_degree: n =", least=1, most=MOST, error=ModelError)
    return FixedInDegree(degree, *flags("fixed_in_degree", self_connections=self_connections, multiple=multiple))


def fixed_out_degree(n: int, *, self_connections: bool = True, multiple: bool = False) -> FixedOutDegree:
    """Each source has n synapses, to n different targets, every set of these as likely.

    Parameters
    ----------
    n
        Synapses of each source, at least 1.
    self_connections
        Whether a neuron may be its own target, where a population is wired to itself.
    multiple
        Whether targets are drawn one by one, each as likely, so that a pair may have several synapses (multapses).

    Raises
    ------
    ModelError
        For what is no whole number of at least 1, or no truth value.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.fixed_out_degree(3, multiple=True)
    FixedOutDegree(n=3, self_connections=True, multiple=True)
    """
    degree = whole_number(n, "fixed_out_degree: n =", least=1, most=MOST, error=ModelError)
    return FixedOutDegree(degree, *flags("fixed_out_degree", self_connections=self_connections, multiple=multiple))


def _partners(
    random: np.random.Generator, rule: FixedInDegree | FixedOutDegree, total: int, neurons: int, left_out: bool
) -> NDArray[np.int32]:
    """Draw n of `total` partners for each neuron, int32 of shape (neurons, n), each row ascending."""
    if rule.multiple:
        drawn = random.integers(total - left_out, size=(neurons, rule.n), dtype=np.int32)
        drawn.sort(axis=1)
    else:
        drawn = subsets(random, total - left_out, rule.n, neurons)
    if left_out:  # those from the neuron itself on are counted without it
        drawn += drawn >= np.arange(neurons)[:, np.newaxis]
    return drawn

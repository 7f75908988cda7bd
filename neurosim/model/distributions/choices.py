"""Values that are taken from a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import finite_array
from neurosim.errors import ModelError
from neurosim.model.distributions.distribution import Distribution
from neurosim.model.distributions.listed import listed

SHOWN = 6
"""Values that a printed text has, at most."""

CLOSE = 1e-8
"""What probabilities may differ from 1 by, all together; NumPy has the same bound."""


@dataclass(frozen=True, repr=False)
class DiscreteDistribution(Distribution):
    """P(x = values[k]) = p[k]; see `choice`."""

    values: tuple[float, ...]
    p: tuple[float, ...] | None = None

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw values in the units inside, float64 of a shape."""
        return random.choice(np.array(self.values), shape, p=self.p)

    def call(self) -> str:
        """Return the call that makes it, as text."""
        texts = [self.in_unit(x) for x in self.values[:SHOWN]]
        more = f", ... {len(self.values):,} in all" if len(self.values) > SHOWN else ""
        odds = "" if self.p is None else ", p=[...]" if more else f", p={list(self.p)}"
        return f"choice([{', '.join(texts)}{more}]{odds})"


def choice(
    values: Sequence[float] | Sequence[str] | NDArray[np.floating] | NDArray[np.integer],
    p: Sequence[float] | NDArray[np.floating] | None = None,
) -> DiscreteDistribution:
    """P(x = values[k]) = p[k], or 1/n for each of n values.

    Parameters
    ----------
    values
        Numbers in the unit inside, or texts with a unit.
    p
        The probability of each value; all together 1.

    Raises
    ------
    ModelError
        For no values, units that differ in dimension, and probabilities that are not one for each value, are below 0
        or do not sum to 1.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.choice(["1 ms", "2 ms"], p=[0.25, 0.75])
    choice(['1 ms', '2 ms'], p=[0.25, 0.75])
    """
    found, dimension = listed(values, "choice: values")
    if found.ndim != 1 or not len(found):
        raise ModelError(f"choice: values have shape {found.shape}; expected a list of at least one")
    return DiscreteDistribution(tuple(found.tolist()), None if p is None else _odds(p, len(found)), dimension=dimension)


def _odds(given: object, count: int) -> tuple[float, ...]:
    odds = finite_array(given, "choice: p", error=ModelError)
    if odds.shape != (count,):
        raise ModelError(f"choice: p has shape {odds.shape}; expected ({count},), a probability for each value")
    if odds.min() < 0 or abs(odds.sum() - 1) > CLOSE:
        raise ModelError(f"choice: p from {odds.min():g} with sum {odds.sum():g}; expected 0 or above, with sum 1")
    return tuple(odds.tolist())

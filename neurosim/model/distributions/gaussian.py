"""Normally distributed values, of which those outside of bounds are drawn again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import ModelError
from neurosim.model.display.described import shortest
from neurosim.model.distributions.distribution import Distribution, agreed, check_above

BLOCK = 2**16
"""Values that are looked at together: what is drawn again takes no memory that grows with all."""

LEAST_WITHIN = 0.01
"""The part of a normal distribution that bounds leave, at least: to draw again takes the longer the smaller it is."""


@dataclass(frozen=True, repr=False)
class Normal(Distribution):
    """p(x) ~ exp(-(x - mean)**2/(2*sd**2)) for low <= x <= high; see `normal`."""

    mean: float
    sd: float
    low: float = -math.inf
    high: float = math.inf

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw values in the units inside, float64 of a shape."""
        values = random.normal(self.mean, self.sd, shape)
        if self.within() < 1:
            flat = values.reshape(-1)
            for start in range(0, flat.size, BLOCK):
                self._draw_again(random, flat[start : start + BLOCK])
        return values

    def _draw_again(self, random: np.random.Generator, values: NDArray[np.float64]) -> None:
        """Replace values until all are within the bounds."""
        wrong = np.flatnonzero(self._outside(values))
        while len(wrong):
            values[wrong] = random.normal(self.mean, self.sd, len(wrong))
            wrong = wrong[self._outside(values[wrong])]

    def _outside(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        outside: NDArray[np.bool_] = (values < self.low) | (values > self.high)
        return outside

    def within(self) -> float:
        """Return the part of the unbounded distribution that lies within the bounds, 0 to 1."""
        return _below((self.high - self.mean) / self.sd) - _below((self.low - self.mean) / self.sd)

    def call(self) -> str:
        """Return the call that makes it, as text."""
        bounds = {"low": self.low, "high": self.high}
        named = [f"{name}={self.in_unit(x)}" for name, x in bounds.items() if math.isfinite(x)]
        return f"normal({', '.join([self.in_unit(self.mean), self.in_unit(self.sd), *named])})"


def normal(
    mean: float | str, sd: float | str, low: float | str | None = None, high: float | str | None = None
) -> Normal:
    """p(x) = exp(-(x - mean)**2/(2*sd**2))/Z for low <= x <= high.

    A value outside of the bounds is drawn again: the distribution is truncated, not clipped, so that no value is more
    likely than its neighbours. Its mean and standard deviation are then not quite `mean` and `sd`.

    Parameters
    ----------
    mean, sd
        Of the distribution without bounds: numbers in the unit inside, or texts with a unit; `sd` above 0.
    low, high
        The bounds; None for none.

    Raises
    ------
    ModelError
        If `sd` is not above 0, units differ in dimension, or less than `LEAST_WITHIN` of all lies within the bounds.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.normal("1.62 mV", "0.1 mV", low="0 mV")
    normal('1.62 mV', '0.1 mV', low='0 mV')
    """
    bounds = {name: x for name, x in (("low", low), ("high", high)) if x is not None}
    (centre, spread, *limits), dimension = agreed("normal", mean=mean, sd=sd, **bounds)
    check_above("normal", sd=spread)
    made = Normal(centre, spread, **dict(zip(bounds, limits, strict=True)), dimension=dimension)
    if made.low > made.high:
        raise ModelError(f"normal: low = {shortest(made.low)}, high = {shortest(made.high)}; expected low below high")
    if made.within() < LEAST_WITHIN:
        raise ModelError(
            f"{made}: {made.within():.2%} of all values lie within the bounds, and the others are drawn again; "
            f"expected bounds with at least {LEAST_WITHIN:.0%} between them"
        )
    return made


def _below(deviations: float) -> float:
    """The part of a normal distribution below its mean plus so many standard deviations."""
    return math.erfc(-deviations / math.sqrt(2)) / 2

"""Distributions that NumPy draws as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import ModelError
from neurosim.model.display.described import shortest
from neurosim.model.distributions.distribution import Distribution, agreed, check_above
from neurosim.model.units import NO_DIMENSION, inside

WIDEST = 1e9
"""The standard deviation of log-normal values, at most, in means."""


@dataclass(frozen=True, repr=False)
class Uniform(Distribution):
    """p(x) = 1/(high - low) for low <= x < high; see `uniform`."""

    low: float
    high: float

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw values in the units inside, float64 of a shape."""
        return random.uniform(self.low, self.high, shape)

    def call(self) -> str:
        """Return the call that makes it, as text."""
        return f"uniform({self.in_unit(self.low)}, {self.in_unit(self.high)})"


def uniform(low: float | str, high: float | str) -> Uniform:
    """p(x) = 1/(high - low) for low <= x < high.

    Parameters
    ----------
    low, high
        Numbers in the unit inside, or texts with a unit: ``"-60 mV"``.

    Raises
    ------
    ModelError
        If `low` is not below `high`, or their units differ in dimension.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.uniform("-60 mV", "-0.05 V")
    uniform('-60 mV', '-50 mV')
    """
    (least, most), dimension = agreed("uniform", low=low, high=high)
    if not least < most:
        raise ModelError(f"uniform: low = {shortest(least)}, high = {shortest(most)}; expected low below high")
    if not math.isfinite(most - least):
        raise ModelError(f"uniform: high - low of {shortest(least)} and {shortest(most)} is beyond the largest float64")
    return Uniform(least, most, dimension=dimension)


@dataclass(frozen=True, repr=False)
class LogNormal(Distribution):
    """log(x) is normally distributed; `mean` and `sd` are those of x; see `lognormal`."""

    mean: float
    sd: float

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw values in the units inside, float64 of a shape."""
        variance = math.log1p((self.sd / self.mean) ** 2)
        return random.lognormal(math.log(self.mean) - variance / 2, math.sqrt(variance), shape)

    def call(self) -> str:
        """Return the call that makes it, as text."""
        return f"lognormal({self.in_unit(self.mean)}, {self.in_unit(self.sd)})"


def lognormal(mean: float | str, sd: float | str) -> LogNormal:
    """log(x) ~ N(log(mean) - s2/2, s2) with s2 = log(1 + (sd/mean)**2).

    So `mean` and `sd` are those of the value itself, in its unit. NumPy and PyNN take the mean and the standard
    deviation of its logarithm, which have no unit.

    Parameters
    ----------
    mean, sd
        Numbers in the unit inside, or texts with a unit; above 0.

    Raises
    ------
    ModelError
        For numbers that are not above 0, units that differ in dimension, and more than `WIDEST` times the mean as `sd`.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.lognormal("1.5 ms", "0.5 ms")
    lognormal('1.5 ms', '0.5 ms')
    """
    (centre, spread), dimension = agreed("lognormal", mean=mean, sd=sd)
    check_above("lognormal", mean=centre, sd=spread)
    if spread / centre > WIDEST:
        raise ModelError(
            f"lognormal: sd = {shortest(spread)}; expected at most {WIDEST:g} times mean = {shortest(centre)}"
        )
    return LogNormal(centre, spread, dimension=dimension)


@dataclass(frozen=True, repr=False)
class Exponential(Distribution):
    """p(x) = exp(-x/mean)/mean for x >= 0; see `exponential`."""

    mean: float

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw values in the units inside, float64 of a shape."""
        return random.exponential(self.mean, shape)

    def call(self) -> str:
        """Return the call that makes it, as text."""
        return f"exponential({self.in_unit(self.mean)})"


def exponential(mean: float | str) -> Exponential:
    """p(x) = exp(-x/mean)/mean for x >= 0.

    Parameters
    ----------
    mean
        A number in the unit inside, or a text with a unit; above 0. PyNN calls it `beta`.

    Raises
    ------
    ModelError
        For what is not above 0.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.exponential("2 mV")
    exponential('2 mV')
    """
    (centre,), dimension = agreed("exponential", mean=mean)
    check_above("exponential", mean=centre)
    return Exponential(centre, dimension=dimension)


@dataclass(frozen=True, repr=False)
class Gamma(Distribution):
    """p(x) ~ x**(shape - 1)*exp(-x/scale) for x >= 0; see `gamma`."""

    shape: float
    scale: float

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw values in the units inside, float64 of a shape."""
        return random.gamma(self.shape, self.scale, shape)

    def call(self) -> str:
        """Return the call that makes it, as text."""
        return f"gamma({shortest(self.shape)}, {self.in_unit(self.scale)})"


def gamma(shape: float | str, scale: float | str) -> Gamma:
    """p(x) = x**(shape - 1)*exp(-x/scale)/(Gamma(shape)*scale**shape) for x >= 0; its mean is shape*scale.

    Parameters
    ----------
    shape
        A number without a dimension, above 0. PyNN calls it `k`.
    scale
        A number in the unit inside, or a text with a unit; above 0. PyNN calls it `theta`.

    Raises
    ------
    ModelError
        For numbers that are not above 0, and a shape with a unit.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.gamma(2, "1.5 ms")
    gamma(2, '1.5 ms')
    """
    form = inside(shape, NO_DIMENSION, "gamma: shape =")
    (size,), dimension = agreed("gamma", scale=scale)
    check_above("gamma", shape=form, scale=size)
    return Gamma(form, size, dimension=dimension)

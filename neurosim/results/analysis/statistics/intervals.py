"""Intervals that cover the mean in a given share of experiments."""

from __future__ import annotations

import math
from dataclasses import dataclass

from neurosim.edges.optional_packages import STATS, needed
from neurosim.edges.values import number
from neurosim.errors import InputError
from neurosim.results.analysis.statistics.spread import Values, checked, mean, standard_deviation


@dataclass(frozen=True)
class Interval:
    """An interval for a mean.

    Attributes
    ----------
    low, high
        Its ends.
    level
        The share of experiments in which such an interval covers the mean: 0.95.
    method
        In words, as a caption has it.
    """

    low: float
    high: float
    level: float
    method: str


def t_interval(values: Values, level: float = 0.95) -> Interval | None:
    """m ± t(n-1, (1+level)/2) s/sqrt(n); None of fewer than two values.

    It is right where the values are normal, and nearly so for the mean of many.

    Source: Student 1908, The probable error of a mean.

    Parameters
    ----------
    values
        x, shape (n,).
    level
        Between 0 and 1.

    Raises
    ------
    InputError
        If the values are no finite numbers, or the level is none.
    BackendUnavailable
        Where SciPy is missing.
    """
    level = level_of(level)
    x = checked(values)
    m, s = mean(x), standard_deviation(x)
    if m is None or s is None:
        return None
    with needed(STATS, "a t interval"):
        from scipy.special import stdtrit
    half = float(stdtrit(len(x) - 1, (1 + level) / 2)) * s / math.sqrt(len(x))
    return Interval(m - half, m + half, level, "Student's t")


def level_of(level: float) -> float:
    """The level of an interval.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    level = number(level, "level =")
    if not 0 < level < 1:
        raise InputError(f"level = {level:g}; expected a number between 0 and 1, such as 0.95")
    return level

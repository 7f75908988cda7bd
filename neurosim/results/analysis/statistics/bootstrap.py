"""Intervals by drawing the values again, with replacement."""

from __future__ import annotations

import numpy as np

from neurosim.edges.optional_packages import STATS, needed
from neurosim.edges.values import whole_number
from neurosim.model.randomness import stream
from neurosim.program.schedule import Array
from neurosim.results.analysis.statistics.intervals import Interval, level_of
from neurosim.results.analysis.statistics.spread import Values, checked, has_spread, mean

RESAMPLES = 9999
MOST_RESAMPLES = 10_000_000


def bootstrap_interval(
    values: Values, level: float = 0.95, *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """The quantiles F(z0 + (z0 + z)/(1 - a (z0 + z))) of resampled means, z at both ends: BCa.

    z0 is the normal quantile of the share of resampled means below the mean, a = sum d^3 / (6 (sum d^2)^1.5) with
    d_i the mean of all means that leave one value out less the one that leaves out x_i. None of fewer than two values.
    Of fewer than about ten values every interval by resampling is too narrow; `t_interval` is not, for normal ones.

    Source: Efron 1987, Better bootstrap confidence intervals.

    Parameters
    ----------
    values
        x, shape (n,); drawn from in ascending order, so that theirs does not matter.
    level
        Between 0 and 1.
    resamples
        How many means are drawn.
    seed
        Of the stream ``bootstrap``; the same seed gives the same interval.

    Raises
    ------
    InputError
        If the values are no finite numbers, or another argument is none that is possible.
    BackendUnavailable
        Where SciPy is missing.
    """
    level = level_of(level)
    resamples = whole_number(resamples, "resamples =", least=100, most=MOST_RESAMPLES)
    x = sorted(checked(values))
    m = mean(x)
    if m is None or len(x) < 2:
        return None
    if not has_spread(x):
        return Interval(m, m, level, METHOD)
    drawn = _resampled_means(np.array(x), resamples, seed)
    low, high = np.quantile(drawn, _shares(np.array(x), m, drawn, level)).tolist()
    return Interval(low, high, level, METHOD)


METHOD = "BCa bootstrap"


def _resampled_means(x: Array, resamples: int, seed: int) -> Array:
    random = stream(seed, "bootstrap", len(x))
    return np.asarray(x[random.integers(0, len(x), (resamples, len(x)))].mean(axis=1))


def _shares(x: Array, m: float, drawn: Array, level: float) -> Array:
    """The shares of resampled means below the ends of the interval."""
    with needed(STATS, "a bootstrap interval"):
        from scipy.special import ndtr, ndtri
    below = (np.mean(drawn < m) + np.mean(drawn <= m)) / 2  # half of those that are equal
    least = 0.5 / len(drawn)
    z0 = ndtri(np.clip(below, least, 1 - least))
    d = x - x.mean()  # (n-1) times the difference of means that leave one out, and a does not depend on the factor
    a = (d**3).sum() / (6 * (d**2).sum() ** 1.5)
    z = z0 + ndtri([(1 - level) / 2, (1 + level) / 2])
    return np.asarray(ndtr(z0 + z / (1 - a * z)))

"""Whether two rows are as good as equal: a test of equivalence, which a large p of a difference is not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from neurosim.edges.optional_packages import STATS, needed
from neurosim.edges.values import number
from neurosim.errors import InputError
from neurosim.results.analysis.statistics.intervals import Interval, t_interval
from neurosim.results.analysis.statistics.spread import Values, checked, has_spread, mean, standard_deviation


@dataclass(frozen=True)
class EquivalenceTest:
    """The outcome of two one-sided t tests.

    Attributes
    ----------
    margin
        Differences smaller than it do not matter.
    p
        The larger of both tests; below alpha, the rows are equivalent within the margin. None where it has no value.
    interval
        Of the mean difference, at level 1 - 2 alpha for alpha = 0.05; within the margin exactly where p < 0.05.
    n
        Pairs.
    """

    margin: float
    p: float | None
    interval: Interval | None
    n: int


def equivalence_test(differences: Values, margin: float) -> EquivalenceTest:
    """p = max(P(T >= (m + margin) sqrt(n)/s), P(T <= (m - margin) sqrt(n)/s)), T of n - 1 degrees of freedom: TOST.

    It has no value for fewer than two pairs, nor where all differences are equal. Whether two runs are equal bit for
    bit is no question of statistics, and `neurosim compare` answers it.

    Source: Schuirmann 1987, A comparison of the two one-sided tests procedure and the power approach.

    Parameters
    ----------
    differences
        Of a metric between two runs of the same seed, shape (n,).
    margin
        Above 0, in the unit of the metric; to be chosen before the runs are made.

    Raises
    ------
    InputError
        If they are no finite numbers, or the margin is not above 0.
    BackendUnavailable
        Where SciPy is missing.
    """
    margin = number(margin, "margin =")
    if margin <= 0:
        raise InputError(f"margin = {margin:g}; expected a number above 0")
    d = checked(differences)
    m, s = mean(d), standard_deviation(d)
    interval = t_interval(d, 0.90)
    if m is None or s is None or not has_spread(d):
        return EquivalenceTest(margin, None, interval, len(d))
    with needed(STATS, "a test of equivalence"):
        from scipy.special import stdtr
    error = s / math.sqrt(len(d))
    p = float(max(stdtr(len(d) - 1, -(m + margin) / error), stdtr(len(d) - 1, (m - margin) / error)))
    return EquivalenceTest(margin, p, interval, len(d))

"""Student's paired t test."""

from __future__ import annotations

import math

from neurosim.edges.optional_packages import STATS, needed
from neurosim.results.analysis.statistics.outcome import PairedTest
from neurosim.results.analysis.statistics.spread import Values, checked, has_spread, mean, standard_deviation

METHOD = "paired t test"


def paired_t_test(differences: Values) -> PairedTest:
    """t = m sqrt(n)/s, p = 2 P(T_{n-1} >= |t|).

    It has no value for fewer than two pairs, nor where all differences are equal, s = 0: there, use an exact test.

    Source: Student 1908, The probable error of a mean.

    Parameters
    ----------
    differences
        Of a metric between two runs of the same seed, shape (n,).

    Raises
    ------
    InputError
        If they are no finite numbers in a row.
    BackendUnavailable
        Where SciPy is missing.
    """
    d = checked(differences)
    m, s = mean(d), standard_deviation(d)
    if m is None or s is None or not has_spread(d):
        return PairedTest(METHOD, None, None, len(d))
    with needed(STATS, "a t test"):
        from scipy.special import stdtr
    t = m * math.sqrt(len(d)) / s
    return PairedTest(METHOD, t, float(2 * stdtr(len(d) - 1, -abs(t))), len(d))

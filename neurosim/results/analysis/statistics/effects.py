"""How large a difference is, beside how sure it is."""

from __future__ import annotations

import math

from neurosim.errors import InputError
from neurosim.results.analysis.statistics.signed_rank import doubled_rank_sums
from neurosim.results.analysis.statistics.spread import Values, checked, has_spread, mean, standard_deviation


def cohens_dz(differences: Values) -> float | None:
    """d_z = m/s of the differences; None for fewer than two pairs, or where all differences are equal.

    Source: Cohen 1988, Statistical power analysis for the behavioral sciences.

    Parameters
    ----------
    differences
        Of a metric between two runs of the same seed, shape (n,).

    Raises
    ------
    InputError
        If they are no finite numbers in a row.
    """
    d = checked(differences)
    m, s = mean(d), standard_deviation(d)
    return None if m is None or s is None or not has_spread(d) else m / s


def hedges_gav(first: Values, second: Values) -> float | None:
    """g_av = J(n-1) (m_1 - m_2)/((s_1 + s_2)/2), J(k) = Gamma(k/2)/(sqrt(k/2) Gamma((k-1)/2)).

    In units of the spread of the values themselves, so comparable to effects between groups. None for fewer than three
    pairs, or where neither has a spread.

    Source: Lakens 2013, Calculating and reporting effect sizes; J: Hedges 1981.

    Parameters
    ----------
    first, second
        A metric of two rows with the same seeds in the same order, shape (n,).

    Raises
    ------
    InputError
        If they are no finite numbers in a row, or one has more than the other.
    """
    a, b = checked(first), checked(second)
    if len(a) != len(b):
        raise InputError(f"{len(a)} and {len(b)} values; expected pairs")
    if len(a) < 3 or not (has_spread(a) or has_spread(b)):
        return None
    (m1, s1), (m2, s2) = ((mean(x), standard_deviation(x)) for x in (a, b))
    assert m1 is not None
    assert m2 is not None
    assert s1 is not None
    assert s2 is not None
    return _unbiased(len(a) - 1) * (m1 - m2) / ((s1 + s2) / 2)


def _unbiased(k: int) -> float:
    """J(k), the factor by which a mean over a standard deviation of k degrees of freedom is too large."""
    return math.exp(math.lgamma(k / 2) - math.lgamma((k - 1) / 2)) / math.sqrt(k / 2)


def rank_biserial(differences: Values) -> float | None:
    """r = (W+ - W-)/(W+ + W-), the sums of ranks of positive and negative differences; None where all are zero.

    Source: Kerby 2014, The simple difference formula; ranks as in `signed_rank_test`.

    Parameters
    ----------
    differences
        Of a metric between two runs of the same seed, shape (n,).

    Raises
    ------
    InputError
        If they are no finite numbers in a row.
    """
    positive, negative = doubled_rank_sums(checked(differences))
    return (positive - negative) / (positive + negative) if positive + negative else None

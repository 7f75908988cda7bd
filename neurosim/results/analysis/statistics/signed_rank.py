"""Wilcoxon's signed-rank test, exact, ties included."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.results.analysis.statistics.outcome import PairedTest
from neurosim.results.analysis.statistics.spread import Values, checked

METHOD = "Wilcoxon signed-rank test, exact"
MOST = 500
"""Pairs; the exact distribution takes time with their cube."""


def signed_rank_test(differences: Values) -> PairedTest:
    """W+ = sum of the ranks of |d_i| over d_i > 0; p = min(1, 2 min(P(W <= W+), P(W >= W+))).

    P counts all 2^n choices of signs. Differences of zero are left out, equal ones share the mean of their ranks. For
    n = 5 the least p is 2/2^5 = 0.0625.

    Source: Wilcoxon 1945, Individual comparisons by ranking methods; ties as in Pratt & Gibbons 1981.

    Parameters
    ----------
    differences
        Of a metric between two runs of the same seed, shape (n,).

    Raises
    ------
    InputError
        If they are no finite numbers in a row, or more than 500.
    """
    d = checked(differences)
    if len(d) > MOST:
        raise InputError(f"{METHOD}: {len(d)} pairs; expected at most {MOST}")
    positive, negative = doubled_rank_sums(d)
    if not positive + negative:
        return PairedTest(METHOD, 0.0, 1.0 if d else None, len(d))
    chances = _distribution(_doubled_ranks(d))
    tails = chances[: positive + 1].sum(), chances[positive:].sum()
    return PairedTest(METHOD, positive / 2, min(1.0, 2 * float(min(tails))), len(d))


def doubled_rank_sums(differences: list[float]) -> tuple[int, int]:
    """Twice the sums of the ranks of positive and of negative differences: whole numbers, ties included."""
    ranks = _doubled_ranks(differences)
    signs = np.sign([d for d in differences if d])
    return int(ranks[signs > 0].sum()), int(ranks[signs < 0].sum())


def _doubled_ranks(differences: list[float]) -> NDArray[np.int64]:
    """Twice the ranks of the sizes of all differences but zeros, from 1; equal ones share the mean of their ranks."""
    sizes = np.abs([d for d in differences if d])
    _, where, times = np.unique(sizes, return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    return np.asarray((2 * last - times + 1)[where], np.int64)


def _distribution(ranks: NDArray[np.int64]) -> NDArray[np.float64]:
    """The chance of each sum of ranks, where each counts with a chance of one half."""
    chances = np.zeros(ranks.sum() + 1)
    chances[0] = 1.0
    for rank in ranks:
        chances[rank:] = (chances[rank:] + chances[:-rank]) / 2
        chances[:rank] /= 2
    return chances

"""The permutation test of paired differences: their signs are flipped."""

from __future__ import annotations

import numpy as np

from neurosim.edges.values import whole_number
from neurosim.model.randomness import stream
from neurosim.program.schedule import Array
from neurosim.results.analysis.statistics.outcome import PairedTest
from neurosim.results.analysis.statistics.spread import Values, checked, mean

MOST_EXACT = 16
"""Of so many pairs all flips are counted; of more they are drawn."""
FLIPS, AT_ONCE = 99_999, 11_111
ROUNDING = 1e-12
"""Sums that differ by less, relative to the sum of all sizes, are equal."""


def sign_flip_test(differences: Values, *, seed: int = 0) -> PairedTest:
    """p = share of the 2^n signs e for which |sum_i e_i d_i| >= |sum_i d_i|; the statistic is the mean difference.

    It assumes only that a difference is as likely as its opposite if nothing differs. All flips are counted for up to
    16 pairs; for more, 99,999 are drawn, and p = (1 + count)/(1 + 99,999). For n = 5 the least p is 2/2^5 = 0.0625.

    Source: Fisher 1935, The design of experiments; (1 + count)/(1 + draws): Phipson & Smyth 2010.

    Parameters
    ----------
    differences
        Of a metric between two runs of the same seed, shape (n,).
    seed
        Of the stream ``sign-flips``, where flips are drawn.

    Raises
    ------
    InputError
        If they are no finite numbers in a row.
    """
    d = sorted(checked(differences))
    if not d:
        return PairedTest("sign-flip permutation test", None, None, 0)
    if len(d) <= MOST_EXACT:
        return PairedTest("sign-flip permutation test, exact", mean(d), _share_of_all(np.array(d)), len(d))
    return PairedTest("sign-flip permutation test, drawn", mean(d), _share_of_drawn(np.array(d), seed), len(d))


def _share_of_all(d: Array) -> float:
    flips = np.arange(2 ** len(d))[:, None] >> np.arange(len(d)) & 1
    return float(np.mean(_as_large((1 - 2 * flips) @ d, d)))


def _share_of_drawn(d: Array, seed: int) -> float:
    random = stream(whole_number(seed, "seed =", least=0), "sign-flips", len(d))
    parts = (random.integers(0, 2, (AT_ONCE, len(d))) for _ in range(FLIPS // AT_ONCE))
    count = sum(int(_as_large((1 - 2 * flips) @ d, d).sum()) for flips in parts)
    return (1 + count) / (1 + FLIPS)


def _as_large(sums: Array, d: Array) -> Array:
    """Whether each sum is as large as that of the differences themselves."""
    return np.asarray(np.abs(sums) >= np.abs(d.sum()) - ROUNDING * np.abs(d).sum())

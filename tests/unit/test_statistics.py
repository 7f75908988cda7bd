"""Statistics over seeds, each against SciPy, a count of all cases, or a number worked out by hand."""

from __future__ import annotations

import math
from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats

from neurosim.errors import InputError
from neurosim.model.randomness import stream
from neurosim.results.analysis import statistics as ours

ACCURACIES = [0.822, 0.781, 0.692, 0.804, 0.797, 0.759, 0.811, 0.768, 0.790, 0.796]
OTHERS = [0.803, 0.790, 0.655, 0.781, 0.797, 0.722, 0.812, 0.745, 0.772, 0.801]
DIFFERENCES = [a - b for a, b in zip(ACCURACIES, OTHERS, strict=True)]


def test_mean_and_deviation_do_not_depend_on_the_order() -> None:
    values = [1e16, 1.0, -1e16, 0.1]
    found = {(ours.mean(order), ours.standard_deviation(order)) for order in permutations(values)}
    assert len(found) == 1
    assert next(iter(found))[0] == 1.1 / 4


def test_the_deviation_is_that_of_a_sample() -> None:
    assert ours.standard_deviation([1.0, 2.0, 4.0]) == pytest.approx(math.sqrt(7 / 3), rel=1e-15)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_the_t_interval_is_scipys(level: float) -> None:
    found = ours.t_interval(ACCURACIES, level)
    assert found is not None
    expected = stats.t.interval(level, 9, np.mean(ACCURACIES), stats.sem(ACCURACIES))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-13)


def test_the_t_interval_by_hand() -> None:
    """Of 1, 2, 3: s = 1, and t(2, 0.975) = 4.302652729911275 in any table."""
    found = ours.t_interval([1.0, 2.0, 3.0])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((2 - 4.302652729911275 / math.sqrt(3), 2 + 2.484137712))


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_bootstrap_interval_is_scipys_for_the_same_resamples(level: float) -> None:
    found = ours.bootstrap_interval(ACCURACIES, level, resamples=999, seed=4)
    random = stream(4, "bootstrap", 10)
    expected = stats.bootstrap(
        (sorted(ACCURACIES),), np.mean, n_resamples=999, method="BCa", confidence_level=level, rng=random
    ).confidence_interval
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=1e-12)


def test_the_bootstrap_interval_depends_on_the_seed_alone() -> None:
    first = ours.bootstrap_interval(ACCURACIES, seed=1)
    assert ours.bootstrap_interval(ACCURACIES[::-1], seed=1) == first
    assert ours.bootstrap_interval(ACCURACIES, seed=2) != first


@pytest.mark.parametrize("interval", [ours.t_interval, ours.bootstrap_interval])
def test_fewer_than_two_values_have_no_interval(interval) -> None:
    assert interval([]) is None
    assert interval([0.5]) is None


@pytest.mark.parametrize("interval", [ours.t_interval, ours.bootstrap_interval])
def test_the_interval_of_equal_values_is_their_value(interval) -> None:
    found = interval([0.3, 0.3, 0.3])
    assert (found.low, found.high) == (0.3, 0.3)


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, math.nan])
def test_a_level_is_between_0_and_1(level: float) -> None:
    with pytest.raises(InputError, match="level ="):
        ours.t_interval(ACCURACIES, level)


@pytest.mark.parametrize("values", [[0.1, math.nan], [[0.1]], ["a"], [None]])
def test_values_are_finite_numbers_in_a_row(values) -> None:
    with pytest.raises(InputError, match="values of a metric"):
        ours.mean(values)


def test_the_t_test_is_scipys() -> None:
    found, expected = ours.paired_t_test(DIFFERENCES), stats.ttest_rel(ACCURACIES, OTHERS)
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12)


@pytest.mark.parametrize("differences", [[], [0.1], [0.0, 0.0, 0.0], [0.3 - 0.2, 0.1, 0.1]])
def test_the_t_test_says_nothing_where_differences_are_too_few_or_equal(differences: list[float]) -> None:
    """In floats 0.3 - 0.2 is not 0.1, which must not count as a spread."""
    found = ours.paired_t_test(differences)
    assert (found.statistic, found.p, found.n) == (None, None, len(differences))


@pytest.mark.parametrize("n", range(1, 11))
def test_the_signed_rank_test_is_scipys_without_ties(n: int) -> None:
    d = stream(n, "differences").normal(0.3, 1.0, n)
    expected = stats.wilcoxon(d, method="exact", alternative="two-sided")
    assert ours.signed_rank_test(d).p == pytest.approx(expected.pvalue, rel=1e-13)


def rank_sum(differences: np.ndarray) -> float:
    ranks = stats.rankdata(np.abs(differences[differences != 0]))
    return float(ranks[differences[differences != 0] > 0].sum())


@pytest.mark.parametrize("d", [[3, 1, 1, -1, 2, 2], [1, 1, 1], [0, 5, -2, 2, 0, 7], [4], [-1, -1, 1, 1], [9, 9, -9, 8]])
def test_the_signed_rank_test_with_ties_counts_all_signs(d: list[int]) -> None:
    flipped = [rank_sum(np.array(s) * np.abs(d)) for s in product((-1, 1), repeat=len(d))]
    w = rank_sum(np.array(d))
    tails = np.mean(np.array(flipped) <= w), np.mean(np.array(flipped) >= w)
    found = ours.signed_rank_test(d)
    assert (found.statistic, found.p) == pytest.approx((w, min(1.0, 2 * min(tails))), rel=1e-13)


def test_the_signed_rank_test_where_nothing_differs() -> None:
    assert ours.signed_rank_test([0.0, 0.0]).p == 1.0
    assert ours.signed_rank_test([]).p is None


def test_the_signed_rank_test_has_a_most() -> None:
    assert ours.signed_rank_test(np.arange(1.0, 101)).p == pytest.approx(2.0**-99)
    with pytest.raises(InputError, match="501 pairs; expected at most 500"):
        ours.signed_rank_test(np.arange(1.0, 502))


@pytest.mark.parametrize("n", [2, 5, 9])
def test_the_sign_flip_test_is_scipys(n: int) -> None:
    d = stream(n, "differences").normal(0.5, 1.0, n)
    expected = stats.permutation_test(
        (d, np.zeros(n)), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
    )
    assert ours.sign_flip_test(d).p == pytest.approx(expected.pvalue, rel=1e-13)


def test_the_sign_flip_test_counts_sums_that_only_rounding_tells_apart() -> None:
    """Of -9, -9, -9, 4 tenths, four of sixteen flips are as large; in floats some of them are a little less."""
    assert ours.sign_flip_test([-0.9, -0.9, -0.9, 0.4]).p == 0.25
    assert ours.sign_flip_test([0.1, 0.2, -0.3]).p == 1.0
    assert ours.sign_flip_test([0.1, 0.2, 0.3]).p == 0.25
    assert ours.sign_flip_test([0.0, 0.0]).p == 1.0


def test_the_sign_flip_test_of_many_pairs_draws_near_the_exact_share() -> None:
    d = stream(3, "differences").normal(0.4, 1.0, 17)
    signs = 1 - 2 * (np.arange(2**17)[:, None] >> np.arange(17) & 1)
    exact = np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-12)
    found = ours.sign_flip_test(d)
    assert found.method.endswith("drawn")
    assert found.p == pytest.approx(exact, abs=4 * math.sqrt(exact / 99_999))
    assert ours.sign_flip_test(d[::-1]).p == found.p


def test_holms_correction_by_hand() -> None:
    """0.01*4, 0.02*3, max(0.06, 0.03*2), max(0.06, 0.04*1)."""
    assert ours.holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert ours.holm([0.9, None, 0.6]) == [1.0, None, 1.0]
    assert ours.holm([]) == []
    with pytest.raises(InputError, match="from 0 to 1"):
        ours.holm([1.2])


def test_effect_sizes_by_hand() -> None:
    """Of 1, 2, 3: m = 2, s = 1. J(2) = Gamma(1)/Gamma(1/2) = 1/sqrt(pi)."""
    assert ours.cohens_dz([1.0, 2.0, 3.0]) == 2.0
    assert ours.hedges_gav([2.0, 3.0, 4.0], [0.0, 1.0, 2.0]) == pytest.approx(2 / math.sqrt(math.pi))
    assert ours.rank_biserial([3.0, -1.0, 2.0, 0.0]) == pytest.approx((5 - 1) / 6)


def test_the_factor_of_hedges_is_near_its_approximation() -> None:
    a, b = np.array(ACCURACIES), np.array(OTHERS)
    biased = (a.mean() - b.mean()) / ((a.std(ddof=1) + b.std(ddof=1)) / 2)
    assert ours.hedges_gav(a, b) == pytest.approx(biased * (1 - 3 / (4 * 9 - 1)), rel=1e-3)


def test_effect_sizes_that_have_no_value() -> None:
    assert ours.cohens_dz([0.1, 0.1]) is None
    assert ours.cohens_dz([0.1]) is None
    assert ours.hedges_gav([0.1, 0.2], [0.2, 0.3]) is None
    assert ours.hedges_gav([1.0, 1.0, 1.0], [2.0, 2.0, 2.0]) is None
    assert ours.rank_biserial([0.0, 0.0]) is None
    with pytest.raises(InputError, match="expected pairs"):
        ours.hedges_gav([1.0], [1.0, 2.0])


@pytest.mark.parametrize("margin", [0.005, 0.02, 0.05])
def test_equivalence_is_two_one_sided_t_tests_of_scipy(margin: float) -> None:
    above = stats.ttest_1samp(DIFFERENCES, -margin, alternative="greater").pvalue
    below = stats.ttest_1samp(DIFFERENCES, margin, alternative="less").pvalue
    found = ours.equivalence_test(DIFFERENCES, margin)
    assert found.p == pytest.approx(max(above, below), rel=1e-12)
    assert found.interval is not None
    assert (found.p < 0.05) == (-margin < found.interval.low and found.interval.high < margin)


@pytest.mark.parametrize(("factor", "equivalent"), [(1.001, True), (0.999, False)])
def test_rows_are_equivalent_exactly_where_the_interval_is_within_the_margin(factor: float, equivalent: bool) -> None:
    interval = ours.equivalence_test(DIFFERENCES, 1.0).interval
    assert interval is not None
    found = ours.equivalence_test(DIFFERENCES, interval.high * factor)
    assert found.p is not None
    assert (found.p < 0.05) == equivalent


def test_equivalence_says_nothing_where_differences_are_equal() -> None:
    assert ours.equivalence_test([0.0, 0.0], 0.1).p is None
    with pytest.raises(InputError, match="margin = 0"):
        ours.equivalence_test(DIFFERENCES, 0)


def test_seeds_without_a_partner_are_named() -> None:
    pairs = ours.paired_by_seed({10: 1.0, 2: 2.0, 0: 3.0}, {2: 1.5, 10: 0.0, 7: 1.0})
    assert (pairs.seeds, pairs.differences) == ((2, 10), (0.5, 1.0))
    assert (pairs.only_first, pairs.only_second) == ((0,), (7,))

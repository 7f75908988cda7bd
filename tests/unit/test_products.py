"""Products in which zeros are left out give what they give with them."""

import numpy as np
import pytest

from neurosim.program.source.products import FEW_ROWS, FEW_SPIKES, LARGE, add_products, spike_sums

ROWS, COLUMNS = 300, 100
assert ROWS * COLUMNS >= LARGE


def dyadic(random: np.random.Generator, *shape: int) -> np.ndarray:
    """Multiples of 2**-16, whose sums are exact in any order."""
    return np.round(random.uniform(-1, 1, shape) * 2**16) / 2**16


def sparse(random: np.random.Generator, size: int, share: float) -> np.ndarray:
    return np.where(random.random(size) < share, random.uniform(-1, 1, size), 0.0)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("count", [0, 1, ROWS // FEW_SPIKES, ROWS // FEW_SPIKES + 1, ROWS])
def test_sums_of_spikes_are_the_product_with_the_matrix(count: int, order: str) -> None:
    random = np.random.default_rng(count)
    weight, spikes = np.asarray(dyadic(random, ROWS, COLUMNS), order=order), np.zeros(ROWS)  # type: ignore[call-overload]
    spikes[random.choice(ROWS, count, replace=False)] = 1.0
    np.testing.assert_array_equal(spike_sums(spikes, weight), spikes @ weight)


def test_sums_of_spikes_are_written_where_they_are_wanted() -> None:
    random = np.random.default_rng(0)
    weight, out = dyadic(random, ROWS, COLUMNS), np.full(COLUMNS, 7.0)
    for spikes in (np.eye(ROWS)[3], np.ones(ROWS)):
        assert spike_sums(spikes, weight, out) is out
        np.testing.assert_array_equal(out, spikes @ weight)


@pytest.mark.parametrize("share", [0.0, 0.5 / FEW_ROWS, 1.0])
@pytest.mark.parametrize("pairs", [1, 2, 3])
def test_products_are_added_with_one_rounding_each(pairs: int, share: float) -> None:
    random = np.random.default_rng(pairs)
    weight = random.uniform(-1, 1, (ROWS, COLUMNS))
    given = [(sparse(random, ROWS, share / pairs), random.uniform(-1, 1, COLUMNS)) for _ in range(pairs)]
    change = np.multiply.outer(*given[0])
    for f, g in given[1:]:
        change = change + np.multiply.outer(f, g)
    expected = weight + change
    add_products(weight, given)
    np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("share", [0.5 / FEW_ROWS, 1.0])
def test_products_are_added_on_a_grid(share: float) -> None:
    random = np.random.default_rng(1)
    weight = dyadic(random, ROWS, COLUMNS)
    f, g = sparse(random, ROWS, share), random.uniform(-1, 1, COLUMNS)
    expected = np.floor((weight + np.multiply.outer(f, g)) * 2.0**16 + 0.5) * 2.0**-16
    add_products(weight, [(f, g)], 16)
    np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_zero_times_what_is_not_finite_is_added_too(value: float) -> None:
    weight, f, g = np.zeros((ROWS, COLUMNS)), np.eye(ROWS)[3], np.ones(COLUMNS)
    g[5] = value
    with np.errstate(invalid="ignore"):
        add_products(weight, [(f, g)])
    assert np.isnan(np.delete(weight[:, 5], 3)).all()
    assert np.isfinite(np.delete(weight, 5, axis=1)).all()


def test_a_large_but_finite_factor_adds_nothing_to_a_row_of_zeros() -> None:
    weight, f, g = np.zeros((ROWS, COLUMNS)), np.eye(ROWS)[3], np.full(COLUMNS, 1e300)
    with np.errstate(over="ignore"):
        add_products(weight, [(f, g)])
    np.testing.assert_array_equal(weight, np.outer(f, g))

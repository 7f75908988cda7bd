"""Positions that are drawn among many: as likely as they should be, different, and in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.model.randomness import positions, stream
from neurosim.model.randomness.positions import distinct, subsets, successes


def drawn(p: float, count: int, seed: int = 0) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *successes(stream(seed, "positions"), p, count)])


@given(st.integers(0, 5000), st.floats(0, 1), st.integers(0, 100))
def test_successes_ascend_within_the_trials(count: int, p: float, seed: int) -> None:
    found = drawn(p, count, seed)
    assert (np.diff(found) > 0).all()
    assert not len(found) or (found[0] >= 0 and found[-1] < count)


@pytest.mark.parametrize(("p", "expected"), [(0.0, 0), (1.0, 1000), (1e-300, 0)])
def test_none_and_all_are_certain(p: float, expected: int) -> None:
    assert len(drawn(p, 1000)) == expected


@pytest.mark.parametrize("p", [0.001, 0.1, 0.5, 0.9])
def test_each_position_is_as_likely(p: float) -> None:
    count, parts = 2_000_000, 20
    found = drawn(p, count)
    in_parts = np.bincount(found * parts // count, minlength=parts)
    each = count / parts
    assert (np.abs(in_parts - each * p) < 5 * np.sqrt(each * p * (1 - p))).all()
    gaps = np.diff(found)
    assert np.mean(gaps == 1) == pytest.approx(p, abs=5 * np.sqrt(p * (1 - p) / len(gaps)))


def test_spans_and_blocks_are_joined_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "SPAN", 1000)
    monkeypatch.setattr(positions, "BLOCK", 7)
    found = drawn(0.3, 100_000)
    counts = np.bincount(found % 1000, minlength=1000)  # at each place of a span, over 100 spans
    assert (np.diff(found) > 0).all()
    assert np.abs(counts - 30).max() < 5 * np.sqrt(21)
    assert abs(len(found) - 30_000) < 5 * np.sqrt(21_000)


@given(st.integers(1, 2000), st.data())
def test_distinct_numbers_are_different_and_ascend(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    found = distinct(stream(3, "distinct"), total, count)
    assert len(found) == count
    assert (np.diff(found) > 0).all()
    assert set(found) <= set(range(total))


@pytest.mark.parametrize("sparse", [0, 16])
@pytest.mark.parametrize("count", [2, 4])
def test_each_set_is_as_likely(count: int, sparse: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "SPARSE", sparse)  # both ways of drawing
    random, times = stream(1, "sets"), 6000
    found: dict[bytes, int] = {}
    for _ in range(times):
        key = distinct(random, 6, count).tobytes()
        found[key] = found.get(key, 0) + 1
    assert len(found) == 15
    chi_square = sum((n - times / 15) ** 2 / (times / 15) for n in found.values())
    assert chi_square < 14 + 5 * np.sqrt(28)


def test_subsets_are_rows_that_ascend() -> None:
    rows = subsets(stream(0, "rows"), 10, 4, 3000)
    assert (rows.shape, rows.dtype) == ((3000, 4), np.int32)
    assert (np.diff(rows, axis=1) > 0).all()
    assert np.abs(np.bincount(rows.ravel()) - 1200).max() < 5 * np.sqrt(3000 * 0.4 * 0.6)

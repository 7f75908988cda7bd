"""Shares of a buffer: all places are used, no share grows, and what divides evenly is as it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.scenario.memory import rehearsal
from neurosim.scenario.schema import RehearsalTable

Sizes = st.lists(st.integers(0, 30), min_size=1, max_size=8)


@dataclass
class Sized:
    """A task of so many training samples."""

    size: int

    @property
    def train(self) -> np.ndarray:
        return np.arange(self.size)


def shares(samples: int, sizes: list[int]) -> list[int]:
    return rehearsal.shares(RehearsalTable(samples=samples), [Sized(n) for n in sizes])  # type: ignore[misc]


@given(st.integers(1, 100), Sizes)
def test_all_places_are_used_while_there_are_samples(samples: int, sizes: list[int]) -> None:
    kept = shares(samples, sizes)
    assert sum(kept) == min(samples, sum(sizes))
    assert all(0 <= n <= size for n, size in zip(kept, sizes, strict=True))


@given(st.integers(1, 100), Sizes)
def test_no_share_grows_when_another_task_is_seen(samples: int, sizes: list[int]) -> None:
    before, after = shares(samples, sizes[:-1]), shares(samples, sizes)
    assert all(b >= a for b, a in zip(before, after, strict=False))


@given(st.integers(1, 100), Sizes)
def test_shares_are_as_even_as_they_can_be(samples: int, sizes: list[int]) -> None:
    kept = shares(samples, sizes)
    most = max(kept)
    assert all(n >= most - 1 or n == size for n, size in zip(kept, sizes, strict=True))


@given(st.integers(1, 10), st.integers(1, 8))
def test_a_buffer_that_divides_evenly_is_divided_evenly(each: int, tasks: int) -> None:
    assert shares(each * tasks, [30] * tasks) == [each] * tasks


@pytest.mark.parametrize(
    ("samples", "sizes", "expected"),
    [
        (3, [9] * 5, [1, 1, 1, 0, 0]),
        (11, [9] * 4, [3, 3, 3, 2]),
        (10, [2, 9, 9], [2, 4, 4]),
        (10, [9, 2, 9], [4, 2, 4]),
    ],
)
def test_places_that_are_left_go_to_the_earliest_tasks(samples: int, sizes: list[int], expected: list[int]) -> None:
    assert shares(samples, sizes) == expected


def test_a_fraction_is_of_each_task() -> None:
    assert rehearsal.shares(RehearsalTable(fraction=0.1), [Sized(30), Sized(4)]) == [3, 0]  # type: ignore[list-item]

"""Which of many are drawn: of pairs of neurons, of steps of neurons. What comes back takes the memory, not the many."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

BLOCK = 2**16
"""Positions that are drawn at once."""

SPAN = 2**40
"""Trials that are gone through at once: the sum of `BLOCK` gaps of so many is an int64."""


SPARSE = 16
"""Whole numbers for each that is drawn, above which a mark for each number would take more than what is drawn."""


def successes(random: np.random.Generator, p: float, count: int) -> Iterator[Positions]:
    """P(position k is drawn) = p, for each of `count` positions by itself.

    The gaps between them are geometrically distributed, so nothing is done for those that are not drawn.

    Parameters
    ----------
    p
        From 0 to 1.

    Yields
    ------
    ndarray
        The next positions, ascending, int64 of shape (at most `BLOCK`,).
    """
    if p > 0:
        for start in range(0, count, SPAN):
            yield from _within(random, p, start, min(SPAN, count - start))


def _within(random: np.random.Generator, p: float, start: int, length: int) -> Iterator[Positions]:
    last = -1
    while last < length - 1:
        gaps = random.geometric(p, _enough((length - 1 - last) * p))
        np.minimum(gaps, length + 1, out=gaps)  # beyond the end is as good as far beyond it
        found = last + np.cumsum(gaps)
        yield start + found[: np.searchsorted(found, length)]
        last = int(found[-1])


def _enough(expected: float) -> int:
    """Gaps that mostly reach the end, where so many are expected; not more than a block."""
    return min(BLOCK, int(expected + 4 * expected**0.5) + 4)


def distinct(random: np.random.Generator, total: int, count: int) -> Positions:
    """`count` different whole numbers below `total`, every set of them as likely, ascending.

    Numbers are drawn until so many different ones are there. Where these are more than half of all, those that are left
    out are drawn.

    Returns
    -------
    ndarray
        int64 of shape (count,).
    """
    return _sparse(random, total, count) if count * SPARSE < total else _dense(random, total, count)


def _sparse(random: np.random.Generator, total: int, count: int) -> Positions:
    found = np.zeros(0, np.int64)
    while len(found) < count:
        more = random.integers(total, size=count - len(found))
        more.sort()
        found = np.concatenate([found, more])
        found.sort(kind="stable")  # merges what is sorted
        found = found[np.concatenate([[True], found[1:] != found[:-1]])]
    return found


def _dense(random: np.random.Generator, total: int, count: int) -> Positions:
    marked = np.zeros(total, bool)
    marks = missing = min(count, total - count)
    while missing:
        marked[random.integers(total, size=missing)] = True
        missing = marks - int(np.count_nonzero(marked))
    return np.flatnonzero(marked if marks == count else ~marked)


def subsets(random: np.random.Generator, total: int, size: int, count: int) -> NDArray[np.int32]:
    """`count` sets of `size` different whole numbers below `total`, every set as likely.

    Returns
    -------
    ndarray
        int32 of shape (count, size); each row ascends.
    """
    rows = np.empty((count, size), np.int32)
    for row in rows:
        row[:] = random.choice(total, size, replace=False)
    rows.sort(axis=1)
    return rows

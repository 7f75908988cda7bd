"""Products of vectors and matrices in which zeros are left out, where that changes nothing but the time it takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.program.schedule import Array

FEW_SPIKES = 6
"""The rows of neurons that fired are summed alone where they are at most one in so many."""

FEW_ROWS = 3
"""The rows that change are changed alone where they are at most one in so many."""

LARGE = 2**14
"""Entries of a matrix for which looking for zeros pays."""

CACHED = 2**15
"""Entries of a matrix that are changed together."""


def spike_sums(spikes: Array, weight: Array, out: Array | None = None) -> Array:
    """Compute spikes @ weight, from the rows of the neurons that fired where these are few.

    For sums that are exact in any order, and weights that are finite.

    Parameters
    ----------
    spikes
        0 and 1, of shape (pre,).
    weight
        Of shape (pre, post).
    out
        Of shape (post,): the array that takes the result; a new one where it is None.
    """
    fired = spikes.nonzero()[0]
    if len(fired) * FEW_SPIKES <= len(spikes):
        spikes, weight = spikes[fired], weight[fired]
    return np.dot(spikes, weight, out)


def add_products(weight: Array, pairs: Sequence[tuple[Array, Array]], bits: int | None = None) -> None:
    """Add f1*g1 + f2*g2 + ... to weight, in place: every product and every sum is rounded, for each entry of its own.

    Parameters
    ----------
    weight
        Of shape (pre, post).
    pairs
        f of shape (pre,) and g of shape (post,).
    bits
        Where given, the sum is rounded to multiples of 2**-bits; weight was rounded before.
    """
    rows = _rows_that_change(weight, pairs)
    if rows is None:
        _add(weight, pairs, bits)
    else:
        changed = weight[rows]
        _add(changed, [(f[rows], g) for f, g in pairs], bits)
        weight[rows] = changed


def _rows_that_change(weight: Array, pairs: Sequence[tuple[Array, Array]]) -> NDArray[np.intp] | None:
    """Return the rows in which some f is not zero, if they are few and every g is finite; else None."""
    if weight.size < LARGE or not all(np.isfinite(np.dot(g, g)) for _, g in pairs):
        return None
    (first, _), *others = pairs
    changes = first != 0.0
    for f, _ in others:
        changes |= f != 0.0
    rows = changes.nonzero()[0]
    return rows if len(rows) * FEW_ROWS <= len(weight) else None


def _add(weight: Array, pairs: Sequence[tuple[Array, Array]], bits: int | None) -> None:
    """Add some rows at a time: what is computed for them stays in the processor's cache."""
    if weight.size <= CACHED:
        _add_to_rows(weight, pairs, bits)
        return
    for rows in parts(weight):
        _add_to_rows(weight[rows], [(f[rows], g) for f, g in pairs], bits)


def _add_to_rows(weight: Array, pairs: Sequence[tuple[Array, Array]], bits: int | None) -> None:
    (f, g), *others = pairs
    change = _outer(f, g)
    for f, g in others:
        change += _outer(f, g)
    weight += change
    if bits is not None:
        weight *= 2.0**bits
        weight += 0.5
        np.floor(weight, weight)
        weight *= 2.0**-bits


def parts(values: Array) -> Iterator[slice]:
    """Yield slices of rows, each of about so many entries as are changed together."""
    count = max(1, CACHED // max(math.prod(values.shape[1:]), 1))
    for first in range(0, len(values), count):
        yield slice(first, first + count)


def _outer(f: Array, g: Array) -> Any:
    """Return f*g as a matrix product with one term a sum: only the product is rounded. It is faster than `np.outer`."""
    return np.dot(f[:, None], g[None])

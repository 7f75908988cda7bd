"""Exponentials of many small matrices in whole numbers of 2**-bits, each entry rounded once to a float64.

A halved matrix has a short Taylor series; its square, squared as often, is the exponential. Python's whole numbers have
no limit and no rounding of their own, so what comes out is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = 256
"""Behind the point, and as many more as squarings lose: entries are right to 2**-200."""

HALVED = 8
"""The norm of a matrix whose series is taken is below 2**-HALVED."""


def exponentials(matrices: Sequence[Sequence[Sequence[Any]]]) -> NDArray[np.float64]:
    """Return exp(A) = (1 + X + X**2/2 + X**3/6 + ...)**(2**n) with X = A/2**n, of every matrix A.

    Parameters
    ----------
    matrices
        Of one shape (n, n), of mpmath's numbers or Python's.

    Returns
    -------
    ndarray
        Shape (matrices, n, n).

    Raises
    ------
    OverflowError
        For an entry beyond float64.
    """
    import mpmath

    halvings = HALVED + max(_magnitude(matrix) for matrix in matrices)
    bits = BITS + 2 * halvings
    scaled = [[[int(mpmath.ldexp(e, bits - halvings)) for e in row] for row in matrix] for matrix in matrices]
    one = np.array([[int(i == j) << bits for j in range(len(matrices[0]))] for i in range(len(matrices[0]))], object)
    found = _series(np.array(scaled, object), one, bits)
    for _ in range(halvings):
        found = _product(found, found, bits)
    unit = 1 << bits
    return np.array([entry / unit for entry in found.flat], np.float64).reshape(found.shape)


def _magnitude(matrix: Sequence[Sequence[Any]]) -> int:
    """The exponent of a power of two that no sum of a row's entries reaches; at least 0."""
    import mpmath

    return max(0, *(int(mpmath.mag(sum(abs(e) for e in row) or 1)) for row in matrix))


def _series(x: NDArray[Any], one: NDArray[Any], bits: int) -> NDArray[Any]:
    total: NDArray[Any] = x + one
    term, n = x, 1
    while term.any():
        n += 1
        term = _product(term, x, bits) // n
        term = np.where(term == -1, 0, term)  # rounded downwards, -1 would stay for ever
        total = total + term
    return total


def _product(left: NDArray[Any], right: NDArray[Any], bits: int) -> NDArray[Any]:
    product: NDArray[Any] = np.matmul(left, right) >> bits
    return product

"""Mean and standard deviation, rounded once, so that the order of the values does not matter."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import finite_array
from neurosim.errors import InputError

Values = Sequence[float] | NDArray[np.float64]
"""Of one metric, a number a seed."""


def checked(values: Values) -> list[float]:
    """The values as Python's floats.

    Raises
    ------
    InputError
        If they are no finite numbers in a row.
    """
    array = finite_array(values, "values of a metric")
    if array.ndim != 1:
        raise InputError(f"values of a metric, of shape {array.shape}; expected (seeds,)")
    found: list[float] = array.tolist()
    return found


def mean(values: Values) -> float | None:
    """m = 1/n sum_i x_i; None of no values.

    Parameters
    ----------
    values
        x, shape (n,).

    Raises
    ------
    InputError
        If they are no finite numbers in a row.
    """
    x = checked(values)
    return statistics.fmean(x) if x else None


def standard_deviation(values: Values) -> float | None:
    """s = sqrt(1/(n-1) sum_i (x_i - m)^2), that of a sample; None of fewer than two values.

    Parameters
    ----------
    values
        x, shape (n,).

    Raises
    ------
    InputError
        If they are no finite numbers in a row.
    """
    x = checked(values)
    return statistics.stdev(x) if len(x) > 1 else None


def has_spread(values: Sequence[float]) -> bool:
    """Whether the values differ by more than what rounding makes of equal ones."""
    return bool(values) and max(values) - min(values) > 8 * sys.float_info.epsilon * max(map(abs, values))

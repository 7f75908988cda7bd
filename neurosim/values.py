"""Numbers and arrays that a user gives, converted exactly or refused: the one place where that is done.

Whatever speaks Python's number protocols is taken (NumPy's scalars, 0-d arrays); what would lose something on the way
is refused: fractions where a whole number is meant, imaginary parts, masks, text, truth values as numbers.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, NeurosimError

LARGEST_EXACT = 2**53
"""Whole numbers up to it are float64 values."""


def whole_number(
    value: object,
    what: str,
    *,
    least: int | None = None,
    most: int | None = None,
    error: type[NeurosimError] = InputError,
) -> int:
    """A whole number as Python's own, by ``operator.index``; a truth value is none.

    Parameters
    ----------
    what
        Names the place, and begins the message: ``"population E: size"``.
    least, most
        The range, both ends included.
    error
        What is raised.

    Raises
    ------
    InputError
        Or `error`, for anything else, or a number outside of the range.
    """
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        found = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        found = None
    if found is None or (least is not None and found < least) or (most is not None and found > most):
        raise error(f"{what} {value!r}; expected a whole number{_range(least, most)}")
    return found


def number(value: object, what: str, *, error: type[NeurosimError] = InputError) -> float:
    """A finite real number as Python's float; a truth value is none.

    Raises
    ------
    InputError
        Or `error`, for anything else.
    """
    try:
        if isinstance(value, (bool, np.bool_, str, bytes)):
            raise TypeError
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        found = float("nan")
    if not np.isfinite(found):
        raise error(f"{what} {value!r}; expected a finite number")
    return found


def real_array(values: object, what: str, *, error: type[NeurosimError] = InputError) -> NDArray[np.float64]:
    """Values as a contiguous float64 array, equal to what was given; of a float64 array the very same if it can be.

    Truth values count as 0 and 1. Whether all are finite is not looked at.

    Raises
    ------
    InputError
        Or `error`, for text, complex numbers, objects, masked values, ragged lists, and whole numbers beyond 2**53.
    """
    array = _array(values, what, error)
    if array.dtype.kind not in "fiub":
        raise error(f"{what} has values of type {array.dtype}; expected real numbers")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        raise error(f"{what} has values of type {array.dtype}, which float64 cannot hold; expected float64")
    if array.dtype.kind in "iu" and array.size and max(abs(int(array.min())), abs(int(array.max()))) > LARGEST_EXACT:
        raise error(f"{what} has whole numbers beyond 2**53, which float64 cannot hold")
    return np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)


def whole_array(
    values: object,
    what: str,
    *,
    least: int | None = None,
    most: int | None = None,
    error: type[NeurosimError] = InputError,
) -> NDArray[np.int64]:
    """Values as a contiguous int64 array, equal to what was given; floats count where they have no fraction.

    Raises
    ------
    InputError
        Or `error`, for fractions, NaN, truth values, text, masked values, or numbers outside of the range.
    """
    array = _array(values, what, error)
    if array.size == 0 and array.dtype.kind == "f":  # an empty list has no type of its own
        return np.zeros(array.shape, dtype=np.int64)
    if array.dtype.kind not in "fiu":
        raise error(f"{what} has values of type {array.dtype}; expected whole numbers")
    if array.dtype.kind == "f":
        wrong = ~((np.floor(array) == array) & (np.abs(array) < 2.0**63))
        if wrong.any():
            raise error(f"{what} has {array[wrong][0]!s} in it; expected whole numbers{_range(least, most)}")
    if array.size:
        low, high = int(array.min()), int(array.max())
        out = low if low < (-(2**63) if least is None else least) else high
        if low < (-(2**63) if least is None else least) or high > (2**63 - 1 if most is None else most):
            raise error(f"{what} has {out} in it; expected whole numbers{_range(least, most)}")
    return np.ascontiguousarray(array, dtype=np.int64).reshape(array.shape)


def _array(values: object, what: str, error: type[NeurosimError]) -> NDArray[Any]:
    """Whatever NumPy makes of it, short of objects and hidden values."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise error(f"{what} has masked values; fill them first")
    try:
        return np.asarray(values)
    except ValueError:
        raise error(f"{what} is no array: its rows differ in length") from None


def _range(least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return ""
    if most is None:
        return f" of at least {least}"
    return f" of at most {most}" if least is None else f" from {least} to {most}"

"""What a user gives - numbers, arrays, texts, parts by name - is converted exactly or refused, in this one place.

Whatever speaks Python's number protocols is taken (NumPy's scalars, 0-d arrays); what would lose something on the way
is refused: fractions where a whole number is meant, imaginary parts, masks, text, truth values as numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, NeurosimError
from neurosim.errors import shown as shown  # beside the rest that makes a message of a value

LARGEST_EXACT = 2**53
"""Whole numbers up to it are float64 values."""

Part = TypeVar("Part")


def whole_number(
    value: object,
    what: str,
    *,
    least: int | None = None,
    most: int | None = None,
    error: type[NeurosimError] = InputError,
) -> int:
    """Return a whole number as Python's own, by ``operator.index``; a truth value is none.

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
        if isinstance(value, (bool, np.bool_)) or np.ma.is_masked(value):
            raise TypeError
        whole = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        whole = None
    if whole is None or (least is not None and whole < least) or (most is not None and whole > most):
        raise error(f"{what} {shown(value)}; expected a whole number{_range(least, most)}")
    return whole


def number(value: object, what: str, *, error: type[NeurosimError] = InputError) -> float:
    """Return a finite real number as Python's float, equal to what was given; a truth value is none.

    Fractions and decimals are rounded to the nearest float, as Python does.

    Raises
    ------
    InputError
        Or `error`, for anything else.
    """
    if type(value) is float and np.isfinite(value):
        return value
    if _is_measured(value):
        raise error(f"{what} {shown(value)}: {OF_ANOTHER_PACKAGE}")
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        if isinstance(value, Real | Decimal) and not isinstance(value, np.ndarray):
            real = float(value)
            inexact = isinstance(value, (int, np.integer, np.floating)) and np.isfinite(real) and real != value
        else:
            array = real_array(value, what, error=error)
            real, inexact = float(array[()]) if array.shape == () else float("nan"), False
    except (TypeError, ValueError, OverflowError):
        raise error(_no_number(what, value)) from None
    if not np.isfinite(real):
        raise error(_no_number(what, value))
    if inexact:
        raise error(f"{what} {shown(value)}; no float64 is equal to it")
    return real


def _no_number(what: str, value: object) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        return f"{what} {shown(value)}; expected one finite number"
    unit = ", not a text; a unit is not part of it" if isinstance(value, str) else ""
    return f"{what} {shown(value)}; expected a finite number{unit}"


def real_values(values: object, what: str, *, error: type[NeurosimError] = InputError) -> NDArray[Any]:
    """Return values as an array of real numbers or truth values, in their own shape and type; an array is not copied.

    Raises
    ------
    InputError
        Or `error`, for text, complex numbers, objects, masked values, ragged lists.
    """
    array = _array(values, what, error)
    if array.dtype.kind not in "fiub":
        raise error(f"{what} has values of type {array.dtype}; expected real numbers")
    return array


def real_array(values: object, what: str, *, error: type[NeurosimError] = InputError) -> NDArray[np.float64]:
    """Return values as a contiguous float64 array of their shape, equal to what was given.

    A contiguous float64 array is returned itself. Truth values count as 0 and 1. Whether all are finite is not checked.

    Raises
    ------
    InputError
        Or `error`, for text, complex numbers, objects, masked values, ragged lists, and whole numbers beyond 2**53.
    """
    array = real_values(values, what, error=error)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        raise error(f"{what} has values of type {array.dtype}, which float64 cannot hold; expected float64")
    if array.dtype.kind in "iu" and array.size and max(abs(int(array.min())), abs(int(array.max()))) > LARGEST_EXACT:
        raise error(f"{what} has whole numbers beyond 2**53, which float64 cannot hold")
    return np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)


def finite_array(values: object, what: str, *, error: type[NeurosimError] = InputError) -> NDArray[np.float64]:
    """Return values as `real_array` does, of their shape, all of them finite.

    Raises
    ------
    InputError
        Or `error`, as for `real_array`, and for infinity and NaN.
    """
    array = real_array(values, what, error=error)
    if not np.isfinite(array).all():
        raise error(f"{what} has values that are not finite")
    return array


def whole_array(
    values: object,
    what: str,
    *,
    least: int | None = None,
    most: int | None = None,
    error: type[NeurosimError] = InputError,
) -> NDArray[np.int64]:
    """Return values as a contiguous int64 array of their shape, equal to what was given.

    Floats without a fraction count.

    Raises
    ------
    InputError
        Or `error`, as for `whole_values`.
    """
    array = whole_values(values, what, least=least, most=most, error=error)
    return np.ascontiguousarray(array, dtype=np.int64).reshape(array.shape)


def whole_values(
    values: object,
    what: str,
    *,
    least: int | None = None,
    most: int | None = None,
    error: type[NeurosimError] = InputError,
) -> NDArray[Any]:
    """Return values as an array of whole numbers, in their own shape and type; an array is not copied.

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
    return array


def truth(value: object, what: str, *, error: type[NeurosimError] = InputError) -> bool:
    """Return Python's or NumPy's True or False as Python's own.

    Raises
    ------
    InputError
        Or `error`, for anything else, such as ``"no"``, which Python takes for true.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise error(f"{what} {shown(value)}; expected True or False")
    return bool(value)


def text(value: object, what: str, *, error: type[NeurosimError] = InputError) -> str:
    """Return a text.

    Raises
    ------
    InputError
        Or `error`, for anything else.
    """
    if not isinstance(value, str):
        raise error(f"{what} {shown(value)}; expected a text")
    return value


def by_name(values: object, what: str, example: str, *, error: type[NeurosimError] = InputError) -> Mapping[str, Any]:
    """Return a mapping whose keys are texts.

    Parameters
    ----------
    example
        Ends the message: ``"{'tau': 10.0}"``.

    Raises
    ------
    InputError
        Or `error`, for anything else.
    """
    if not isinstance(values, Mapping):
        raise error(f"{what} {shown(values)}; expected a mapping such as {example}")
    for name in values:
        text(name, f"{what}: name", error=error)
    return values


def numbers(values: object, what: str, *, error: type[NeurosimError] = InputError) -> dict[str, float]:
    """Return finite numbers by name.

    Raises
    ------
    InputError
        Or `error`, for what is no mapping, or a value that is no finite number.
    """
    named = by_name(values, what, "{'name': 1.0}", error=error)
    return {n: number(v, f"{what}: {n} =", error=error) for n, v in named.items()}


def texts(values: object, what: str, *, error: type[NeurosimError] = InputError) -> dict[str, str]:
    """Return texts by name.

    Raises
    ------
    InputError
        Or `error`, for what is no mapping, or a value that is no text.
    """
    named = by_name(values, what, "{'name': 'text'}", error=error)
    return {n: text(v, f"{what}: {n} =", error=error) for n, v in named.items()}


def several(
    values: object, kind: type[Part], what: str, wanted: str, *, error: type[NeurosimError] = InputError
) -> tuple[Part, ...]:
    """Return all values as a tuple, if they are of one kind; a single one stands for itself.

    Parameters
    ----------
    wanted
        What was expected, in words: ``"Populations"``.

    Raises
    ------
    InputError
        Or `error`, if anything else is among them.
    """
    if isinstance(values, kind):
        return (values,)
    try:
        if isinstance(values, (str, bytes, Mapping)):
            raise TypeError
        parts: tuple[Any, ...] = tuple(values)  # type: ignore[arg-type]
    except TypeError:
        raise error(f"{what} {shown(values)}; expected {wanted}") from None
    for value in parts:
        if not isinstance(value, kind):
            raise error(f"{what} has {shown(value)} among them; expected {wanted}")
    return parts


def _array(values: object, what: str, error: type[NeurosimError]) -> NDArray[Any]:
    """Convert values with NumPy, and refuse what it would drop: masks, and digits of large numbers."""
    if _hides(values):
        raise error(f"{what} has masked values; fill them first")
    if _is_measured(values):
        raise error(f"{what} {shown(values)}: {OF_ANOTHER_PACKAGE}")
    try:
        array = np.asarray(values)
    except Exception as problem:  # a ragged list, or whatever a foreign class raises
        reason = "its rows differ in length" if isinstance(problem, ValueError) else str(problem)
        raise error(f"{what} is no array: {reason}") from None
    if array.dtype.kind == "f" and _has_large_whole_numbers(values):  # beside fractions in a list they became floats
        raise error(f"{what} has whole numbers beyond 2**53, which float64 cannot hold")
    return array


def _hides(values: object) -> bool:
    """Return whether values are masked, also in arrays of a list."""
    if isinstance(values, np.ma.MaskedArray):
        return bool(np.ma.is_masked(values))
    if not isinstance(values, (list, tuple)):
        return False
    nested = any(issubclass(kind, (list, tuple, np.ma.MaskedArray)) for kind in set(map(type, values)))
    return nested and any(map(_hides, values))


OF_ANOTHER_PACKAGE = "a quantity with a unit of another package; write the unit as a text, such as '20 ms'"

UNITLESS = ("1", "dimensionless", "1 dimensionless", "1 (dimensionless)")
"""How packages print that there is no unit."""


def _is_measured(values: object) -> bool:
    """Return whether values have a unit of another package (Brian2, pint, quantities), also in a list.

    NumPy would take the number alone, in whatever unit that package has inside.
    """
    if isinstance(values, (list, tuple)):
        kinds = set(map(type, values))
        return any(issubclass(k, (list, tuple)) or _has_units(k) for k in kinds) and any(map(_is_measured, values))
    if not _has_units(type(values)):
        return False
    unit = next((getattr(values, n) for n in UNITS if hasattr(values, n)), None)
    return unit is not None and str(unit) not in UNITLESS


UNITS = ("dim", "dimensionality", "units", "unit")
"""Attributes in which packages keep a unit."""


def _has_units(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("brian2", "pint", "quantities", "neo", "astropy", "unyt")


def _has_large_whole_numbers(values: object) -> bool:
    if isinstance(values, (list, tuple)):
        return set(map(type, values)) != {float} and any(map(_has_large_whole_numbers, values))
    return isinstance(values, (int, np.integer)) and abs(int(values)) > LARGEST_EXACT


def _range(least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return ""
    if most is None:
        return f" of at least {least}"
    return f" of at most {most}" if least is None else f" from {least} to {most}"

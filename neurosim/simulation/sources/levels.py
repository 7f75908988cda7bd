"""Numbers that a source has: one for all neurons, one for each, or either in each span of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import shown, text
from neurosim.errors import ModelError
from neurosim.model.distributions.listed import listed
from neurosim.model.fixed import FixedArray
from neurosim.model.units import Dimension, quantity
from neurosim.program.schedule import Array
from neurosim.simulation.sources.source import size_of
from neurosim.simulation.sources.steps import duration, whole_steps

Given = float | str | Sequence[float] | Sequence[str] | NDArray[np.floating] | NDArray[np.integer]
"""One for all neurons, or several."""


@dataclass(frozen=True)
class Levels:
    """Row k counts from k*every to (k + 1)*every, the last one from then on.

    Attributes
    ----------
    values
        In the units inside, shape (rows, size), or (rows, 1) where all neurons have the same.
    every
        How long a row lasts, in ms; None for one row that lasts.
    dimension
        What the values are of; None where none had a unit.
    """

    values: FixedArray
    every: float | None = None
    dimension: Dimension | None = None

    def rows(self, first: int, stop: int, dt: float, what: str) -> Iterator[tuple[int, int, Array]]:
        """Yield the spans of steps first to stop - 1 in which one row counts: first, stop, the row.

        Raises
        ------
        ModelError
            If rows do not last for a whole number of steps.
        """
        values = self.values.values
        if self.every is None:
            yield first, stop, values[0]
            return
        lasts = whole_steps(self.every, dt, f"{what}: every")
        last = len(values) - 1
        while first < stop:
            row = min(first // lasts, last)
            end = stop if row == last else min((row + 1) * lasts, stop)
            yield first, end, values[row]
            first = end


def levels(given: object, size: int | None, what: str, *, every: object = None, unit: str | None = None) -> Levels:
    """Return numbers of a source in the units inside.

    Parameters
    ----------
    given
        One, an array of shape (size,), or with `every` one of shape (rows,) or (rows, size).
    size
        None for any.
    unit
        Of numbers that have none.

    Raises
    ------
    ModelError
        Beginning with `what`, for anything else, another shape, or a unit that there is not.
    """
    if isinstance(given, str) or getattr(given, "ndim", 1) == 0 or not isinstance(given, (Sequence, np.ndarray)):
        alone = quantity(given, f"{what} =")
        array, dimension = np.array(alone.value), alone.dimension
    else:
        array, dimension = listed(given, what)
    array, dimension = in_unit(array, dimension, unit, what)
    lasts = None if every is None else duration(every, f"{what}: every =")
    return Levels(FixedArray.of(_as_rows(array, size, lasts is not None, what), what), lasts, dimension)


def size_from(size: object, what: str, *given: Levels) -> int | None:
    """Return the number of neurons: the one that is said, or that of arrays with a value for each; None for neither.

    Raises
    ------
    ModelError
        Beginning with `what`, for arrays of two sizes.
    """
    if size is not None:
        return size_of(size, what)
    found = sorted({one.values.shape[1] for one in given} - {1})
    if len(found) > 1:
        raise ModelError(f"{what}: arrays of {' and of '.join(map(str, found))} neurons; expected one size")
    return found[0] if found else None


def each(given: object, size: int, expected: Dimension, what: str) -> FixedArray:
    """Return one number for all neurons, shape (1,), or one for each, shape (size,), of an expected dimension.

    Raises
    ------
    ModelError
        Beginning with `what`.
    """
    found = levels(given, size, what)
    check_dimension(found.dimension, expected, given, what)
    return FixedArray(found.values.values[0])


def check_dimension(found: Dimension | None, expected: Dimension, given: object, what: str) -> None:
    """Refuse a unit of another dimension.

    Raises
    ------
    ModelError
        Beginning with `what`.
    """
    if found is not None and found != expected:
        raise ModelError(f"{what} = {shown(given)}: a unit of {found}; expected one of {expected}")


def in_unit(array: Array, dimension: Dimension | None, unit: object, what: str) -> tuple[Array, Dimension | None]:
    """Return numbers without a unit in the units inside, and the dimension of the one that is said beside them, if any.

    Raises
    ------
    ModelError
        Beginning with `what`, for a unit that there is not, and for one beside numbers that have one.
    """
    if unit is None:
        return array, dimension
    if dimension is not None:
        raise ModelError(f"{what} has units in it, and unit = {shown(unit)} beside it; expected one of both")
    one = quantity(f"1 {text(unit, f'{what}: unit =', error=ModelError)}", f"{what}: unit =")
    with np.errstate(over="ignore"):  # what is infinite is refused where it is kept
        # 15/1000 is the float64 number nearest to 0.015, 15*0.001 might be its neighbour
        return (array / (1 / one.value) if one.value < 1 else array * one.value), one.dimension


def _as_rows(array: Array, size: int | None, in_time: bool, what: str) -> Array:
    if array.ndim == 0:
        return array.reshape(1, 1)
    if in_time and array.ndim == 1 and len(array):
        return array[:, np.newaxis]
    if array.ndim == 1 + in_time and array.size and size in (None, array.shape[-1]):
        return array.reshape(-1, array.shape[-1])
    of = "size" if size is None else size
    wanted = f"(rows,) or (rows, {of})" if in_time else f"({of},), one for each neuron, or every="
    raise ModelError(f"{what} has shape {array.shape}; expected one number, or shape {wanted}")

"""What trials show, as it is stored: rows of one array, or trials of spikes, in an order. Nothing of it is copied."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.edges.values import finite_array, real_array, real_values, whole_array
from neurosim.errors import InputError
from neurosim.program.trial.stimuli.events import Events, check_steps

Array = NDArray[np.float64]
Stored = NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.float64]

BYTES = 256
"""How many numbers a byte can stand for."""

AT_ONCE = 2**21
"""Numbers that are gathered at once, about."""


class Rows:
    """x[k] = values[order[k]], or table[values[order[k]]] of bytes: what trials k = 0, 1, ... show, as it is stored.

    They become float64 a block of trials at a time, where they are shown; all are checked once, here.

    Parameters
    ----------
    values
        Numbers of shape (rows, units), or (rows, steps, units) where each step has a row, or `Events`, of which a trial
        is a row. Bytes (uint8), truth values, float32 and float64 stay what they are and are not copied, so they must
        not be changed any more; others become float64.
    order
        The row of each trial, shape (trials,), any row as often as it is wanted; None for all rows as they come.
    table
        The number that each byte stands for, float64 of shape (256,), as ``np.arange(256) / 255`` for pixels in [0, 1];
        without one a byte is its own number.
    what
        Begins the messages.

    Attributes
    ----------
    limits
        The smallest and the largest number of all rows, in the order or not; of bytes, of all entries of the table from
        that of the smallest byte to that of the largest. (0, 1) for spikes.

    Raises
    ------
    InputError
        For values that are no finite real numbers, an order with a row that there is not, and a table of another shape
        or beside other values than bytes.
    """

    values: Stored | Events
    order: NDArray[np.int64]
    table: Array | None
    limits: tuple[float, float]

    def __init__(
        self,
        values: ArrayLike | Events,
        order: Sequence[int] | NDArray[np.integer[Any]] | None = None,
        table: ArrayLike | None = None,
        what: str = "rows: values",
    ):
        self.values = values if isinstance(values, Events) else _stored(values, what)
        if order is None:
            self.order = np.arange(self._count)
        else:
            self.order = whole_array(order, "rows: order", least=0, most=self._count - 1).copy()
        if self.order.ndim != 1:
            raise InputError(f"rows: order has shape {self.order.shape}; expected (trials,)")
        self.table = self._checked(table)
        self._bytes = _ends(self.values) if self.table is not None else (0, 0)
        self._rounding: Callable[[Array], Array] | None = None
        self.limits = (0.0, 1.0) if isinstance(self.values, Events) else self._limits()
        if not np.isfinite(self.limits).all():
            raise InputError(f"{what} has values that are not finite")

    @property
    def _count(self) -> int:
        """How many rows there are to take from."""
        return self.values.trials if isinstance(self.values, Events) else len(self.values)

    def _checked(self, table: ArrayLike | None) -> Array | None:
        """The table of bytes; None beside other values."""
        of_bytes = not isinstance(self.values, Events) and self.values.dtype == np.uint8
        if table is None:
            return np.arange(BYTES, dtype=np.float64) if of_bytes else None
        if not of_bytes:
            kind = "spikes" if isinstance(self.values, Events) else f"values of type {self.values.dtype}"
            raise InputError(f"rows: a table beside {kind}; expected bytes, of type uint8")
        checked = finite_array(table, "rows: table").copy()
        if checked.shape != (BYTES,):
            raise InputError(f"rows: table has shape {checked.shape}; expected ({BYTES},), a number for each byte")
        return checked

    def _limits(self) -> tuple[float, float]:
        assert not isinstance(self.values, Events)
        first, last = self._bytes
        numbers: NDArray[Any] = self.values if self.table is None else self.table[first : last + 1]
        return (float(numbers.min()), float(numbers.max())) if self.values.size else (0.0, 0.0)

    def __len__(self) -> int:
        return len(self.order)

    @property
    def shape(self) -> tuple[int, ...]:
        """(trials, units) or (trials, steps, units)."""
        if isinstance(self.values, Events):
            return (len(self), self.values.steps, self.values.units)
        return (len(self), *self.values.shape[1:])

    @property
    def is_events(self) -> bool:
        """Whether the values are spikes as lists."""
        return isinstance(self.values, Events)

    def take(self, indices: Sequence[int] | NDArray[np.integer[Any]] | NDArray[np.bool_] | slice) -> Rows:
        """Return the trials of these indices, in their order; only the order is another one."""
        return self._with(order=self._chosen(indices))

    def part(self, start: int, stop: int) -> Rows:
        """Return trials start to stop - 1."""
        return self._with(order=self.order[start:stop])

    def between(self, first: int, stop: int) -> Rows:
        """Return what all trials show in steps first to stop - 1; what has no steps stays."""
        if isinstance(self.values, Events):
            return self._with(values=self.values.between(first, stop))
        if self.values.ndim < 3:
            return self
        check_steps(first, stop, self.values.shape[1], "rows")
        return self._with(values=self.values[:, first:stop])

    def blocks(self) -> Iterator[Rows]:
        """Yield the trials in parts that may be gathered at once."""
        each = trials_at_once(math.prod(self.shape[1:]))
        for first in range(0, len(self), each):
            yield self.part(first, first + each)

    def rounded(self, rounding: Callable[[Array], Array]) -> Rows:
        """Return rows of which each number is rounded: those of a table now, others when they are gathered.

        Parameters
        ----------
        rounding
            Rounds an array of any shape, a larger number never below a smaller one.
        """
        if self.table is None:
            low, high = rounding(np.array(self.limits))
            return self._with(_rounding=rounding, limits=(float(low), float(high)))
        rows = self._with(table=rounding(self.table))
        rows.limits = rows._limits()
        return rows

    def arrays(self) -> Iterator[NDArray[Any]]:
        """Yield the arrays that all is stored in: of spikes two; the order only where it is not that of the rows."""
        yield from (self.values.offsets, self.values.indices) if isinstance(self.values, Events) else (self.values,)
        if self.table is not None:
            yield self.table
        if not np.array_equal(self.order, np.arange(self._count)):
            yield self.order

    def spiking(self) -> Rows:
        """Return rows of `Events`: a unit spikes where the number is not zero.

        Raises
        ------
        InputError
            For another number of axes than (rows, steps, units).
        """
        if isinstance(self.values, Events):
            return self
        dense = self.values != 0 if self.table is None else (self.table != 0.0)[self.values]
        return Rows(Events.from_dense(dense), self.order)

    def alone(self) -> Stored | Events:
        """Return the rows of the trials in their order, as they are stored: numbers before any rounding, or `Events`.

        They are not copied where they follow each other.
        """
        there = self._slice()
        if not isinstance(self.values, Events):
            return self.values[self.order if there is None else there]
        return self.values.take(self.order) if there is None else self.values.part(there.start, there.stop)

    def gathered(self) -> Array | Events:
        """Return what the trials show: a contiguous float64 array of shape `shape`, or `Events`.

        What is stored so is not copied where the trials follow each other in it.
        """
        stored = self.alone()
        return stored if isinstance(stored, Events) else self._numbers(stored)

    def _numbers(self, stored: Stored) -> Array:
        if self.table is not None:
            return self.table[stored]
        numbers = np.ascontiguousarray(stored, dtype=np.float64).reshape(stored.shape)
        return numbers if self._rounding is None else self._rounding(numbers)

    def __getitem__(self, trials: Any) -> Array:
        """Return what some trials show, as an array of float64 gives it for the same index of its first axis.

        Raises
        ------
        InputError
            If they are spikes, or for a trial that there is not.
        """
        if isinstance(self.values, Events):
            raise InputError("rows: the values are spikes in time, expected an array of numbers")
        return self._numbers(self.values[self._chosen(trials)])

    def _chosen(self, trials: Any) -> NDArray[np.integer[Any]]:
        try:
            return np.asarray(self.order[trials])
        except IndexError as error:
            raise InputError(f"rows: of {len(self)} trials: {error}") from None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self[:].astype(np.float64 if dtype is None else dtype)

    def _slice(self) -> slice | None:
        """Where the rows lie, if they follow each other."""
        if not len(self) or self.order[-1] - self.order[0] != len(self) - 1 or not (np.diff(self.order) == 1).all():
            return None
        return slice(int(self.order[0]), int(self.order[-1]) + 1)

    def _with(self, **changed: Any) -> Rows:
        other = copy(self)
        vars(other).update(changed)
        return other


def trials_at_once(numbers: int) -> int:
    """How many trials may be gathered at once that show so many numbers each; at least 1."""
    return max(1, AT_ONCE // max(1, numbers))


def _stored(values: ArrayLike, what: str) -> Stored:
    """Bytes, float32 or float64 as they are; others as float64."""
    array = real_values(values, what)
    if array.ndim == 0:
        raise InputError(f"{what} is one number; expected an array with a row for each trial")
    if array.dtype == np.bool_:
        return array.view(np.uint8)
    return array if array.dtype in (np.uint8, np.float32, np.float64) else real_array(array, what)


def _ends(values: Stored | Events) -> tuple[int, int]:
    """The smallest and the largest byte."""
    assert not isinstance(values, Events)
    return (int(values.min()), int(values.max())) if values.size else (0, 0)

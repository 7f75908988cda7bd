"""What readers of own files give, before labels become classes and inputs become numbers in [0, 1] or spikes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError

Labels = NDArray[Any] | list[str]
"""Numbers of shape (samples,), or as many texts."""

Inputs = TypeVar("Inputs")


@dataclass(frozen=True, eq=False)
class SpikeLists:
    """The spikes of sample k: ``times[offsets[k]:offsets[k+1]]`` and the units of the same places.

    Parameters
    ----------
    times
        In the unit of the file, shape (spikes,).
    units
        int64 of at least 0, shape (spikes,).
    offsets
        int64, shape (samples + 1,).
    """

    times: NDArray[Any]
    units: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def sample_of(self, spike: int) -> int:
        """The sample that a spike is of, counted over all."""
        return int(np.searchsorted(self.offsets, spike, side="right")) - 1

    def place(self, spike: int, name_of: Callable[[int], str]) -> str:
        """A spike in a user's words."""
        sample = self.sample_of(spike)
        return f"{name_of(sample)}, spike {spike - int(self.offsets[sample])}"


@dataclass(frozen=True, eq=False)
class RawSamples(Generic[Inputs]):
    """All samples of a file or folder, those of the training part first.

    Parameters
    ----------
    inputs
        Numbers of shape (samples, ...), or `SpikeLists`.
    labels, groups
        For each sample; groups are None where nobody named them.
    training
        So many of the first samples are for training, the others the published test part; None if there is none.
    place
        Names a sample in a user's words: ``row 3``.
    """

    inputs: Inputs
    labels: Labels
    groups: Labels | None
    training: int | None
    place: Callable[[int], str]


def row(number: int) -> str:
    """A row of an array, counted from 0."""
    return f"row {number}"


def row_of_parts(names: Sequence[str], training: int) -> Callable[[int], str]:
    """What names a row of two arrays that follow each other."""
    return lambda k: f"{names[0]}, row {k}" if k < training else f"{names[1]}, row {k - training}"


def check_lengths(lengths: dict[str, int]) -> None:
    """Refuse arrays that should have something for each sample and have not.

    Raises
    ------
    InputError
        Naming two that differ.
    """
    (first, expected), *others = lengths.items()
    for name, found in others:
        if found != expected:
            raise InputError(f"'{name}' has {found:,} rows, expected {expected:,} as '{first}' has")


def first_true(wrong: NDArray[np.bool_]) -> tuple[int, ...]:
    """Where the first true value of an array is, in the order of its rows."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))


def whole_units(units: NDArray[Any], place: Callable[[int], str], what: str = "unit") -> NDArray[np.int64]:
    """Numbers of units, or of something else that has few, shape (spikes,).

    Raises
    ------
    InputError
        Naming the first that is no whole number of at least 0.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        wrong = ~((units >= 0) & (np.floor(units) == units) & (units < 2.0**31))
    if wrong.any():
        k = int(np.argmax(wrong))
        raise InputError(f"{place(k)} has the {what} {units[k]}; expected a whole number of at least 0")
    return units.astype(np.int64)

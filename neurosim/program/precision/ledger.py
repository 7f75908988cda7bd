"""What rounding did to given arrays: nothing is rounded silently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import finite_array
from neurosim.errors import InputError
from neurosim.program.precision.formats import Format, GridFormat
from neurosim.program.schedule import Array

if TYPE_CHECKING:
    from neurosim.program.program import Program

CHANGE = np.dtype([("index", "<i8"), ("old", "<f8"), ("new", "<f8"), ("error", "<f8"), ("saturated", "?")])
"""A changed value: its place in the flattened array, new - old, and whether it was beyond the format's ends."""


@dataclass(frozen=True)
class LedgerEntry:
    """What a quantisation did to one array.

    Attributes
    ----------
    changed, size
        How many values, of how many.
    largest_error
        The largest |new - old|.
    saturated
        How many were beyond the ends of the format.
    relative_error
        sqrt(sum of (new - old)**2 / sum of old**2).
    """

    name: str
    changed: int
    size: int
    largest_error: float
    saturated: int = 0
    relative_error: float = 0.0


def quantise(learned: Mapping[str, Array], program: Program) -> tuple[dict[str, Array], list[LedgerEntry]]:
    """Round the arrays that the program has a format for.

    Parameters
    ----------
    learned
        Arrays of the shapes that `Program.shapes` gives, by ``owner.variable``.

    Returns
    -------
    arrays, ledger
        All arrays, of which those that rounding changed are new; an entry for each that changed.

    Raises
    ------
    InputError
        If an array would lose more than its format allows (`largest_loss`), or has a value that is not finite or too
        large for any rounding.
    """
    arrays, ledger = dict(learned), []
    for name, form in program.formats().items():
        if name in arrays:
            old, rounded = _rounded(name, arrays[name], form)
            if np.array_equal(rounded, old):
                continue
            entry = ledger_entry(name, old, rounded, form)
            if not entry.relative_error <= form.largest_loss:
                raise InputError(_too_much(entry, form))
            ledger.append(entry)
            arrays[name] = rounded
    return arrays, ledger


def _rounded(name: str, values: Array, form: Format) -> tuple[Array, Array]:
    """Return finite values, and what rounding makes of them, which is finite too."""
    old = finite_array(values, f"learned variable '{name}'")
    with np.errstate(over="ignore"):
        new = form.rounded(old)
    if not np.isfinite(new).all():
        raise InputError(f"learned variable '{name}' has values that are too large to be rounded to {form}")
    return old, new


def ledger_entry(name: str, old: Array, new: Array, form: Format) -> LedgerEntry:
    """Return the entry of one array.

    Parameters
    ----------
    old, new
        The values before and after rounding, of the same shape.
    """
    error = np.abs(new - old)
    return LedgerEntry(
        name=name,
        changed=int(np.count_nonzero(error)),
        size=error.size,
        largest_error=float(error.max(initial=0.0)),
        saturated=int(np.count_nonzero((old < form.low) | (old > form.high))),
        relative_error=_relative(error, old),
    )


def _relative(error: Array, old: Array) -> float:
    with np.errstate(over="ignore"):
        lost, size = np.sqrt(np.sum(np.square(error))), np.sqrt(np.sum(np.square(old)))
    if not np.isfinite([lost, size]).all():  # squares of large values overflow
        largest = np.abs(old).max()
        return _relative(error / largest, old / largest)
    return float(lost / size) if size > 0 else 0.0


def _too_much(entry: LedgerEntry, form: Format) -> str:
    return (
        f"{entry.name}: rounded to {form} it has a relative error of {entry.relative_error:.3g}, and {entry.saturated} "
        f"of {entry.size} values are beyond {form.low:g} to {form.high:g}; at most {form.largest_loss:g} is allowed. "
        "Fit the exponent to the values (FixedPoint.fitted, or `exponents` in a scenario file), take more bits, or "
        "raise largest_loss"
    )


def changes(learned: Mapping[str, Array], program: Program) -> dict[str, NDArray[Any]]:
    """Return every value that `quantise` would change.

    Parameters
    ----------
    learned
        Arrays of the shapes that `Program.shapes` gives, by ``owner.variable``.

    Returns
    -------
    changes
        By the name of the array: rows of `CHANGE`, of shape (changed values,).

    Raises
    ------
    InputError
        If an array has a value that is not finite, or too large for any rounding.
    """
    changed = {}
    for name, form in program.formats().items():
        if name in learned:
            old, new = map(np.ravel, _rounded(name, learned[name], form))
            places = np.flatnonzero(old != new)
            rows = np.zeros(len(places), dtype=CHANGE)
            rows["index"], rows["old"], rows["new"] = places, old[places], new[places]
            rows["error"] = rows["new"] - rows["old"]
            rows["saturated"] = (rows["old"] < form.low) | (rows["old"] > form.high)
            changed[name] = rows
    return changed


def check_format(name: str, values: Array, form: Format) -> None:
    """Refuse values that the format does not have, so that nothing is rounded silently.

    Parameters
    ----------
    values
        Of any shape.

    Raises
    ------
    InputError
        Naming the array and its format.
    """
    if not np.array_equal(*_rounded(name, values, form)):
        raise InputError(f"{name} has values that are not {form}; round them with quantise() first")


def check_on_grid(name: str, values: Array, bits: int) -> None:
    """Refuse values, of any shape, that are not multiples of 2**-bits.

    Raises
    ------
    InputError
        Naming the array.
    """
    check_format(name, values, GridFormat(bits))

"""What a grid makes of first weights: where it would leave little of them, they are refused with a factor that fits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurosim.errors import InputError
from neurosim.program.precision.formats import GridFormat
from neurosim.program.precision.ledger import ledger_entry
from neurosim.program.program import Program
from neurosim.program.schedule import Array

LARGEST = 0.01
"""Relative error, sqrt(sum of squared errors / sum of squares), above which weights are too small for a grid.

Weights that are drawn around 0 have small ones among them, which may become 0: the sum counts. A choice of ours."""

MOST_BITS = 1100
"""Powers of two that are tried, for the smallest float64 is 2**-1074."""


def check(learned: Mapping[str, Array], program: Program) -> None:
    """Refuse arrays of which rounding to multiples of 2**-bits leaves less than 1 - `LARGEST`.

    Parameters
    ----------
    learned
        First values by ``owner.variable``, before they are rounded.

    Raises
    ------
    InputError
        Naming the array, a value and what it would become, and the power of two that would fit.
    """
    for name, form in program.formats().items():
        if name in learned and isinstance(form, GridFormat):
            _check_array(name, learned[name], form)


def _check_array(name: str, values: Array, form: GridFormat) -> None:
    lost = _lost(name, values, form)
    if lost <= LARGEST:
        return
    flat = values.ravel()
    at = int(np.argmax(np.abs(flat)))  # of the largest, of which the most is left
    becomes = float(form.rounded(flat[at : at + 1])[0])
    bits = next(k for k in range(1, MOST_BITS) if _lost(name, values * 2.0**k, form) <= LARGEST)
    raise InputError(
        f"{name}: {flat[at]:g} would become {becomes:g}, one of the {form}; a relative error of {lost:.2g}, at most "
        f"{LARGEST:g} is allowed. Take a unit in which the weights are 2**{bits} times as large, or more "
        "weight_bits"
    )


def _lost(name: str, values: Array, form: GridFormat) -> float:
    largest = np.abs(values).max(initial=0.0) or 1.0  # squares of small values would be 0
    return ledger_entry(name, values / largest, form.rounded(values) / largest, form).relative_error

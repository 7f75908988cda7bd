"""Intervals over runs, by name: what the band of a picture says of its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from neurosim.errors import InputError, nearest
from neurosim.program.schedule import Array
from neurosim.results.analysis.statistics import Interval, bootstrap_interval, t_interval


@dataclass(frozen=True, eq=False)
class Band:
    """An interval at each point of a line.

    Attributes
    ----------
    method
        In words, for a caption.
    low, high
        Its ends, of shape (points,); NaN where a single run says nothing.
    """

    method: str
    low: Array
    high: Array


METHODS: Mapping[str, Callable[[Array], Interval | None]] = {"t": t_interval, "bootstrap": bootstrap_interval}


def band_of(values: Array, method: str) -> Band:
    """Return the intervals of the mean that a method gives.

    Parameters
    ----------
    values
        Of shape (runs, points).
    method
        One of `METHODS`.

    Raises
    ------
    InputError
        For a method that there is not.
    BackendUnavailable
        Where SciPy is missing.
    """
    if method not in METHODS:
        raise InputError(f"band = {method!r}; {nearest(str(method), METHODS)}")
    found = [METHODS[method](column) for column in values.T]
    known = [i for i in found if i is not None]
    said = f"{known[0].level:.0%} interval of the mean over {len(values)} runs, {known[0].method}" if known else ""
    ends = np.array([(np.nan, np.nan) if i is None else (i.low, i.high) for i in found], np.float64).reshape(-1, 2)
    return Band(said, ends[:, 0], ends[:, 1])

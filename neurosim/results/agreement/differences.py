"""Differences of learned arrays and of recorded spikes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from neurosim.program.schedule import Array, Events, Recording


def largest_difference(a: Mapping[str, Array], b: Mapping[str, Array]) -> float:
    """max |a - b| over arrays of the same names; infinite where the names differ or a value is not finite.

    Parameters
    ----------
    a, b
        Arrays by name, of the same shape under the same name.
    """
    if set(a) != set(b) or not all(np.isfinite(a[n]).all() and np.isfinite(b[n]).all() for n in a):
        return float("inf")
    with np.errstate(over="ignore"):
        return max((float(np.abs(a[n] - b[n]).max(initial=0.0)) for n in a), default=0.0)


def spikes_that_differ(a: Recording, b: Recording) -> int:
    """The number of spikes that only one of two recordings has; 0 where they are not of spikes.

    Parameters
    ----------
    a, b
        Recordings of one probe, of as many trials, steps and units.
    """
    if not (isinstance(a, Events) and isinstance(b, Events)):
        return 0
    return len(spikes_apart(a, b))


def spikes_apart(a: Events, b: Events) -> NDArray[np.int64]:
    """The spikes that only one of two recordings has: step*units + unit of each, steps counted over all trials.

    Parameters
    ----------
    a, b
        Of as many trials, steps and units.

    Returns
    -------
    ndarray of int64
        Ascending, so the first is the earliest.
    """
    return np.setxor1d(_coded(a), _coded(b))


def _coded(events: Events) -> NDArray[np.int64]:
    """One number for each spike."""
    pairs = events.pairs()
    return np.asarray(pairs[:, 0] * events.units + pairs[:, 1])

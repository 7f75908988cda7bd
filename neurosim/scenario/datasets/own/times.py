"""Whether times of spikes are in the unit that they are taken for: most lie within a sample, and fill some of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosim.edges.hdf5 import Numbers
from neurosim.errors import InputError

UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
"""How many of each unit make a second."""
WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
LATE = 0.5
"""The share of spikes after the end of their samples from which times are taken to be in another unit."""
EARLY = 0.01
"""A share of a sample; times are taken to be in another unit, too, if the last spike of all is before it."""


def divided(unit: str) -> str:
    """What a user can do about times in a unit that should be seconds."""
    return f"divide them by {UNITS[unit]:,.0f}"


class Times:
    """The times of all spikes of a file, as they are read.

    Parameters
    ----------
    duration
        The length of a sample, in s.
    unit
        What the times are taken for, one of `UNITS`.
    what
        Names the times, and begins messages.
    advice
        What a user can do about times that are in another unit.
    """

    def __init__(
        self, duration: float, unit: str = "s", what: str = "spikes/times", advice: Callable[[str], str] = divided
    ):
        self._duration, self._unit, self._what, self._advice = duration, unit, what, advice
        self._spikes, self._last = 0, 0.0
        self._late = dict.fromkeys(UNITS, 0)

    def add(self, times: Numbers) -> None:
        """Count the times of one more sample, in the unit of the file; shape (spikes,), none of them negative."""
        if len(times):
            self._spikes += len(times)
            self._last = max(self._last, float(times.max()))
            for unit, per_second in UNITS.items():
                late = times.astype(np.float64) > self._duration * per_second
                self._late[unit] += int(np.count_nonzero(late))

    def check(self, samples: int) -> None:
        """Refuse times that cannot be in their unit.

        Raises
        ------
        InputError
            Naming the unit that would fit, where one does.
        """
        if not self._spikes:
            raise InputError(f"none of {samples} samples has a spike")
        late, unit = self._late[self._unit], self._unit
        if late > LATE * self._spikes:
            raise InputError(
                f"{self._what} has {late:,} of {self._spikes:,} spikes after the end of their samples at "
                f"{self._duration:g} s, expected {WORDS[unit]}{self._hint()}"
            )
        if self._is_early(unit):
            raise InputError(
                f"{self._what} has all spikes by {self._last:.3g} {unit}, of samples that last {self._duration:g} s; "
                f"expected {WORDS[unit]}{self._hint()}"
            )

    def _is_early(self, unit: str) -> bool:
        return self._last < EARLY * self._duration * UNITS[unit]

    def _hint(self) -> str:
        """The first unit in which most spikes lie within their samples, and not all at the beginning."""
        fitting = [u for u, late in self._late.items() if late <= LATE * self._spikes and not self._is_early(u)]
        return f"; they would fit as {fitting[0]}: {self._advice(fitting[0])}" if fitting else ""

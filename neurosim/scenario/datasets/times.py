"""Whether the times of spikes are in seconds: most of them lie within a sample, and they fill some of it."""

from __future__ import annotations

import numpy as np

from neurosim.edges.hdf5 import Numbers
from neurosim.errors import InputError

DURATION = 1.4
"""The length of a sample, in s."""
UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
"""How many of each unit make a second."""
LATE = 0.5
"""The share of spikes after the end of their samples from which times are taken to be in another unit."""
EARLY = DURATION / 100
"""In s; times are taken to be in another unit, too, if the last spike of all is before it."""


class Times:
    """The times of all spikes of a file, as they are read."""

    def __init__(self) -> None:
        self._spikes, self._last = 0, 0.0
        self._late = dict.fromkeys(UNITS, 0)

    def add(self, times: Numbers) -> None:
        """Count the times of one more sample, in the unit of the file; shape (spikes,), none of them negative."""
        if len(times):
            self._spikes += len(times)
            self._last = max(self._last, float(times.max()))
            for unit, per_second in UNITS.items():
                self._late[unit] += int(np.count_nonzero(times.astype(np.float64) > DURATION * per_second))

    def check(self, samples: int) -> None:
        """Refuse times that cannot be seconds.

        Raises
        ------
        InputError
            Naming the unit that would fit, where one does.
        """
        if not self._spikes:
            raise InputError(f"none of {samples} samples has a spike")
        if self._late["s"] > LATE * self._spikes:
            fitting = [unit for unit, late in self._late.items() if late <= LATE * self._spikes]
            raise InputError(
                f"spikes/times has {self._late['s']:,} of {self._spikes:,} spikes after the end of their samples at "
                f"{DURATION} s, expected seconds{_hint(fitting)}"
            )
        if self._last < EARLY:
            raise InputError(
                f"spikes/times has all spikes by {self._last:.3g} s, of samples that last {DURATION} s; "
                "expected seconds"
            )


def _hint(units: list[str]) -> str:
    return f"; they would fit as {units[0]}: divide them by {UNITS[units[0]]:,.0f}" if units else ""

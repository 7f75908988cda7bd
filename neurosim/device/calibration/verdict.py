"""What a verification found: whether a device still is what a calibration says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Verification:
    """What a verification found.

    Attributes
    ----------
    date
        When, in UTC.
    off, allowed
        By population: root mean square of what readings are off, relative to that of the readings; and how much it may.
    """

    date: datetime
    off: Mapping[str, float]
    allowed: Mapping[str, float]

    @property
    def is_good(self) -> bool:
        """Whether no population is off by more than it may."""
        return all(off <= self.allowed[name] for name, off in self.off.items())

    @property
    def verdict(self) -> str:
        """``good`` or ``stale``."""
        return "good" if self.is_good else "stale"

    def __str__(self) -> str:
        said = (f"{n} off by {off:.1%} (at most {self.allowed[n]:.1%})" for n, off in self.off.items())
        return ", ".join(said)

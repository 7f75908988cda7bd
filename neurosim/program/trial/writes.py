"""Learned arrays that are written between the trials of one run, as a device is programmed anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neurosim.program.schedule import Array


@dataclass(frozen=True, eq=False)
class Writes:
    """What is written before which trials.

    Attributes
    ----------
    trials
        In ascending order.
    arrays
        Learned arrays by name, those of all trials together, of the shape (trials, ...).
    """

    trials: tuple[int, ...] = ()
    arrays: Mapping[str, Array] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is written."""
        return bool(self.trials)

    def of(self, k: int) -> dict[str, Array]:
        """Return what is written before the trial of this place in `trials`."""
        return {name: array[k] for name, array in self.arrays.items()}

    def after_first(self) -> Writes:
        """Return all but the first."""
        return Writes(self.trials[1:], {name: array[1:] for name, array in self.arrays.items()})

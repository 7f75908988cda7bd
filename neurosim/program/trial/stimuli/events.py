"""Spikes as lists: which units spike in which step of which trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import real_values, whole_number, whole_values
from neurosim.errors import InputError

MOST_UNITS = 2**31
"""Indices of units are int32."""


@dataclass(frozen=True, eq=False)
class Events:
    """Spikes by step: the units `indices[offsets[k]:offsets[k+1]]` spike in step k = trial*steps + step.

    Parameters
    ----------
    offsets
        int64, shape (trials*steps + 1,).
    indices
        int32, ascending within a step.
    steps, units
        Steps of a trial, and size of the population.

    Raises
    ------
    InputError
        For offsets that fall or leave the indices, a number of steps that makes no whole trials, units that the
        population does not have, or that do not ascend within a step.
    """

    offsets: NDArray[np.int64]
    indices: NDArray[np.int32]
    steps: int
    units: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", whole_number(self.steps, "events: steps =", least=0))
        object.__setattr__(self, "units", whole_number(self.units, "events: units =", least=0, most=MOST_UNITS))
        offsets = np.ascontiguousarray(whole_values(self.offsets, "events: offsets", least=0), dtype=np.int64)
        most = self.units - 1
        indices = np.ascontiguousarray(
            whole_values(self.indices, "events: units that spike", least=0, most=most), dtype=np.int32
        )
        _check_events(offsets, indices, self.steps)
        object.__setattr__(self, "offsets", offsets)
        object.__setattr__(self, "indices", indices)

    @classmethod
    def _known(cls, offsets: NDArray[np.int64], indices: NDArray[np.int32], steps: int, units: int) -> Events:
        """Make events of arrays that are known to be right, without the checks: there may be many parts of one."""
        events = object.__new__(cls)
        for name, value in (("offsets", offsets), ("indices", indices), ("steps", steps), ("units", units)):
            object.__setattr__(events, name, value)
        return events

    @classmethod
    def from_dense(cls, spikes: NDArray[np.generic]) -> Events:
        """Make events from an array of shape (trials, steps, units); a unit spikes where the array is not zero.

        Raises
        ------
        InputError
            For another number of axes, or values that are no finite numbers.
        """
        given = real_values(spikes, "events: the array")
        if given.ndim != 3:
            raise InputError(f"events: an array of shape {given.shape}; expected (trials, steps, units)")
        if given.dtype.kind == "f" and not np.isfinite(given).all():
            raise InputError("events: the array has values that are not finite")
        trials, steps, units = given.shape
        rows, indices = np.divmod(np.flatnonzero(given), max(units, 1))
        offsets = np.zeros(trials * steps + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=trials * steps), out=offsets[1:])
        return cls._known(offsets, indices.astype(np.int32), steps, units)

    @classmethod
    def from_lists(cls, spikes: Sequence[NDArray[np.integer]], steps: int, units: int) -> Events:
        """Make events from one array of units for each step, of shape (spikes,); trials follow each other.

        Raises
        ------
        InputError
            As for `Events` itself.
        """
        lists = spikes
        if set(map(type, spikes)) - {np.ndarray}:
            lists = [real_values(s, "events: units of a step") for s in spikes]
        if set(map(attrgetter("ndim"), lists)) - {1} or {s.dtype.kind for s in lists if len(s)} - set("iuf"):
            raise InputError("events: the units of a step have another shape or type; expected lists of whole numbers")
        counts = np.fromiter(map(len, lists), np.int64, len(lists))
        flat = np.concatenate([spiking for spiking in lists if len(spiking)] or [np.zeros(0, np.int64)])
        return cls(np.concatenate([[0], np.cumsum(counts)]), flat, steps, units)

    @classmethod
    def joined(cls, parts: Sequence[Events]) -> Events:
        """Return the trials of several one after the other. All must have the same steps and units."""
        counts = np.concatenate([np.diff(e.offsets) for e in parts])
        indices = np.concatenate([e.indices[e.offsets[0] : e.offsets[-1]] for e in parts])
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls._known(offsets, indices, parts[0].steps, parts[0].units)

    @classmethod
    def one_trial(cls, parts: Sequence[Events]) -> Events:
        """Return one trial from parts that follow each other within it, at least one. All must have the same units."""
        whole = cls.joined(parts)
        return cls._known(whole.offsets, whole.indices, sum(part.steps for part in parts), whole.units)

    @property
    def trials(self) -> int:
        """Number of trials; 0 where there are no steps."""
        return (len(self.offsets) - 1) // max(self.steps, 1)

    @property
    def count(self) -> int:
        """Number of spikes; of a part made by `part`, those of the whole."""
        return len(self.indices)

    def at(self, trial: int, step: int) -> NDArray[np.int32]:
        """Return the units that spike in a step of a trial, int32 of shape (spikes,)."""
        k = trial * self.steps + step
        return self.indices[self.offsets[k] : self.offsets[k + 1]]

    def part(self, start: int, stop: int) -> Events:
        """Return trials start to stop - 1. The arrays are shared."""
        offsets = self.offsets[start * self.steps : stop * self.steps + 1]
        return Events._known(offsets, self.indices, self.steps, self.units)

    def take(self, indices: Sequence[int] | NDArray[np.integer] | NDArray[np.bool_]) -> Events:
        """Return the trials of these indices, in their order, as ``array[indices]`` returns rows of an array.

        Raises
        ------
        InputError
            For a trial that there is not.
        """
        try:
            chosen = np.arange(self.trials)[indices]
        except IndexError as error:
            raise InputError(f"events: of {self.trials} trials: {error}") from None
        return self._of(chosen, 0, self.steps)

    def between(self, first: int, stop: int) -> Events:
        """Return the spikes of steps first to stop - 1 of each trial.

        Raises
        ------
        InputError
            For steps that there are not.
        """
        check_steps(first, stop, self.steps, "events")
        return self._of(np.arange(self.trials), first, stop)

    def _of(self, trials: NDArray[np.integer], first: int, stop: int) -> Events:
        steps = (trials[:, np.newaxis] * self.steps + np.arange(first, stop)).ravel()
        begin, counts = self.offsets[steps], np.diff(self.offsets)[steps]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        spikes = np.arange(offsets[-1]) + np.repeat(begin - offsets[:-1], counts)
        return Events._known(offsets, self.indices[spikes], stop - first, self.units)

    def pairs(self) -> NDArray[np.int64]:
        """Return (step counted over all trials, unit) of each spike, int64 of shape (spikes, 2)."""
        step = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        return np.stack([step, self.indices[self.offsets[0] : self.offsets[-1]]], axis=1).astype(np.int64)

    def dense(self) -> NDArray[np.bool_]:
        """Return whether each unit spikes in each step, bool of shape (trials, steps, units)."""
        spikes = np.zeros((len(self.offsets) - 1, self.units), dtype=bool)
        spikes[tuple(self.pairs().T)] = True
        return spikes.reshape(self.trials, self.steps, self.units)


def check_steps(first: int, stop: int, steps: int, what: str) -> None:
    """Refuse a part of a trial that is none.

    Raises
    ------
    InputError
        Beginning with `what`.
    """
    if not 0 <= first <= stop <= steps:
        raise InputError(
            f"{what}: steps {first} to {stop} of a trial of {steps}; expected 0 <= first <= stop <= {steps}"
        )


def _check_events(offsets: NDArray[np.int64], indices: NDArray[np.int32], steps: int) -> None:
    """Refuse offsets that do not divide the indices into steps of whole trials, and units in disorder."""
    if offsets.ndim != 1 or indices.ndim != 1:
        raise InputError(f"events: arrays of {offsets.ndim} and {indices.ndim} axes; expected a list of each")
    if not len(offsets) or (np.diff(offsets) < 0).any() or offsets[-1] > len(indices):
        raise InputError(f"events: offsets must not fall, and end at most at the number of spikes, {len(indices)}")
    if (len(offsets) - 1) % max(steps, 1) or (steps == 0 and len(offsets) > 1):
        raise InputError(f"events: offsets of {len(offsets) - 1} steps are no whole trials of {steps} steps")
    ascends = np.diff(indices) > 0
    begins = offsets[(offsets > 0) & (offsets < len(indices))]
    ascends[begins - 1] = True  # from one step to the next
    inside = ascends[offsets[0] : max(offsets[-1] - 1, offsets[0])]
    if not inside.all():
        at = int(offsets[0] + np.flatnonzero(~inside)[0])
        raise InputError(
            f"events: unit {indices[at + 1]} follows unit {indices[at]} in one step; "
            "expected units that ascend, each once"
        )

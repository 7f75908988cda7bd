"""A spike at t is in step floor(t*steps/duration), counted from t = 0; several of a unit in one step are one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, ModelError
from neurosim.model.units import MILLISECONDS, inside
from neurosim.program.memory.footprint import NUMBER, MemoryPart, check_memory
from neurosim.program.trial.stimuli import Events, Rows
from neurosim.scenario.datasets.own.labels import Place
from neurosim.scenario.datasets.own.raw import SpikeLists
from neurosim.scenario.datasets.own.times import LATE, UNITS, Times

STEPS = "steps"
"""The unit of times that are numbers of steps."""
TIME_UNITS = (*UNITS, STEPS)
MOST_BINS = 2**30
"""The most steps of all samples together."""


@dataclass(frozen=True)
class Clock:
    """Steps of a sample.

    Parameters
    ----------
    steps
        How many there are.
    unit
        Of the times in the file, one of `TIME_UNITS`.
    seconds
        How long they last together; None where times are numbers of steps.
    """

    steps: int
    unit: str
    seconds: Decimal | None

    @property
    def duration(self) -> float:
        """The length of a sample in the unit of the file."""
        return self.steps if self.seconds is None else float(self.seconds * Decimal(UNITS[self.unit]))


def clock_of(steps: int, duration: str | None, unit: str) -> Clock:
    """The clock of some settings.

    Parameters
    ----------
    duration
        A text with a unit of time, such as ``"300 ms"``.

    Raises
    ------
    InputError
        For no time above 0, a duration that is missing, and one beside times in steps.
    """
    if (duration is None) != (unit == STEPS):
        wanted = (
            "is missing: how long is a sample?" if duration is None else f"beside time_unit = '{STEPS}'; leave it out"
        )
        raise InputError(f"duration {wanted}")
    if duration is None:
        return Clock(steps, unit, None)
    try:
        milliseconds = inside(duration, MILLISECONDS, "duration =")
    except ModelError as error:
        raise InputError(str(error)) from None
    if not milliseconds > 0:
        raise InputError(f"duration = '{duration}'; expected a time above 0")
    return Clock(steps, unit, Decimal(repr(milliseconds)) / 1000)


def binned(spikes: SpikeLists, clock: Clock, units: int, place: Place) -> tuple[Events, tuple[str, ...]]:
    """Spikes by step, and a note where some came after the end of their samples, which are left out.

    Raises
    ------
    InputError
        For times and units that are none, too many bins, and times that cannot be in the unit of the clock.
    """
    spikes = replace(spikes, times=spikes.times.astype(np.float64))
    samples = len(spikes.offsets) - 1
    if clock.steps * samples > MOST_BINS:
        most = MOST_BINS // samples
        raise InputError(f"steps = {clock.steps}: too many for {samples:,} samples; expected at most {most:,}")
    check_memory([MemoryPart("steps of all samples", NUMBER * clock.steps * samples)], "the data set")
    _check_times(spikes, clock, place)
    _check_units(spikes, units, place)
    in_time = spikes.times < clock.duration
    late = len(in_time) - int(np.count_nonzero(in_time))
    events = _events(spikes, in_time, clock, units)
    if not late:
        return events, ()
    return events, (f"data: {late:,} of {len(in_time):,} spikes are left out, at or after the end of their samples",)


def _events(spikes: SpikeLists, in_time: NDArray[np.bool_], clock: Clock, units: int) -> Events:
    samples = len(spikes.offsets) - 1
    sample = np.repeat(np.arange(samples), np.diff(spikes.offsets))[in_time]
    times = spikes.times[in_time]
    step = np.minimum(np.floor(times * clock.steps / clock.duration).astype(np.int64), clock.steps - 1)
    bins, spiking = sample * clock.steps + step, spikes.units[in_time]
    order = np.lexsort((spiking, bins))
    bins, spiking = bins[order], spiking[order]
    first = np.ones(len(bins), dtype=bool)
    first[1:] = (np.diff(bins) > 0) | (np.diff(spiking) > 0)
    offsets = np.zeros(samples * clock.steps + 1, np.int64)
    np.cumsum(np.bincount(bins[first], minlength=samples * clock.steps), out=offsets[1:])
    return Events(offsets, spiking[first].astype(np.int32), clock.steps, units)


def rates(events: Events) -> Rows:
    """The share of its steps in which each unit spikes, in [0, 1]; shape (samples, units)."""
    sample = np.repeat(np.arange(events.trials), np.diff(events.offsets[:: events.steps]))
    size = events.trials * events.units
    check_memory([MemoryPart("rates of all samples", NUMBER * size)], "the data set")
    counts = np.bincount(sample * events.units + events.indices, minlength=size).reshape(events.trials, events.units)
    if events.steps < 256:
        return Rows(counts.astype(np.uint8), table=np.minimum(np.arange(256) / events.steps, 1.0))
    return Rows(counts / events.steps)


def _check_times(spikes: SpikeLists, clock: Clock, place: Place) -> None:
    times = spikes.times
    with np.errstate(invalid="ignore"):
        wrong = ~((times >= 0) & (times < np.inf))
    if clock.seconds is None:
        wrong |= ~wrong & (np.floor(times) != times)
    if wrong.any():
        k = int(np.argmax(wrong))
        kind = "a whole number of steps" if clock.seconds is None else "a time"
        raise InputError(f"{spikes.place(k, place)} is at {times[k]}; expected {kind} of at least 0")
    if clock.seconds is None:
        _check_steps(times, clock.steps)
        return
    of_file = Times(float(clock.seconds), clock.unit, "the file", lambda unit: f'say time_unit = "{unit}"')
    of_file.add(times)
    of_file.check(len(spikes.offsets) - 1)


def _check_steps(times: NDArray[Any], steps: int) -> None:
    late = int(np.count_nonzero(times >= steps))
    if not len(times) or late > LATE * len(times):
        found = f"{late:,} of {len(times):,} spikes in later steps, the last in {times.max():g}" if late else "no spike"
        raise InputError(f"it has {found}; expected steps 0 to {steps - 1} of a sample")


def _check_units(spikes: SpikeLists, units: int, place: Place) -> None:
    wrong = spikes.units >= units
    if wrong.any():
        k = int(np.argmax(wrong))
        raise InputError(
            f"{spikes.place(k, place)} is of unit {spikes.units[k]}; expected units 0 to {units - 1}, and the largest "
            f"is {spikes.units.max()}"
        )

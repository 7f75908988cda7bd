"""When things happen: phases, probes and stimuli of a trial, and the arrays that drive many trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, ModelError, nearest
from neurosim.model.neurons import RESERVED_FOR_PARTS, check_name

Array = NDArray[np.float64]

STIMULUS_KINDS = ("constant", "steps", "events")
"""One row a trial; one row a step; the units that spike in each step."""

MOST_STEPS = 2**53
"""Of a phase, and of all trials of a run: whole numbers up to it are float64 values."""


@dataclass(frozen=True)
class Phase:
    """`steps` steps in which some constants have values of their own, and what is assigned at the end.

    Parameters
    ----------
    steps
        Default length; 0 skips the phase with all that happens at its end.
    constants
        ``{"output.beta": 0.5}``: values while the phase lasts.
    assign
        ``{"s_free": "s"}``: new values at the end, after learning, in every population that has the variable;
        ``"hidden.s_free"`` in that population only.
    """

    name: str
    steps: int
    constants: Mapping[str, float] = field(default_factory=dict)
    assign: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name, f"phase {self.name!r}", RESERVED_FOR_PARTS)
        if not isinstance(self.steps, int) or self.steps < 0:
            raise ModelError(f"phase {self.name}: steps = {self.steps!r}; expected a whole number of at least 0")
        if self.steps > MOST_STEPS:
            raise ModelError(f"phase {self.name}: steps = {self.steps!r:.40}; at most 2**53 can be counted")


@dataclass(frozen=True)
class Probe:
    """Record `variable` ("output.s", "hidden.spike") at every ``"step"`` or at ``"end:PHASE"``."""

    variable: str
    at: str

    @property
    def name(self) -> str:
        """Key of the recording: ``"output.s@end:free"``."""
        return f"{self.variable}@{self.at}"


@dataclass(frozen=True)
class Schedule:
    """What one trial is: its phases in order, what is recorded, and the kind of each stimulus.

    Parameters
    ----------
    stimuli
        ``{"input.s": "constant"}``; kinds are ``constant`` (a row a trial), ``steps`` (a row a step) and ``events``
        (the units that spike in a step).
    """

    phases: Sequence[Phase]
    probes: Sequence[Probe] = ()
    stimuli: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "phases", tuple(self.phases))
        object.__setattr__(self, "probes", tuple(self.probes))
        names = [p.name for p in self.phases]
        if not names:
            raise ModelError("a schedule needs at least one phase")
        for n, times in Counter(names).items():
            if times > 1:
                raise ModelError(f"the schedule has two phases called '{n}'")
        for variable, kind in self.stimuli.items():
            if kind not in STIMULUS_KINDS:
                raise ModelError(f"stimulus {variable}: kind {kind!r}; {nearest(str(kind), STIMULUS_KINDS)}")


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
    """

    offsets: NDArray[np.int64]
    indices: NDArray[np.int32]
    steps: int
    units: int

    @classmethod
    def from_dense(cls, spikes: NDArray[np.generic]) -> Events:
        """From an array of shape (trials, steps, units); a spike is where it is not zero."""
        trials, steps, units = spikes.shape
        rows, indices = np.divmod(np.flatnonzero(spikes), max(units, 1))
        offsets = np.zeros(trials * steps + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=trials * steps), out=offsets[1:])
        return cls(offsets, indices.astype(np.int32), steps, units)

    @classmethod
    def from_lists(cls, spikes: Sequence[NDArray[np.integer]], steps: int, units: int) -> Events:
        """From one array of units for each step."""
        offsets = np.concatenate([[0], np.cumsum([len(s) for s in spikes], dtype=np.int64)]).astype(np.int64)
        flat = np.concatenate(spikes) if spikes else np.zeros(0)
        return cls(offsets, flat.astype(np.int32), steps, units)

    @classmethod
    def joined(cls, parts: Sequence[Events]) -> Events:
        """The trials of several, one after the other; all have as many steps and units."""
        counts = np.concatenate([np.diff(e.offsets) for e in parts])
        indices = np.concatenate([e.indices[e.offsets[0] : e.offsets[-1]] for e in parts])
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(offsets, indices, parts[0].steps, parts[0].units)

    @property
    def trials(self) -> int:
        return (len(self.offsets) - 1) // max(self.steps, 1)

    @property
    def count(self) -> int:
        """How many spikes there are."""
        return len(self.indices)

    def at(self, trial: int, step: int) -> NDArray[np.int32]:
        """The units that spike in a step."""
        k = trial * self.steps + step
        return self.indices[self.offsets[k] : self.offsets[k + 1]]

    def part(self, start: int, stop: int) -> Events:
        """Trials start to stop - 1."""
        return Events(self.offsets[start * self.steps : stop * self.steps + 1], self.indices, self.steps, self.units)

    def take(self, indices: Sequence[int] | NDArray[np.integer] | NDArray[np.bool_]) -> Events:
        """The trials of these indices, in their order, as ``array[indices]`` has the rows of an array."""
        trials = np.arange(self.trials)[indices]
        steps = (trials[:, np.newaxis] * self.steps + np.arange(self.steps)).ravel()
        begin, counts = self.offsets[steps], np.diff(self.offsets)[steps]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        spikes = np.arange(offsets[-1]) + np.repeat(begin - offsets[:-1], counts)
        return Events(offsets, self.indices[spikes], self.steps, self.units)

    def pairs(self) -> NDArray[np.int64]:
        """Shape (spikes, 2): step counted over all trials, unit."""
        step = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        return np.stack([step, self.indices[self.offsets[0] : self.offsets[-1]]], axis=1).astype(np.int64)

    def dense(self) -> NDArray[np.bool_]:
        """Shape (trials, steps, units)."""
        spikes = np.zeros((len(self.offsets) - 1, self.units), dtype=bool)
        spikes[tuple(self.pairs().T)] = True
        return spikes.reshape(self.trials, self.steps, self.units)


Recording = Array | Events
"""What a probe recorded: an array, or spikes."""


@dataclass(frozen=True, eq=False)
class Trials:
    """Stimuli of many trials.

    Parameters
    ----------
    stimuli
        ``{"input.s": array}`` of shape (trials, units) for a constant stimulus, (trials, steps, units) for one a
        step, or `Events`.
    count
        Number of trials; needed only where there is no stimulus.
    """

    stimuli: Mapping[str, Array | Events]
    count: int = -1

    def __post_init__(self) -> None:
        counts = {n: s.trials if isinstance(s, Events) else len(s) for n, s in self.stimuli.items()}
        count = self.count if self.count >= 0 else next(iter(counts.values()), 0)
        for variable, found in counts.items():
            if found != count:
                raise InputError(f"stimulus {variable} has {found} trials, expected {count} as for the others")
        object.__setattr__(self, "count", count)

    def part(self, start: int, stop: int) -> Trials:
        """Trials start to stop - 1."""
        stop = min(stop, self.count)
        parts = {n: s.part(start, stop) if isinstance(s, Events) else s[start:stop] for n, s in self.stimuli.items()}
        return Trials(parts, stop - start)

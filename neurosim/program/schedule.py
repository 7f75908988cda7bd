"""When things happen: phases, probes and stimuli of a trial, and the arrays that drive many trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import (
    by_name,
    numbers,
    real_values,
    several,
    shown,
    text,
    texts,
    whole_number,
    whole_values,
)
from neurosim.errors import InputError, ModelError, nearest
from neurosim.model.neurons import RESERVED_FOR_PARTS, check_name

Array = NDArray[np.float64]

StimulusKind = Literal["constant", "steps", "events"]
"""A stimulus has one row a trial, one row a step, or the units that spike in each step."""

STIMULUS_KINDS: tuple[StimulusKind, ...] = get_args(StimulusKind)

RESERVED_FOR_LABELS = {"operations", "state"}
"""Names that no recording may have."""

MOST_UNITS = 2**31
"""Indices of units are int32."""

MOST_STEPS = 2**53
"""Of a phase, and of all trials of a run: whole numbers up to it are float64 values."""


@dataclass(frozen=True)
class Phase:
    """A phase of a trial: a number of steps, constants with values of their own, and assignments at the end.

    Parameters
    ----------
    steps
        Default length; 0 skips the phase with all that happens at its end.
    constants
        ``{"output.beta": 0.5}``: values while the phase lasts.
    assign
        ``{"s_free": "s"}``: new values at the end, after learning, in every population that has the variable;
        ``"hidden.s_free"`` in that population only.

    Raises
    ------
    ModelError
        For a name that cannot be one, a number of steps that cannot be counted, or values of another type.
    """

    name: str
    steps: int
    constants: Mapping[str, float] = field(default_factory=dict)
    assign: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name, f"phase {shown(self.name)}", RESERVED_FOR_PARTS)
        where = f"phase {self.name}"
        steps = whole_number(self.steps, f"{where}: steps =", least=0, error=ModelError)
        if steps > MOST_STEPS:
            raise ModelError(f"{where}: steps = {shown(steps)}; at most 2**53 can be counted")
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "constants", numbers(self.constants, f"{where}, constants", error=ModelError))
        object.__setattr__(self, "assign", texts(self.assign, f"{where}, assign", error=ModelError))


@dataclass(frozen=True)
class Probe:
    """A recording of a variable of a population or projection.

    Parameters
    ----------
    variable
        ``"output.s"``, ``"hidden.spike"`` for spikes, or what is learned: ``"input_hidden.w"``, ``"hidden.bias"``.
    at
        ``"step"`` for every step, or ``"end:PHASE"`` for the end of a phase.
    units
        Indices of the neurons or synapses that are recorded, in this order: ``range(10)``. None for all. Those of a
        projection that connects all pairs are counted row by row.
    every
        Records steps 0, every, 2*every, ... of a trial alone; with ``at="step"``, and not for spikes.
    label
        A name that is the key of the recording, where there is a reason for another one.

    Raises
    ------
    ModelError
        For texts that are none, units that are no indices, or an `every` that is no whole number of at least 1.
    """

    variable: str
    at: str
    units: Sequence[int] | NDArray[np.integer] | slice | None = None
    every: int = 1
    label: str | None = None

    def __post_init__(self) -> None:
        text(self.variable, "probe: variable =", error=ModelError)
        where = f"probe of {self.variable}"
        text(self.at, f"{where}: at =", error=ModelError)
        object.__setattr__(self, "units", _chosen(self.units, f"{where}: units"))
        object.__setattr__(self, "every", whole_number(self.every, f"{where}: every =", least=1, error=ModelError))
        if self.every > 1 and self.at != "step":
            raise ModelError(f"{where}: every = {self.every}, at = {self.at!r}; expected at='step'")
        if self.label is not None:
            check_name(self.label, f"{where}: label", RESERVED_FOR_LABELS)

    @property
    def name(self) -> str:
        """Key of the recording: ``"output.s@end:free"``, ``"output.s@step/10"``, or the label."""
        if self.label is not None:
            return self.label
        return f"{self.variable}@{self.at}/{self.every}" if self.every > 1 else f"{self.variable}@{self.at}"

    @property
    def phase(self) -> str | None:
        """The phase at whose end the probe records; None where `at` is not of that form."""
        return self.at[4:] if self.at.startswith("end:") else None


def _chosen(units: object, what: str) -> tuple[int, ...] | None:
    """Return indices as a tuple, for they are compared."""
    if units is None:
        return None
    if isinstance(units, slice):
        ends = (units.start or 0, units.stop, 1 if units.step is None else units.step)
        if not all(isinstance(n, int) and n >= 0 for n in ends) or not ends[2]:
            raise ModelError(f"{what} = {units}; expected a slice with an end, such as slice(0, 10), or range(10)")
        units = range(*ends)
    found = whole_values(units, what, least=0, most=MOST_UNITS, error=ModelError)
    if found.ndim != 1 or not len(found):
        raise ModelError(f"{what} have shape {found.shape}; expected a list of indices, such as range(10)")
    return tuple(found.tolist())


@dataclass(frozen=True)
class Schedule:
    """What one trial is: its phases in order, what is recorded, and the kind of each stimulus.

    Parameters
    ----------
    stimuli
        ``{"input.s": "constant"}``; kinds are ``constant`` (a row a trial), ``steps`` (a row a step) and ``events``
        (the units that spike in a step).

    Raises
    ------
    ModelError
        For a schedule without phases, two phases or two different probes of one name, a kind that stimuli do not have,
        or values of another type.
    """

    phases: Sequence[Phase]
    probes: Sequence[Probe] = ()
    stimuli: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        phases = several(self.phases, Phase, "schedule: phases", "Phases", error=ModelError)
        object.__setattr__(self, "phases", phases)
        probes = several(self.probes, Probe, "schedule: probes", "Probes", error=ModelError)
        object.__setattr__(self, "probes", probes)
        object.__setattr__(self, "stimuli", texts(self.stimuli, "schedule: stimuli", error=ModelError))
        names = [p.name for p in self.phases]
        if not names:
            raise ModelError("a schedule needs at least one phase")
        for n, times in Counter(names).items():
            if times > 1:
                raise ModelError(f"the schedule has two phases called '{n}'")
        for n, times in Counter(p.name for p in set(self.probes)).items():
            if times > 1:
                raise ModelError(f"the schedule has two probes called '{n}'; give one a label")
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
        lists = [s if type(s) is np.ndarray else real_values(s, "events: units of a step") for s in spikes]
        if not {(s.ndim, s.dtype.kind) for s in lists if len(s.shape) != 1 or len(s)} <= {(1, k) for k in "iuf"}:
            raise InputError("events: the units of a step have another shape or type; expected lists of whole numbers")
        counts = np.array([len(spiking) for spiking in lists], dtype=np.int64)
        flat = np.concatenate([spiking for spiking in lists if len(spiking)] or [np.zeros(0, np.int64)])
        return cls(np.concatenate([[0], np.cumsum(counts)]), flat, steps, units)

    @classmethod
    def joined(cls, parts: Sequence[Events]) -> Events:
        """Return the trials of several one after the other. All must have the same steps and units."""
        counts = np.concatenate([np.diff(e.offsets) for e in parts])
        indices = np.concatenate([e.indices[e.offsets[0] : e.offsets[-1]] for e in parts])
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls._known(offsets, indices, parts[0].steps, parts[0].units)

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
        """Return the trials of these indices, in their order, as ``array[indices]`` returns rows of an array."""
        return self._of(np.arange(self.trials)[indices], 0, self.steps)

    def between(self, first: int, stop: int) -> Events:
        """Return the spikes of steps first to stop - 1 of each trial."""
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

    Raises
    ------
    InputError
        For stimuli that are no arrays of real numbers, or not of as many trials.
    """

    stimuli: Mapping[str, Array | Events]
    count: int = -1

    def __post_init__(self) -> None:
        given = by_name(self.stimuli, "trials: stimuli", "{'input.s': array}")
        object.__setattr__(self, "stimuli", {n: _stimulus(s, f"stimulus {n}") for n, s in given.items()})
        declared = whole_number(self.count, "trials: count =", least=-1)
        counts = {n: s.trials if isinstance(s, Events) else len(s) for n, s in self.stimuli.items()}
        count = declared if declared >= 0 else next(iter(counts.values()), 0)
        for variable, trials in counts.items():
            if trials != count:
                raise InputError(f"stimulus {variable} has {trials} trials, expected {count} as for the others")
        object.__setattr__(self, "count", count)

    def part(self, start: int, stop: int) -> Trials:
        """Return trials start to stop - 1; stimuli have shape (stop - start, ...), or are `Events`."""
        stop = min(stop, self.count)
        parts = {n: s.part(start, stop) if isinstance(s, Events) else s[start:stop] for n, s in self.stimuli.items()}
        return Trials(parts, stop - start)

    def between(self, first: int, stop: int) -> Trials:
        """Return all trials with the stimuli of steps first to stop - 1 alone; those that are constant stay."""
        return Trials({n: _between(s, first, stop) for n, s in self.stimuli.items()}, self.count)


def _between(stimulus: NDArray[Any] | Events, first: int, stop: int) -> NDArray[Any] | Events:
    if isinstance(stimulus, Events):
        return stimulus.between(first, stop)
    return stimulus[:, first:stop] if stimulus.ndim > 2 else stimulus


def _stimulus(given: object, what: str) -> NDArray[Any] | Events:
    """Return a stimulus as it was given, if it is an array; `bind` checks its type and shape."""
    if isinstance(given, Events):
        return given
    array = real_values(given, what)
    if array.ndim == 0:
        raise InputError(f"{what} is one number; expected an array with a row for each trial")
    return array

"""When things happen: phases, probes and stimuli of a trial, and the arrays that drive many trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from neurosim.program.trial.stimuli import Events as Events  # most look for it here
from neurosim.program.trial.stimuli import Rows
from neurosim.program.trial.stimuli.events import MOST_UNITS, check_steps

Array = NDArray[np.float64]

StimulusKind = Literal["constant", "steps", "events"]
"""A stimulus has one row a trial, one row a step, or the units that spike in each step."""

STIMULUS_KINDS: tuple[StimulusKind, ...] = get_args(StimulusKind)

RESERVED_FOR_LABELS = {"operations", "state"}
"""Names that no recording may have."""

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
    found = whole_values(units, what, least=0, most=MOST_UNITS - 1, error=ModelError)
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
    batch
        How many trials learn together, from the same weights: w' = w + c*S, S the sum over them. The last batch of a
        run may be smaller. With 1, each trial learns by itself.

    Raises
    ------
    ModelError
        For a schedule without phases, two phases or two different probes of one name, a kind that stimuli do not have,
        or values of another type.
    """

    phases: Sequence[Phase]
    probes: Sequence[Probe] = ()
    stimuli: Mapping[str, str] = field(default_factory=dict)
    batch: int = 1

    def __post_init__(self) -> None:
        phases = several(self.phases, Phase, "schedule: phases", "Phases", error=ModelError)
        object.__setattr__(self, "phases", phases)
        probes = several(self.probes, Probe, "schedule: probes", "Probes", error=ModelError)
        object.__setattr__(self, "probes", probes)
        object.__setattr__(self, "stimuli", texts(self.stimuli, "schedule: stimuli", error=ModelError))
        batch = whole_number(self.batch, "schedule: batch =", least=1, error=ModelError)
        object.__setattr__(self, "batch", batch)
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


Recording = Array | Events
"""What a probe recorded: an array, or spikes."""

Stimulus = NDArray[Any] | Events | Rows
"""What trials show: an array, spikes, or rows of either in an order."""


@dataclass(frozen=True, eq=False)
class Trials:
    """Stimuli of many trials.

    Parameters
    ----------
    stimuli
        ``{"input.s": array}`` of shape (trials, units) for a constant stimulus, (trials, steps, units) for one a
        step, or `Events`; `Rows` of either show a data set in an order without a copy of it.
    count
        Number of trials; needed only where there is no stimulus.
    phase, first
        The part of a run that they belong to, and the number of the first within it: what a device draws for a trial
        follows from these, however the part is cut.
    step
        The step of the trial with which the stimuli begin, where a run goes on within it.

    Raises
    ------
    InputError
        For stimuli that are no arrays of real numbers, or not of as many trials.
    """

    stimuli: Mapping[str, Stimulus]
    count: int = -1
    phase: str = ""
    first: int = 0
    step: int = 0

    def __post_init__(self) -> None:
        given = by_name(self.stimuli, "trials: stimuli", "{'input.s': array}")
        object.__setattr__(self, "stimuli", {n: _stimulus(s, f"stimulus {n}") for n, s in given.items()})
        declared = whole_number(self.count, "trials: count =", least=-1)
        text(self.phase, "trials: phase =")
        for name in ("first", "step"):
            object.__setattr__(self, name, whole_number(getattr(self, name), f"trials: {name} =", least=0))
        countable = {n: s for n, s in self.stimuli.items() if not isinstance(s, Events) or s.steps}
        counts = {n: s.trials if isinstance(s, Events) else len(s) for n, s in countable.items()}
        count = declared if declared >= 0 else next(iter(counts.values()), 0)
        for variable, trials in counts.items():
            if trials != count:
                raise InputError(f"stimulus {variable} has {trials} trials, expected {count} as for the others")
        object.__setattr__(self, "count", count)

    def part(self, start: int, stop: int) -> Trials:
        """Return trials start to stop - 1; stimuli are of the kind that they are here."""
        stop = min(stop, self.count)
        parts = {
            n: s[start:stop] if isinstance(s, np.ndarray) else s.part(start, stop) for n, s in self.stimuli.items()
        }
        return replace(self, stimuli=parts, count=stop - start, first=self.first + start)

    def between(self, first: int, stop: int) -> Trials:
        """Return all trials with the stimuli of steps first to stop - 1 alone; those that are constant stay."""
        shown = {n: _between(s, first, stop) for n, s in self.stimuli.items()}
        return replace(self, stimuli=shown, step=self.step + first)


def _between(stimulus: Stimulus, first: int, stop: int) -> Stimulus:
    if isinstance(stimulus, (Events, Rows)):
        return stimulus.between(first, stop)
    if stimulus.ndim < 3:
        return stimulus
    check_steps(first, stop, stimulus.shape[1], "stimulus")
    return stimulus[:, first:stop]


def _stimulus(given: object, what: str) -> Stimulus:
    """Return a stimulus as it was given, if it is an array; `bind` checks its type and shape."""
    if isinstance(given, (Events, Rows)):
        return given
    array = real_values(given, what)
    if array.ndim == 0:
        raise InputError(f"{what} is one number; expected an array with a row for each trial")
    return array

"""The operators of a native network: printed statements, stimuli and recordings.

None of them counts steps. Each goes through a trial's steps in a cycle, and every run consists of whole trials.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, cycle
from types import MappingProxyType
from typing import Any

import numpy as np
from nengo.builder import Operator, Signal
from nengo.builder.signal import SignalDict
from numpy.typing import NDArray

from neurosim.program.program import Selection
from neurosim.program.schedule import Array, Events
from neurosim.program.source.late_synapses import LateSynapses
from neurosim.program.source.past import Past
from neurosim.program.source.recorder import ChosenSpikes, Filed, filed
from neurosim.program.source.statements import ENVIRONMENT, definitions

count_nonzero: Callable[[Any], int] = ENVIRONMENT["count_nonzero"]  # type: ignore[assignment]

Lines = tuple[str, ...]
Action = Callable[[], None]
NONE: Mapping[str, Signal] = MappingProxyType({})
Named = Mapping[str, object]
"""What lines name beside signals."""
NOTHING: Named = MappingProxyType({})


class NotFinite(ArithmeticError):
    """Ends a simulation in which some state is infinite or NaN at a trial's end."""


class PastStart:
    """Gives what a group put out before the first step to its `Past`; of a run that goes on, what was under way.

    Attributes
    ----------
    given
        What a run goes on from, of shape (steps, units); taken by the next start.
    """

    def __init__(self, past: Past, initial: Array):
        self.past, self.initial = past, initial
        self.given: Array | None = None

    def __call__(self) -> None:
        """Start a trial."""
        self.past.restart(self.initial if self.given is None else self.given)
        self.given = None


class Turns:
    """What an operator does in each step of a trial, if anything; called, it does what is next, over and over."""

    def __init__(self, actions: Sequence[Action | None]):
        self.actions = actions
        self._next = cycle(actions)

    def __call__(self) -> None:
        """Do what is next, if anything is."""
        action = next(self._next)
        if action is not None:
            action()


class TrialOperator(Operator):
    """An operator on signals, of which Nengo executes all sets first, then all incs, all reads, and all updates."""

    def __init__(
        self,
        tag: str,
        *,
        sets: Iterable[Signal] = (),
        incs: Iterable[Signal] = (),
        reads: Iterable[Signal] = (),
        updates: Iterable[Signal] = (),
    ):
        super().__init__(tag=tag)
        self.sets, self.incs, self.reads, self.updates = (_once(s) for s in (sets, incs, reads, updates))

    def make_step(self, signals: SignalDict, dt: float, rng: Any) -> Turns:
        """What Nengo calls in each step."""
        return Turns(self.actions(signals))

    def actions(self, signals: SignalDict) -> Sequence[Action | None]:
        """What to do in each step of a trial."""
        raise NotImplementedError


class Printed(TrialOperator):
    """Executes, in each step of a trial, that step's source lines; does nothing in a step without lines.

    Parameters
    ----------
    plan
        Lines for each step of a trial.
    scope
        Signals by the names in the lines; those that the lines use are read.
    others
        Synapses of sparse matrices, and what groups put out before, by their names in the lines.
    sets, incs, updates
        What the lines write, in place, by name.

    What a group put out before is no signal. It has a signal of its name all the same, which operators that change it
    declare to write, and those whose lines name it to read, so that Nengo executes them in their order.
    """

    def __init__(
        self,
        plan: Sequence[Lines],
        scope: Mapping[str, Signal],
        others: Named = NOTHING,
        *,
        sets: Mapping[str, Signal] = NONE,
        incs: Mapping[str, Signal] = NONE,
        updates: Mapping[str, Signal] = NONE,
        tag: str,
    ):
        written = {**sets, **incs, **updates}
        names = _names(plan)
        named = {n: scope[n] for n in names if n in scope} | written
        self.others = {n: others[n] for n in names if n in others}
        self.arguments = {n: s for n, s in named.items() if n not in self.others}
        reads = [s for s in named.values() if s not in written.values()]
        super().__init__(tag, sets=sets.values(), incs=incs.values(), reads=reads, updates=updates.values())
        self.plan = plan

    def actions(self, signals: SignalDict) -> Sequence[Action | None]:
        """For each step its lines as a function, made once where lines are equal."""
        arrays = {n: signals[s] for n, s in self.arguments.items()} | self.others
        actions = {lines: action(arrays, lines) for lines in set(self.plan) if lines}
        return [actions.get(lines) for lines in self.plan]


class Handover(Printed):
    """Makes the state after a step that of the next; a trial's last step gives way to a start, unless it is to stay.

    Parameters
    ----------
    staying
        Lines of the last step in the place of those of the plan, for a run whose state is wanted.
    """

    def __init__(
        self,
        plan: Sequence[Lines],
        staying: Lines,
        scope: Mapping[str, Signal],
        *,
        updates: Mapping[str, Signal],
        tag: str,
    ):
        super().__init__([*plan, staying], scope, updates=updates, tag=tag)
        self.stays = False

    def actions(self, signals: SignalDict) -> Sequence[Action | None]:
        """For each step its lines as a function; for the last the one of two that is due."""
        *steps, restart, stay = super().actions(signals)

        def last() -> None:
            due = stay if self.stays else restart
            if due is not None:
                due()

        return [*steps, last]


class Stimulus(TrialOperator):
    """Writes a stimulus: its next row at a trial's start, or in every step, or the units that spike in a step."""

    def __init__(self, name: str, signal: Signal, kind: str, steps: int):
        super().__init__(f"stimulus {name}", sets=[signal])
        self.kind, self.steps = kind, steps
        self.rows: Iterator[Any] = iter(())

    def start(self, values: Array | Events) -> None:
        """The rows of the next trials."""
        if isinstance(values, Events):
            self.rows = (values.at(0, k) for k in range(values.trials * values.steps))
        else:
            self.rows = iter(values.reshape(-1, values.shape[-1]))

    def actions(self, signals: SignalDict) -> Sequence[Action | None]:
        """Write the next row in the first step or in every step."""
        target = signals[self.sets[0]]

        def write() -> None:
            target[...] = next(self.rows)

        def spike() -> None:
            target[...] = 0.0
            target[next(self.rows)] = 1.0

        if self.kind == "constant":
            return [write, *[None] * (self.steps - 1)]
        return [spike if self.kind == "events" else write] * self.steps


class ProbeRecording(TrialOperator):
    """Records a signal in the steps that are due: its values, or the units that spike; all, or those of a selection."""

    def __init__(self, name: str, signal: Signal, due: Sequence[bool], selection: Selection | None):
        super().__init__(f"probe {name}", reads=[signal])
        self.due, self.selection = due, selection
        self.spikes: list[Any] | ChosenSpikes | None = None
        self.rows: Array | Filed = np.zeros((0, 0))
        self.places: Iterator[int] = count()

    def start(self, target: Array | list[Any]) -> None:
        """Where the next trials are recorded: an array with a row for each recording, or a list for spikes."""
        self.spikes = target if isinstance(target, list) else None
        if not isinstance(target, list):
            self.rows, self.places = filed(target.reshape(-1, target.shape[-1])), count()
        if self.spikes is not None and self.selection is not None:
            self.spikes = ChosenSpikes(self.spikes, self.selection, self.reads[0].size)

    def actions(self, signals: SignalDict) -> Sequence[Action | None]:
        """Record in the steps that are due."""
        source = signals[self.reads[0]]
        some = ... if self.selection is None else self.selection.units

        def record() -> None:
            if self.spikes is None:
                self.rows[next(self.places)] = source[some]
            else:
                self.spikes.append(source.nonzero()[0])

        return [record if due else None for due in self.due]


class LearnedRecording:
    """Records a learned array, or some of it, when the lines of its learning say so."""

    def __init__(self, size: int, selection: Selection | None):
        self.size, self.selection = size, selection
        self.rows: Iterator[Array] = iter(())

    def start(self, target: Array) -> None:
        """Where the next run is recorded: `size` values for each recording."""
        self.rows = iter(target.reshape(-1, self.size))

    def take(self, values: Array) -> None:
        """Record the values of a step."""
        next(self.rows)[...] = values.ravel() if self.selection is None else values.ravel()[self.selection.units]


class Counting(TrialOperator):
    """Counts the effective synaptic operations of a step as it finds the outputs; those of a constant one once a trial.

    Parameters
    ----------
    sent
        Each signal that some connections deliver, what each of its neurons adds where it is not zero, and whether
        it is constant over a trial.
    late
        The synapses with delays of each direction, what its source put out before, and that one's signal.
    """

    def __init__(
        self,
        sent: Sequence[tuple[Signal, NDArray[np.int64], bool]],
        late: Sequence[tuple[LateSynapses, Past, Signal]],
        steps: int,
    ):
        super().__init__("synaptic operations", reads=[s for s, _, _ in sent] + [s for _, _, s in late])
        self.sent, self.late, self.steps = sent, late, steps
        self.count = np.zeros(1, np.int64)

    def start(self, count: NDArray[np.int64]) -> None:
        """Where the next run is counted."""
        self.count = count

    def actions(self, signals: SignalDict) -> Sequence[Action | None]:
        """Count in every step; in the first also what does not change within the trial."""
        each_step = [(signals[s], fan_out) for s, fan_out, constant in self.sent if not constant]
        each_trial = [(signals[s], self.steps * fan_out) for s, fan_out, constant in self.sent if constant]

        def counting(sent: Sequence[tuple[Array, NDArray[np.int64]]]) -> Action | None:
            uniform = [(values, int(fan_out[0])) for values, fan_out in sent if np.ptp(fan_out) == 0]
            various = [(values, fan_out) for values, fan_out in sent if np.ptp(fan_out) > 0]

            def add() -> None:
                for values, one in uniform:
                    self.count[0] += one * count_nonzero(values)
                for values, fan_out in various:
                    self.count[0] += fan_out[values != 0.0].sum()
                for synapses, past, _ in self.late:
                    self.count[0] += synapses.operations(past)

            return add if sent or self.late else None

        later = counting(each_step)
        return [counting([*each_step, *each_trial]), *[later] * (self.steps - 1)]


def action(arrays: Mapping[str, object], lines: Lines) -> Action:
    """Source lines as a function that acts on the arrays, synapses and recordings that they name."""
    source = "\n    ".join([f"def act({', '.join(arrays)}):", *lines])
    act = definitions(source, {**ENVIRONMENT, "NotFinite": NotFinite})["act"]
    act.__defaults__ = tuple(arrays.values())
    return act  # type: ignore[no-any-return]


def _once(signals: Iterable[Signal]) -> list[Signal]:
    return list(dict.fromkeys(signals))


def _names(plan: Sequence[Lines]) -> list[str]:
    trees = [ast.parse("\n".join(lines)) for lines in set(plan)]
    return sorted({node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)})

"""The operators of a native network: printed statements, stimuli and recordings.

None of them counts steps. Each goes through a trial's steps in a cycle, and every run consists of whole trials.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
from nengo.builder import Operator, Signal
from nengo.builder.signal import SignalDict

from neurosim.program.schedule import Array, Events
from neurosim.program.statements import ENVIRONMENT

Lines = tuple[str, ...]
Action = Callable[[], None]


class NotFinite(ArithmeticError):
    """Ends a simulation in which some state is infinite or NaN at a trial's end."""


class TrialOperator(Operator):
    """An operator on signals, of which Nengo executes all sets first, then all reads, then all updates."""

    def __init__(
        self, tag: str, *, sets: Iterable[Signal] = (), reads: Iterable[Signal] = (), updates: Iterable[Signal] = ()
    ):
        super().__init__(tag=tag)
        self.sets: list[Signal] = list(sets)
        self.incs: list[Signal] = []
        self.reads: list[Signal] = list(reads)
        self.updates: list[Signal] = list(updates)


class Printed(TrialOperator):
    """Executes, in each step of a trial, that step's source lines; does nothing in a step without lines.

    Parameters
    ----------
    plan
        Lines for each step of a trial.
    scope
        Signals by the names in the lines; those that the lines use are read.
    sets, updates
        What the lines write, in place, by name.
    """

    def __init__(
        self,
        plan: Sequence[Lines],
        scope: Mapping[str, Signal],
        *,
        sets: Mapping[str, Signal] | None = None,
        updates: Mapping[str, Signal] | None = None,
        tag: str,
    ):
        sets, updates = sets or {}, updates or {}
        used = {n: scope[n] for n in _names(plan) if n in scope} | {**sets, **updates}
        written = dict.fromkeys((*sets.values(), *updates.values()))
        reads = [s for s in dict.fromkeys(used.values()) if s not in written]
        super().__init__(tag, sets=dict.fromkeys(sets.values()), reads=reads, updates=dict.fromkeys(updates.values()))
        self.plan = plan
        # Positions, not signals: Nengo's optimizer puts others in their places.
        order = [*self.sets, *self.reads, *self.updates]
        self.arguments = {n: order.index(s) for n, s in used.items()}

    def make_step(self, signals: SignalDict, dt: float, rng: Any) -> Action:
        arrays = [signals[s] for s in (*self.sets, *self.reads, *self.updates)]
        values = [arrays[i] for i in self.arguments.values()]
        actions = {lines: partial(function(self.arguments, lines), *values) for lines in set(self.plan) if lines}
        return in_turn([actions.get(lines) for lines in self.plan])


class Stimulus(TrialOperator):
    """Writes a stimulus: its next row at a trial's start, or in every step, or the units that spike in a step."""

    def __init__(self, name: str, signal: Signal, kind: str, steps: int):
        super().__init__(f"stimulus {name}", sets=[signal])
        self.kind, self.steps = kind, steps
        self.rows: Iterator[Any] = iter(())

    def start(self, values: Array | Events) -> None:
        """The rows of the next run."""
        if isinstance(values, Events):
            self.rows = (values.at(0, k) for k in range(values.trials * values.steps))
        else:
            self.rows = iter(values.reshape(-1, values.shape[-1]))

    def make_step(self, signals: SignalDict, dt: float, rng: Any) -> Action:
        target = signals[self.sets[0]]

        def write() -> None:
            target[...] = next(self.rows)

        def spike() -> None:
            target[...] = 0.0
            target[next(self.rows)] = 1.0

        if self.kind == "constant":
            return in_turn([write] + [None] * (self.steps - 1))
        return spike if self.kind == "events" else write


class Recording(TrialOperator):
    """Records a signal in the steps that are due: its values, or the units that spike."""

    def __init__(self, name: str, signal: Signal, due: Sequence[bool]):
        super().__init__(f"probe {name}", reads=[signal])
        self.due = due
        self.spikes: list[Any] | None = None
        self.rows: Iterator[Array] = iter(())

    def start(self, target: Array | list[Any]) -> None:
        """Where the next run is recorded: an array with a row for each recording, or a list for spikes."""
        self.spikes = target if isinstance(target, list) else None
        self.rows = iter(()) if isinstance(target, list) else iter(target.reshape(-1, target.shape[-1]))

    def make_step(self, signals: SignalDict, dt: float, rng: Any) -> Action:
        source = signals[self.reads[0]]

        def record() -> None:
            if self.spikes is None:
                next(self.rows)[...] = source
            else:
                self.spikes.append(np.flatnonzero(source))

        return in_turn([record if due else None for due in self.due])


def in_turn(actions: Sequence[Action | None]) -> Action:
    """One action after another, over and over."""
    if len(set(actions)) == 1 and actions[0] is not None:
        return actions[0]
    turns = cycle([action or _idle for action in actions])

    def step() -> None:
        next(turns)()

    return step


def _idle() -> None:
    pass


def function(arguments: Iterable[str], lines: Lines) -> Callable[..., None]:
    """Source lines as a function of the arrays that they name."""
    scope: dict[str, Any] = {**ENVIRONMENT, "NotFinite": NotFinite}
    source = "\n    ".join([f"def act({', '.join(arguments)}):", *lines])
    exec(compile(source, "<program>", "exec"), scope)
    return scope["act"]  # type: ignore[no-any-return]


def _names(plan: Sequence[Lines]) -> list[str]:
    trees = [ast.parse("\n".join(lines)) for lines in set(plan)]
    return sorted({node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)})

"""A built simulator that one run after another goes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from types import MappingProxyType
from typing import Any

import nengo
import numpy as np
from nengo.builder import Model, Signal

from neurosim.backend.contract import Progress
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source.blocks import in_blocks
from neurosim.program.source.listing import in_parts
from neurosim.program.source.recorder import STATE, Recorder
from neurosim.program.trial.state import PAST
from neurosim_nengo.operators import Action, PastStart, Turns

NO_PASTS: Mapping[str, PastStart] = MappingProxyType({})


class Simulator(nengo.Simulator):
    """`nengo.Simulator` that knows what each step of a trial has to do: operators that pause in it are not called.

    An invalid operation gives NaN instead of an error, as on every backend; Nengo stops at any, also in a branch of
    ``where`` that is not taken. No operator reads Nengo's clock, so it is set after a run. `nengo.Probe` is not served.
    """

    def reset(self, seed: int | None = None) -> None:
        """Nengo's own, and the actions of each step of a trial."""
        super().reset(seed)
        turns = [act.actions for act in self._steps if isinstance(act, Turns)]
        distinct: dict[tuple[Action, ...], tuple[Action, ...]] = {}  # The same one for steps that are alike
        steps = (tuple(action for action in step if action is not None) for step in zip(*turns, strict=True))
        self._trial = cycle([distinct.setdefault(step, step) for step in steps])

    def step(self) -> None:
        """One step."""
        self.run_steps(1)

    def run_steps(self, steps: int, progress_bar: Any = None) -> None:
        """So many steps of trials, one after another."""
        for actions in islice(self._trial, steps):
            for act in actions:
                act()
        self.signals[self.model.step] += steps
        self.signals[self.model.time] = self.signals[self.model.step] * self.dt
        self._probe_step_time()


@dataclass
class Simulation:
    """A simulator, whose state is the initial one after every run, and its ends.

    Attributes
    ----------
    learned
        Signals of the learned arrays.
    delivered
        Signals of delivered weights that are an expression, by matrix, where the network has such.
    states
        Signals of the state, where the network has such.
    feed
        Binds stimuli and recorder of the next trials, of which the first has this index in the run; called once the
        learned arrays and delivered weights are in place.
    pasts
        What groups put out before, for synapses with delays, by the group.
    """

    simulator: Simulator
    learned: Mapping[str, Signal]
    delivered: Mapping[str, Signal]
    states: Mapping[str, Signal]
    feed: Callable[[Run, int, Recorder], None]
    pasts: Mapping[str, PastStart]

    @classmethod
    def of(
        cls,
        model: Model,
        learned: Mapping[str, Signal],
        delivered: Mapping[str, Signal],
        states: Mapping[str, Signal],
        feed: Callable[..., None],
        pasts: Mapping[str, PastStart] = NO_PASTS,
    ) -> Simulation:
        """A model's simulator; signals of learned arrays that no operator uses are kept, too."""
        simulator = Simulator(None, model=model, dt=model.dt, seed=0, progress_bar=False, optimize=False)
        for signal in learned.values():
            if signal not in simulator.signals:  # No operator uses it in these runs.
                simulator.signals.init(signal)
        return cls(simulator, learned, delivered, states, feed, pasts)

    def start(self, run: Run, learned: Mapping[str, Array], weights: Mapping[str, Array]) -> None:
        """Begin a run from these learned arrays, and the weights that `delivered` names; all are copied."""
        for name, signal in self.learned.items():
            self.simulator.signals[signal] = learned[name]
        for name, signal in self.delivered.items():
            self.simulator.signals[signal] = weights[name]
        if run.state is not None:
            for name, signal in self.states.items():
                self.simulator.signals[signal] = run.state[name]
            for name, start in self.pasts.items():
                start.given = run.state[f"{name}.{PAST}"]

    def simulate(self, run: Run, recorder: Recorder, progress: Progress | None) -> None:
        """Run all trials, and record them."""
        with np.errstate(all="ignore"):
            for first, part in in_blocks(run) if run.learns_in_batches else in_parts(run):
                self.feed(part, first, recorder)
                self.simulator.run_steps(part.steps if run.learns_in_batches else part.count * part.steps)
                if progress is not None:
                    progress(first + part.count, run.count)

    def end(self, run: Run, records: Mapping[str, Any]) -> None:
        """Hand over the state that a run of one trial has left in signals, and give these their initial values."""
        if run.count == 1:
            for name, signal in self.states.items():
                records[STATE][name][...] = self.simulator.signals[signal]
                self.simulator.signals[signal] = signal.initial_value
            for name, start in self.pasts.items():
                records[STATE][f"{name}.{PAST}"][...] = start.past.rows

    def result(self) -> dict[str, Array]:
        """Copies of the learned arrays."""
        return {name: self.simulator.signals[signal].copy() for name, signal in self.learned.items()}

    def close(self) -> None:
        """Close the simulator."""
        self.simulator.close()

"""A built simulator that one run after another goes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np
from nengo.builder import Model, Signal

from neurosim.backend.contract import Progress
from neurosim.program.listing import in_parts
from neurosim.program.run import Run
from neurosim.program.schedule import Array


class Simulator(nengo.Simulator):
    """`nengo.Simulator` in which an invalid operation gives NaN instead of an error, as on every backend.

    Nengo stops at any invalid operation, also in a branch of ``where`` that is not taken. `nengo.Probe` is not served.
    """

    def step(self) -> None:
        for act in self._steps:
            act()


@dataclass
class Simulation:
    """A simulator, whose state is the initial one after every whole trial, and its ends.

    Attributes
    ----------
    learned
        Signals of the learned arrays.
    feed
        Binds stimuli and records of the next run; called once the learned arrays are in place.
    """

    simulator: Simulator
    learned: Mapping[str, Signal]
    feed: Callable[[Run, Mapping[str, Any]], None]

    @classmethod
    def of(cls, model: Model, learned: Mapping[str, Signal], feed: Callable[..., None]) -> Simulation:
        simulator = Simulator(None, model=model, dt=model.dt, seed=0, progress_bar=False)
        for signal in learned.values():
            if signal not in simulator.signals:  # No operator uses it in these runs.
                simulator.signals.init(signal)
        return cls(simulator, learned, feed)

    def start(self, run: Run, learned: Mapping[str, Array], records: Mapping[str, Any]) -> None:
        for name, signal in self.learned.items():
            self.simulator.signals[signal] = learned[name]
        self.feed(run, records)

    def simulate(self, run: Run, progress: Progress | None) -> None:
        with np.errstate(all="ignore"):
            for first, part in in_parts(run):
                self.simulator.run_steps(part.count * part.steps, progress_bar=False)
                if progress is not None:
                    progress(first + part.count, run.count)

    def result(self) -> dict[str, Array]:
        return {name: self.simulator.signals[signal].copy() for name, signal in self.learned.items()}

    def close(self) -> None:
        self.simulator.close()

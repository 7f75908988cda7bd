"""Mode `fused`: a whole program as one custom operator; the reference's listing, a step at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import numpy as np
from nengo.builder import Model, Signal
from nengo.builder.signal import SignalDict

from neurosim.program.run import Run
from neurosim.program.source import blocks
from neurosim.program.source.listing import compiled, listing
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import Synapses
from neurosim_nengo.operators import Action, NotFinite, TrialOperator
from neurosim_nengo.simulation import Simulation


class WholeProgram(TrialOperator):
    """One step of the program in each step of the simulator. The learned arrays are signals, states are its own."""

    def __init__(self, run: Run, synapses: Mapping[str, Synapses], learned: Mapping[str, Signal]):
        super().__init__("program", updates=learned.values())
        self.length = run.steps
        self.program: Callable[..., Any] = _stepwise(run)
        self.synapses = synapses
        self.steps: Generator[None, None, int] = iter(())  # type: ignore[assignment]

    def start(self, run: Run, first: int, learned: Mapping[str, Any], records: Mapping[str, Any]) -> None:
        """Begin trials, up to their first step."""
        self.steps = self.program(run.count, first, run.stimuli, self.synapses, run.fixed, learned, records)
        next(self.steps, None)  # Up to the first step.

    def actions(self, signals: SignalDict) -> Sequence[Action]:
        """The program's next step, in each step of a trial."""

        def step() -> None:
            try:
                next(self.steps)
            except StopIteration as end:
                if end.value >= 0:
                    raise NotFinite from None

        return [step] * self.length


def _stepwise(run: Run) -> Callable[..., Any]:
    """The program's function, which pauses before each step: of a trial, or of all trials of a batch."""
    if run.learns_in_batches:
        return blocks.compiled(run, before_step=["yield"])
    return compiled(listing(run, before_step=["yield"]))


def fused(run: Run, synapses: Mapping[str, Synapses]) -> Simulation:
    """The program with the constants of a run, built."""
    learned = {n: Signal(np.zeros(shape), name=n) for n, shape in run.program.shapes().items()}
    program = WholeProgram(run, synapses, learned)
    model = Model(dt=1.0)
    model.add_op(program)

    def feed(run: Run, first: int, recorder: Recorder) -> None:
        arrays = {n: simulation.simulator.signals[s] for n, s in learned.items()}
        program.start(run, first, arrays, recorder.arrays)

    simulation = Simulation.of(model, learned, {}, {}, feed)
    return simulation

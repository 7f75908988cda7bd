"""One pass through the tasks of a scenario: what stays the same, and what has been learned so far."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event
from typing import Any

from numpy.typing import NDArray

from neurosim.backend.contract import Records, Session
from neurosim.backend.trainer import Trainer
from neurosim.edges.foreign_errors import border
from neurosim.errors import BackendError, InputError
from neurosim.model.network import Network
from neurosim.model.randomness import stream
from neurosim.program.precision import LedgerEntry, quantise
from neurosim.program.precision.delivered import delivered_ledger
from neurosim.program.precision.formats import Format
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events, Trials
from neurosim.program.trial.stimuli import Rows
from neurosim.results.costs.device_calls import DeviceCalls
from neurosim.results.result import Stage, StageKind
from neurosim.scenario import streams
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.listeners.checkpoint_store import UnfinishedStore
from neurosim.scenario.listeners.events import Listener, RunPhase
from neurosim.scenario.memory import rehearsal
from neurosim.scenario.memory.mean_input import MeanInput
from neurosim.scenario.schema import Scenario
from neurosim.scenario.streams import SampleRefs, Task
from neurosim.scenario.streams.gating import EngramGate


@dataclass
class RunState:
    """What a training method and the components of a scenario work on.

    Attributes
    ----------
    data
        The data set as loaded; what a sample is to excite is asked of `labels`.
    sessions, programs
        By mode: ``wake``, and ``sleep`` where the scenario sleeps.
    gates
        The engram gate of each gated population.
    learned
        Every learned array of the network by name, of any mode, with the shape that `Network.learned` gives; new values
        are new arrays.
    kept
        What the training method keeps from task to task, as arrays by name, whose shapes are the method's; ``{}``
        before it has learned a task.
    trainer
        What computes gradients; None before a method that needs it has begun.
    simulating
        Set from the moment a session first tells of its progress until its run ends.
    sleeps
        Keeps a sleep that is under way; None for a run in memory.
    """

    scenario: Scenario
    network: Network
    data: Dataset
    tasks: list[Task]
    seed: int
    listener: Listener
    programs: Mapping[str, Program]
    gates: Mapping[str, EngramGate]
    learned: dict[str, Array]
    sessions: dict[str, Session] = field(default_factory=dict)
    kept: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    trainer: Trainer | None = None
    simulating: Event = field(default_factory=Event)
    sleeps: UnfinishedStore | None = None
    _read_back: dict[str, tuple[Array, Format | None]] = field(default_factory=dict)
    """Arrays as they were read back from a session, and the format that they have for it."""
    _seen: list[MeanInput] = field(default_factory=list)

    def samples(self, task: Task) -> SampleRefs:
        """The task's training samples, and after them those of earlier tasks that are rehearsed."""
        return rehearsal.with_rehearsed(self.scenario.rehearsal, self.tasks, task, self.seed)

    def order(self, task: Task, epoch: int) -> Indices:
        """The order in which an epoch shows the samples of a task: positions among them, shape (samples,)."""
        random = stream(self.seed, "order", task.index, epoch)
        return random.permutation(len(self.samples(task)))

    def inputs(self, shown: SampleRefs) -> Rows:
        """Samples as their tasks show them: shape (shown, units), or spikes in time."""
        return streams.shown(self.data, self.tasks, shown)

    def labels(self, shown: SampleRefs) -> Indices:
        """The output that each sample is to excite, shape (shown,)."""
        return streams.labels(self.data, self.tasks, shown)

    def run(
        self, mode: str, trials: Trials, constants: Mapping[str, float], learn: bool, phase: RunPhase, task: Task
    ) -> tuple[Records, tuple[LedgerEntry, ...]]:
        """Run trials in a mode's session, from and to what has been learned.

        Parameters
        ----------
        mode
            ``wake`` or ``sleep``.
        constants
            Values of constants in this run, by their keys.
        learn
            Whether learning rules fire.
        phase, task
            What a listener is told that the run is doing, and for which task; a device draws for this part of the run.

        Returns
        -------
        tuple
            What was recorded, and what had to be rounded for the session.

        Raises
        ------
        NeurosimError
            If an array loses too much in the program's number format, or the backend fails.
        """
        with self.border(mode):
            ledger = self.give(mode)
            tell = partial(self.tell, phase)
            named = replace(trials, phase=part_of_run(phase, task))
            records = self.sessions[mode].run(named, constants=constants, learn=learn, progress=tell)
            self.simulating.clear()
            self.take(mode)
        return records, ledger

    def restore(self, learned: Mapping[str, Array]) -> None:
        """Take what an earlier process had learned.

        Raises
        ------
        InputError
            If the arrays have other names or shapes than those of the network.
        """
        if {n: a.shape for n, a in learned.items()} != {n: a.shape for n, a in self.learned.items()}:
            raise InputError("what the run had learned is not of the network of its scenario; run the scenario anew")
        self.learned = {n: learned[n].copy() for n in self.learned}

    def border(self, mode: str) -> AbstractContextManager[None]:
        """A context in which what goes wrong is an error of the backend."""
        return border(f"scenario {self.scenario.scenario.name}: the backend failed in mode {mode}", BackendError)

    def give(self, mode: str) -> tuple[LedgerEntry, ...]:
        """Write what has been learned to a mode's session, and return what had to be rounded for it.

        Raises
        ------
        NeurosimError
            If an array loses too much in the program's number format, or the session refuses one.
        """
        program = self.programs[mode]
        shapes, formats = program.shapes(), program.formats()
        known = {n: a for n, a in self.learned.items() if n in shapes}
        new = {n: a for n, a in known.items() if not self._has(n, formats.get(n))}
        rounded, ledger = quantise(new, program) if new else ({}, [])
        known |= rounded
        self.sessions[mode].write(known)
        return (*ledger, *delivered_ledger(program, known))

    def take(self, mode: str) -> None:
        """Read what has been learned from a mode's session."""
        learned, formats = self.sessions[mode].read(), self.programs[mode].formats()
        self._read_back |= {n: (a, formats.get(n)) for n, a in learned.items()}
        self.learned = {**self.learned, **learned}

    def tell(self, phase: RunPhase, done: int, total: int) -> None:
        """Tell the listener how much of a phase of the run is done."""
        self.simulating.set()
        self.listener.progress(phase, done, total)

    def _has(self, name: str, form: Format | None) -> bool:
        """Whether an array is as a session left it that had the same format for it."""
        array, had = self._read_back.get(name, (None, None))
        return self.learned[name] is array and had == form

    def seen_until(self, task: Task) -> MeanInput:
        """The mean of the inputs that the tasks train on, up to this one."""
        while len(self._seen) <= task.index:
            after = self.tasks[len(self._seen)]
            before = self._seen[-1] if self._seen else MeanInput.of_nothing(self.data.units)
            self._seen.append(before.with_samples(self.inputs(after.shows(after.train))))
        return self._seen[task.index]

    def stage(
        self, task: Task, kind: StageKind, records: Records, ledger: tuple[LedgerEntry, ...], trials: int
    ) -> Stage:
        """What a run of trials on the backend left behind, as a stage of the result."""
        spikes = {n: p for n, p in records.probes.items() if isinstance(p, Events)}
        seconds = records.timing.wall - records.timing.build
        return Stage(
            task=task.index,
            kind=kind,
            learned=self.learned,
            spikes=spikes,
            ledger=ledger,
            trials=trials,
            steps=records.timing.steps,
            seconds=seconds,
            memory_bits=self.buffer_bits(task),
            raw_bits=self.buffer_bits(task),
            counts=records.counts,
            device=DeviceCalls.of(f"{kind}/{task.index}", records),
        )

    def buffer_bits(self, task: Task) -> int:
        """The bits of the samples that rehearsal keeps of the tasks so far."""
        return rehearsal.bits(self.scenario.rehearsal, self.tasks[: task.index + 1], self.data)


def part_of_run(phase: RunPhase, task: Task) -> str:
    """The name of a part of a run, which its trials have: ``"train/0"``."""
    return f"{phase}/{task.index}"

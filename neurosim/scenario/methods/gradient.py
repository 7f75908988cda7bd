"""Gradients through the steps as a training method: the network is trained on the host, and tested on the backend.

A package that can train so has an entry point ``gradient`` in the group ``neurosim.trainers``; what is behind it must
have what `neurosim.backend.trainer` says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from neurosim.backend.contract import Records
from neurosim.backend.trainer import TrainedTask, Trainer, TrainerClass
from neurosim.edges.extensions.entry_points import installed
from neurosim.edges.foreign_errors import border
from neurosim.edges.optional_packages import TORCH, needed
from neurosim.errors import BackendError, SpecError
from neurosim.model.network import Network, Population
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials
from neurosim.results.result import Stage, StageKind
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.events import RunPhase
from neurosim.scenario.methods.base import Effort, check_sizes, stimulus_of
from neurosim.scenario.run_state import RunState
from neurosim.scenario.schema import GradientSettings, Scenario
from neurosim.scenario.streams import SampleRefs, Task

GROUP = "neurosim.trainers"
BY_GRADIENTS = "training by gradients"


@dataclass(frozen=True)
class Gradient:
    """Back-propagation through time of a loss on the readout, by the package that provides it (`GROUP`)."""

    table: GradientSettings
    gated: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: GradientSettings, scenario: Scenario) -> Gradient:
        """The method of a scenario."""
        return cls(table, scenario.gated)

    def effort(self) -> Effort:
        """All steps of a trial, in each epoch."""
        return Effort(self.table.steps, self.table.epochs)

    def probe(self, network: Network) -> Probe:
        """What the loss and the prediction read: the output at the end, or in every step."""
        model = network.population(self.table.output, "[training] output").model_in("wake")
        return Probe(f"{self.table.output}.{model.output}", "step" if self.table.over == "max" else "end:run")

    def schedule(self, network: Network, data: Dataset | None) -> Schedule:
        """One phase of all steps, in which the readout and the spikes of each population are recorded."""
        t = self.table
        kind = "events" if data is not None and data.rows.is_events else "constant"
        stimuli = {stimulus_of(network, t.input, "[training] input"): kind}
        spikes = [Probe(f"{p.name}.spike", "step") for p in network.populations if self._is_watched(p)]
        return Schedule([Phase("run", t.steps)], [self.probe(network), *spikes], stimuli)

    def _is_watched(self, population: Population) -> bool:
        """Whether a population puts out spikes of its own, which backends are compared by."""
        model = population.model_in("wake")
        return model.spike is not None and not model.is_input

    def check(self, network: Network, data: Dataset | None, tasks: Sequence[Task] = ()) -> None:
        """Refuse an output without a state, gates, and data that differ from the trial in steps or size.

        Raises
        ------
        NeurosimError
            Naming the place in the scenario file.
        """
        t = self.table
        model = network.population(t.output, "[training] output").model_in("wake")
        if model.output not in model.state:
            raise SpecError(
                f"[training] output: {t.output} is a {model.name}, whose output '{model.output}' is no state to read; "
                "use a LeakyReadout or a RateUnit"
            )
        if self.gated:
            raise SpecError(
                "[gates]: engram gates are drawn for each trial of equilibrium propagation, not of gradients"
            )
        if data is None:
            return
        if data.rows.is_events and data.rows.shape[1] != t.steps:
            raise SpecError(
                f"[training] steps = {t.steps}, but samples of data set {data.name} have {data.rows.shape[1]} steps"
            )
        check_sizes(network, data, tasks, t.input, t.output)

    def training(self, run_state: RunState, task: Task) -> Callable[[], Stage]:
        """What calls `train`; nothing is drawn before."""
        return partial(self.train, run_state, task)

    def train(self, run_state: RunState, task: Task) -> Stage:
        """Train on the host, with the trainer of the run, which is made before the first task."""
        if run_state.trainer is None:
            run_state.trainer = self.trainer(run_state)
            run_state.trainer.restore(run_state.kept)
        stage = self.learn(run_state, task, run_state.trainer)
        run_state.kept = run_state.trainer.state()
        return stage

    def learn(self, run_state: RunState, task: Task, trainer: Trainer) -> Stage:
        """Learn a task with a trainer, and return what that left behind.

        Raises
        ------
        BackendError
            If the trainer fails.
        """
        start = time.perf_counter()
        fitted = self.fit(run_state, task, trainer)
        learned = {n: a.copy() for n, a in run_state.learned.items()}
        count = len(run_state.samples(task)) * len(fitted.history)
        return Stage(
            task=task.index,
            kind=StageKind.TRAINED,
            learned=learned,
            spikes={},
            ledger=(),
            trials=count,
            steps=count * self.table.steps,
            seconds=time.perf_counter() - start,
            memory_bits=run_state.buffer_bits(task),
            raw_bits=run_state.buffer_bits(task),
        )

    def fit(self, run_state: RunState, task: Task, trainer: Trainer) -> TrainedTask:
        """Learn a task, and keep the epoch that was best on its validation samples, where it has any.

        Parameters
        ----------
        trainer
            What `trainer` made.

        Raises
        ------
        BackendError
            If the trainer fails.
        """
        samples, validation = run_state.samples(task), task.shows(task.validation)
        held_out = (self.trials(run_state, validation)[0], run_state.labels(validation))
        with border(BY_GRADIENTS, BackendError):
            fitted = trainer.train(
                run_state.learned,
                self.trials(run_state, samples)[0],
                run_state.labels(samples),
                lambda epoch: run_state.order(task, epoch),
                progress=lambda epoch, _: run_state.listener.progress(RunPhase.TRAIN, epoch, self.table.epochs),
                validation=held_out if len(validation) else None,
            )
        run_state.learned = {**run_state.learned, **fitted.learned}
        return fitted

    def trainer(self, run_state: RunState) -> Trainer:
        """What computes the gradients, with nothing learned yet.

        Raises
        ------
        BackendUnavailable
            If no installed package provides one.
        """
        settings = self.table.model_dump(exclude={"method", "file", "input", "output", "steps"})
        schedule, probe = self.schedule(run_state.network, run_state.data), self.probe(run_state.network)
        return load_trainer()(run_state.network, schedule, probe.name, settings)

    def trials(self, run_state: RunState, samples: SampleRefs) -> tuple[Trials, dict[str, float]]:
        """Trials that show the samples, and no constants."""
        name = stimulus_of(run_state.network, self.table.input, "[training] input")
        return Trials({name: run_state.inputs(samples)}), {}

    def scores(self, records: Records) -> Array:
        """The readout at the end, or its largest value over the steps: shape (samples, classes)."""
        output = next(iter(records.probes.values()))
        assert not isinstance(output, Events)
        return output if output.ndim == 2 else np.asarray(output.max(axis=1))


def load_trainer() -> TrainerClass:
    """The class that trains by gradients.

    Raises
    ------
    BackendUnavailable
        If no installed package provides one, or what it needs is missing.
    """
    for entry in installed(GROUP):
        if entry.name == "gradient":
            with needed(TORCH, BY_GRADIENTS):
                trainer: TrainerClass = entry.load()
                return trainer
    raise TORCH.missing(BY_GRADIENTS)


def trains_by_gradients(scenario: Scenario) -> bool:
    """Whether a run computes gradients itself; one that takes its first task from a file may do without."""
    to_learn = scenario.pretraining is not None and scenario.pretraining.file is None
    return to_learn or isinstance(scenario.training, GradientSettings)

"""Compressed latent replay: a layer's spikes of earlier samples are replayed while what is behind it learns a new task.

Latent replay in spiking networks with compression in time (Dequino et al. 2024; latent replay: Pellegrini et al. 2020).
It is learning in the loop: the backend runs the whole network, the host trains what is behind the layer.

1. The backend runs the new samples without learning; the spikes of the population `insertion` are recorded.
2. The populations behind it are trained by gradients, as a network of their own
   (`neurosim.scenario.methods.subnetwork`). An epoch has all batches of new spikes, then all batches of replayed ones,
   decompressed to as many steps as before.
3. Some of the new samples' spikes are compressed (`neurosim.scenario.memory.compression`) and kept, as many of each
   class; of earlier classes fewer are then kept than before (`neurosim.scenario.memory.latent_memory`).

All that is in front of the insertion stays as it was pre-trained, so what was once recorded stays true.

What is kept comes from training samples alone, is drawn for each class from a stream of its own, and once. In the code
that was published with the method, replayed samples can also be in the test part, the same batches are kept for every
class, and one batch of each split is lost. That is not done here, so accuracies may be lower by some points.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from neurosim.backend.contract import Records
from neurosim.errors import SpecError
from neurosim.model.network import Network
from neurosim.model.randomness import stream
from neurosim.program.schedule import Array, Events, Schedule, Trials
from neurosim.results.result import Stage, StageKind
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.listeners.events import RunPhase
from neurosim.scenario.memory.compression import Compression, Spikes
from neurosim.scenario.memory.latent_memory import LatentMemory
from neurosim.scenario.methods.base import Effort
from neurosim.scenario.methods.gradient import Gradient, load_trainer
from neurosim.scenario.methods.subnetwork import downstream_of
from neurosim.scenario.run_state import RunState
from neurosim.scenario.schema import GradientSettings, LatentReplayTable, Scenario
from neurosim.scenario.streams import SampleRefs, Task

SETTINGS = set(GradientSettings.model_fields) - {"input", "output", "steps"}
"""The keys of the table that the trainer takes."""


class LatentReplay:
    """The method `latent-replay`, for every task but the first, which [pretraining] learns, if there is any."""

    def __init__(self, table: LatentReplayTable, scenario: Scenario):
        self.table, self.scenario = table, scenario
        self._whole = Gradient(table, scenario.gated)

    def effort(self) -> Effort:
        """The effort of `Gradient`."""
        return self._whole.effort()

    def schedule(self, network: Network, data: Dataset | None) -> Schedule:
        """The schedule of `Gradient` for the whole network."""
        return self._whole.schedule(network, data)

    def trials(self, run_state: RunState, samples: SampleRefs) -> tuple[Trials, dict[str, float]]:
        """The trials of `Gradient` for the whole network."""
        return self._whole.trials(run_state, samples)

    def scores(self, records: Records) -> Array:
        """The scores of `Gradient`, shape (samples, classes)."""
        return self._whole.scores(records)

    def check(self, network: Network, data: Dataset | None, tasks: Sequence[Task] = ()) -> None:
        """Refuse tables that do not go with frozen layers, an insertion that cannot be cut, and too small a memory.

        Raises
        ------
        NeurosimError
            Naming the place in the scenario file.
        """
        t = self.table
        self._check_other_tables()
        self._whole.check(network, data, tasks)
        downstream_of(network, t.insertion, t.output)
        if t.window > t.steps:
            raise SpecError(f"[training] window = {t.window}; expected at most {t.steps}, the steps of a trial")
        capacity, classes = self.capacity(network), len({output for task in tasks for output in task.excited})
        if capacity < classes and t.samples != 0:
            raise SpecError(
                f"[training] there is room to replay {capacity} samples, expected at least one of each of "
                f"{classes} classes; samples = 0 is no replay"
            )

    def _check_other_tables(self) -> None:
        """Refuse what does not go with frozen layers and a memory of its own."""
        if self.scenario.pretraining is None and self.scenario.network.nir is None:
            raise SpecError(
                "[training] method = 'latent-replay' freezes the layers up to the insertion, which must be trained "
                "before: add [pretraining], name a trained network as [network] nir, or use method = 'gradient'"
            )
        if self.scenario.rehearsal is not None:
            raise SpecError("[rehearsal]: method = 'latent-replay' has a memory of its own; leave the table out")
        if self.scenario.sleep is not None:
            raise SpecError("[sleep] would change layers that method = 'latent-replay' freezes; leave the table out")
        if self.table.patience is not None:
            raise SpecError(
                "[training] patience: the validation samples of a new task would choose the epoch that has forgotten "
                "most of the earlier ones; method = 'latent-replay' keeps the last epoch, so leave patience out"
            )

    def training(self, run_state: RunState, task: Task) -> Callable[[], Stage]:
        """What calls `train`; nothing is drawn before."""
        return partial(self.train, run_state, task)

    def train(self, run_state: RunState, task: Task) -> Stage:
        """Record the task's spikes at the insertion, train what is behind it, and keep some of them."""
        start, new, missing = time.perf_counter(), task.shows(task.train), self._missing(run_state)
        trials, constants = self.trials(run_state, SampleRefs.joined([missing, new]))
        records, ledger = run_state.run("wake", trials, constants, False, RunPhase.RECORD, task)
        earlier, spikes = np.split(self._latents(records), [len(missing)])
        memory = LatentMemory.of_state(self._compression(run_state.network), run_state.kept)
        memory = memory.with_samples(earlier, run_state.labels(missing), run_state.tasks[0].index)
        run_state.learned = {**run_state.learned, **self._redrawn(run_state, task)}
        run_state.learned = {**run_state.learned, **self._fitted(run_state, task, spikes, memory)}
        shown = (len(spikes) + len(memory)) * self.table.epochs
        memory = self._with_task(run_state, task, memory, spikes)
        run_state.kept = memory.state()
        return replace(
            run_state.stage(task, StageKind.TRAINED, records, ledger, shown),
            steps=shown * self.table.steps,
            seconds=time.perf_counter() - start - records.timing.build,
            memory_bits=memory.bits,
            raw_bits=len(memory) * run_state.data.sample_bits,
        )

    def _missing(self, run_state: RunState) -> SampleRefs:
        """What is to be kept of the first task until it is: pre-training keeps nothing, so it is shown once more."""
        first = run_state.tasks[0]
        return first.shows(first.train)[np.arange(0) if run_state.kept else self.drawn(run_state, first)]

    def _with_task(self, run_state: RunState, task: Task, memory: LatentMemory, spikes: Spikes) -> LatentMemory:
        """The memory when a task has been learned: with some of its samples, and fewer of each class than before."""
        kept = self.drawn(run_state, task)
        labels = run_state.labels(task.shows(task.train))[kept]
        return memory.with_at_most(self._each(run_state, task)).with_samples(spikes[kept], labels, task.index)

    def _latents(self, records: Records) -> Spikes:
        spikes = records[f"{self.table.insertion}.spike@step"]
        assert isinstance(spikes, Events)
        return spikes.dense()

    def _fitted(self, run_state: RunState, task: Task, spikes: Spikes, memory: LatentMemory) -> Mapping[str, Array]:
        """The learned arrays behind the insertion, after the last epoch."""
        t = self.table
        part, probe = downstream_of(run_state.network, t.insertion, t.output), self._whole.probe(run_state.network)

        def order(epoch: int) -> tuple[Indices, ...]:
            replayed = stream(run_state.seed, "latent", "order", task.index, epoch).permutation(len(memory))
            stretches = (run_state.order(task, epoch), len(spikes) + replayed)
            return tuple(s for s in stretches if len(s))

        trainer = load_trainer()(
            part.network, part.schedule(t.steps, probe), probe.name, t.model_dump(include=SETTINGS)
        )
        fitted = trainer.train(
            {n: run_state.learned[n] for n in part.network.learned()},
            part.trials(np.concatenate([spikes, memory.spikes()])),
            np.concatenate([run_state.labels(task.shows(task.train)), memory.labels]),
            order,
            progress=lambda epoch, _: run_state.listener.progress(RunPhase.TRAIN, epoch, t.epochs),
        )
        learned: Mapping[str, Array] = fitted.learned
        return learned

    def _redrawn(self, run_state: RunState, task: Task) -> dict[str, Array]:
        """Weights to the outputs of classes that no earlier task had, w = mean*(1 + N(0, 1)), if the table says so."""
        t, network = self.table, run_state.network
        if t.redraw is None:
            return {}
        seen = [run_state.labels(e.shows(e.train)) for e in run_state.tasks[: task.index]]
        new = np.setdiff1d(run_state.labels(task.shows(task.train)), np.concatenate(seen))
        redrawn = {}
        for j in network.projections:
            if j.post == t.output and j.pre != t.output:
                name = f"{j.name}.{next(iter(j.synapse.state))}"
                weights, wiring = run_state.learned[name], network.wiring(j.name)
                to = np.arange(weights.shape[1]) if wiring is None else wiring.post
                random = stream(run_state.seed, "latent", "redraw", task.index, j.name)
                redrawn[name] = np.where(np.isin(to, new), random.normal(t.redraw, t.redraw, weights.shape), weights)
        return redrawn

    def drawn(self, run_state: RunState, task: Task) -> Indices:
        """Which training samples of a task are kept when it is learned, as positions among them."""
        labels, each = run_state.labels(task.shows(task.train)), self._each(run_state, task)
        orders = [
            stream(run_state.seed, "latent", task.index, int(c)).permutation(np.flatnonzero(labels == c))
            for c in np.unique(labels)
        ]
        return np.concatenate([order[:each] for order in orders])

    def _each(self, run_state: RunState, task: Task) -> int:
        """How many samples of each class of each task are kept when a task has been learned."""
        seen = (set(run_state.labels(t.shows(t.train))) for t in run_state.tasks[: task.index + 1])
        return self.capacity(run_state.network) // sum(map(len, seen))

    def capacity(self, network: Network) -> int:
        """How many samples are kept in all."""
        t = self.table
        return t.samples if t.samples is not None else (t.bits or 0) // self._compression(network).bits

    def _compression(self, network: Network) -> Compression:
        t = self.table
        return Compression(t.steps, network.population(t.insertion).size, t.window, t.pooling)

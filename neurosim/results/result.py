"""What a scenario run leaves behind: learned arrays and spikes of every stage, and accuracies after every task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neurosim.program.precision import LedgerEntry
from neurosim.program.schedule import Array, Events
from neurosim.results import metrics


@dataclass(frozen=True, eq=False)
class Stage:
    """The network after a task was trained, slept on, or tested.

    `kind` is "trained", "pretrained" (taken from a file), "slept", or "tested" where tests recorded spikes.

    Attributes
    ----------
    learned
        Every learned array of the network.
    spikes
        Spikes recorded, by probe name.
    ledger
        Arrays that had to be rounded to the grid before the stage.
    trials, steps, seconds
        What ran, and the seconds it took without compiling.
    memory_bits, raw_bits
        What is now kept of samples for replay, and what these samples themselves would take; see
        `neurosim.scenario.methods.latent_replay`.
    counts
        ``spikes`` recorded, ``synaptic_operations`` and ``effective_synaptic_operations``, as in `Records`; empty where
        nothing ran on the backend.
    """

    task: int
    kind: str
    learned: Mapping[str, Array]
    spikes: Mapping[str, Events]
    ledger: tuple[LedgerEntry, ...]
    trials: int
    steps: int
    seconds: float
    memory_bits: int = 0
    raw_bits: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Result:
    """A finished run of a scenario on one backend.

    Attributes
    ----------
    classes
        Classes of each task.
    accuracy_matrix
        R[i, j]: accuracy on task j after task i; shape (tasks, tasks).
    samples
        Number of test samples of each task.
    part
        The part of the data that was tested on.
    seconds
        The whole run, compiling included.
    counts
        Of all stages of a kind, and of all tests: see `neurosim.results.counts`.
    peak_memory
        Of the process that ran it, in bytes; None where it is not known.
    """

    scenario: str
    seed: int
    backend: str
    mode: str
    kind: str
    versions: Mapping[str, str]
    part: str
    classes: tuple[tuple[int, ...], ...]
    accuracy_matrix: Array
    samples: tuple[int, ...]
    stages: tuple[Stage, ...]
    seconds: float
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    peak_memory: int | None = None

    @property
    def accuracy(self) -> float:
        """Accuracy over all classes after the last task, every sample counted once."""
        return metrics.pooled_accuracy(self.accuracy_matrix, self.samples)

    @property
    def average_accuracy(self) -> float:
        return metrics.average_accuracy(self.accuracy_matrix)

    @property
    def average_incremental_accuracy(self) -> float:
        return metrics.average_incremental_accuracy(self.accuracy_matrix)

    @property
    def backward_transfer(self) -> float | None:
        return metrics.backward_transfer(self.accuracy_matrix)

    @property
    def backward_transfer_of_all_rows(self) -> float | None:
        return metrics.backward_transfer_of_all_rows(self.accuracy_matrix)

    @property
    def forgetting_of_learned(self) -> float | None:
        """From the best since each task was learned."""
        return metrics.forgetting_of_learned(self.accuracy_matrix)

    @property
    def forgetting(self) -> float | None:
        """From the best of all earlier rows (Chaudhry et al. 2018); None for a single task."""
        return metrics.forgetting(self.accuracy_matrix)

    @property
    def buffer_bits(self) -> int:
        """The most that was kept of earlier samples to be shown again, labels not counted."""
        return max((s.memory_bits for s in self.stages), default=0)

    @property
    def raw_bits(self) -> int:
        """What the samples of the largest buffer would take as they are."""
        return max((s.raw_bits for s in self.stages), default=0)

    @property
    def samples_per_s(self) -> float:
        """Training samples a second, without compiling; test samples where nothing was trained."""
        trained = [s for s in self.stages if s.kind == "trained"] or [s for s in self.stages if s.kind == "tested"]
        return sum(s.trials for s in trained) / max(sum(s.seconds for s in trained), 1e-9)

"""What a scenario run leaves behind: learned arrays and spikes of every stage, and accuracies after every task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    """

    task: int
    kind: str
    learned: Mapping[str, Array]
    spikes: Mapping[str, Events]
    ledger: tuple[LedgerEntry, ...]
    trials: int
    steps: int
    seconds: float


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

    @property
    def accuracy(self) -> float:
        """Accuracy over all classes after the last task, every sample counted once."""
        return metrics.pooled_accuracy(self.accuracy_matrix, self.samples)

    @property
    def average_accuracy(self) -> float:
        return metrics.average_accuracy(self.accuracy_matrix)

    @property
    def forgetting(self) -> float:
        return metrics.forgetting(self.accuracy_matrix)

    @property
    def samples_per_s(self) -> float:
        """Training samples a second, without compiling; test samples where nothing was trained."""
        trained = [s for s in self.stages if s.kind == "trained"] or [s for s in self.stages if s.kind == "tested"]
        return sum(s.trials for s in trained) / max(sum(s.seconds for s in trained), 1e-9)

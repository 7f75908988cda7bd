"""The result of a scenario run: learned arrays and spikes of every stage, and accuracies after every task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from neurosim.program.precision import LedgerEntry
from neurosim.program.schedule import Array, Events
from neurosim.results import metrics
from neurosim.results.costs.device_calls import DeviceCalls
from neurosim.results.notebook import result_html

if TYPE_CHECKING:
    import neo
    import pandas
    import xarray


class StageKind(str, Enum):
    """What a stage did for its task. A member is its text, so files and tables have the text itself."""

    TRAINED = "trained"
    PRETRAINED = "pretrained"
    """Taken from a file."""
    SLEPT = "slept"
    TESTED = "tested"

    __str__ = str.__str__  # of an Enum it would be the name of the member


@dataclass(frozen=True, eq=False)
class Stage:
    """The network after a task was trained, slept on, or tested.

    Attributes
    ----------
    task
        The number of the task, from 0.
    kind
        What was done; tests are stages only where they recorded spikes.
    learned
        Every learned array of the network by name, float64, in the shape of its variable.
    spikes
        Spikes recorded, by probe name.
    ledger
        Arrays that had to be rounded to the grid before the stage.
    trials, steps, seconds
        How many trials ran, how many steps all of them took, and the seconds they took without compiling.
    memory_bits, raw_bits
        Bits that the samples kept for replay now take, and that they would take as they are; see
        `neurosim.scenario.methods.latent_replay`.
    counts
        ``spikes`` recorded, ``synaptic_operations`` and ``effective_synaptic_operations``, as in `Records`; empty where
        nothing ran on the backend.
    device
        What its calls of a device took; None where none was called.
    """

    task: int
    kind: StageKind
    learned: Mapping[str, Array]
    spikes: Mapping[str, Events]
    ledger: tuple[LedgerEntry, ...]
    trials: int
    steps: int
    seconds: float
    memory_bits: int = 0
    raw_bits: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    device: DeviceCalls | None = None


@dataclass(frozen=True, eq=False)
class Result:
    """A finished run of a scenario on one backend.

    Attributes
    ----------
    scenario, seed
        The name of the scenario, and the seed of the run.
    backend, mode, kind
        What ran it; kind is ``reference``, ``simulated``, ``mock`` or ``hardware``.
    versions
        Of the packages that the results depend on, by name.
    part
        The part of the data that was tested on.
    classes
        Classes of each task.
    accuracy_matrix
        R[i, j]: accuracy on task j after task i, fractions from 0 to 1, shape (tasks, tasks).
    samples
        Number of test samples of each task.
    stages
        What was done for each task, in order.
    seconds
        The whole run, compiling included.
    counts
        The sums over all stages of a kind, and over all tests: see `neurosim.results.costs.counts`.
    peak_memory
        Of the process that ran it, in bytes; None where it is not known.
    device
        What the calls of a device took, in each part of the run; empty where none was called.
    further_metrics
        Metrics of other packages that the scenario names, by name.
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
    device: tuple[DeviceCalls, ...] = ()
    further_metrics: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, float | None]:
        """All metrics by name: those of every run, then those of other packages."""
        return {**metrics.values(metrics.OF_A_RUN, self.accuracy_matrix, self.samples), **self.further_metrics}

    @property
    def accuracy(self) -> float:
        """sum_j n_j R[T, j] / sum_j n_j: accuracy after the last task, every sample counted once."""
        return metrics.pooled_accuracy(self.accuracy_matrix, self.samples)

    @property
    def average_accuracy(self) -> float:
        """ACC = 1/T sum_j R[T, j]: the mean over all tasks after the last."""
        return metrics.average_accuracy(self.accuracy_matrix)

    @property
    def average_incremental_accuracy(self) -> float:
        """AIA = 1/T sum_i (1/i sum_{j<=i} R[i, j]): the mean over the tasks so far, averaged over time."""
        return metrics.average_incremental_accuracy(self.accuracy_matrix)

    @property
    def backward_transfer(self) -> float | None:
        """BWT = 1/(T-1) sum_{j<T} (R[T, j] - R[j, j]); None for a single task."""
        return metrics.backward_transfer(self.accuracy_matrix)

    @property
    def backward_transfer_of_all_rows(self) -> float | None:
        """BWT = 2/(T(T-1)) sum_{i>1} sum_{j<i} (R[i, j] - R[j, j]); None for a single task."""
        return metrics.backward_transfer_of_all_rows(self.accuracy_matrix)

    @property
    def forgetting_of_learned(self) -> float | None:
        """F = 1/(T-1) sum_{j<T} (max_{j<=i<T} R[i, j] - R[T, j]); None for a single task."""
        return metrics.forgetting_of_learned(self.accuracy_matrix)

    @property
    def forgetting(self) -> float | None:
        """F = 1/(T-1) sum_{j<T} (max_{i<T} R[i, j] - R[T, j]); None for a single task."""
        return metrics.forgetting(self.accuracy_matrix)

    @property
    def buffer_bits(self) -> int:
        """Bits of the largest replay buffer of any stage, without its labels."""
        return max((s.memory_bits for s in self.stages), default=0)

    @property
    def raw_bits(self) -> int:
        """Bits that the samples of the largest buffer would take as they are."""
        return max((s.raw_bits for s in self.stages), default=0)

    @property
    def samples_per_s(self) -> float:
        """Training samples per second, without compiling; test samples where nothing was trained."""
        stages = self._stages_of(StageKind.TRAINED) or self._stages_of(StageKind.TESTED)
        return sum(s.trials for s in stages) / max(sum(s.seconds for s in stages), 1e-9)

    def to_pandas(self, *, weights: bool = False) -> dict[str, pandas.DataFrame]:
        """Return tables by name: ``runs``, ``accuracies``, ``curves``, ``spikes``, and ``weights`` where asked for.

        Parameters
        ----------
        weights
            Whether to have a row for each value of a learned array after each stage.

        Raises
        ------
        BackendUnavailable
            Where pandas is missing.
        """
        from neurosim.results.analysis import frames
        from neurosim.results.analysis.labelled import labelled

        return frames.to_pandas(labelled([self]), weights=weights)

    def to_xarray(self) -> xarray.Dataset:
        """Return accuracies over tasks, all numbers, and the spikes of each population as lists, with labels.

        Raises
        ------
        BackendUnavailable
            Where xarray is missing.
        """
        from neurosim.results.analysis import frames
        from neurosim.results.analysis.labelled import labelled

        return frames.to_xarray(labelled([self]))

    def to_neo(self, step: str | float | None = None) -> neo.Block:
        """Return a block of Neo: a segment for each stage, in it a spike train for each neuron that was recorded.

        Parameters
        ----------
        step
            How long a step is, such as ``"1 ms"``; None gives times in steps.

        Raises
        ------
        InputError
            For a step that is no time above 0.
        BackendUnavailable
            Where Neo is missing.
        """
        from neurosim.results.analysis import frames
        from neurosim.results.analysis.labelled import labelled

        return frames.to_neo(labelled([self])[0], step)

    def _repr_html_(self) -> str:
        return result_html(self)

    def _stages_of(self, kind: StageKind) -> list[Stage]:
        return [s for s in self.stages if s.kind == kind]

"""The contract between the training methods and what computes gradients: `Trainer`, `TrainedTask`, `EpochMeans`.

A package that can train so has an entry point ``gradient`` in the group ``neurosim.trainers``: a `TrainerClass`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurosim.model.network import Network
from neurosim.program.schedule import Array, Schedule, Trials

Labels = NDArray[np.integer[Any]]
"""The class of each trial, shape (trials,)."""

TrialOrder = Callable[[int], NDArray[np.int64]] | Callable[[int], tuple[NDArray[np.int64], ...]]
"""The order of the trials in an epoch, counted from 0; or stretches of it that no batch has two of."""

TrainerState = Mapping[str, NDArray[Any]]
"""What goes on from task to task beside the learned arrays, by name."""


class EpochMeans(Protocol):
    """Means over the trials of an epoch; those of validation are NaN where there is none."""

    @property
    def loss(self) -> float:
        """Of the trials that are learned."""
        ...

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        ...

    @property
    def validation_loss(self) -> float:
        """Of the trials that choose the epoch."""
        ...

    @property
    def validation_accuracy(self) -> float:
        """From 0 to 1."""
        ...


class TrainedTask(Protocol):
    """What a task left behind."""

    @property
    def learned(self) -> Mapping[str, Array]:
        """Every array that was learned, float64."""
        ...

    @property
    def history(self) -> Sequence[EpochMeans]:
        """One entry an epoch, in their order."""
        ...

    @property
    def best(self) -> int:
        """The epoch, counted from 0, that the arrays are of."""
        ...


class Trainer(Protocol):
    """theta <- theta - step along d(loss)/d(theta), task after task."""

    def train(
        self,
        learned: Mapping[str, Array],
        trials: Trials,
        labels: Labels,
        order: TrialOrder | None,
        progress: Callable[[int, EpochMeans], None] | None = None,
        validation: tuple[Trials, Labels] | None = None,
    ) -> TrainedTask:
        """Learn one task.

        Parameters
        ----------
        learned
            Where to start, by name, in the shapes of `Network.learned`.
        progress
            Called after each epoch with its number, from 1.
        validation
            Trials and labels that choose the epoch whose arrays are returned.
        """
        ...

    def state(self) -> TrainerState:
        """What goes on from task to task, to be kept in a checkpoint."""
        ...

    def restore(self, state: TrainerState) -> None:
        """Go on from a `state`, as if this trainer had learned what led to it."""
        ...


class TrainerClass(Protocol):
    """What an entry point names: it makes a `Trainer` of a network, for trials of a schedule."""

    def __call__(self, network: Network, schedule: Schedule, probe: str, settings: Mapping[str, Any], /) -> Trainer:
        """Make a trainer that has learned nothing yet.

        Parameters
        ----------
        probe
            Name of the probe of the schedule that has the scores of the classes.
        settings
            The keys of [training] beside ``method``, ``input``, ``output`` and ``steps``.
        """
        ...

"""A task: its samples, and how it shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import whole_number
from neurosim.errors import SpecError
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.streams.transformations import Transformation


@dataclass(frozen=True, eq=False)
class SampleRefs:
    """Samples as tasks show them: ``samples[k]`` as task ``tasks[k]`` does.

    Parameters
    ----------
    samples
        Indices of the data set, shape (shown,).
    tasks
        Indices of tasks, shape (shown,).
    """

    samples: Indices
    tasks: Indices

    @classmethod
    def joined(cls, parts: Sequence[SampleRefs]) -> SampleRefs:
        """The samples of several parts, one part after the other."""
        return cls(np.concatenate([p.samples for p in parts]), np.concatenate([p.tasks for p in parts]))

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, positions: Indices) -> SampleRefs:
        """The samples at some positions, shape (positions,), in their order."""
        return SampleRefs(self.samples[positions], self.tasks[positions])


@dataclass(frozen=True, eq=False)
class Task:
    """One experience: its classes, its samples in each part of the data, and how it shows them.

    Parameters
    ----------
    classes
        The labels that its samples have in the data set.
    train, validation, test
        Indices of the data set, ascending, shape (samples of the part,).
    transformation
        What is done to inputs before they are shown; None shows them as they are.
    outputs
        The output that each of `classes` is to excite; None stands for the one of its own number.
    where
        Its place in the scenario file, ``stream.task.2``; empty where it is not listed there.
    keys
        What says in the scenario file which output each of `classes` excites; empty where it is not listed there.
    """

    index: int
    classes: tuple[int, ...]
    train: Indices
    validation: Indices
    test: Indices
    transformation: Transformation | None = None
    outputs: tuple[int, ...] | None = None
    where: str = ""
    keys: tuple[str, ...] = ()

    @property
    def excited(self) -> tuple[int, ...]:
        """The output that each of `classes` is to excite."""
        return self.classes if self.outputs is None else self.outputs

    def part(self, name: str) -> Indices:
        """The samples of a part, "train", "validation" or "test": indices of the data set, shape (samples,)."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]

    def shows(self, samples: Indices) -> SampleRefs:
        """Samples of the data set, indices of shape (samples,), as this task shows them."""
        return SampleRefs(samples, np.full(len(samples), self.index, dtype=np.int64))


def task_of(
    data: Dataset,
    index: int,
    belongs: NDArray[np.bool_],
    classes: tuple[int, ...],
    transformation: Transformation | None = None,
    outputs: tuple[int, ...] | None = None,
    where: str = "",
) -> Task:
    """A task of the samples that `belongs` is true for, shape (samples,), in each part of the data."""
    train, validation, test = (p[belongs[p]] for p in (data.train, data.validation, data.test))
    return Task(index, classes, train, validation, test, transformation, outputs, where)


def check_number(tasks: int, where: str) -> None:
    """Refuse a stream without a task.

    Raises
    ------
    SpecError
        For what is no whole number of at least 1.
    """
    whole_number(tasks, f"{where} =", least=1, error=SpecError)

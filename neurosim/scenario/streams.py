"""The tasks of a scenario, in the words of Avalanche and continuum: class order, increment, initial increment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from neurosim.errors import SpecError
from neurosim.scenario.datasets import Dataset, Indices


@dataclass(frozen=True, eq=False)
class Task:
    """One experience: its classes, and the samples of these classes in each part of the data."""

    index: int
    classes: tuple[int, ...]
    train: Indices
    validation: Indices
    test: Indices

    def part(self, name: str) -> Indices:
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]


def joint(data: Dataset) -> list[Task]:
    """All classes in one task."""
    return [_task(data, 0, tuple(range(data.classes)))]


def class_incremental(
    data: Dataset, increment: int, class_order: Sequence[int] | None = None, initial_increment: int | None = None
) -> list[Task]:
    """Each task brings `increment` new classes (the first `initial_increment`), in `class_order`.

    Raises
    ------
    SpecError
        If the order is not one of all classes, or the increments do not cover them exactly.
    """
    order = tuple(class_order) if class_order is not None else tuple(range(data.classes))
    if sorted(order) != list(range(data.classes)):
        raise SpecError(f"stream.class_order = {list(order)}; expected each class from 0 to {data.classes - 1} once")
    first = increment if initial_increment is None else initial_increment
    if first > len(order) or (len(order) - first) % increment:
        raise SpecError(f"stream: {len(order)} classes cannot be divided into a first {first}, then {increment} a task")
    starts = [0, *range(first, len(order) + 1, increment)]
    return [_task(data, i, order[a:b]) for i, (a, b) in enumerate(pairwise(starts))]


def _task(data: Dataset, index: int, classes: tuple[int, ...]) -> Task:
    parts = (data.train, data.validation, data.test)
    train, validation, test = (p[np.isin(data.labels[p], classes)] for p in parts)
    return Task(index, classes, train, validation, test)

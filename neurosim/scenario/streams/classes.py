"""Class-incremental tasks: new classes with each task; class order, increment, initial increment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from neurosim.edges.values import whole_array
from neurosim.errors import SpecError
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.streams.task import Task, check_number, task_of


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
    check_number(increment, "stream.increment")
    order = tuple(range(data.classes))
    if class_order is not None:
        order = tuple(whole_array(class_order, "stream.class_order", error=SpecError).ravel().tolist())
    if sorted(order) != list(range(data.classes)):
        raise SpecError(f"stream.class_order = {list(order)}; expected each class from 0 to {data.classes - 1} once")
    first = increment if initial_increment is None else initial_increment
    check_number(first, "stream.initial_increment")
    if first > len(order) or (len(order) - first) % increment:
        raise SpecError(
            f"stream: {len(order)} classes cannot be divided into a first {first}, then {increment} a task; "
            f"{_that_would_do(len(order), increment, initial_increment)}"
        )
    starts = [0, *range(first, len(order) + 1, increment)]
    return [_task(data, i, order[a:b]) for i, (a, b) in enumerate(pairwise(starts))]


def _that_would_do(classes: int, increment: int, initial: int | None) -> str:
    """The nearest increment, or initial increment, that uses up the classes."""
    if initial is None:
        fitting = [n for n in range(1, classes + 1) if classes % n == 0]
        return f"increment = {min(fitting, key=lambda n: abs(n - increment))} would do"
    fitting = [n for n in range(1, classes + 1) if (classes - n) % increment == 0]
    return f"initial_increment = {min(fitting, key=lambda n: abs(n - initial))} would do"


def _task(data: Dataset, index: int, classes: tuple[int, ...]) -> Task:
    return task_of(data, index, np.isin(data.labels, classes), classes)

"""Tasks that someone else's stream gave, checked: what the engine takes for granted of those of neurosim."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim.edges.values import shown, whole_array
from neurosim.errors import SpecError
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.streams.task import Task

PARTS = ("train", "validation", "test")


def checked(data: Dataset, given: object) -> list[Task]:
    """The tasks, if they are numbered from 0 and show samples of the parts of the data.

    Raises
    ------
    SpecError
        For what are no tasks, another number than their place, and samples that are of another class or another part of
        the data than the task says: what is trained is never tested.
    """
    if not isinstance(given, Sequence) or not given or not all(isinstance(task, Task) for task in given):
        raise SpecError(f"{shown(given)}, expected a list of neurosim.scenario.streams.Task")
    for place, task in enumerate(given):
        if task.index != place:
            raise SpecError(f"a task of index {task.index} at place {place}, expected {place}")
        _check_samples(data, task)
    return list(given)


def _check_samples(data: Dataset, task: Task) -> None:
    for name in PARTS:
        where = f"task {task.index}, {name}"
        samples = whole_array(task.part(name), where, least=0, error=SpecError)
        if samples.ndim != 1 or not np.isin(samples, getattr(data, name)).all():
            raise SpecError(f"{where}: samples that are not in the part '{name}' of data set {data.name}")
        if not np.isin(data.labels[samples], task.classes).all():
            raise SpecError(f"{where}: samples of other classes than {list(task.classes)}")

"""What a network is given of samples that tasks show: transformed inputs, and the labels that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import SpecError
from neurosim.program.schedule import Array, Events
from neurosim.program.trial.stimuli import Rows
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.streams.task import SampleRefs, Task
from neurosim.scenario.streams.transformations import Permutation


def inputs(data: Dataset, tasks: Sequence[Task], refs: SampleRefs) -> Array | Events:
    """Samples, each as its own task shows it: shape (shown, units), or spikes in time."""
    return shown(data, tasks, refs).gathered()


def shown(data: Dataset, tasks: Sequence[Task], refs: SampleRefs) -> Rows:
    """Samples, each as its own task shows it: rows of the data set, or of a copy where a task transforms them.

    The copy is of what is stored where tasks only give units another order.
    """
    raw = data.rows.take(refs.samples)
    present = [tasks[i] for i in np.unique(refs.tasks)]
    if all(task.transformation is None for task in present):
        return raw
    positions = [np.flatnonzero(refs.tasks == task.index) for task in present]
    moved = all(task.transformation is None or isinstance(task.transformation, Permutation) for task in present)
    of_tasks = [raw.take(of_task) for of_task in positions]
    parts = [t.alone() if moved else t.gathered() for t in of_tasks]
    joined = _joined([_transformed(task, part) for task, part in zip(present, parts, strict=True)])
    return Rows(joined, np.argsort(np.concatenate(positions)), raw.table if moved else None)


def labels(data: Dataset, tasks: Sequence[Task], refs: SampleRefs) -> Indices:
    """The output that each sample is to excite as its own task shows it, shape (shown,).

    Parameters
    ----------
    tasks
        All tasks of the stream, in their order.
    """
    shown: Indices = data.labels[refs.samples]
    if all(task.outputs is None for task in tasks):
        return shown
    excited = np.tile(np.arange(data.classes), (len(tasks), 1))
    for row, task in zip(excited, tasks, strict=True):
        row[list(task.classes)] = task.excited
    return np.asarray(excited[refs.tasks, shown])


def outputs(data: Dataset, tasks: Sequence[Task]) -> int:
    """How many outputs the tasks want: one for each class, or as many as the largest number of one and one."""
    if all(task.outputs is None for task in tasks):
        return data.classes
    return max(max(task.excited) for task in tasks) + 1


def labelled(data: Dataset, tasks: Sequence[Task]) -> Dataset:
    """The data set with labels as the tasks have them: the output that each sample is to excite.

    Raises
    ------
    SpecError
        If two tasks have other outputs for a class: then a sample has no label that does not depend on the task.
    """
    excited: dict[int, int] = {}
    for task in tasks:
        for label, output in zip(task.classes, task.excited, strict=True):
            if excited.setdefault(label, output) != output:
                raise SpecError(f"tasks have outputs {excited[label]} and {output} for class {label}, expected one")
    of_class = np.array([excited.get(c, c) for c in range(data.classes)])
    return replace(data, labels=of_class[data.labels])


def _transformed(task: Task, inputs: NDArray[Any] | Events) -> NDArray[Any] | Events:
    return inputs if task.transformation is None else task.transformation(inputs)


def _joined(parts: Sequence[NDArray[Any] | Events]) -> NDArray[Any] | Events:
    spikes = [p for p in parts if isinstance(p, Events)]
    return Events.joined(spikes) if spikes else np.concatenate([p for p in parts if not isinstance(p, Events)])

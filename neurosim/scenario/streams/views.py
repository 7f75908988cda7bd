"""What a network is given of samples that tasks show: transformed inputs, and the labels that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.program.schedule import Array, Events
from neurosim.program.trial.stimuli import Rows
from neurosim.scenario.datasets import Dataset
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


def labelled(data: Dataset, tasks: Sequence[Task]) -> Dataset:
    """The data set with labels as the tasks have them: the output that each sample is to excite."""
    labels = data.labels.copy()
    for task in tasks:
        for label, output in zip(task.classes, task.outputs or task.classes, strict=True):
            labels[data.labels == label] = output
    return replace(data, labels=labels)


def _transformed(task: Task, inputs: NDArray[Any] | Events) -> NDArray[Any] | Events:
    return inputs if task.transformation is None else task.transformation(inputs)


def _joined(parts: Sequence[NDArray[Any] | Events]) -> NDArray[Any] | Events:
    spikes = [p for p in parts if isinstance(p, Events)]
    return Events.joined(spikes) if spikes else np.concatenate([p for p in parts if not isinstance(p, Events)])

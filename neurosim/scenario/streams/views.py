"""What a network is given of samples that tasks show: transformed inputs, and the labels that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neurosim.program.schedule import Array, Events
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.streams.task import SampleRefs, Task


def inputs(data: Dataset, tasks: Sequence[Task], shown: SampleRefs) -> Array | Events:
    """Samples, each as its own task shows it: shape (shown, units), or spikes in time."""
    raw = _taken(data.inputs, shown.samples)
    present = [tasks[i] for i in np.unique(shown.tasks)]
    if all(task.transformation is None for task in present):
        return raw
    positions = [np.flatnonzero(shown.tasks == task.index) for task in present]
    parts = [_transformed(task, _taken(raw, rows)) for task, rows in zip(present, positions, strict=True)]
    return _taken(_joined(parts), np.argsort(np.concatenate(positions)))


def labelled(data: Dataset, tasks: Sequence[Task]) -> Dataset:
    """The data set with labels as the tasks have them: the output that each sample is to excite."""
    labels = data.labels.copy()
    for task in tasks:
        for label, output in zip(task.classes, task.outputs or task.classes, strict=True):
            labels[data.labels == label] = output
    return replace(data, labels=labels)


def _transformed(task: Task, inputs: Array | Events) -> Array | Events:
    return inputs if task.transformation is None else task.transformation(inputs)


def _taken(inputs: Array | Events, samples: Indices) -> Array | Events:
    return inputs.take(samples) if isinstance(inputs, Events) else inputs[samples]


def _joined(parts: Sequence[Array | Events]) -> Array | Events:
    spikes = [p for p in parts if isinstance(p, Events)]
    return Events.joined(spikes) if spikes else np.concatenate([p for p in parts if not isinstance(p, Events)])

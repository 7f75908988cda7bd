"""Awake rehearsal: some samples of earlier tasks are shown again with those of a new one.

Which ones is settled when a task is new: its samples are put in an order once, and rehearsal takes the first of them.
A smaller share is part of a larger one, and nothing has to be kept but the seed.
"""

from __future__ import annotations

import numpy as np

from neurosim.scenario.datasets import Indices
from neurosim.scenario.randomness import stream
from neurosim.scenario.spec import RehearsalTable
from neurosim.scenario.streams import Task


def with_rehearsed(table: RehearsalTable | None, tasks: list[Task], task: Task, seed: int) -> Indices:
    """The training samples of a task, and behind them those of the tasks before it that are shown again."""
    if table is None:
        return task.train
    return np.concatenate([task.train, *(buffered(table, e, task.index, seed) for e in tasks[: task.index])])


def buffered(table: RehearsalTable, earlier: Task, tasks_seen: int, seed: int) -> Indices:
    """What is kept of a task when `tasks_seen` have been seen: its share of the samples, or of the buffer."""
    if table.fraction is not None:
        kept = round(table.fraction * len(earlier.train))
    else:
        assert table.samples is not None
        kept = table.samples // tasks_seen
    return stream(seed, "rehearsal", earlier.index).permutation(earlier.train)[:kept]

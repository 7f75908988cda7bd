"""Awake rehearsal: some samples of earlier tasks are shown again with those of a new one.

Which ones is settled when a task is new: its samples are put in an order once, and rehearsal takes the first of them.
A smaller share is part of a larger one, and nothing has to be kept but the seed.
"""

from __future__ import annotations

from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.randomness import stream
from neurosim.scenario.spec import RehearsalTable
from neurosim.scenario.streams import Shown, Task


def with_rehearsed(table: RehearsalTable | None, tasks: list[Task], task: Task, seed: int) -> Shown:
    """The training samples of a task, and behind them those of the tasks before it that are shown again."""
    if table is None:
        return task.shows(task.train)
    earlier = (e.shows(buffered(table, e, task.index, seed)) for e in tasks[: task.index])
    return Shown.joined([task.shows(task.train), *earlier])


def buffered(table: RehearsalTable, earlier: Task, tasks_seen: int, seed: int) -> Indices:
    """What is kept of a task when `tasks_seen` have been seen: its share of the samples, or of the buffer."""
    order = stream(seed, "rehearsal", earlier.index).permutation(earlier.train)
    return order[: share(table, earlier, tasks_seen)]


def share(table: RehearsalTable, earlier: Task, tasks_seen: int) -> int:
    """How many samples of a task are kept at most when `tasks_seen` have been seen."""
    if table.fraction is not None:
        return round(table.fraction * len(earlier.train))
    assert table.samples is not None
    return table.samples // tasks_seen


def bits(table: RehearsalTable | None, seen: list[Task], data: Dataset) -> int:
    """sum_j n_j * bits of a sample, n_j what is kept of task j: the buffer after these tasks, labels not counted."""
    if table is None:
        return 0
    kept = sum(min(share(table, task, len(seen)), len(task.train)) for task in seen)
    return kept * data.sample_bits

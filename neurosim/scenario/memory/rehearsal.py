"""Awake rehearsal: some samples of earlier tasks are shown again with those of a new one.

Which ones is settled when a task is new: its samples are put in an order once, and rehearsal takes the first of them.
A smaller share is part of a larger one, and nothing has to be kept but the seed.
"""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.model.randomness import stream
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.schema import RehearsalTable
from neurosim.scenario.streams import SampleRefs, Task


def with_rehearsed(table: RehearsalTable | None, tasks: list[Task], task: Task, seed: int) -> SampleRefs:
    """The training samples of a task, and after them those of earlier tasks that are shown again."""
    if table is None:
        return task.shows(task.train)
    seen = tasks[: task.index]
    earlier = (e.shows(_first(e, share, seed)) for e, share in zip(seen, shares(table, seen), strict=True))
    return SampleRefs.joined([task.shows(task.train), *earlier])


def _first(earlier: Task, share: int, seed: int) -> Indices:
    """The samples that are kept of a task: the first of them, in the order that was settled for it."""
    return stream(seed, "rehearsal", earlier.index).permutation(earlier.train)[:share]


def shares(table: RehearsalTable, seen: Sequence[Task]) -> list[int]:
    """How many samples of each task are kept when these have been seen: a fraction of it, or its part of the buffer.

    A buffer is full while there are samples for it: tasks have as many places each, the earliest one more where places
    are left over, and what a small task leaves free goes to the others. No task's share grows with later ones.
    """
    sizes = [len(task.train) for task in seen]
    if table.fraction is not None:
        return [round(table.fraction * size) for size in sizes]
    assert table.samples is not None
    return _divided(table.samples, sizes)


def _divided(places: int, sizes: Sequence[int]) -> list[int]:
    """min(size, level) of each, with the level at which all places are taken, and one more of the first ones."""
    by_size = sorted(range(len(sizes)), key=lambda k: sizes[k])
    level = 0
    for at, k in enumerate(by_size):
        level = places // (len(sizes) - at)
        if sizes[k] > level:
            break
        places -= sizes[k]
    kept = [min(size, level) for size in sizes]
    larger = [k for k, size in enumerate(sizes) if size > level]
    for k in larger[: places - level * len(larger)] if larger else []:
        kept[k] += 1
    return kept


def bits(table: RehearsalTable | None, seen: list[Task], data: Dataset) -> int:
    """sum_j n_j * bits of a sample: the buffer after these tasks, without labels; n_j samples of task j are kept."""
    if table is None:
        return 0
    return sum(shares(table, seen)) * data.sample_bits

"""``[data]`` and ``[stream]``: what is shown, and in which tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from neurosim.scenario import datasets, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.schema.table import Table
from neurosim.scenario.streams import Task

MOST_STEPS = 1_000_000
"""Of a sample: one every microsecond of a second."""

MOST_TASKS = 10_000
"""Each has lists of its own, and is tested after every other one."""


class DataTable(Table):
    """A data set and its parts; see `neurosim.scenario.datasets.load`."""

    name: str
    test: Annotated[int, Field(ge=1)] | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    train: Annotated[int, Field(ge=1)] | None = None
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)] | None = None
    split_seed: int = 0

    def build(self, folder: Path | None = None) -> Dataset:
        """Load and split the data.

        Parameters
        ----------
        folder
            Where data sets are, as in `neurosim.scenario.datasets.load`.
        """
        return datasets.load(**self.model_dump(), folder=folder)


class JointStream(Table):
    kind: Literal["joint"]

    def build(self, data: Dataset) -> list[Task]:
        return streams.joint(data)


class ClassIncrementalStream(Table):
    kind: Literal["class-incremental"]
    increment: Annotated[int, Field(ge=1)]
    initial_increment: Annotated[int, Field(ge=1)] | None = None
    class_order: tuple[int, ...] | None = Field(default=None, strict=False)

    def build(self, data: Dataset) -> list[Task]:
        return streams.class_incremental(data, self.increment, self.class_order, self.initial_increment)


class PermutedStream(Table):
    kind: Literal["permuted"]
    tasks: Annotated[int, Field(ge=1, le=MOST_TASKS)]
    permutation_seed: int = 0

    def build(self, data: Dataset) -> list[Task]:
        return streams.permuted(data, self.tasks, self.permutation_seed)


class RotatedStream(Table):
    """Degrees from one task to the next."""

    kind: Literal["rotated"]
    tasks: Annotated[int, Field(ge=1, le=MOST_TASKS)]
    angle: float

    def build(self, data: Dataset) -> list[Task]:
        return streams.rotated(data, self.tasks, self.angle)


class OddEvenStream(Table):
    kind: Literal["odd-even"]

    def build(self, data: Dataset) -> list[Task]:
        return streams.odd_even(data)


class SampleIncrementalStream(Table):
    """The group that is left out of the first task."""

    kind: Literal["sample-incremental"]
    group: Annotated[int, Field(ge=0)]

    def build(self, data: Dataset) -> list[Task]:
        return streams.sample_incremental(data, self.group)

"""``[data]`` and ``[stream]``: what is shown, and in which tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from neurosim.edges.extensions import ExtensionGroup
from neurosim.edges.extensions.table import PackageTable
from neurosim.edges.toml.table import Table
from neurosim.errors import SpecError
from neurosim.scenario import datasets, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.datasets.from_code.entry_points import DATA_SETS
from neurosim.scenario.schema.data_sources.base import SourceTable
from neurosim.scenario.schema.data_sources.code import MOST_STEPS
from neurosim.scenario.streams import Task
from neurosim.scenario.streams.checked import checked

STREAMS = ExtensionGroup("neurosim.streams")
"""Streams of other packages: an entry point is a dataclass or pydantic model of settings, with ``build(data)``."""

MOST_TASKS = 10_000
"""The most tasks of a stream: each has lists of its own, and is tested after every other one."""


class DataTable(SourceTable):
    """A data set by its name, and its parts; see `neurosim.scenario.datasets.load`."""

    source: ClassVar[str] = "name"

    name: str
    test: Annotated[int, Field(ge=1)] | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    train: Annotated[int, Field(ge=1)] | None = None
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)] | None = None
    split_seed: int = 0

    @property
    def versions(self) -> dict[str, str]:
        """The version of the package that offers the data, by the name of its distribution; empty where none does."""
        return {} if self.name in datasets.DATASETS else DATA_SETS.version(self.name)

    def build(self, folder: Path | None = None, *, allow_code: bool = False) -> Dataset:
        """Load and split the data.

        Parameters
        ----------
        folder
            Where data sets are, as in `neurosim.scenario.datasets.load`.
        allow_code
            Nothing of the user's own is executed here.

        Raises
        ------
        SpecError
            For an unknown name, files that are missing or damaged, and parts larger than the data.
        """
        return datasets.load(**self.model_dump(), folder=folder)


class JointStream(Table):
    """One task with all classes."""

    kind: Literal["joint"]

    def build(self, data: Dataset) -> list[Task]:
        """The one task."""
        return streams.joint(data)


class ClassIncrementalStream(Table):
    """Each task brings new classes; see `neurosim.scenario.streams.class_incremental`."""

    kind: Literal["class-incremental"]
    increment: Annotated[int, Field(ge=1)]
    initial_increment: Annotated[int, Field(ge=1)] | None = None
    class_order: tuple[int, ...] | None = Field(default=None, strict=False)

    def build(self, data: Dataset) -> list[Task]:
        """The tasks, in the order of their classes.

        Raises
        ------
        SpecError
            If the increments do not cover the classes exactly, or the order is not one of all classes.
        """
        return streams.class_incremental(data, self.increment, self.class_order, self.initial_increment)


class PermutedStream(Table):
    """Each task shows all classes with units in an order of its own; see `neurosim.scenario.streams.permuted`."""

    kind: Literal["permuted"]
    tasks: Annotated[int, Field(ge=1, le=MOST_TASKS)]
    permutation_seed: int = 0

    def build(self, data: Dataset) -> list[Task]:
        """The tasks; the first shows samples as they are."""
        return streams.permuted(data, self.tasks, self.permutation_seed)


class RotatedStream(Table):
    """Each task turns the images of the one before it by `angle` degrees; see `neurosim.scenario.streams.rotated`."""

    kind: Literal["rotated"]
    tasks: Annotated[int, Field(ge=1, le=MOST_TASKS)]
    angle: float

    def build(self, data: Dataset) -> list[Task]:
        """The tasks; the first shows images as they are.

        Raises
        ------
        SpecError
            For samples that are no square images.
        """
        return streams.rotated(data, self.tasks, self.angle)


class OddEvenStream(Table):
    """Each task tells an even class from an odd one; see `neurosim.scenario.streams.odd_even`."""

    kind: Literal["odd-even"]

    def build(self, data: Dataset) -> list[Task]:
        """The tasks, two classes each.

        Raises
        ------
        SpecError
            If the number of classes is odd.
        """
        return streams.odd_even(data)


class SampleIncrementalStream(Table):
    """The second task adds the samples of `group`, which the first leaves out."""

    kind: Literal["sample-incremental"]
    group: Annotated[int, Field(ge=0)]

    def build(self, data: Dataset) -> list[Task]:
        """The two tasks.

        Raises
        ------
        SpecError
            If the data set has no such group, or too few samples beside it.
        """
        return streams.sample_incremental(data, self.group)


OWN_STREAMS = ("joint", "class-incremental", "permuted", "rotated", "odd-even", "sample-incremental", "list")


class PackageStream(PackageTable):
    """A stream of an installed package, whose class has ``build(data)``, which gives the tasks."""

    group = STREAMS
    own = staticmethod(lambda: OWN_STREAMS)

    kind: str

    def build(self, data: Dataset) -> list[Task]:
        """The tasks that the package gives.

        Raises
        ------
        SpecError
            If it raises an exception, or gives no tasks of these data.
        """
        tasks = self.called("[stream]", "build", data)
        try:
            return checked(data, tasks)
        except SpecError as error:
            raise SpecError(f"[stream] kind = {self.kind!r}: {self._source} gave {error}") from None

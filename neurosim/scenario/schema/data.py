"""``[data]`` and ``[stream]``: what is shown, and in which tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from neurosim.edges.toml.table import Table
from neurosim.scenario import datasets, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.datasets.from_code import python_code, tonic_sets
from neurosim.scenario.datasets.from_code.python_code import name_of
from neurosim.scenario.streams import Task

MOST_STEPS = 1_000_000
"""The most steps of a sample: one every microsecond of a second."""

MOST_TASKS = 10_000
"""The most tasks of a stream: each has lists of its own, and is tested after every other one."""


SOURCES = ("name", "code", "tonic")
"""Keys of ``[data]`` that say where the data are from; there is one of them."""

LATER = ("code", "tonic", "duration")
"""Keys that came later: where they are not set, resolved settings do not have them, as of old."""


class DataTable(Table):
    """A data set and its parts; see `neurosim.scenario.datasets.load`."""

    name: str | None = None
    code: str | None = None
    tonic: str | None = None
    test: Annotated[int, Field(ge=1)] | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    train: Annotated[int, Field(ge=1)] | None = None
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)] | None = None
    duration: str | None = None
    split_seed: int = 0

    @model_validator(mode="after")
    def _one_source(self) -> DataTable:
        given = [key for key in SOURCES if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"expected one of {', '.join(SOURCES)}, found {' and '.join(given) or 'none of them'}")
        if self.code is not None:
            name_of(self.code)
        return self

    @model_validator(mode="after")
    def _time_of_tonic(self) -> DataTable:
        if self.tonic is not None and (self.steps is None or self.duration is None):
            raise ValueError("with 'tonic', expected 'steps' and 'duration' as well")
        if self.tonic is None and self.duration is not None:
            raise ValueError("'duration' goes with 'tonic'")
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_set(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in whole(self).items() if key not in LATER or value is not None}

    def beside(self, folder: Path) -> DataTable:
        """The table, with the path of a Python file taken from a folder."""
        return self if self.code is None else self.model_copy(update={"code": str(name_of(self.code).beside(folder))})

    def build(self, folder: Path | None = None, *, allow_code: bool = False) -> Dataset:
        """Load and split the data.

        Parameters
        ----------
        folder
            Where data sets are, as in `neurosim.scenario.datasets.load`.
        allow_code
            Whether the Python code that `code` names may be executed.

        Raises
        ------
        SpecError
            For an unknown name, files that are missing or damaged, parts larger than the data, and code that may not be
            executed or gives no samples.
        """
        parts = self.model_dump(include={"test", "validation", "train", "split_seed"})
        if self.code is not None:
            if not allow_code:
                raise python_code.not_allowed(self.code)
            samples, source = python_code.read(self.code, folder, self.steps)
            return datasets.of_samples(name_of(self.code).title, samples, **parts, code=source)
        if self.tonic is not None:
            assert self.steps is not None
            assert self.duration is not None
            return datasets.of_samples(
                self.tonic, tonic_sets.read(self.tonic, folder, self.steps, self.duration), **parts
            )
        assert self.name is not None, "one of the sources is there"
        return datasets.load(name=self.name, **parts, steps=self.steps, folder=folder)


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

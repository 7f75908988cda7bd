"""``[stream] kind = "list"`` and its ``[[stream.task]]``: tasks that are listed one by one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from neurosim.edges.toml.table import Number, Table
from neurosim.scenario import streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.streams import ListedTask, Task
from neurosim.scenario.streams.transformations import Transformation

MOST_LISTED = 10_000
"""The most tasks of a list: each has lists of its own, and is tested after every other one."""

Output = Annotated[int, Field(ge=0)]


class PermutedTable(Table):
    """Units in another order, that of task 1 of a permuted stream; see `neurosim.scenario.streams.permutation`."""

    kind: Literal["permuted"]
    seed: int = 0

    def build(self, data: Dataset, where: str) -> Transformation:
        """The transformation of these data, which the scenario file asks for at a place."""
        return streams.permutation(data, self.seed)


class RotatedTable(Table):
    """Images turned counter-clockwise by degrees; see `neurosim.scenario.streams.rotation`."""

    kind: Literal["rotated"]
    angle: Number

    def build(self, data: Dataset, where: str) -> Transformation:
        """The transformation of these data, which the scenario file asks for at a place.

        Raises
        ------
        SpecError
            For samples that are no images.
        """
        return streams.rotation(data, float(self.angle), f"{where}.kind")


class InvertedTable(Table):
    """Light for dark; see `neurosim.scenario.streams.inversion`."""

    kind: Literal["inverted"]

    def build(self, data: Dataset, where: str) -> Transformation:
        """The transformation of these data, which the scenario file asks for at a place.

        Raises
        ------
        SpecError
            For spikes in time.
        """
        return streams.inversion(data, f"{where}.kind")


class TaskTable(Table):
    """One task of a list; see `neurosim.scenario.streams.ListedTask`."""

    classes: tuple[int | str, ...] | None = Field(default=None, strict=False, min_length=1)
    groups: tuple[int, ...] | None = Field(default=None, strict=False, min_length=1)
    samples: Annotated[int, Field(ge=1)] | None = None
    fraction: Annotated[Number, Field(gt=0, le=1)] | None = None
    transformation: Annotated[PermutedTable | RotatedTable | InvertedTable, Field(discriminator="kind")] | None = None
    outputs: tuple[Output, ...] | None = Field(default=None, strict=False, min_length=1)

    @model_validator(mode="after")
    def _one_size(self) -> TaskTable:
        if self.samples is not None and self.fraction is not None:
            raise ValueError("expected one of 'samples' and 'fraction'")
        return self

    def asked(self, data: Dataset, where: str) -> ListedTask:
        """What the table asks for.

        Raises
        ------
        SpecError
            For a transformation that the data do not fit.
        """
        shown = None if self.transformation is None else self.transformation.build(data, f"{where}.transformation")
        fraction = None if self.fraction is None else float(self.fraction)
        return ListedTask(self.classes, self.groups, self.samples, fraction, shown, self.outputs)


class ListStream(Table):
    """Tasks that are listed one by one; see `neurosim.scenario.streams.listed`."""

    kind: Literal["list"]
    labels: dict[str, Output] = {}
    task: tuple[TaskTable, ...] = Field(strict=False, min_length=1, max_length=MOST_LISTED)

    def build(self, data: Dataset) -> list[Task]:
        """The tasks, in the order in which they are listed.

        Raises
        ------
        SpecError
            For a task that the data do not fit; it names the key.
        """
        asked = [table.asked(data, streams.place_of(k)) for k, table in enumerate(self.task)]
        return streams.listed(data, asked, self.labels)

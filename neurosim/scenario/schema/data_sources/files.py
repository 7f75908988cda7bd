"""``[data] file``: data of a user's own, in a file of numbers, a file of spikes or a folder of event files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from neurosim.edges.toml.table import Number, Table
from neurosim.scenario import datasets
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.schema.data_sources.base import Own, SourceTable
from neurosim.scenario.schema.data_sources.code import MOST_STEPS

ColumnName = str | int


class ScalingTable(Table):
    """y = (x - low)/(high - low): the numbers that become 0 and 1."""

    low: Number
    high: Number

    @model_validator(mode="after")
    def _rises(self) -> ScalingTable:
        if not self.low < self.high:
            raise ValueError("expected low < high")
        return self


class FileTable(SourceTable):
    """Data in a file or folder of a user's own."""

    source: ClassVar[str] = "file"

    file: Annotated[str, Field(min_length=1)]

    @property
    def path(self) -> str | None:
        """The path of the file or folder."""
        return self.file

    def at(self: Own, path: str) -> Own:
        """The same data at another path."""
        return self.model_copy(update={"file": path})


class NumbersFileTable(FileTable):
    """Numbers in a file; see `neurosim.scenario.datasets.from_file`."""

    test: Annotated[int, Field(ge=1)] | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    train: Annotated[int, Field(ge=1)] | None = None
    split_seed: int = 0
    inputs: ColumnName | Annotated[tuple[ColumnName, ...], Field(strict=False)] | None = None
    labels: ColumnName | Annotated[tuple[ColumnName, ...], Field(strict=False)] | None = None
    groups: ColumnName | Annotated[tuple[ColumnName, ...], Field(strict=False)] | None = None
    scaling: Literal["none", "minmax", "minmax-all", "bytes"] | ScalingTable = "none"
    shape: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(default=None, min_length=1, strict=False)
    classes: tuple[str | int, ...] | None = Field(default=None, min_length=1, strict=False)

    def build(self, folder: Path | None = None, *, allow_code: bool = False) -> Dataset:
        """Read, scale and split the data.

        Parameters
        ----------
        folder
            Where the file is looked for, if it is not at its path.
        allow_code
            Nothing is executed here.

        Raises
        ------
        SpecError
            Naming the file, and the first row of it that does not fit.
        """
        keys = {**dict(self), "folder": folder}
        if isinstance(self.scaling, ScalingTable):
            keys["scaling"] = self.scaling.low, self.scaling.high
        return datasets.from_file(**keys)


class SpikeNamesTable(Table):
    """The arrays of a file that have spikes: a list for each sample, or all with `samples` or `offsets`."""

    times: str | None = None
    units: str | None = None
    samples: str | None = None
    offsets: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> SpikeNamesTable:
        if self.samples is not None and self.offsets is not None:
            raise ValueError("expected one of 'samples' and 'offsets', or neither")
        return self


class SpikesFileTable(FileTable):
    """Spikes in a file, or in a folder of event files; see `neurosim.scenario.datasets.from_spike_file`."""

    test: Annotated[int, Field(ge=1)] | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    train: Annotated[int, Field(ge=1)] | None = None
    split_seed: int = 0
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)]
    duration: str | None = None
    time_unit: Literal["s", "ms", "us", "ns", "steps"] | None = None
    units: Annotated[int, Field(ge=1)] | None = None
    shape: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(default=None, min_length=1, strict=False)
    show: Literal["spikes", "rates"] = "spikes"
    inputs: SpikeNamesTable | None = None
    labels: str | None = None
    groups: str | None = None
    classes: tuple[str | int, ...] | None = Field(default=None, min_length=1, strict=False)

    def build(self, folder: Path | None = None, *, allow_code: bool = False) -> Dataset:
        """Read, bin and split the data.

        Parameters
        ----------
        folder
            Where the file is looked for, if it is not at its path.
        allow_code
            Nothing is executed here.

        Raises
        ------
        SpecError
            Naming the file, and the first sample of it that does not fit.
        """
        inputs = None if self.inputs is None else self.inputs.model_dump()
        return datasets.from_spike_file(**{**dict(self), "inputs": inputs, "folder": folder})

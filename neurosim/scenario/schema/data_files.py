"""``[data] file``: data of a user's own, in a file of numbers, a file of spikes or a folder of event files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from neurosim.edges.toml.table import Number, Table
from neurosim.scenario import datasets
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.schema.data import MOST_STEPS, DataTable

OF_SPIKES = frozenset({"steps", "duration", "time_unit", "units", "show"})
"""Keys that a file of numbers does not have."""

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


class NumbersFileTable(Table):
    """Numbers in a file; see `neurosim.scenario.datasets.from_file`."""

    file: Annotated[str, Field(min_length=1)]
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

    @property
    def name(self) -> str:
        """What messages call the data set."""
        return Path(self.file).name

    def build(self, folder: Path | None = None) -> Dataset:
        """Read, scale and split the data.

        Parameters
        ----------
        folder
            Where the file is looked for, if it is not at its path.

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


class SpikesFileTable(Table):
    """Spikes in a file, or in a folder of event files; see `neurosim.scenario.datasets.from_spike_file`."""

    file: Annotated[str, Field(min_length=1)]
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

    @property
    def name(self) -> str:
        """What messages call the data set."""
        return Path(self.file).name

    def build(self, folder: Path | None = None) -> Dataset:
        """Read, bin and split the data.

        Parameters
        ----------
        folder
            Where the file is looked for, if it is not at its path.

        Raises
        ------
        SpecError
            Naming the file, and the first sample of it that does not fit.
        """
        inputs = None if self.inputs is None else self.inputs.model_dump()
        return datasets.from_spike_file(**{**dict(self), "inputs": inputs, "folder": folder})


def _kind_of(table: Any) -> str:
    """Which of the tables a user has written, by its keys; a path without an ending is that of a folder of events."""
    if not isinstance(table, dict):
        return type(table).__name__
    if "file" not in table:
        return DataTable.__name__
    of_spikes = OF_SPIKES & set(table) or not Path(str(table["file"])).suffix
    return (SpikesFileTable if of_spikes else NumbersFileTable).__name__


def _one_of_both(table: Any) -> Any:
    """Refuse a table that names no data, or that names them twice."""
    if isinstance(table, dict) and ("name" in table) == ("file" in table):
        found = "both" if "name" in table else "neither"
        raise ValueError(f"it has {found} of 'name', a data set, and 'file', data of your own; expected one of them")
    return table


AnyDataTable = Annotated[
    Annotated[DataTable, Tag("DataTable")]
    | Annotated[NumbersFileTable, Tag("NumbersFileTable")]
    | Annotated[SpikesFileTable, Tag("SpikesFileTable")],
    Discriminator(_kind_of),
    BeforeValidator(_one_of_both),
]
FILES = (NumbersFileTable, SpikesFileTable)
"""Tables of data of a user's own."""

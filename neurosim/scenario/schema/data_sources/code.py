"""``[data] code`` and ``[data] tonic``: data that Python code gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from neurosim.scenario import datasets
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.datasets.from_code import python_code, tonic_sets
from neurosim.scenario.datasets.from_code.python_code import name_of
from neurosim.scenario.schema.data_sources.base import SourceTable

MOST_STEPS = 1_000_000
"""The most steps of a sample: one every microsecond of a second."""


class CodeTable(SourceTable):
    """A function of a user's own, which is executed where the user allows it."""

    source: ClassVar[str] = "code"

    code: str
    test: Annotated[int, Field(ge=1)] | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    train: Annotated[int, Field(ge=1)] | None = None
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)] | None = None
    split_seed: int = 0

    @field_validator("code")
    @classmethod
    def _names_a_function(cls, code: str) -> str:
        name_of(code)
        return code

    @property
    def path(self) -> str | None:
        """The path of the Python file; None for a module that is imported."""
        name = name_of(self.code)
        return name.module if name.is_file else None

    def at(self, path: str) -> CodeTable:
        """The same function in a Python file at another path; a module that is imported stays."""
        if self.path is None:
            return self
        return self.model_copy(update={"code": str(replace(name_of(self.code), module=path))})

    def build(self, folder: Path | None = None, *, allow_code: bool = False) -> Dataset:
        """Execute the code, and split what its function gives.

        Parameters
        ----------
        folder
            Where data sets are, which the function is told.
        allow_code
            Whether the code may be executed.

        Raises
        ------
        SpecError
            For code that may not be executed or gives no samples, and parts larger than the data.
        """
        if not allow_code:
            raise python_code.not_allowed(self.code)
        samples, source = python_code.read(self.code, folder, self.steps)
        parts = self.model_dump(include={"test", "validation", "train", "split_seed"})
        return datasets.of_samples(name_of(self.code).title, samples, **parts, source=source)


class TonicTable(SourceTable):
    """A data set that tonic reads; see `neurosim.scenario.datasets.from_code.tonic_sets`."""

    source: ClassVar[str] = "tonic"

    tonic: str
    test: Annotated[int, Field(ge=1)] | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    train: Annotated[int, Field(ge=1)] | None = None
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)]
    duration: str
    split_seed: int = 0

    def build(self, folder: Path | None = None, *, allow_code: bool = False) -> Dataset:
        """Read and split the data.

        Parameters
        ----------
        folder
            Where data sets are.
        allow_code
            Nothing of the user's own is executed here.

        Raises
        ------
        SpecError
            For an unknown name, files that are missing or damaged, and parts larger than the data.
        """
        parts = self.model_dump(include={"test", "validation", "train", "split_seed"})
        return datasets.of_samples(self.tonic, tonic_sets.read(self.tonic, folder, self.steps, self.duration), **parts)

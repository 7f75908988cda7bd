"""What every table of a file that users write is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of the file: unknown keys are refused, values are not converted from other types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


FOLDER = "folder"
"""Of the file that is read, in the context of its check, where its paths are taken from there."""

Number = float  # whole numbers are accepted as well

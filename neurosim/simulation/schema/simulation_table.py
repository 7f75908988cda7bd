"""``[simulation]``: how long, in which steps and numbers a network runs, and what is recorded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurosim.edges.toml.table import Table
from neurosim.program.precision.tables import FloatTable, Format
from neurosim.simulation.schema.shapes import Amount


class SimulationTable(Table):
    """The head of a file: name, duration, step, seed, what is recorded, number format, and the tier demanded."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    description: str = ""
    duration: Amount
    dt: Amount | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    record: tuple[str, ...] | None = Field(default=None, strict=False)
    precision: Format = FloatTable(format="float64")
    tier: Literal["T0"] | None = None

"""``[scenario]``: name, number format, and the tier that is demanded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurosim.edges.toml.table import Table
from neurosim.program.precision.tables import FloatTable, Format


class ScenarioTable(Table):
    """The head of a scenario: its name, number format, and the tier of agreement that backends must reach."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    description: str = ""
    precision: Format = FloatTable(format="float64")
    tier: Literal["T0", "T1"] = "T1"

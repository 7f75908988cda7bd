"""``[scenario]``: name, number format, and the tier that is demanded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurosim.program.precision import Float64, Grid, Precision
from neurosim.scenario.spec.table import Table


class FloatFormat(Table):
    format: Literal["float64"]

    def precision(self) -> Precision:
        return Float64()


class GridFormat(Table):
    format: Literal["grid"]
    output_bits: int = 20
    weight_bits: int = 24

    def precision(self) -> Precision:
        return Grid(self.output_bits, self.weight_bits)


class ScenarioTable(Table):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    description: str = ""
    precision: Annotated[FloatFormat | GridFormat, Field(discriminator="format")] = FloatFormat(format="float64")
    tier: Literal["T0", "T1"] = "T1"

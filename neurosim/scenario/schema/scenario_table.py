"""``[scenario]``: name, number format, the tier that is demanded, and further metrics."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer

from neurosim.edges.extensions.settings import unknown_name
from neurosim.edges.toml.table import Table
from neurosim.program.precision.tables import FloatTable, Format
from neurosim.results.metric import METRICS, of_package
from neurosim.results.metrics import OF_A_RUN


def _offered(name: str) -> str:
    """The name of a metric that an installed package offers."""
    if name in {metric.name for metric in OF_A_RUN}:
        raise ValueError("every run has this metric; expected the name of one that another package offers")
    if name not in METRICS:
        raise unknown_name(METRICS.names())
    return of_package(name).name


class ScenarioTable(Table):
    """The head of a scenario: its name, number format, and the tier of agreement that backends must reach."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    description: str = ""
    precision: Format = FloatTable(format="float64")
    tier: Literal["T0", "T1"] = "T1"
    metrics: tuple[Annotated[str, AfterValidator(_offered)], ...] = Field(default=(), strict=False)

    @model_serializer(mode="wrap")
    def _without_what_is_empty(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The keys; without metrics where none is named, as files had them before there were any."""
        return {name: value for name, value in plain(self).items() if name != "metrics" or value}

"""``[models.NAME]``: a neuron model as differential equations, or as the equations of a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from neurosim.edges.toml.table import Number, Table
from neurosim.model.network.tables import NeuronTable, parameter
from neurosim.model.ode import OdeModel, ode
from neurosim.simulation.schema.shapes import Amount, shape_of

PerNeuron = Annotated[dict[Literal["learned", "driven"], Number], Field(min_length=1, max_length=1)]

Parameter = Annotated[
    Annotated[Number, Tag("number")] | Annotated[str, Tag("text")] | Annotated[PerNeuron, Tag("table")],
    Discriminator(
        shape_of,
        custom_error_type="parameter",
        custom_error_message="expected a number, a text with a unit, or { driven = 0.0 }",
    ),
]

Reset = Annotated[
    Annotated[str, Tag("text")] | Annotated[dict[str, Amount], Tag("table")],
    Discriminator(
        shape_of, custom_error_type="reset", custom_error_message="expected { v = 'v_r' }, or statements as a text"
    ),
]


class OdeTable(Table):
    """A neuron model as differential equations; see `neurosim.model.ode.ode`, which has these arguments."""

    equations: tuple[str, ...] = Field(strict=False)
    spike: str | None = None
    reset: Reset | None = None
    refractory: Amount | None = None
    params: dict[str, Parameter] = {}
    ports: dict[str, str] = {}
    initial: dict[str, Amount] = {}
    integrator: Literal["exact", "exponential-euler", "euler", "rk4"] | None = None
    output: str | None = None

    def build(self, name: str) -> OdeModel:
        """The neuron model of that name.

        Raises
        ------
        NeurosimError
            If its equations are wrong, or its values do not fit them.
        """
        plain = self.model_dump(exclude={"equations", "params"})
        params = {n: parameter(v) if isinstance(v, Mapping) else v for n, v in self.params.items()}
        return ode(*self.equations, params=params, name=name, **plain)


def _form(table: Any) -> str:
    """Which of the two a table is: equations of a step have the key `update` or `state`."""
    stepwise = isinstance(table, Mapping) and bool({"update", "state"} & set(table)) and "equations" not in table
    return "NeuronTable" if stepwise else "OdeTable"


ModelTable = Annotated[
    Annotated[OdeTable, Tag("OdeTable")] | Annotated[NeuronTable, Tag("NeuronTable")], Discriminator(_form)
]

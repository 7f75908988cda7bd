"""Which pairs of neurons have a synapse, as tables; see `neurosim.model.connectivity.rules`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from neurosim.edges.toml.table import Number
from neurosim.model.connectivity import rules
from neurosim.simulation.schema.call_table import CallTable
from neurosim.simulation.schema.parts.files import MatrixTable
from neurosim.simulation.schema.shapes import Amount, shape_of


class AllPairsTable(CallTable):
    """Every source has a synapse to every target."""

    function: ClassVar[Any] = rules.all_to_all
    kind: Literal["all_to_all"]


class LikeToLikeTable(CallTable):
    """Neuron i of the source has one synapse, to neuron i of the target."""

    function: ClassVar[Any] = rules.one_to_one
    kind: Literal["one_to_one"]


class GivenPairsTable(CallTable):
    """Source i[k] has a synapse to target j[k]."""

    function: ClassVar[Any] = rules.pairs
    kind: Literal["pairs"]
    i: list[int]
    j: list[int]


class RandomPairsTable(CallTable):
    """Each pair with the same probability."""

    function: ClassVar[Any] = rules.random
    kind: Literal["random"]
    p: Number
    self_connections: bool = True


class InDegreeTable(CallTable):
    """The same number of random sources for each target."""

    function: ClassVar[Any] = rules.fixed_in_degree
    kind: Literal["fixed_in_degree"]
    n: int
    self_connections: bool = True
    multiple: bool = False


class OutDegreeTable(CallTable):
    """The same number of random targets for each source."""

    function: ClassVar[Any] = rules.fixed_out_degree
    kind: Literal["fixed_out_degree"]
    n: int
    self_connections: bool = True
    multiple: bool = False


class TotalTable(CallTable):
    """A number of random synapses in all."""

    function: ClassVar[Any] = rules.fixed_total
    kind: Literal["fixed_total"]
    n: int
    self_connections: bool = True
    multiple: bool = False


class GridLayoutTable(CallTable):
    """Positions on a grid."""

    function: ClassVar[Any] = rules.grid_layout
    kind: Literal["grid_layout"]
    rows: int
    cols: int
    spacing: Amount


Positions = Annotated[
    Annotated[list[list[Number]], Tag("list")] | Annotated[GridLayoutTable, Tag("table")],
    Discriminator(
        shape_of,
        custom_error_type="positions",
        custom_error_message="expected a list of positions in um, or a grid_layout",
    ),
]


class DistanceTable(CallTable):
    """Each pair with a probability that follows from the distance of its neurons."""

    function: ClassVar[Any] = rules.by_distance
    kind: Literal["by_distance"]
    probability: str
    source: Positions
    target: Positions | None = None
    periodic: list[Amount] | None = None
    parameters: dict[str, Amount] | None = None
    self_connections: bool = True


WiringTable = Annotated[
    AllPairsTable
    | LikeToLikeTable
    | GivenPairsTable
    | RandomPairsTable
    | InDegreeTable
    | OutDegreeTable
    | TotalTable
    | DistanceTable
    | MatrixTable,
    Field(discriminator="kind"),
]

"""``[network]``: populations, sources, and what connects them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from neurosim.edges.toml.table import Table
from neurosim.model.network.tables import ChosenRule
from neurosim.simulation.schema.parts.distributions import Drawn
from neurosim.simulation.schema.parts.sources import DrivingTable, SpikingTable
from neurosim.simulation.schema.parts.synapses import ChosenSynapseTable
from neurosim.simulation.schema.parts.wiring import WiringTable


class NeuronsTable(Table):
    """Neurons of one model; see `NetworkBuilder.population`, which has these arguments."""

    size: Annotated[int, Field(ge=1)]
    model: str
    parameters: dict[str, Drawn] = {}
    initial: dict[str, Drawn] = {}
    inputs: dict[str, DrivingTable] = {}
    learning: tuple[ChosenRule, ...] = Field(default=(), strict=False)


class ConnectionTable(Table):
    """Synapses between neurons; see `NetworkBuilder.connect`, which has these arguments."""

    pre: str
    post: str
    wiring: WiringTable | None = None
    weight: Drawn | None = None
    delay: Drawn = 0.0
    to: str | None = None
    synapse: ChosenSynapseTable | None = None
    learning: tuple[ChosenRule, ...] = Field(default=(), strict=False)
    parameters: dict[str, Drawn] = {}


class PartsTable(Table):
    """The populations, sources and projections of a network, by name, in the order in which they are built."""

    population: dict[str, NeuronsTable]
    source: dict[str, SpikingTable] = {}
    projection: dict[str, ConnectionTable] = {}

"""``[network]``: populations, sources, and what connects them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from neurosim.edges.toml.beside import Beside
from neurosim.edges.toml.table import Table
from neurosim.interchange.nir.table import ChoicesTable
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
    """The populations, sources and projections of a network, by name, in the order in which they are built.

    Those of a file of NIR come first.
    """

    nir: Beside | None = None
    choices: ChoicesTable = ChoicesTable()
    population: dict[str, NeuronsTable] = {}
    source: dict[str, SpikingTable] = {}
    projection: dict[str, ConnectionTable] = {}

    @model_validator(mode="after")
    def _has_neurons(self) -> PartsTable:
        if self.nir is None and not self.population:
            raise ValueError("expected 'population', or 'nir' with a file of NIR")
        if self.nir is None and self.choices != ChoicesTable():
            raise ValueError("choices are for a file of NIR; expected 'nir'")
        return self

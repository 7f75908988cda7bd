"""``[synapses.NAME]``: a synapse with statements for spikes, or with equations of a step; and how one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Field, Tag

from neurosim.edges.toml.table import Table
from neurosim.model.network import library
from neurosim.model.network.tables import SynapseTable
from neurosim.model.ode.on_spikes import EventSynapse, standard, synapse
from neurosim.model.synapses import SynapseModel
from neurosim.simulation.schema.shapes import Amount

SYNAPSES: dict[str, SynapseModel | EventSynapse] = {
    **library.SYNAPSES,
    **{n: s for n, s in vars(standard).items() if isinstance(s, EventSynapse)},
}
"""The library, as a file names its synapses."""


class OnSpikesTable(Table):
    """A synapse with statements for spikes; see `neurosim.model.ode.on_spikes.synapse`, which has these arguments."""

    equations: tuple[str, ...] = Field(default=(), strict=False)
    on_pre: str
    on_post: str = ""
    params: dict[str, Amount] = {}
    initial: dict[str, Amount] = {}

    def build(self, name: str) -> EventSynapse:
        """The synapse of that name.

        Raises
        ------
        NeurosimError
            If its equations or statements are wrong, or its values do not fit them.
        """
        return synapse(*self.equations, name=name, **self.model_dump(exclude={"equations"}))


class ChosenSynapseTable(Table):
    """A synapse by its name; further keys are values of its constants."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, Amount]

    model: str


def _form(table: Any) -> str:
    """Which of the two a table is: equations of a step have the key `state` or `weight`."""
    stepwise = isinstance(table, Mapping) and not {"on_pre", "on_post", "equations"} & set(table)
    return "SynapseTable" if stepwise else "OnSpikesTable"


SynapseKind = Annotated[
    Annotated[OnSpikesTable, Tag("OnSpikesTable")] | Annotated[SynapseTable, Tag("SynapseTable")],
    Discriminator(_form),
]

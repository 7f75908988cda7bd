"""``[network]``: populations, projections, and which neurons these connect."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurosim.model.connectivity import AllToAll, Connectivity, OneToOne, Pairs
from neurosim.model.random_connectivity import fixed_in_degree
from neurosim.scenario.schema.models import ChosenModel, ChosenRule, ChosenSynapse
from neurosim.scenario.schema.table import Number, Table


class PopulationTable(Table):
    size: Annotated[int, Field(ge=1)]
    wake: ChosenModel
    sleep: ChosenModel | None = None


class ProjectionMode(Table):
    learning: tuple[ChosenRule, ...] = Field(default=(), strict=False)
    reciprocal: bool = False


class InitialTable(Table):
    """Initial weights: scale * sqrt(6/(n_in + n_out)) * U(-1, 1), or zeros.

    n_in and n_out are the synapses of a target and of a source: of all to all the sizes of pre and post, else means.
    """

    kind: Literal["glorot-uniform", "zeros"] = "glorot-uniform"
    scale: Number = 1.0


class OneToOneTable(Table):
    kind: Literal["one-to-one"]

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        return OneToOne()


class PairsTable(Table):
    """Pairs (source, target), counted from 0."""

    kind: Literal["pairs"]
    pairs: tuple[Annotated[tuple[int, int], Field(strict=False)], ...] = Field(strict=False)

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        return Pairs([i for i, _ in self.pairs], [k for _, k in self.pairs])


class FixedInDegreeTable(Table):
    """Random sources, as many for each target; the same in every run of the scenario."""

    kind: Literal["fixed-in-degree"]
    in_degree: Annotated[int, Field(ge=1)]
    wiring_seed: int = 0

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        return fixed_in_degree(self.wiring_seed, projection, pre, post, self.in_degree)


class AllToAllTable(Table):
    kind: Literal["all-to-all"] = "all-to-all"

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        return AllToAll()


class ProjectionTable(Table):
    pre: str
    post: str
    connectivity: Annotated[
        AllToAllTable | OneToOneTable | PairsTable | FixedInDegreeTable, Field(discriminator="kind")
    ] = AllToAllTable()
    synapse: ChosenSynapse | None = None
    delay: Annotated[int, Field(ge=1)] = 1
    initial: InitialTable = InitialTable()
    wake: ProjectionMode = ProjectionMode()
    sleep: ProjectionMode = ProjectionMode()


class NetworkTable(Table):
    population: dict[str, PopulationTable]
    projection: dict[str, ProjectionTable]

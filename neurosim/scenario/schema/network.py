"""``[network]``: populations, projections, and which neurons these connect."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from neurosim.edges.extensions.table import PackageTable, which
from neurosim.edges.toml.table import Number, Table
from neurosim.interchange.nir.imported import Imported
from neurosim.interchange.nir.table import ChoicesTable
from neurosim.model.connectivity import CONNECTIVITY, AllToAll, Connectivity, OneToOne, Pairs, class_of
from neurosim.model.connectivity.random_wiring import fixed_in_degree
from neurosim.model.network.tables import ChosenModel, ChosenRule, ChosenSynapse
from neurosim.scenario.schema.shared_weights import BUILDERS, Conv1dTable, Conv2dTable, FlattenTable, PoolTable


class PopulationTable(Table):
    """A population: how many neurons it has, and their model in each mode."""

    size: Annotated[int, Field(ge=1)]
    wake: ChosenModel
    sleep: ChosenModel | None = None


class ProjectionMode(Table):
    """What a projection does in one mode: the rules that it learns by, and whether it delivers both ways."""

    learning: tuple[ChosenRule, ...] = Field(default=(), strict=False)
    reciprocal: bool = False


class InitialTable(Table):
    """Initial weights: scale * sqrt(6/(n_in + n_out)) * U(-1, 1), or zeros.

    n_in and n_out are the numbers of synapses of a target and of a source: for all to all the sizes of pre and post,
    else their means. Pools and `flatten` have a weight of their own unless the table is given.
    """

    kind: Literal["glorot-uniform", "zeros"] = "glorot-uniform"
    scale: Number = 1.0


class OneToOneTable(Table):
    """Neuron i of the source has one synapse, to neuron i of the target."""

    kind: Literal["one-to-one"]

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        """The connectivity `OneToOne`."""
        return OneToOne()

    def synapses(self, pre: int, post: int) -> int:
        """The size of both populations, or of the smaller."""
        return OneToOne().synapses(pre, post)


class PairsTable(Table):
    """Pairs (source, target), counted from 0."""

    kind: Literal["pairs"]
    pairs: tuple[Annotated[tuple[int, int], Field(strict=False)], ...] = Field(strict=False)

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        """The connectivity `Pairs`.

        Raises
        ------
        ModelError
            If there is no pair.
        """
        return Pairs([i for i, _ in self.pairs], [k for _, k in self.pairs])

    def synapses(self, pre: int, post: int) -> int:
        """The number of pairs."""
        return len(self.pairs)


class FixedInDegreeTable(Table):
    """Random sources, as many for each target; the same in every run of the scenario."""

    kind: Literal["fixed-in-degree"]
    in_degree: Annotated[int, Field(ge=1)]
    wiring_seed: int = 0

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        """Pairs drawn for a projection of that name from `pre` neurons to `post` neurons.

        Raises
        ------
        ModelError
            If there are fewer sources than a target needs.
        """
        return fixed_in_degree(self.wiring_seed, projection, pre, post, self.in_degree)

    def synapses(self, pre: int, post: int) -> int:
        """As many for each target, and at most one for each source."""
        return post * min(self.in_degree, pre)


class AllToAllTable(Table):
    """Every neuron of the source has a synapse to every neuron of the target."""

    kind: Literal["all-to-all"] = "all-to-all"

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        """The connectivity `AllToAll`."""
        return AllToAll()

    def synapses(self, pre: int, post: int) -> int:
        """One for each pair of neurons."""
        return AllToAll().synapses(pre, post)


OWN_KINDS = ("all-to-all", "one-to-one", "pairs", "fixed-in-degree", *BUILDERS)


class PackageConnectivity(PackageTable):
    """Connectivity of an installed package, whose class is a `neurosim.Connectivity`."""

    group = CONNECTIVITY
    own = staticmethod(lambda: OWN_KINDS)
    needs = ("indices", "synapses")

    kind: str

    @classmethod
    def class_of(cls, name: str) -> type:
        """The class of an entry point, whose package is then imported.

        Raises
        ------
        ValueError
            If it cannot be imported, or is no `Connectivity` of this kind.
        """
        class_of(name, "connectivity of kind")
        return super().class_of(name)

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        """The object of the package's class, which is its connectivity."""
        connectivity: Connectivity = self.settings
        return connectivity

    def synapses(self, pre: int, post: int) -> int:
        """As many as the package's class says.

        Raises
        ------
        SpecError
            If it says no number of at least 0.
        """
        count = self.called("connectivity", "synapses", pre, post)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise self.wrong("connectivity", count, "the number of synapses")
        return count


OwnConnectivity = Annotated[
    AllToAllTable
    | OneToOneTable
    | PairsTable
    | FixedInDegreeTable
    | Conv1dTable
    | Conv2dTable
    | PoolTable
    | FlattenTable,
    Field(discriminator="kind"),
]
AnyConnectivity = Annotated[
    Annotated[OwnConnectivity, Tag("own")] | Annotated[PackageConnectivity, Tag("package")],
    Discriminator(which(OWN_KINDS)),
]
"""Which neurons a projection connects: of neurosim, or of a package."""


class ProjectionTable(Table):
    """A projection: its ends, its synapses, their delay in steps and first weights, and what it does in each mode."""

    pre: str
    post: str
    connectivity: AnyConnectivity = AllToAllTable()
    synapse: ChosenSynapse | None = None
    delay: Annotated[int, Field(ge=1)] = 1
    initial: InitialTable = InitialTable()
    wake: ProjectionMode = ProjectionMode()
    sleep: ProjectionMode = ProjectionMode()

    @property
    def draws_weights(self) -> bool:
        """Whether first weights are drawn: those of pools and of `flatten` are given, unless others are asked for."""
        given = isinstance(self.connectivity, (PoolTable, FlattenTable)) and "initial" not in self.model_fields_set
        return self.initial.kind == "glorot-uniform" and not given


class NetworkTable(Table):
    """The populations and projections of a network, by name, behind those of a file of NIR, if one is named."""

    nir: str | None = None
    choices: ChoicesTable = ChoicesTable()
    population: dict[str, PopulationTable] = {}
    projection: dict[str, ProjectionTable] = {}

    @model_validator(mode="after")
    def _has_neurons(self) -> NetworkTable:
        missing = [n for n in ("population", "projection") if n not in self.model_fields_set]
        if self.nir is None and missing:
            raise ValueError(f"expected '{missing[0]}', or 'nir' with a file of NIR")
        if self.nir is None and self.choices != ChoicesTable():
            raise ValueError("choices are for a file of NIR; expected 'nir'")
        return self

    def imported(self) -> Imported | None:
        """What the file of NIR gives; None where none is named.

        Raises
        ------
        NeurosimError
            As of `neurosim.interchange.nir.read`.
        """
        return None if self.nir is None else self.choices.read(self.nir)

"""A whole scenario file, and the network that it describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Discriminator, Field, Tag

from neurosim.backend.contract import Backend
from neurosim.backend.remote.table import WorkerName, WorkerTable
from neurosim.device.table import AnyDeviceTable, built
from neurosim.edges.extensions.table import PackageTable, which
from neurosim.edges.toml.table import Table
from neurosim.errors import ModelError, NeurosimError, SpecError
from neurosim.interchange.nir.imported import Imported
from neurosim.model import synapses
from neurosim.model.connectivity import AllToAll, Connectivity
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.network.library import NEURONS, RULES, SYNAPSES, chosen
from neurosim.model.network.tables import ChosenModel, ChosenRule, NeuronTable, RuleTable, SynapseTable
from neurosim.model.randomness import stream
from neurosim.program.precision.tables import FloatTable
from neurosim.program.schedule import Array
from neurosim.results.metric import METRICS
from neurosim.scenario.schema.components import GatesTable, RehearsalTable, SleepTable
from neurosim.scenario.schema.data import (
    OWN_STREAMS,
    ClassIncrementalStream,
    JointStream,
    OddEvenStream,
    PackageStream,
    PermutedStream,
    RotatedStream,
    SampleIncrementalStream,
)
from neurosim.scenario.schema.data_sources.union import AnyDataTable
from neurosim.scenario.schema.listed_tasks import ListStream
from neurosim.scenario.schema.network import NetworkTable, PopulationTable, ProjectionMode, ProjectionTable
from neurosim.scenario.schema.scenario_table import ScenarioTable
from neurosim.scenario.schema.search import SearchTable
from neurosim.scenario.schema.training import PretrainingTable, TrainingTable

OwnStream = Annotated[
    JointStream
    | ClassIncrementalStream
    | PermutedStream
    | RotatedStream
    | OddEvenStream
    | SampleIncrementalStream
    | ListStream,
    Field(discriminator="kind"),
]
AnyStream = Annotated[
    Annotated[OwnStream, Tag("own")] | Annotated[PackageStream, Tag("package")], Discriminator(which(OWN_STREAMS))
]


class Scenario(Table):
    """A whole scenario file."""

    scenario: ScenarioTable
    data: AnyDataTable
    stream: AnyStream
    models: dict[str, NeuronTable] = {}
    rules: dict[str, RuleTable] = {}
    synapses: dict[str, SynapseTable] = {}
    network: NetworkTable
    pretraining: PretrainingTable | None = None
    training: TrainingTable | None = None
    rehearsal: RehearsalTable | None = None
    gates: GatesTable | None = None
    sleep: SleepTable | None = None
    search: SearchTable | None = None
    workers: dict[WorkerName, WorkerTable] = {}
    devices: dict[WorkerName, AnyDeviceTable] = {}

    @property
    def gated(self) -> tuple[str, ...]:
        """The populations with an engram gate."""
        return self.gates.populations if self.gates else ()

    def backends(self) -> dict[str, Backend]:
        """The backends that the file names beside the installed ones.

        Raises
        ------
        SpecError
            If one is called like an installed backend, or a device cannot be.
        """
        workers: dict[str, Backend] = {name: table.build(name) for name, table in self.workers.items()}
        return {**workers, **built(self.devices, workers)}

    def package_versions(self, backend: str) -> dict[str, str]:
        """Versions of the packages that offer what the file names, by the names of their distributions.

        Parameters
        ----------
        backend
            What runs it; the packages of other devices do not matter.
        """
        wirings = (j.connectivity for j in self.network.projection.values())
        tables = (self.stream, self.training, self.devices.get(backend), *wirings)
        of_tables = (t.versions for t in tables if isinstance(t, PackageTable))
        of_metrics = (METRICS.version(name) for name in self.scenario.metrics)
        all_of_them = (self.data.versions, *of_tables, *of_metrics)
        return {name: version for versions in all_of_them for name, version in versions.items()}

    def in_float64(self) -> Scenario:
        """The same scenario without a number format."""
        table = self.scenario.model_copy(update={"precision": FloatTable(format="float64")})
        return self.model_copy(update={"scenario": table})

    def build_network(self) -> Network:
        """The network of the file.

        Raises
        ------
        SpecError
            Naming the table in which a model, rule, constant or connection is wrong.
        """
        modes = ["wake"] + ["sleep"] * (self.sleep is not None)
        before = self._imported()
        populations = [] if before is None else list(before.network.populations)
        populations += [self._population(n, p, modes) for n, p in self.network.population.items()]
        sizes = {p.name: p.size for p in populations}
        projections = [] if before is None else list(before.network.projections)
        try:
            projections += [self._projection(n, j, modes, sizes) for n, j in self.network.projection.items()]
            return Network(populations, projections)
        except ModelError as error:
            raise SpecError(f"[network]: {error}") from None

    def _imported(self) -> Imported | None:
        """The network of the file of NIR, if one is named."""
        try:
            return self.network.imported()
        except NeurosimError as error:
            raise SpecError(f"[network] nir: {error}") from None

    def with_nir_at(self, path: str) -> Scenario:
        """The same scenario with its file of NIR at a path."""
        changed: dict[str, Table] = {"network": self.network.model_copy(update={"nir": path})}
        if self.pretraining is not None and self.starts_from_nir:
            changed["pretraining"] = self.pretraining.model_copy(update={"file": path})
        return self.model_copy(update=changed)

    @property
    def starts_from_nir(self) -> bool:
        """Whether the first task is taken as learned, by the network of the file of NIR."""
        table = self.pretraining
        return table is not None and table.file is not None and table.file == self.network.nir

    def _population(self, name: str, table: PopulationTable, modes: list[str]) -> Population:
        models, rules = {}, {}
        for mode in modes:
            named: ChosenModel | None = getattr(table, mode)
            where = f"[network.population.{name}] {mode}"
            if named is None:
                raise SpecError(f"{where}: missing; a scenario with [sleep] needs a model for every population's sleep")
            models[mode] = chosen(named.model, NEURONS, self.models, named.__pydantic_extra__, where)
            rules[mode] = self._rules(named.learning, where)
        return Population(name, table.size, models, rules)

    def _projection(self, name: str, table: ProjectionTable, modes: list[str], sizes: Mapping[str, int]) -> Projection:
        where = f"[network.projection.{name}]"
        synapse = synapses.Dense
        if table.synapse is not None:
            extra = table.synapse.__pydantic_extra__
            synapse = chosen(table.synapse.model, SYNAPSES, self.synapses, extra, f"{where} synapse")
        per_mode: dict[str, ProjectionMode] = {m: getattr(table, m) for m in modes}
        rules = {m: self._rules(t.learning, f"{where} {m}") for m, t in per_mode.items()}
        reciprocal = [m for m, t in per_mode.items() if t.reciprocal]
        wiring = self._wiring(name, table, sizes)
        delay = None if table.delay == 1 else table.delay  # 1 is what there is where none is given, from an input none
        return Projection(name, table.pre, table.post, synapse, rules, reciprocal, delay=delay, connectivity=wiring)

    def _wiring(self, name: str, table: ProjectionTable, sizes: Mapping[str, int]) -> Connectivity:
        if table.pre not in sizes or table.post not in sizes:
            return AllToAll()  # the network says which population is not there
        try:
            return table.connectivity.build(name, sizes[table.pre], sizes[table.post])
        except ModelError as error:
            raise SpecError(f"[network.projection.{name}] connectivity: {error}") from None

    def _rules(self, named: tuple[ChosenRule, ...], where: str) -> list[LearningRule]:
        return [chosen(c.rule, RULES, self.rules, c.__pydantic_extra__, f"{where}.learning") for c in named]

    def initial_weights(self, network: Network, seed: int) -> dict[str, Array]:
        """Learned arrays before the first task, by name, of the shapes of `Network.learned`.

        Glorot-uniform ones are drawn from the streams ``weights/PROJECTION``; those of a file of NIR are as there.
        """
        learned: dict[str, Array] = {}
        for name, variable in network.learned().items():
            learned[name] = np.full(variable.shape, variable.initial)
        if (before := self._imported()) is not None:
            learned.update({n: w for n, w in before.weights.items() if n in learned})
        for name, table in self.network.projection.items():
            part = network[name]
            assert isinstance(part, Projection)
            first = f"{name}.{next(iter(part.synapse.state))}"
            if table.draws_weights:
                sizes = np.array([network.population(n).size for n in (part.pre, part.post)])
                width = table.initial.scale * np.sqrt(6.0 / (network.synapses(name) / sizes).sum())
                learned[first] = stream(seed, "weights", name).uniform(-1.0, 1.0, learned[first].shape) * width
        return learned

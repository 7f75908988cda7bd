"""A whole scenario file, and the network that it describes."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from neurosim.backend.contract import Backend
from neurosim.errors import ModelError, SpecError, nearest
from neurosim.model import learning, neurons, synapses
from neurosim.model.connectivity import AllToAll, Connectivity
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import NeuronModel
from neurosim.model.synapses import SynapseModel
from neurosim.program.schedule import Array
from neurosim.randomness import stream
from neurosim.scenario.schema.components import GatesTable, RehearsalTable, SleepTable
from neurosim.scenario.schema.data import (
    ClassIncrementalStream,
    DataTable,
    JointStream,
    OddEvenStream,
    PermutedStream,
    RotatedStream,
    SampleIncrementalStream,
)
from neurosim.scenario.schema.models import ChosenModel, ChosenRule, NeuronTable, RuleTable, SynapseTable
from neurosim.scenario.schema.network import NetworkTable, PopulationTable, ProjectionMode, ProjectionTable
from neurosim.scenario.schema.scenario_table import ScenarioTable
from neurosim.scenario.schema.search import SearchTable
from neurosim.scenario.schema.table import Table
from neurosim.scenario.schema.training import PretrainingTable, TrainingTable
from neurosim.scenario.schema.workers import WorkerName, WorkerTable

NEURONS = {n: m for n, m in vars(neurons).items() if isinstance(m, NeuronModel)}
SYNAPSES = {n: s for n, s in vars(synapses).items() if isinstance(s, SynapseModel)}
RULES = {n: r for n, r in vars(learning).items() if isinstance(r, LearningRule)}
"""The library, as a file names its models, synapses and rules."""


class Scenario(Table):
    """A whole scenario file."""

    scenario: ScenarioTable
    data: DataTable
    stream: Annotated[
        JointStream | ClassIncrementalStream | PermutedStream | RotatedStream | OddEvenStream | SampleIncrementalStream,
        Field(discriminator="kind"),
    ]
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

    def backends(self) -> dict[str, Backend]:
        """The backends that the file names beside the installed ones.

        Raises
        ------
        SpecError
            If one is called like an installed backend.
        """
        return {name: table.build(name) for name, table in self.workers.items()}

    def build_network(self) -> Network:
        """The network of the file.

        Raises
        ------
        SpecError
            Naming the table in which a model, rule, constant or connection is wrong.
        """
        modes = ["wake"] + ["sleep"] * (self.sleep is not None)
        try:
            return Network(
                [self._population(n, p, modes) for n, p in self.network.population.items()],
                [self._projection(n, j, modes) for n, j in self.network.projection.items()],
            )
        except ModelError as error:
            raise SpecError(f"[network]: {error}") from None

    def _population(self, name: str, table: PopulationTable, modes: list[str]) -> Population:
        models, rules = {}, {}
        for mode in modes:
            chosen: ChosenModel | None = getattr(table, mode)
            where = f"[network.population.{name}] {mode}"
            if chosen is None:
                raise SpecError(f"{where}: missing; a scenario with [sleep] needs a model for every population's sleep")
            models[mode] = _choose(chosen.model, NEURONS, self.models, chosen.__pydantic_extra__, where)
            rules[mode] = self._rules(chosen.learning, where)
        return Population(name, table.size, models, rules)

    def _projection(self, name: str, table: ProjectionTable, modes: list[str]) -> Projection:
        where = f"[network.projection.{name}]"
        synapse = synapses.Dense
        if table.synapse is not None:
            extra = table.synapse.__pydantic_extra__
            synapse = _choose(table.synapse.model, SYNAPSES, self.synapses, extra, f"{where} synapse")
        per_mode: dict[str, ProjectionMode] = {m: getattr(table, m) for m in modes}
        rules = {m: self._rules(t.learning, f"{where} {m}") for m, t in per_mode.items()}
        reciprocal = [m for m, t in per_mode.items() if t.reciprocal]
        wiring = self._wiring(name, table)
        delay = None if table.delay == 1 else table.delay  # 1 is what there is where none is given, from an input none
        return Projection(name, table.pre, table.post, synapse, rules, reciprocal, delay=delay, connectivity=wiring)

    def _wiring(self, name: str, table: ProjectionTable) -> Connectivity:
        pre, post = (self.network.population.get(n) for n in (table.pre, table.post))
        if pre is None or post is None:
            return AllToAll()  # the network says which population is not there
        try:
            return table.connectivity.build(name, pre.size, post.size)
        except ModelError as error:
            raise SpecError(f"[network.projection.{name}] connectivity: {error}") from None

    def _rules(self, chosen: tuple[ChosenRule, ...], where: str) -> list[LearningRule]:
        return [_choose(c.rule, RULES, self.rules, c.__pydantic_extra__, f"{where}.learning") for c in chosen]

    def initial_weights(self, network: Network, seed: int) -> dict[str, Array]:
        """Learned arrays before the first task, by name, of the shapes of `Network.learned`.

        Glorot-uniform ones are drawn from the streams ``weights/PROJECTION``.
        """
        learned: dict[str, Array] = {}
        for name, variable in network.learned().items():
            learned[name] = np.full(variable.shape, variable.initial)
        for name, table in self.network.projection.items():
            part = network[name]
            assert isinstance(part, Projection)
            first = f"{name}.{next(iter(part.synapse.state))}"
            if table.initial.kind == "glorot-uniform":
                sizes = np.array([network.population(n).size for n in (part.pre, part.post)])
                width = table.initial.scale * np.sqrt(6.0 / (learned[first].size / sizes).sum())
                learned[first] = stream(seed, "weights", name).uniform(-1.0, 1.0, learned[first].shape) * width
        return learned


def _choose(name: str, library: dict[str, Any], own: dict[str, Any], values: dict[str, Any], where: str) -> Any:
    """A model, rule or synapse by its name, with values of its constants."""
    try:
        if name in own and name in library:
            raise SpecError(f"{where}: '{name}' of this file has the name of one in the library; rename it")
        if name in own:
            chosen = own[name].build(name)
        elif name in library:
            chosen = library[name]
        else:
            raise SpecError(
                f"{where}: '{name}' is not in the library, nor defined in this file; {nearest(name, {*own, *library})}"
            )
        return chosen(**values) if values else chosen
    except ModelError as error:
        raise SpecError(f"{where}: {error}") from None

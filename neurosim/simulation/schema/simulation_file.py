"""A whole file of a plain network: what it describes, and the builder that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from neurosim.backend.contract import Backend
from neurosim.backend.remote.table import WorkerName, WorkerTable
from neurosim.device.table import AnyDeviceTable, built
from neurosim.edges.toml.table import Table
from neurosim.errors import NeurosimError, SpecError
from neurosim.model.learning import LearningRule
from neurosim.model.network.library import NEURONS, RULES, chosen
from neurosim.model.network.tables import ChosenRule, RuleTable
from neurosim.model.neurons import NeuronModel
from neurosim.model.ode import OdeModel, standard
from neurosim.model.ode.on_spikes import EventSynapse
from neurosim.model.synapses import Dense, SynapseModel
from neurosim.program.precision import Precision
from neurosim.simulation.description.builder import NetworkBuilder
from neurosim.simulation.description.recordable import Recordable
from neurosim.simulation.schema.call_table import CallTable
from neurosim.simulation.schema.parts.models import ModelTable
from neurosim.simulation.schema.parts.network import ConnectionTable, NeuronsTable, PartsTable
from neurosim.simulation.schema.parts.synapses import SYNAPSES, SynapseKind
from neurosim.simulation.schema.records import recordables
from neurosim.simulation.schema.simulation_table import SimulationTable

MODELS: dict[str, NeuronModel | OdeModel] = {
    **NEURONS,
    **{n: m for n, m in vars(standard).items() if isinstance(m, OdeModel)},
}
"""The library, as a file names its neuron models."""


class SimulationFile(Table):
    """A network with sources, and how it is simulated; nothing in it is ever executed."""

    simulation: SimulationTable
    models: dict[str, ModelTable] = {}
    rules: dict[str, RuleTable] = {}
    synapses: dict[str, SynapseKind] = {}
    network: PartsTable
    workers: dict[WorkerName, WorkerTable] = {}
    devices: dict[WorkerName, AnyDeviceTable] = {}

    def backends(self) -> dict[str, Backend]:
        """Backends of the file's own, by name; none is started before it runs something.

        Raises
        ------
        SpecError
            If an installed backend has the name of one, a place cannot be used, or a device cannot be.
        """
        workers: dict[str, Backend] = {name: table.build(name) for name, table in self.workers.items()}
        return {**workers, **built(self.devices, workers)}

    @property
    def duration(self) -> str | float:
        """A time, or a number of ms."""
        return self.simulation.duration

    @property
    def precision(self) -> Precision:
        """The number format.

        Raises
        ------
        NeurosimError
            For settings that it does not have.
        """
        with _place("simulation", "precision"):
            return self.simulation.precision.build()

    def builder(self, seed: int | None = None) -> NetworkBuilder:
        """The network, built part by part as a program in Python would.

        Parameters
        ----------
        seed
            Of all that is drawn; None for that of the file.

        Raises
        ------
        SpecError
            Naming the table in which something is wrong.
        """
        head, parts = self.simulation, self.network
        with _place("simulation"):
            builder = NetworkBuilder(head.seed if seed is None else seed, head.dt)
        with _place("network", "nir"):
            inputs = self._include(builder)
        for name, population in parts.population.items():
            with _place("network", "population", name):
                self._populate(builder, name, population)
        for name, source in parts.source.items():
            with _place("network", "source", name):
                (builder.drive if name in inputs else builder.source)(name, source.build())
        for name, connection in parts.projection.items():
            with _place("network", "projection", name):
                self._connect(builder, name, connection)
        return builder

    def recordables(self, builder: NetworkBuilder) -> list[Recordable] | None:
        """What is recorded of the network; None for the spikes of all populations.

        Raises
        ------
        SpecError
            For what the network does not have.
        """
        if self.simulation.record is None:
            return None
        with _place("simulation", "record"):
            return recordables(self.simulation.record, builder)

    def _include(self, builder: NetworkBuilder) -> list[str]:
        """Add the network of a file of NIR, if one is named; its inputs."""
        head, parts = self.simulation, self.network
        if parts.nir is None:
            return []
        if head.dt is not None and parts.choices.dt is not None:
            raise SpecError("choices.dt, and [simulation] dt; expected one of them")
        imported = parts.choices.read(parts.nir, **({} if head.dt is None else {"dt": head.dt}))
        builder.include(imported.network, imported.weights)
        return imported.inputs

    def _populate(self, builder: NetworkBuilder, name: str, table: NeuronsTable) -> None:
        builder.population(
            name,
            table.size,
            chosen(table.model, MODELS, self.models, {}, "model"),
            parameters=_built(table.parameters),
            initial=_built(table.initial),
            inputs=_built(table.inputs),
            learning=self._rules(table.learning),
        )

    def _connect(self, builder: NetworkBuilder, name: str, table: ConnectionTable) -> None:
        builder.connect(
            table.pre,
            table.post,
            None if table.wiring is None else table.wiring.build(),
            weight=_given(table.weight),
            delay=_given(table.delay),
            to=table.to,
            synapse=self._synapse(table),
            learning=self._rules(table.learning),
            parameters=_built(table.parameters),
            name=name,
        )

    def _synapse(self, table: ConnectionTable) -> SynapseModel | EventSynapse:
        if table.synapse is None:
            return Dense
        found: SynapseModel | EventSynapse = chosen(
            table.synapse.model, SYNAPSES, self.synapses, table.synapse.__pydantic_extra__, "synapse"
        )
        return found

    def _rules(self, named: tuple[ChosenRule, ...]) -> list[LearningRule]:
        return [chosen(r.rule, RULES, self.rules, r.__pydantic_extra__, "learning") for r in named]


def _given(value: Any) -> Any:
    """What a value of the file stands for."""
    return value.build() if isinstance(value, CallTable) else value


def _built(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _given(value) for name, value in values.items()}


@contextmanager
def _place(*keys: str) -> Iterator[None]:
    """Within the context, a mistake is told with the table that it is in."""
    try:
        yield
    except NeurosimError as error:
        raise SpecError(f"[{'.'.join(keys)}] {error}") from None

"""A scenario with its data, ready to run with any seed on any backend."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from neurosim.edges.values import whole_number
from neurosim.errors import SpecError
from neurosim.model.network import Network
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.results import metrics
from neurosim.results.metric import of_package
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.methods import sleep_replay
from neurosim.scenario.methods.base import Method
from neurosim.scenario.methods.gradient import Gradient
from neurosim.scenario.preparation import footprint
from neurosim.scenario.preparation.plan import Planned, plan
from neurosim.scenario.run_state import RunState
from neurosim.scenario.schema import Scenario
from neurosim.scenario.streams import Task
from neurosim.scenario.streams.gating import EngramGate


@dataclass(frozen=True, eq=False)
class Prepared:
    """A scenario with its data, checked: what its runs share, whatever their seed and backend.

    Attributes
    ----------
    data
        The data set as loaded.
    method
        How the tasks are learned; it has no state.
    programs
        By mode: ``wake``, and ``sleep`` where the scenario sleeps.
    part
        The part of the data to test on: "test", or "validation" while settings are chosen.
    """

    scenario: Scenario
    data: Dataset
    network: Network
    tasks: list[Task]
    method: Method
    programs: Mapping[str, Program]
    part: str

    @property
    def name(self) -> str:
        """The name that the scenario has in its file."""
        return self.scenario.scenario.name

    @property
    def samples(self) -> tuple[int, ...]:
        """How many samples of each task are tested."""
        return tuple(len(t.part(self.part)) for t in self.tasks)

    def further_metrics(self, matrix: Array) -> dict[str, float | None]:
        """The metrics of other packages that the scenario names, of accuracies of shape (tasks, tasks).

        Raises
        ------
        InputError
            If one raises an exception, or gives no finite number.
        """
        return metrics.values([of_package(n) for n in self.scenario.scenario.metrics], matrix, self.samples)

    @cached_property
    def index_lists(self) -> str:
        """The samples of each task in each part of the data, as JSON."""
        lists = [
            {"task": t.index, "classes": [int(c) for c in t.classes]}
            | {p: t.part(p).tolist() for p in ("train", "validation", "test")}
            for t in self.tasks
        ]
        return "[\n" + ",\n".join(json.dumps(t) for t in lists) + "\n]\n"

    @cached_property
    def data_digest(self) -> str:
        """SHA-256 of the index lists, of inputs as they are stored, and of labels; runs that share them share it."""
        digest = hashlib.sha256(self.index_lists.encode())
        for array in (*self.data.rows.arrays(), self.data.labels):
            digest.update(f"{array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).ravel().data)
        return digest.hexdigest()

    def begin(self, seed: int = 0, listener: Listener | None = None) -> RunState:
        """A run before its first task, without sessions.

        Parameters
        ----------
        seed
            The seed of the streams ``weights``, ``order``, ``gate``, ``rehearsal`` and ``sleep``.

        Raises
        ------
        InputError
            For a seed that is no whole number of at least 0.
        """
        seed = whole_number(seed, "seed =", least=0)
        return RunState(
            scenario=self.scenario,
            network=self.network,
            data=self.data,
            tasks=self.tasks,
            seed=seed,
            listener=listener or Listener(),
            programs=self.programs,
            gates=self._gates(seed),
            learned=self.scenario.initial_weights(self.network, seed),
        )

    def _gates(self, seed: int) -> dict[str, EngramGate]:
        """The gate of each gated population."""
        table, units = self.scenario.gates, self.data.units
        if table is None:
            return {}
        sizes = {p: self.network.population(p, "[gates]").size for p in table.populations}
        return {p: table.build(seed, p, units, size) for p, size in sizes.items()}


def prepare(scenario: Scenario, data: Dataset, part: str = "test") -> Prepared:
    """Build and check what follows from a scenario and its data.

    Raises
    ------
    NeurosimError
        If something is wrong with the scenario, or does not go with these data.
    """
    return with_data(plan(scenario), data, part)


def with_data(planned: Planned, data: Dataset, part: str = "test") -> Prepared:
    """Build and check what follows from data, for a scenario that was planned before they were there.

    Raises
    ------
    NeurosimError
        If the scenario does not go with these data.
    """
    scenario, network = planned.scenario, planned.network
    tasks, programs = scenario.stream.build(data), planned.programs_for(data)
    _check(planned, programs, data, tasks, part)
    return Prepared(scenario, data, network, tasks, planned.method, programs, part)


def _check(planned: Planned, programs: Mapping[str, Program], data: Dataset, tasks: list[Task], part: str) -> None:
    """Refuse data that the method or a population does not fit, and tasks without a sample to train or test on."""
    scenario = planned.scenario
    planned.method.check(planned.network, data, tasks)
    if scenario.pretraining is not None:
        Gradient(scenario.pretraining).check(planned.network, data, tasks)
    if scenario.training is None and len(tasks) > 1:
        raise SpecError(f"'training' is missing: [pretraining] trains the first of {len(tasks)} tasks")
    if scenario.sleep is not None:
        sleep_replay.check(scenario.sleep, len(tasks), data)
    for task, used in ((t, p) for t in tasks for p in ("train", part)):
        if not len(task.part(used)):
            where = task.where or "data"
            raise SpecError(f"{where}: no sample of classes {list(task.classes)} in the part '{used}'; make it larger")
    footprint.check_run(scenario, planned.method.effort(), programs, data, tasks)

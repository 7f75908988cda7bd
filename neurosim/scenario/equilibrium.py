"""Equilibrium propagation as a training method: trials in their order on the backend, whose rules learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from neurosim.backend.contract import Records
from neurosim.errors import SpecError
from neurosim.model.expressions import names_in, parse
from neurosim.model.network import Network
from neurosim.program.schedule import Array, Events, Schedule, Trials
from neurosim.results.result import Stage
from neurosim.scenario import training
from neurosim.scenario.course import Course
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.gating import EngramGate
from neurosim.scenario.method import check_sizes
from neurosim.scenario.randomness import stream
from neurosim.scenario.spec import EquilibriumTable
from neurosim.scenario.streams import Shown, Task

SCHEDULES = {"one-sided": training.one_sided, "symmetric": training.symmetric}


@dataclass(frozen=True)
class Equilibrium:
    """Free and nudged phases, and rules at the end of a trial; see `neurosim.scenario.training`.

    Parameters
    ----------
    gated
        Populations with an engram gate.
    """

    table: EquilibriumTable
    gated: tuple[str, ...] = ()

    def schedule(self, network: Network, data: Dataset | None) -> Schedule:
        t = self.table
        found = SCHEDULES[t.method](t.input, t.output, t.free_steps, t.nudged_steps, float(t.beta))
        return replace(found, stimuli={**found.stimuli, **{f"{p}.gate": "constant" for p in self.gated}})

    def check(self, network: Network, data: Dataset | None) -> None:
        t = self.table
        model = network.population(t.output, "[training] output").model_in("wake")
        for needed in ("target", "beta"):
            if not any(needed in names_in(parse(text)) for text in model.update.values()):
                raise SpecError(
                    f"[training] output: nothing would nudge {t.output}, for no equation of {model.name} "
                    f"reads '{needed}'; use a RateUnit, or write the nudge as beta*(target - s)"
                )
        if data is None:
            return
        if isinstance(data.inputs, Events):
            raise SpecError(
                f"[training] method = {t.method!r} shows a sample as an array of numbers, but data set {data.name} has "
                "spikes in time; use a data set of arrays, or method = 'gradient'"
            )
        check_sizes(network, data, t.input, t.output)

    def train(self, course: Course, task: Task) -> Stage:
        samples = course.samples(task)
        shown = Shown.joined([samples[course.order(task, e)] for e in range(self.table.epochs)])

        def drawn(population: str, gate: EngramGate, inputs: Array) -> Array:
            return gate.drawn(inputs, stream(course.seed, "gate", population, "draw", task.index))

        constants = training.rule_constants(course.network, "wake", float(self.table.beta))
        trials = self._trials(course, shown, drawn)
        records, ledger = course.run("wake", trials, constants, True, "train")
        return course.stage(task, "trained", records, ledger, trials.count)

    def trials(self, course: Course, samples: Shown) -> tuple[Trials, dict[str, float]]:
        trials = self._trials(course, samples, lambda population, gate, inputs: gate.expected(inputs))
        return trials, training.inference(self.schedule(course.network, course.data))

    def _trials(self, course: Course, samples: Shown, gate: Callable[[str, EngramGate, Array], Array]) -> Trials:
        t, inputs = self.table, course.inputs(samples)
        assert not isinstance(inputs, Events)
        targets = np.eye(course.network.population(t.output).size)[course.labels(samples)]
        gates = {f"{p}.gate": gate(p, g, inputs) for p, g in course.gates.items()}
        return Trials({f"{t.input}.s": inputs, f"{t.output}.target": targets, **gates})

    def scores(self, records: Records) -> Array:
        output = records[f"{self.table.output}.s@end:free"]
        assert not isinstance(output, Events)
        return output

    def state(self) -> dict[str, Array]:
        return {}

    def restore(self, state: object) -> None:
        """Nothing is kept from task to task."""

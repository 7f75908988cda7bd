"""Equilibrium propagation as a training method: trials in their order on the backend, whose rules learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neurosim.backend.contract import Records
from neurosim.errors import SpecError
from neurosim.model.equations.expressions import names_in, parse
from neurosim.model.network import Network
from neurosim.model.randomness import stream
from neurosim.program.schedule import Array, Events, Schedule, Trials
from neurosim.program.trial.stimuli import Rows
from neurosim.results.result import Stage, StageKind
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.events import RunPhase
from neurosim.scenario.methods import ep_schedules
from neurosim.scenario.methods.base import Effort, check_sizes
from neurosim.scenario.run_state import RunState
from neurosim.scenario.schema import EquilibriumTable, Scenario
from neurosim.scenario.streams import SampleRefs, Task
from neurosim.scenario.streams.gating import EngramGate

SCHEDULES = {"one-sided": ep_schedules.one_sided, "symmetric": ep_schedules.symmetric}


@dataclass(frozen=True)
class Equilibrium:
    """Free and nudged phases, and rules at the end of a trial; see `neurosim.scenario.methods.ep_schedules`.

    Parameters
    ----------
    gated
        The populations with an engram gate.
    """

    table: EquilibriumTable
    gated: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: EquilibriumTable, scenario: Scenario) -> Equilibrium:
        """The method of a scenario."""
        return cls(table, scenario.gated)

    def effort(self) -> Effort:
        """The free phase, and one nudged phase or both; samples of all epochs are drawn at once."""
        t = self.table
        nudged = 1 if t.method == "one-sided" else 2
        return Effort(t.free_steps + nudged * t.nudged_steps, t.epochs, t.epochs)

    def schedule(self, network: Network, data: Dataset | None) -> Schedule:
        """The phases of the method; input, target and gates are constant in a trial."""
        t = self.table
        schedule = SCHEDULES[t.method](t.input, t.output, t.free_steps, t.nudged_steps, float(t.beta))
        gates = {f"{p}.gate": "constant" for p in self.gated}
        return replace(schedule, stimuli={**schedule.stimuli, **gates}, batch=t.batch)

    def check(self, network: Network, data: Dataset | None, tasks: Sequence[Task] = ()) -> None:
        """Refuse an output that nothing nudges, spikes in time, and sizes that the data do not fit.

        Raises
        ------
        NeurosimError
            Naming the place in the scenario file.
        """
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
        if data.rows.is_events:
            raise SpecError(
                f"[training] method = {t.method!r} shows a sample as an array of numbers, but data set {data.name} has "
                "spikes in time; use a data set of arrays, or method = 'gradient'"
            )
        check_sizes(network, data, tasks, t.input, t.output)

    def training(self, run_state: RunState, task: Task) -> Callable[[], Stage]:
        """Draw the samples of the task in each epoch's order; they are shown in one run in which the rules learn."""
        samples = run_state.samples(task)
        shown = SampleRefs.joined([samples[run_state.order(task, e)] for e in range(self.table.epochs)])

        def drawn(population: str, gate: EngramGate, inputs: Array) -> Array:
            return gate.drawn(inputs, stream(run_state.seed, "gate", population, "draw", task.index))

        constants = ep_schedules.rule_constants(run_state.network, "wake", float(self.table.beta))
        trials = self._trials(run_state, shown, drawn)

        def learn() -> Stage:
            records, ledger = run_state.run("wake", trials, constants, True, RunPhase.TRAIN, task)
            return run_state.stage(task, StageKind.TRAINED, records, ledger, trials.count)

        return learn

    def trials(self, run_state: RunState, samples: SampleRefs) -> tuple[Trials, dict[str, float]]:
        """Trials with expected gates, and constants that leave the nudged phases out."""
        trials = self._trials(run_state, samples, lambda population, gate, inputs: gate.expected(inputs))
        return trials, ep_schedules.inference(self.schedule(run_state.network, run_state.data))

    def _trials(
        self, run_state: RunState, samples: SampleRefs, gate: Callable[[str, EngramGate, Array], Array]
    ) -> Trials:
        t, inputs = self.table, run_state.inputs(samples)
        targets = Rows(np.eye(run_state.network.population(t.output).size), run_state.labels(samples))
        gates = {f"{p}.gate": gate(p, g, inputs[:]) for p, g in run_state.gates.items()}
        return Trials({f"{t.input}.s": inputs, f"{t.output}.target": targets, **gates})

    def scores(self, records: Records) -> Array:
        """The output at the end of the free phase, shape (samples, classes)."""
        output = records[f"{self.table.output}.s@end:free"]
        assert not isinstance(output, Events)
        return output

"""A training method of another package: rules fire in every step, while the target is shown."""

from dataclasses import dataclass

import numpy as np

from neurosim.program.schedule import Phase, Probe, Schedule, Trials
from neurosim.results.result import StageKind
from neurosim.scenario.listeners.events import RunPhase
from neurosim.scenario.methods.base import Effort, check_sizes


@dataclass(frozen=True)
class Delta:
    input: str
    output: str
    steps: int = 2

    def build(self, scenario):
        return self

    def effort(self):
        return Effort(self.steps)

    def schedule(self, network, data):
        stimuli = {f"{self.input}.s": "constant", f"{self.output}.target": "constant"}
        return Schedule([Phase("run", self.steps)], [Probe(f"{self.output}.y", "end:run")], stimuli)

    def check(self, network, data, tasks=()):
        if data is not None:
            check_sizes(network, data, tasks, self.input, self.output)

    def training(self, state, task):
        trials, _ = self.trials(state, state.samples(task)[state.order(task, 0)])
        return lambda: state.stage(
            task, StageKind.TRAINED, *state.run("wake", trials, {}, True, RunPhase.TRAIN, task), trials.count
        )

    def trials(self, state, samples):
        targets = np.eye(state.network.population(self.output).size)[state.labels(samples)]
        return Trials({f"{self.input}.s": state.inputs(samples), f"{self.output}.target": targets}), {}

    def scores(self, records):
        return records[f"{self.output}.y@end:run"]

"""Sleep replay: what drives the network while it sleeps, drawn from the mean input of the classes seen so far.

No label and no single sample is kept for it, only one vector (Tadros et al. 2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.errors import ModelError
from neurosim.model.network import Network
from neurosim.model.neurons import Driven
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials
from neurosim.results.result import Stage
from neurosim.scenario.course import Course
from neurosim.scenario.randomness import stream
from neurosim.scenario.spec import SleepTable
from neurosim.scenario.streams import Task


@dataclass(frozen=True, eq=False)
class MeanInput:
    """The mean of all inputs seen, and how many there were."""

    total: Array
    count: int = 0

    @classmethod
    def of_nothing(cls, units: int) -> MeanInput:
        return cls(np.zeros(units))

    def with_samples(self, inputs: Array | Events) -> MeanInput:
        """Of spikes in time the share of steps in which a unit spikes."""
        if isinstance(inputs, Events):
            spikes = np.bincount(inputs.indices, minlength=inputs.units)
            return MeanInput(self.total + spikes / inputs.steps, self.count + inputs.trials)
        return MeanInput(self.total + inputs.sum(axis=0), self.count + len(inputs))

    @property
    def mean(self) -> Array:
        return np.asarray(self.total / max(self.count, 1), dtype=np.float64)


def schedule(network: Network, input: str, steps: int) -> Schedule:
    """One phase, a spike list as stimulus, and the spikes of every other population recorded."""
    spiking = [p for p in network.populations if p.name != input and p.model_in("sleep").spike is not None]
    model = network.population(input, "[sleep] input").model_in("sleep")
    stimulus = next((n for n, v in model.params.items() if isinstance(v, Driven)), None)
    if stimulus is None:
        raise ModelError(f"[sleep] input: {input} is a {model.name} asleep, which nothing drives; use SpikeInput")
    return Schedule(
        [Phase("sleep", steps)],
        [Probe(f"{p.name}.spike", "step") for p in spiking],
        {f"{input}.{stimulus}": "events"},
    )


def spikes(mean: Array, rate: float, steps: int, random: np.random.Generator) -> Events:
    """Bernoulli spikes of one trial: P(spike) = min(1, rate*mean) in each step."""
    return Events.from_dense(random.random((1, steps, len(mean))) < np.minimum(1.0, rate * mean))


def sleep(course: Course, task: Task, table: SleepTable) -> Stage:
    """Sleep after a task: one trial of spikes drawn from the mean input of all samples of the tasks so far."""
    seen = MeanInput.of_nothing(course.data.units)
    for earlier in course.tasks[: task.index + 1]:
        seen = seen.with_samples(course.inputs(earlier.train))
    steps = table.steps_after(task.index)
    events = spikes(seen.mean, float(table.rate), steps, stream(course.seed, "sleep", task.index))
    trials = Trials({course.programs["sleep"].stimuli[0][0]: events})
    records, ledger = course.run("sleep", trials, {"steps.sleep": steps}, True, "sleep")
    return course.stage(task, "slept", records, ledger, trials.count)

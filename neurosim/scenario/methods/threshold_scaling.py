"""Scales of layers asleep, from the data that were learned awake (Diehl et al. 2015, as Tadros et al. 2022 have it).

Layer l = 1, 2, ... has the scale f_l = max(w_l, a_l)/f_{l-1}, f_0 = 1: w_l is the largest weight into it, a_l its
largest activity awake for any training sample of the tasks so far. Its threshold is multiplied by f_l, which does what
dividing the weights into it by f_l would do; no learned array changes for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neurosim.errors import SpecError
from neurosim.model.network import Network, Projection
from neurosim.program.schedule import Array, Events, Probe, Schedule
from neurosim.scenario.listeners.events import RunPhase
from neurosim.scenario.methods.base import Method
from neurosim.scenario.run_state import RunState
from neurosim.scenario.streams import SampleRefs, Task

WHERE = 'sleep.scales = "data"'


def recording(schedule: Schedule, network: Network, input: str) -> Schedule:
    """A schedule awake that also records the activity of every layer, at the end of its first phase.

    Raises
    ------
    SpecError
        For a network in which not every layer follows the one before it, or that has no activities or no thresholds.
    """
    chain = layers(network, input)
    for p in chain:
        if p.synapse.weight != next(iter(p.synapse.state)):
            raise SpecError(f"{WHERE}: {p.name} delivers {p.synapse.weight!r}, no learned array; use Dense synapses")
    activities = [Probe(activity(network, p.post), f"end:{schedule.phases[0].name}") for p in chain]
    return replace(schedule, probes=[*schedule.probes, *(p for p in activities if p not in schedule.probes)])


def layers(network: Network, input: str) -> list[Projection]:
    """The projections of a chain of populations, from the input on.

    Raises
    ------
    SpecError
        For a network that is no such chain.
    """
    from_ = {p.pre: p for p in network.projections}
    chain: list[Projection] = []
    at = input
    while at in from_ and len(chain) < len(network.projections):
        chain.append(from_[at])
        at = from_[at].post
    if len({input, *(p.post for p in chain)}) < len(network.populations) or len(chain) < len(network.projections):
        raise SpecError(f"{WHERE}: from {input} on, not every population follows the one before it, and no other")
    return chain


def activity(network: Network, population: str) -> str:
    """The state that a population puts out awake, ``population.variable``.

    Raises
    ------
    SpecError
        If its output is no state awake, or it has no constant theta asleep.
    """
    awake, asleep = (network.population(population).model_in(mode) for mode in ("wake", "sleep"))
    if awake.output not in awake.state:
        raise SpecError(f"{WHERE}: awake {population} is a {awake.name}, whose output is no state; use a RateUnit")
    if not isinstance(asleep.params.get("theta"), float):
        raise SpecError(f"{WHERE}: asleep {population} is a {asleep.name}, without a constant theta; use a Heaviside")
    return f"{population}.{awake.output}"


def thresholds(run_state: RunState, task: Task, method: Method) -> dict[str, float]:
    """The constants theta of the sleep after a task, by their keys.

    Raises
    ------
    NeurosimError
        If the backend fails while it records the activities.
    """
    assert run_state.scenario.sleep is not None
    chain = layers(run_state.network, run_state.scenario.sleep.input)
    seen = SampleRefs.joined([t.shows(t.train) for t in run_state.tasks[: task.index + 1]])
    trials, constants = method.trials(run_state, seen)
    records, _ = run_state.run("wake", trials, constants, False, RunPhase.SLEEP, task)
    end = f"@end:{run_state.programs['wake'].phases[0].name}"
    activities = [records[f"{activity(run_state.network, p.post)}{end}"] for p in chain]
    weights = [run_state.learned[f"{p.name}.{next(iter(p.synapse.state))}"] for p in chain]
    factors = scales([float(w.max()) for w in weights], [_largest(a) for a in activities])
    asleep = run_state.programs["sleep"]
    assert asleep.grid is not None, "sleep is on a grid"
    unit = 2.0 ** -asleep.grid[1]  # what differs in the last bits of an activity awake must not decide over spikes
    names = [f"{p.post}.theta" for p in chain]
    return {n: round(asleep.constants[n] * f / unit) * unit for n, f in zip(names, factors, strict=True)}


def _largest(activities: Array | Events) -> float:
    assert not isinstance(activities, Events)
    return float(activities.max())


def scales(weights: Sequence[float], activities: Sequence[float]) -> list[float]:
    """f_l of each layer, from the largest weight and activity; a layer that has neither above 0 keeps its threshold."""
    factors = [1.0]
    for weight, active in zip(weights, activities, strict=True):
        largest = max(weight, active)
        factors.append(largest / factors[-1] if largest > 0 else 1.0)
    return factors[1:]

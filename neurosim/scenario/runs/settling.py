"""One sample of a scenario that learns by equilibrium propagation: states and energy after each step of its phases."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurosim.backend import registry
from neurosim.edges.values import whole_number
from neurosim.errors import InputError
from neurosim.model.connectivity import AllToAll
from neurosim.model.network import Network, Projection
from neurosim.model.neurons import RateUnit
from neurosim.model.synapses import Dense
from neurosim.program.lowering.lower import lower
from neurosim.program.schedule import Array, Events, Probe
from neurosim.scenario.listeners.events import RunPhase
from neurosim.scenario.methods.equilibrium import Equilibrium
from neurosim.scenario.preparation import Prepared


@dataclass(frozen=True, eq=False)
class Settled:
    """What a sample did to a network.

    Attributes
    ----------
    states
        By population, after each step; of shape (steps, units).
    phases
        Steps of each phase, in their order, by name.
    energy
        E after each step, of shape (steps,); None where the network has none.
    """

    states: Mapping[str, Array]
    phases: Mapping[str, int]
    energy: Array | None


def settled(prepared: Prepared, learned: Mapping[str, Array], sample: int = 0, seed: int = 0) -> Settled:
    """Show a test sample of the last task to a network, on the reference; nothing is learned.

    E = 1/2 sum_i s_i^2 - sum_(projections) s_pre W s_post - sum_i b_i s_i is defined where all units but those of the
    input are a `RateUnit`, and all projections between them are reciprocal.

    Parameters
    ----------
    learned
        The arrays of the network, such as those of a stage of a result.
    sample
        Its number among the test samples of the last task, from 0.

    Raises
    ------
    InputError
        If the scenario learns in another way, or has fewer samples.
    """
    method = prepared.method
    if not isinstance(method, Equilibrium):
        raise InputError(f"{prepared.name} does not learn by equilibrium propagation, so nothing settles in phases")
    run_state = prepared.begin(seed)
    run_state.restore(learned)
    task = run_state.tasks[-1]
    shown = task.shows(task.part(prepared.part))
    sample = whole_number(sample, "sample =", least=0, most=len(shown) - 1)
    network, before = prepared.network, method.schedule(prepared.network, prepared.data)
    populations = [p.name for p in network.populations if p.name != method.table.input]
    schedule = replace(before, probes=[Probe(f"{name}.s", "step") for name in populations])
    program = lower(network, schedule, "wake", prepared.scenario.scenario.precision.build())
    trials, _ = method.trials(run_state, shown[np.array([sample])])
    with registry.opener(*registry.load("reference"))(program) as session:
        run_state.sessions["wake"] = session
        records, _ = run_state.run("wake", trials, {}, False, RunPhase.TEST, task)
    states = {name: _of_one(records[f"{name}.s@step"]) for name in populations}
    inputs = run_state.inputs(shown[np.array([sample])])[:]
    energy = energy_of(network, {**states, method.table.input: inputs}, learned)
    return Settled(states, {p.name: p.steps for p in schedule.phases}, energy)


def energy_of(network: Network, states: Mapping[str, Array], learned: Mapping[str, Array]) -> Array | None:
    """Return E after each step, of shape (steps,); None where the network has none.

    Parameters
    ----------
    states
        By population, of shape (steps, units); an input may have one step, as it is constant.
    """
    moving = {p.name for p in network.populations if not p.model_in("wake").is_input}
    if not all(network.population(p).model_in("wake").update == RateUnit.update for p in moving):
        return None
    if not all(_is_symmetric(j, moving) for j in network.projections):
        return None
    energy = sum(0.5 * (states[p] ** 2).sum(axis=1) - states[p] @ learned[f"{p}.bias"] for p in sorted(moving))
    for j in network.projections:
        energy = energy - (states[j.pre] @ learned[f"{j.name}.{j.synapse.weight}"] * states[j.post]).sum(axis=1)
    return np.asarray(energy, np.float64)


def _is_symmetric(projection: Projection, moving: Collection[str]) -> bool:
    """Whether all its pairs have a weight, which acts in both directions where both ends move."""
    both = projection.is_reciprocal_in("wake") or projection.pre not in moving
    return both and isinstance(projection.connectivity, AllToAll) and projection.synapse.name == Dense.name


def _of_one(record: Array | Events) -> Array:
    assert not isinstance(record, Events)
    return np.asarray(record[0], np.float64)

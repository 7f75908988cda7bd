"""What lies behind a population of a network, as a network of its own that is driven by that population's spikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurosim.errors import ModelError, SpecError, nearest
from neurosim.model.connectivity import Delays
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import SpikeInput
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.scenario.memory.compression import Spikes

MODE = "wake"


@dataclass(frozen=True)
class Subnetwork:
    """x_d[k] = z[k - d]: spikes z of the population that it was cut behind drive one `SpikeInput` for each delay d.

    What a population puts out in step k - d is delivered in step k by a projection with delay d, and what an input puts
    out is delivered at once. So driven, every population does what it does in the whole network.

    Attributes
    ----------
    network
        Its projections and populations have their names in the whole network, except for the inputs; it has no learning
        rules.
    delays
        The delay of each input.
    """

    network: Network
    delays: Mapping[str, int]

    def schedule(self, steps: int, probe: Probe) -> Schedule:
        """The schedule that a trial of the whole network has, with one phase of so many steps."""
        return Schedule([Phase("run", steps)], [probe], {f"{n}.x": "events" for n in self.delays})

    def trials(self, spikes: Spikes) -> Trials:
        """Trials in which spikes of the population that it was cut behind drive it; shape (samples, steps, units)."""
        return Trials({f"{n}.x": Events.from_dense(_delayed(spikes, d)) for n, d in self.delays.items()})


def _delayed(spikes: Spikes, delay: int) -> Spikes:
    """Later by `delay` steps: no spike is under way at a trial's start."""
    delayed, remaining = np.zeros_like(spikes), max(spikes.shape[1] - delay, 0)
    delayed[:, delay:] = spikes[:, :remaining]
    return delayed


def downstream_of(network: Network, insertion: str, output: str) -> Subnetwork:
    """The part of a network that one population's spikes alone decide about.

    Raises
    ------
    SpecError
        If the population is an input or puts out no spikes, if something behind it acts back on it or receives from
        elsewhere, or if the output is not behind it.
    """
    names = _reached(network, insertion)
    _check_ends(network, insertion, output, names)
    inside = [j for j in network.projections if j.post in names or j.pre in names]
    for j in inside:
        _check_projection(j, names, insertion)
    cut = sorted({_late_by(j) for j in inside if j.pre == insertion})
    inputs = {delay: f"{insertion}_delayed_{delay}" for delay in cut}
    populations = [Population(n, network.population(insertion).size, SpikeInput) for n in inputs.values()]
    populations += [_awake(p) for p in network.populations if p.name in names]
    projections = [_driven(j, inputs[_late_by(j)]) if j.pre == insertion else _plain(j) for j in inside]
    try:
        return Subnetwork(Network(populations, projections), {n: d for d, n in inputs.items()})
    except ModelError as error:
        raise SpecError(f"[training] insertion: behind {insertion}: {error}") from None


def _check_ends(network: Network, insertion: str, output: str, names: set[str]) -> None:
    """Refuse an insertion that puts out no spikes of its own, or none that reach the output."""
    models = {p.name: p.model_in(MODE) for p in network.populations}
    spiking = [n for n, m in models.items() if m.output == "spike" and not m.is_input]
    choices = nearest(insertion, [n for n in spiking if output in _reached(network, n)])
    where = "[training] insertion"
    if insertion not in models:
        raise SpecError(f"{where}: no population '{insertion}'; {choices}")
    if insertion not in spiking:
        what = "an input" if models[insertion].is_input else f"a {models[insertion].name}, which puts out no spikes"
        raise SpecError(f"{where}: {insertion} is {what}; {choices}")
    if output not in names:
        raise SpecError(f"{where}: no projections lead from {insertion} to the output {output}; {choices}")


def _reached(network: Network, insertion: str) -> set[str]:
    """Populations that spikes of one can reach, itself left out."""
    steps = [(j.pre, j.post) for j in network.projections]
    steps += [(j.post, j.pre) for j in network.projections if j.is_reciprocal_in(MODE)]
    reached, new = set[str](), {insertion}
    while new:
        new = {b for a, b in steps if a in new} - reached - {insertion}
        reached |= new
    return reached


def _check_projection(j: Projection, names: set[str], insertion: str) -> None:
    """Refuse what acts back on the insertion, and what comes from elsewhere than through it."""
    ends = {j.pre, j.post} - names
    if j.post == insertion or (j.is_reciprocal_in(MODE) and insertion in ends):
        raise SpecError(
            f"[training] insertion: projection {j.name} acts back on {insertion}, so that its spikes would change with "
            "what is trained behind it; choose a later population"
        )
    if ends - {insertion}:
        raise SpecError(
            f"[training] insertion: projection {j.name} leads from {j.pre} past {insertion}, whose spikes alone are "
            "replayed; choose a later population, or leave the projection out"
        )


def _awake(p: Population) -> Population:
    """The population without rules, in one mode."""
    model = p.model_in(MODE)
    parameters = {n: a for n, a in p.parameters.items() if n in model.constants}
    return Population(p.name, p.size, model, (), parameters, {n: a for n, a in p.initial.items() if n in model.state})


def _late_by(j: Projection) -> int:
    """How late the input of a projection is; where its synapses have delays of their own, they see to it."""
    return 0 if isinstance(j.delay, Delays) else j.longest_delay


def _driven(j: Projection, input: str) -> Projection:
    """The projection from an input that is late by its delay."""
    return replace(_plain(j), pre=input, delay=j.delay if isinstance(j.delay, Delays) else None)


def _plain(j: Projection) -> Projection:
    """The projection without rules, in one mode."""
    return replace(j, learning=(), reciprocal=j.is_reciprocal_in(MODE))

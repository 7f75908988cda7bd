"""A network with a duration and what is recorded, lowered and drawn once, ready for any backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from neurosim.backend.contract import Progress, Records
from neurosim.backend.registry import load, opener
from neurosim.edges.values import several, shown
from neurosim.errors import ModelError
from neurosim.program.lowering.lower import lower
from neurosim.program.memory.footprint import NUMBER, MemoryPart, check_memory, check_program, check_run
from neurosim.program.precision import Precision, quantise
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Stimulus, Trials
from neurosim.simulation.builder import NetworkBuilder
from neurosim.simulation.recordable import SPIKES, Recordable, whole_steps
from neurosim.simulation.recordings.recording import Recorded, Recording, SampledTrace, SpikeTrain
from neurosim.simulation.setup import Setup
from neurosim.simulation.sources.source import spikes_at

RUN = "run"
"""The one phase of a simulation."""


class Experiment:
    """One simulation of a network.

    Parameters
    ----------
    network, duration, record, precision, learn
        As of `neurosim.simulation.simulate.simulate`.

    Attributes
    ----------
    program, trials, weights
        What a session is opened for, what it is shown, and what it starts with.
    steps
        Of the simulation.
    """

    def __init__(
        self,
        network: NetworkBuilder | Setup,
        duration: str | float,
        record: Sequence[Recordable] | None = None,
        precision: Precision | None = None,
        learn: bool = True,
    ):
        self.setup = _setup(network)
        self.steps = whole_steps(duration, self.setup.dt, "simulate: duration")
        if not self.steps and self.setup.sources:
            raise ModelError(
                f"simulate: duration {duration}; expected at least {self.setup.dt:g} ms, a step of sources"
            )
        self.learn = learn
        self.wanted = _wanted(self.setup, record)
        self.probes = {r.name: r.probe(self.setup.dt) for r in self.wanted if not self._is_of_source(r)}
        kinds = {n: "events" if s.is_spikes else "steps" for n, s in self.setup.sources.items()}
        schedule = Schedule([Phase(RUN, self.steps)], list(self.probes.values()), kinds)
        self.program: Program = lower(self.setup.network, schedule, precision=precision)
        check_program(self.program)
        check_run(self.program, 1, self.steps)
        check_memory(self._parts_of_stimuli(), f"a simulation of {self.steps:,} steps")
        self.source_spikes, stimuli = self._drawn()
        self.trials = Trials(stimuli, 1)
        self.weights = quantise(self.setup.weights, self.program)[0]

    def on(self, backend: str, progress: Progress | None = None) -> Recording:
        """Run it on one backend."""
        found, mode = load(backend)
        with opener(found, mode)(self.program) as session:
            session.write(self.weights)
            records = session.run(self.trials, learn=self.learn, progress=progress)
            learned = session.read()
        return self._recording(f"{found.name}:{mode}", records, learned)

    def _is_of_source(self, r: Recordable) -> bool:
        return r.variable == SPIKES and f"{r.part}.x" in self.setup.sources

    def _parts_of_stimuli(self) -> Iterator[MemoryPart]:
        """Of sources that give numbers: how many spikes there will be is not known."""
        for name, source in self.setup.sources.items():
            size = self.setup.network.population(name.partition(".")[0]).size
            if not source.is_spikes:
                yield MemoryPart(f"the values of {name}", NUMBER * self.steps * size)

    def _drawn(self) -> tuple[dict[str, Events], dict[str, Stimulus]]:
        """The spikes of sources, and all stimuli."""
        spikes: dict[str, Events] = {}
        stimuli: dict[str, Stimulus] = {}
        for name, source in self.setup.sources.items():
            size = self.setup.network.population(name.partition(".")[0]).size
            drawn = source.drawn(self.setup.seed, name, self.steps, self.setup.dt, size)
            if isinstance(drawn, Events):
                spikes[name.removesuffix(".x")] = drawn
                stimuli[name] = drawn
            else:
                stimuli[name] = drawn[np.newaxis]
        return spikes, stimuli

    def _recording(self, backend: str, records: Records, learned: Mapping[str, Array]) -> Recording:
        dt = self.setup.dt
        recorded: dict[str, Recorded] = {}
        for r in self.wanted:
            if self._is_of_source(r):
                recorded[r.name] = SpikeTrain(_of_units(self.source_spikes[r.part], r), dt)
                continue
            probe = self.probes[r.name]
            found = records[probe.name]
            recorded[r.name] = SpikeTrain(found, dt) if isinstance(found, Events) else _trace(r, probe, found, dt)
        seconds = records.timing.simulate
        return Recording(recorded, backend, records.kind, dt, self.steps * dt, learned, seconds, records.timing.wall)


def _setup(network: NetworkBuilder | Setup) -> Setup:
    if isinstance(network, NetworkBuilder):
        return network.build()
    if not isinstance(network, Setup):
        raise ModelError(f"simulate: network {shown(network)}; expected a NetworkBuilder, or what its build() returns")
    return network


def _wanted(setup: Setup, record: Sequence[Recordable] | None) -> tuple[Recordable, ...]:
    if record is None:
        models = {p.name: p.model_in("wake") for p in setup.network.populations}
        spiking = [n for n, model in models.items() if model.spike is not None and not model.is_input]
        return tuple(Recordable(n, SPIKES, setup.network.population(n).size) for n in spiking)
    found = several(record, Recordable, "simulate: record", "what can be recorded, such as e.spikes", error=ModelError)
    sizes = {p.name: p.size for p in setup.network.populations}
    for r in found:
        if r.size != sizes.get(r.part, r.size):
            raise ModelError(
                f"simulate: record: {r.name} of {r.size} neurons; {r.part} of this network has {sizes[r.part]}, "
                "so it is of another one"
            )
    for name in {r.name for r in found if [q.name for q in found].count(r.name) > 1}:
        raise ModelError(f"simulate: record: {name} is there twice; expected it once, with the units of both")
    return found


def _of_units(events: Events, r: Recordable) -> Events:
    if r.units is None:
        return events
    pairs = events.pairs()
    kept = pairs[np.isin(pairs[:, 1], r.units)]
    return spikes_at(kept @ np.array([events.units, 1]), events.steps, events.units)


def _trace(r: Recordable, probe: Probe, found: Array, dt: float) -> SampledTrace:
    values = found[0].reshape(len(found[0]), int(np.prod(found[0].shape[1:])))  # also of no steps
    units = np.arange(values.shape[1]) if r.units is None else np.asarray(r.units)
    return SampledTrace((np.arange(len(values)) * probe.every + 1) * np.float64(dt), values, units)

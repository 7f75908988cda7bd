"""A network with a duration and what is recorded, lowered and drawn once, ready for any backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from math import lcm

import numpy as np

from neurosim.backend.contract import Backend, Progress, Records, Session
from neurosim.backend.registry import load, opener
from neurosim.edges.foreign_errors import heard
from neurosim.edges.values import several, shown
from neurosim.errors import ModelError
from neurosim.model.units import NO_DIMENSION
from neurosim.program.constants import length_of
from neurosim.program.lowering.lower import lower
from neurosim.program.memory.footprint import NUMBER, MemoryPart, check_memory, check_program, check_run
from neurosim.program.precision import Precision, grid_loss, quantise
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Stimulus, Trials
from neurosim.simulation.description.builder import NetworkBuilder
from neurosim.simulation.description.recordable import SPIKES, Recordable, whole_steps
from neurosim.simulation.description.setup import Setup
from neurosim.simulation.recordings.recording import Recorded, Recording, SampledTrace, SpikeTrain
from neurosim.simulation.running.pieces import in_pieces
from neurosim.simulation.sources.source import spikes_at

RUN = "run"
"""The one phase of a simulation."""


class Experiment:
    """One simulation of a network.

    Parameters
    ----------
    network, duration, record, precision, learn
        As of `neurosim.simulation.simulate.simulate`.
    workers
        Backends that can be named beside the installed ones.

    Attributes
    ----------
    program, weights
        What a session is opened for, and what it starts with.
    wanted
        What is recorded.
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
        workers: Mapping[str, Backend] | None = None,
    ):
        self.workers = dict(workers or {})
        self.setup = _setup(network)
        self.steps = whole_steps(duration, self.setup.dt, "simulate: duration")
        if not self.steps and self.setup.sources:
            raise ModelError(
                f"simulate: duration {duration}; expected at least {self.setup.dt:g} ms, a step of sources"
            )
        self.learn = learn
        self.wanted = _wanted(self.setup, record)
        self.probes = {r.name: r.probe(self.setup.dt) for r in self.wanted if not self._is_of_source(r)}
        for name, source in self.setup.sources.items():
            source.of_size(self._size(name)).check(self.steps, self.setup.dt)
        kinds = {name: "events" if source.is_spikes else "steps" for name, source in self.setup.sources.items()}
        schedule = Schedule([Phase(RUN, self.steps)], list(self.probes.values()), kinds)
        self.program: Program = lower(self.setup.network, schedule, precision=precision)
        check_program(self.program)
        grid_loss.check(self.setup.weights, self.program)
        self.weights = quantise(self.setup.weights, self.program)[0]

    @property
    def learns(self) -> bool:
        """Whether a run may change what is learned."""
        return self.learn and bool(self.program.rules)

    @cached_property
    def trials(self) -> Trials:
        """What a session is shown in all steps."""
        return self.between(0, self.steps)

    def between(self, first: int, stop: int) -> Trials:
        """Draw what a session is shown in steps first to stop - 1."""
        self._check_shown(stop - first)
        return Trials({name: self._drawn(name, first, stop) for name in self.setup.sources}, 1, step=first)

    def on(self, backend: str, progress: Progress | None = None) -> Recording:
        """Run it on one backend; where its progress is asked for, in pieces that take about two seconds each."""
        check_run(self.program, 1, self.steps)
        if progress is None:
            self._check_shown(self.steps)
        with heard(progress) as told, self.opened(backend) as session:
            whole = self.run if told is None else partial(in_pieces, self, progress=told)
            return replace(whole(session, 0, self.steps), learned=session.read())

    def opened(self, backend: str) -> Session:
        """Open a session of a backend, with the first weights."""
        found, mode = load(backend, self.workers)
        session = opener(found, mode)(self.program)
        session.write(self.weights)
        return session

    def run(self, session: Session, first: int, stop: int) -> Recording:
        """Run steps first to stop - 1 from the state that a session is in; the recording says nothing of weights."""
        trials = self.trials if (first, stop) == (0, self.steps) else self.between(first, stop)
        records = session.run(
            trials,
            constants={str(length_of(RUN)): float(stop - first)},
            learn=self.learn,
            keep_state=first > 0,
            ends=stop == self.steps,
        )
        return self._recording(records, trials, first, stop)

    @property
    def samples_align(self) -> int:
        """Steps of which a piece has a multiple, so that no sample falls beside its step."""
        return lcm(*(probe.every for probe in self.probes.values()))

    def _check_shown(self, steps: int) -> None:
        """Refuse values of sources that fit no memory; how many spikes there will be is not known."""
        numbers = [name for name, source in self.setup.sources.items() if not source.is_spikes]
        parts = [MemoryPart(f"the values of {name}", NUMBER * steps * self._size(name)) for name in numbers]
        check_memory(parts, f"a simulation of {steps:,} steps")

    def _is_of_source(self, r: Recordable) -> bool:
        return r.variable == SPIKES and f"{r.part}.x" in self.setup.sources

    def _size(self, name: str) -> int:
        return self.setup.network.population(name.partition(".")[0]).size

    def _drawn(self, name: str, first: int, stop: int) -> Stimulus:
        source = self.setup.sources[name]
        drawn = source.between(self.setup.seed, name, first, stop, self.setup.dt, self._size(name))
        return drawn if isinstance(drawn, Events) else drawn[np.newaxis]

    def _recording(self, records: Records, trials: Trials, first: int, stop: int) -> Recording:
        dt = self.setup.dt
        recorded: dict[str, Recorded] = {}
        for r in self.wanted:
            if self._is_of_source(r):
                spikes = trials.stimuli[f"{r.part}.x"]
                assert isinstance(spikes, Events)
                recorded[r.name] = SpikeTrain(_of_units(spikes, r), dt, first)
                continue
            probe = self.probes[r.name]
            found = records[probe.name]
            if isinstance(found, Events):
                recorded[r.name] = SpikeTrain(found, dt, first)
            else:
                recorded[r.name] = _trace(r, probe, found, dt, first)
        return Recording(
            recorded,
            f"{records.backend}:{records.mode}",
            records.kind,
            dt,
            (stop - first) * dt,
            {},
            records.timing.simulate,
            records.timing.wall,
            first * dt,
        )


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


def _trace(r: Recordable, probe: Probe, found: Array, dt: float, first: int) -> SampledTrace:
    values = found[0].reshape(len(found[0]), int(np.prod(found[0].shape[1:])))  # also of no steps
    units = np.arange(values.shape[1]) if r.units is None else np.asarray(r.units)
    measured_in = "" if r.dimension in (None, NO_DIMENSION) else str(r.dimension)
    times = (first + np.arange(len(values)) * probe.every + 1) * np.float64(dt)
    return SampledTrace(times, values, units, measured_in)

"""Modes ``cython`` and ``numpy``: the same objects, executed in this process by the cursor's twin in Python.

Made for looking into a program and for machines without a compiler. Objects are built once a session, and put back
to how they were before each run. Modules that Cython has compiled are kept in the cache, and those of an earlier
process are loaded only if they are as they were.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import brian2
import numpy as np
from brian2.devices.device import runtime_device

from neurosim.backend import cache
from neurosim.backend.contract import Backend, Progress
from neurosim.backend.host_session import HostSession, Outcome
from neurosim.errors import BackendUnavailable
from neurosim.program.program import Program, ProgramProbe
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events
from neurosim.program.source.listing import in_parts
from neurosim_brian2 import layout
from neurosim_brian2.building import builder
from neurosim_brian2.building.compiler import FLAGS
from neurosim_brian2.objects import CLOCK, EVERY_STEP, TRIAL_START, Gate, Objects
from neurosim_brian2.recordings import recorded, recording
from neurosim_brian2.standalone import title_of, toolchain


class RuntimeSession(HostSession):
    """A program as Brian2 objects in this process."""

    def __init__(self, program: Program, backend: Backend, mode: str):
        super().__init__(program, backend, mode)
        start = time.perf_counter()
        self._modules = cython_modules(self.program) if mode == "cython" else None
        with target(mode, self._modules):
            self._objects = made(self.program)
            self._objects.network.store()
        self.compile_seconds = time.perf_counter() - start

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        """Run all trials in this process, with the objects as they were built."""
        start = time.perf_counter()
        with target(self.mode, self._modules):
            self._objects.network.restore()
            cursor = Cursor(self._objects, run)
            self._write(run, learned)
            begun = time.perf_counter()
            finite = cursor.run(progress)
            seconds = time.perf_counter() - begun
        for name, (owner, variable) in layout.learned_arrays(run.program).items():
            learned[name] = np.array(cursor.array(owner, variable), dtype=np.float64).reshape(learned[name].shape)
        probes = {q.name: recording(q, run, self._recorded(q)) for q in run.program.probes if finite}
        transfer, operations = begun - start, cursor.operations
        return Outcome(learned, probes, seconds, transfer_seconds=transfer, finite=finite, operations=operations)

    def _write(self, run: Run, learned: dict[str, Array]) -> None:
        values: dict[layout.Variable, Any] = dict(layout.settings(run))
        values |= {v: learned[name].ravel() for name, v in layout.learned_arrays(run.program).items()}
        weights = self.delivered_weights(run)
        values |= {(m.name, layout.EFFECTIVE): weights[m.name].ravel() for m in run.program.matrices if not m.is_plain}
        for (owner, variable), value in values.items():
            self._objects.owner(owner).variables[variable].set_value(value)

    def _recorded(self, probe: ProgramProbe) -> list[Any]:
        monitor = self._objects.probes[probe.name]
        return [np.array(monitor.variables[v].get_value()) for v in recorded(probe)]


class Cursor:
    """Steps through the trials and phases of a run; line by line what `neurosim_brian2.cursor` prints in C++."""

    def __init__(self, objects: Objects, run: Run):
        self.objects, self.program, self.trials = objects, objects.program, run
        gates, always = objects.gates, Gate()
        self.due = [(o.run, gates.get(o.name, always)) for o in objects.network.sorted_objects if o.active]
        self.clock = [self.array(CLOCK, "timestep"), self.array(CLOCK, "t")]
        self.fills = [(self.array(*v), x) for v, x in layout.at_trial_start(self.program)]
        self.spiking = [self.array(g, "_spikespace") for g in layout.spiking(self.program)]
        self.empties = [self.array(*v) for v in layout.emptied_each_step(self.program)]
        self.states = [self.array(*v) for v in layout.states(self.program)]
        self.stimulated = [(self.array(*v), name, kind) for name, v, kind in layout.stimuli(self.program)]
        self.constant: list[tuple[Any, Any]] = []
        self.every_step: list[tuple[Any, Any]] = []
        self.operations = 0
        self.before, self.after = (
            [self._counter(c) for c in layout.counted(self.program, afterwards)] for afterwards in (False, True)
        )

    def array(self, owner: str, variable: str) -> Any:
        """The array of a variable of a group, a matrix or the clock: the memory itself."""
        return self.objects.owner(owner).variables[variable].get_value()

    def _counter(self, counted: layout.Counted) -> tuple[Any, bool, Any]:
        """An array, whether it is a list of spikes, and the synapses of each neuron, or of all where they are alike."""
        group, variable, dense, ends = counted
        array = self.array(group, "_spikespace" if variable is None else variable)
        return array, variable is None, sum((self.array(*end) for end in ends), np.int64(dense))

    def _count(self, counters: Sequence[tuple[Any, bool, Any]]) -> None:
        """Add the synapses of the neurons whose output is not zero."""
        for array, is_list, fan_out in counters:
            loud = array[: array[-1]] if is_list else np.flatnonzero(array)
            self.operations += int(fan_out[loud].sum() if fan_out.ndim else fan_out * len(loud))

    def run(self, progress: Progress | None) -> bool:
        """Run all trials; whether the states were finite at each one's end."""
        for first, part in in_parts(self.trials):
            self._show(part)
            for trial in range(part.count):
                self._trial(first, trial)
                if not all(np.isfinite(s).all() for s in self.states):
                    return False
                if progress is not None:
                    progress(first + trial + 1, self.trials.count)
        return True

    def _show(self, part: Run) -> None:
        """Gather the stimuli of some trials."""
        given = [(array, part.stimuli[name], kind) for array, name, kind in self.stimulated]
        self.constant = [(array, rows) for array, rows, kind in given if kind == "constant"]
        self.every_step = [(array, rows) for array, rows, kind in given if kind != "constant"]

    def _trial(self, first: int, trial: int) -> None:
        """All steps of a trial, whose index is that among those after `first`."""
        self._start(trial)
        step = 0
        for phase, length in enumerate(self.trials.lengths):
            self._set_phase(phase)
            for remaining in reversed(range(length)):
                self._set_clock(first + trial, step)
                self._step(trial, step, EVERY_STEP if remaining else phase)
                step += 1

    def _start(self, trial: int) -> None:
        for array, value in self.fills:
            array[:] = value
        for spikes in self.spiking:
            spikes[-1] = 0
        for array, rows in self.constant:
            array[:] = rows[trial]

    def _set_phase(self, phase: int) -> None:
        for group, variable in layout.phased(self.program):
            self.array(group, variable)[:] = self.array(group, layout.in_phase(variable, phase))

    def _set_clock(self, trial: int, step: int) -> None:
        for array in self.clock:
            array[:] = trial * self.trials.steps + step

    def _step(self, trial: int, step: int, ended: int) -> None:
        for array, given in self.every_step:
            if isinstance(given, Events):
                array[:] = 0.0
                array[given.at(trial, step)] = 1.0
            else:
                array[:] = given[trial, step]
        for array in self.empties:
            array[:] = 0.0
        self._count(self.before)
        for run, gate in self.due:
            moment = gate.moment
            due = moment in (EVERY_STEP, ended) or (moment == TRIAL_START and step == 0)
            if due and (self.trials.learn or not gate.learns):
                run()
        self._count(self.after)


def made(program: Program) -> Objects:
    """The objects of a program, and their code objects."""
    objects = Objects(program)
    objects.network.run(0 * brian2.second)
    return objects


def cython_modules(program: Program) -> Path:
    """The folder of a program's Cython modules; built, in a process of its own, unless the cache has it."""
    versions = sys.version, sys.executable, version("cython"), np.__version__, *map(os.environ.get, ("CC", "CXX"))
    of_python = hashlib.sha256(repr(versions).encode()).hexdigest()[:12]  # Brian2 names modules by them, too
    key = f"{program.digest()}-{toolchain()}-{of_python}"

    def build(folder: Path) -> None:
        builder.fill(folder, "neurosim_brian2.building.build_cython", program)

    return cache.artefact("brian2-cython", key, build, title_of(program))


@contextmanager
def target(mode: str, modules: Path | None) -> Iterator[None]:
    """Brian2's preferences as this mode needs them, only for as long as it does.

    Parameters
    ----------
    modules
        The folder of Cython modules.

    Raises
    ------
    BackendUnavailable
        If this process has chosen another device for Brian2.
    """
    if brian2.get_device() is not runtime_device:
        remedy = "call brian2.set_device('runtime') first"
        raise BackendUnavailable(f"backend brian2:{mode} needs Brian2's runtime device; {remedy}")
    wanted: dict[str, Any] = {
        "codegen.target": mode,
        "codegen.loop_invariant_optimisations": False,
        "codegen.cpp.extra_compile_args_gcc": list(FLAGS),
    }
    if modules is not None:
        wanted |= {
            "codegen.runtime.cython.cache_dir": str(modules),
            "codegen.runtime.cython.multiprocess_safe": False,  # its locks: the cache has one, and then nobody writes
        }
    before = {name: brian2.prefs[name] for name in wanted}
    brian2.prefs.update(wanted)
    try:
        yield
    finally:
        brian2.prefs.update(before)

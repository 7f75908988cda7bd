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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
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
from neurosim.program.program import Group, Program, Rule
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events
from neurosim.program.source.listing import in_parts
from neurosim.program.source.past import Past, PastSpikes
from neurosim.program.source.synapses import synapses_of
from neurosim.program.trial.state import PAST, initial_output
from neurosim_brian2 import layout
from neurosim_brian2.building import build_cython
from neurosim_brian2.building.compiler import FLAGS
from neurosim_brian2.cursor.recordings import of_monitor
from neurosim_brian2.objects import CLOCK, EVERY_STEP, SLOTS, TRIAL_START, Gate, Objects
from neurosim_brian2.standalone import title_of, toolchain

OUTPUTS_ARE_THERE = (SLOTS.index("deliver"), -2)
"""Slot and order of the last object that makes an output, before any is delivered."""


class RuntimeSession(HostSession):
    """A program as Brian2 objects in this process."""

    keeps_state = True

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
        probes = {q.name: of_monitor(q, run, self._objects.probes[q.name]) for q in run.program.probes if finite}
        state = cursor.state() if finite and run.count == 1 else None
        counted: dict[str, Any] = {"finite": finite, "operations": cursor.operations, "state": state}
        return Outcome(learned, probes, seconds, transfer_seconds=begun - start, **counted)

    def _write(self, run: Run, learned: dict[str, Array]) -> None:
        values: dict[layout.Variable, Any] = dict(layout.settings(run))
        values |= {v: learned[name].ravel() for name, v in layout.learned_arrays(run.program).items()}
        values |= {v: run.fixed[name].ravel() for name, v in layout.fixed_arrays(run.program).items()}
        of_synapses = layout.of_each_synapse(run, learned, self.delivered_weights(run))
        values |= {v: array.ravel() for v, array in of_synapses.items()}
        for (owner, variable), value in values.items():
            self._objects.owner(owner).variables[variable].set_value(value)


class Cursor:
    """Steps through the trials and phases of a run; line by line what `neurosim_brian2.cursor` prints in C++."""

    def __init__(self, objects: Objects, run: Run):
        self.objects, self.program, self.trials = objects, objects.program, run
        gates, always = objects.gates, Gate()
        self.due = [
            ((SLOTS.index(o.when), o.order), self._run_of(o), gates.get(o.name, always))
            for o in objects.network.sorted_objects
            if o.active
        ]
        self.clock = [self.array(CLOCK, "timestep"), self.array(CLOCK, "t")]
        self.fills: list[tuple[Any, Any]] = [(self.array(*v), x) for v, x in layout.at_trial_start(self.program)]
        copies = layout.copied_at_trial_start(self.program)
        self.fills += [(self.array(*v), self.array(*first)) for v, first in copies]
        self.not_stimulated = [(self.array(*v), x) for v, x in layout.not_stimulated(self.program)]
        self.given = [(self.array(*v), values) for v, values in layout.given_state(run).items()]
        self.spiking = [self.array(g, layout.SPIKE_SPACE) for g in layout.spiking(self.program)]
        self.empties = [self.array(*v) for v in layout.emptied_each_step(self.program)]
        self.states = [self.array(*v) for v in layout.states(self.program)]
        self.stimulated = [(self.array(*v), name, kind) for name, v, kind in layout.stimuli(self.program)]
        self.constant: list[tuple[Any, Any]] = []
        self.every_step: list[tuple[Any, Any]] = []
        self.late = LateArrivals(objects)
        self.operations = 0
        self.before, self.after = (
            [self._counter(c) for c in layout.counted(self.program, afterwards)] for afterwards in (False, True)
        )

    def array(self, owner: str, variable: str) -> Any:
        """The array of a variable of a group, a matrix or the clock: the memory itself."""
        return self.objects.owner(owner).variables[variable].get_value()

    def _run_of(self, o: Any) -> Callable[[], None]:
        """What an object does; one that changes shared weights, with what synapses add before, and have of it then."""
        rule = self.objects.sharing.get(o.name)
        return o.run if rule is None else partial(self._update_shared, o.run, rule)

    def _update_shared(self, update: Callable[[], None], rule: Rule) -> None:
        m = self.program.matrix(rule.owner)
        if rule.when == "spike" and not self.array(m.post, layout.SPIKE_SPACE)[-1]:
            return
        share, kernel = self.array(m.name, layout.SHARE), layout.kernel(m.name)
        for v in layout.summed(rule):
            terms, total = self.array(m.name, v), self.array(kernel, v)
            total[:] = np.bincount(share, terms, len(total))
            terms[:] = 0.0
        update()
        for of_weights, of_synapses in layout.spread(self.program, m):
            self.array(m.name, of_synapses)[:] = self.array(kernel, of_weights)[share]

    def state(self) -> dict[str, Array]:
        """Copies of the state, by its names in the program."""
        where = {n: (v[1] == layout.SPIKE_SPACE, self.array(*v)) for n, v in layout.left_state(self.program).items()}
        left = {n: layout.unlisted(a) if spikes else np.array(a, dtype=np.float64) for n, (spikes, a) in where.items()}
        return left | self.late.state()

    def _counter(self, counted: layout.Counted) -> tuple[Any, bool, Any]:
        """An array, whether it is a list of spikes, and the synapses of each neuron, or of all where they are alike."""
        group, variable, dense, ends = counted
        array = self.array(group, layout.SPIKE_SPACE if variable is None else variable)
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
        step, ends = 0, self.trials.phase_ends()
        for phase, length in enumerate(self.trials.lengths):
            self._set_phase(phase)
            for _ in range(length):
                self._set_clock(first + trial, step)
                self._step(trial, step, ends.get(step, EVERY_STEP))
                step += 1

    def _start(self, trial: int) -> None:
        for array, value in (*self.fills, *self.not_stimulated):
            array[:] = value
        for spikes in self.spiking:
            spikes[-1] = 0
        for array, values in self.given:
            array[:] = values
        for array, rows in self.constant:
            array[:] = rows[trial]
        self.late.restart(self.trials.state)

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
        waiting = self.late.some
        for order, run, gate in self.due:
            if waiting and order > OUTPUTS_ARE_THERE:
                self.operations += self.late.arrive()
                waiting = False
            moment = gate.moment
            due = moment in (EVERY_STEP, ended) or (moment == TRIAL_START and step == 0)
            due = due and step % gate.every == 0
            if due and (self.trials.learn or not gate.learns):
                run()
        self._count(self.after)
        self.late.keep_inputs()


class LateArrivals:
    """What arrives at synapses with delays. Brian2's own queues have the spikes; values are kept here.

    Attributes
    ----------
    some
        Whether there are any.
    """

    def __init__(self, objects: Objects):
        self._program = program = objects.program
        self.some, synapses = bool(program.pasts()), synapses_of(program)
        edges = layout.late_edges(program)
        self._edges = [(e, synapses[e.matrix].late_back if e.transposed else synapses[e.matrix].late) for _, e in edges]
        self._groups = [g for g in program.groups if g.name in program.pasts()]
        self._pasts = {
            g.name: (PastSpikes if g.output == "spike" else Past)(program.pasts()[g.name], g.size) for g in self._groups
        }
        self._queues = [getattr(objects.matrices[e.matrix], f"edge{i}").queue for i, e in edges if e.events]
        self._queued = [e.source for _, e in edges if e.events]
        self._empty = [queue._full_state() for queue in self._queues]
        self._outputs = {g.name: _output(objects, g) for g in self._groups}
        self._shown = {
            (e.matrix, e.transposed): objects.matrices[e.matrix].variables[layout.LATE[e.transposed]].get_value()
            for _, e in edges
            if e.transposed in layout.shown_late(program, program.matrix(e.matrix))
        }

    def restart(self, state: Mapping[str, Array] | None) -> None:
        """Nothing is under way when a trial starts, unless it goes on from a state."""
        for g in self._groups:
            self._pasts[g.name].restart(
                initial_output(self._program, g) if state is None else state[f"{g.name}.{PAST}"]
            )
        for queue, empty in zip(self._queues, self._empty, strict=True):
            queue._restore_from_full_state(empty)
        for source, queue in zip(self._queued, self._queues, strict=True):
            for spikes in self._pasts[source].rows[::-1]:
                queue.push(np.flatnonzero(spikes).astype(np.int32))
                queue.advance()

    def state(self) -> dict[str, Array]:
        """Copies of what is under way, by its names in the state of the program."""
        return {f"{n}.{PAST}": past.rows.copy() for n, past in self._pasts.items()}

    def arrive(self) -> int:
        """Keep what populations put out before this step, show what arrives, and count where it is not zero."""
        for g in self._groups:
            if not g.is_input:
                self._pasts[g.name].push(self._outputs[g.name]())
        for e, late in self._edges:
            if (e.matrix, e.transposed) in self._shown:
                self._shown[e.matrix, e.transposed][:] = self._pasts[e.source].values[late.places]
        return sum(late.operations(self._pasts[e.source]) for e, late in self._edges)

    def keep_inputs(self) -> None:
        """Keep what inputs put out in this step."""
        for g in self._groups:
            if g.is_input:
                self._pasts[g.name].push(self._outputs[g.name]())


def _output(objects: Objects, g: Group) -> Callable[[], Array]:
    """What tells a group's output as it is: spikes as 0 and 1, or a variable."""
    if g.output != "spike":
        values: Array = objects.groups[g.name].variables[layout.of_neuron(g.output)].get_value()
        return lambda: values
    spikes = objects.groups[g.name].variables["_spikespace"].get_value()

    def dense() -> Array:
        output = np.zeros(g.size)
        output[spikes[: spikes[-1]]] = 1.0
        return output

    return dense


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

    def fill(folder: Path) -> None:
        build_cython.fill(folder, program)

    return cache.artefact("brian2-cython", key, fill, title_of(program))


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

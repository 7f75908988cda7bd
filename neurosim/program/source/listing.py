"""A program as one printed Python function for a whole run: what the reference executes, and others too.

In each step, in the order that defines it: stimulate, deliver, update, learn, probe, assign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from neurosim.program.program import Group, ProgramProbe, Rule
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events, Recording
from neurosim.program.source.operations import OPERATIONS, senders
from neurosim.program.source.statements import Statements, definitions, spelled
from neurosim.program.source.synapses import synapses_of

RunFunction = Callable[..., int]


def in_parts(run: Run, steps: int = 20_000) -> Iterable[tuple[int, Run]]:
    """Yield the run in parts of about `steps` steps, each with the index of its first trial.

    Progress is told, and stimuli are gathered, a part at a time.
    """
    trials = max(1, min(steps // max(run.steps, 1), run.trials_at_once))
    for first in range(0, run.count, trials):
        yield first, run.part(first, first + trials)


def compiled(source: str) -> RunFunction:
    """Return the function whose source is a listing."""
    return definitions(source)["run"]  # type: ignore[no-any-return]


class Recorder:
    """The arrays into which the printed function of a run writes.

    Attributes
    ----------
    arrays
        By the name of a probe: float64 of shape (trials, steps, units) or (trials, units), or a list with the indices
        of spikes for each step. By `OPERATIONS`: the count of effective synaptic operations, int64 of shape (1,).
    """

    def __init__(self, run: Run):
        self.run = run
        self.arrays: dict[str, Any] = {q.name: self._new(q) for q in run.program.probes}
        self.arrays[OPERATIONS] = np.zeros(1, np.int64)

    def _new(self, probe: ProgramProbe) -> Any:
        if probe.variable == "spike":
            return []
        size = self.run.program.group(probe.group).size
        if probe.when == "step":
            return np.empty((self.run.count, self.run.steps, size))
        ran = self.run.lengths[probe.phase] > 0
        return np.empty((self.run.count if ran else 0, size))

    @property
    def operations(self) -> int:
        """Number of effective synaptic operations."""
        return int(self.arrays[OPERATIONS][0])

    def probes(self) -> dict[str, Recording]:
        """Return by the name of the probe an array of shape (trials, steps, units) or (trials, units), or `Events`."""
        sizes = {q.name: self.run.program.group(q.group).size for q in self.run.program.probes}
        return {
            n: Events.from_lists(a, self.run.steps, sizes[n]) if isinstance(a, list) else a
            for n, a in self.arrays.items()
            if n != OPERATIONS
        }


def listing(run: Run, watch: bool = False, before_step: Sequence[str] = ()) -> str:
    """Return the source of ``run(count, first, stimuli, synapses, learned, records)``.

    The function changes the learned arrays in place, writes records from trial `first` on, and returns the trial at
    whose end some state was not finite, or -1.

    Parameters
    ----------
    watch
        Whether ``watch(first + trial, step, locals())`` is called after every step.
    before_step
        Lines before those of each step: with ``yield`` a simulator takes the run a step at a time.
    """
    s = Statements(run)
    lines = ["def run(count, first, stimuli, synapses, learned, records):"]
    lines += indent(1, start_of_run(s))
    lines += indent(1, ["for trial in range(count):", *indent(1, start_of_trial(s))])
    after_step = ["watch(first + trial, step, locals())"] if watch else []
    for index, length in enumerate(run.lengths):
        if length:
            for first, stop, rules in stretches(s, index):
                lines += indent(2, [f"for step in range({first}, {stop}):"])
                lines += indent(3, [*before_step, *step(s, index, rules), *after_step])
            lines += indent(2, [*end_of_phase(s, index), *after_step])
    states = [f"{g.name}__{v}" for g in run.program.groups for v, _ in g.state if run.steps]
    if states:
        quick = " + ".join(f"dot({v}, {v})" for v in states)  # large values may overflow it
        exact = " and ".join(f"isfinite({v}).all()" for v in states)
        lines += indent(2, [f"if not isfinite({quick}) and not ({exact}):", "    return first + trial"])
    return "\n".join([*lines, *indent(1, _end_of_run(s)), "    return -1"])


def indent(depth: int, lines: Iterable[str]) -> list[str]:
    """Return the lines, indented by so many levels."""
    return ["    " * depth + line for line in lines]


def start_of_run(s: Statements) -> list[str]:
    """Return the lines before all trials: learned arrays, driven parameters at their defaults, delivered weights."""
    lines = []
    for g in s.program.groups:
        lines += [f"{g.name}__{v} = learned['{g.name}.{v}']" for v, _ in g.learned]
        lines += [f"{g.name}__{v} = {s.filled(g.size, repr(x))}" for v, x in g.driven]
    for m in s.program.matrices:
        stored = "asfortranarray(learned['{}'])" if s.by_columns(m) else "learned['{}']"
        lines += s.synapses_lines(m)
        lines += [f"{m.name}__{v} = {stored.format(f'{m.name}.{v}')}" for v, _ in m.state]
        if not m.is_plain:
            lines += [f"{m.name}__effective = empty_like({m.name}__{m.state[0][0]})", *s.effective(m)]
    return [*lines, *(line for sender in senders(s.program) for line in s.fan_out(sender)), "operations = 0"]


def _end_of_run(s: Statements) -> list[str]:
    """Return the lines that copy back what was stored by columns, and hand over what was counted."""
    columns = [m for m in s.program.matrices if s.by_columns(m)]
    return [f"learned['{m.name}.{v}'][...] = {m.name}__{v}" for m in columns for v, _ in m.state] + [s.counted()]


def start_of_trial(s: Statements) -> list[str]:
    """Return the lines before the steps of a trial: initial states, constant stimuli, drives that stay the same."""
    lines = []
    for g in s.program.groups:
        lines += [f"{g.name}__{v} = {s.filled(g.size, repr(x))}" for v, x in g.state]
        spikes = g.output == "spike" and not g.is_input
        lines += [f"{g.name}__out = {s.filled(g.size, '0.0')}"] if spikes else []
    lines += [f"{spelled(v)} = stimuli['{v}'][{s.trial}]" for v, kind in s.program.stimuli if kind == "constant"]
    first = s.program.phases[0]
    for g in s.program.groups:
        if any(e.source == g.name and e.constant for e in s.program.edges):
            lines += s.present(g, first)
    for g in s.program.groups:
        lines += s.deliver(g, constant=True)
    return lines + [f"operations += {s.run.steps}*{s.operations(m)}" for m in senders(s.program) if m.constant]


def stretches(s: Statements, phase: int) -> list[tuple[int, int, list[Rule]]]:
    """Return the parts of a phase in which the same rules fire: (first step, step after the last, rules).

    The last step stands alone if rules fire at the phase's end: they take their place among those of every step.
    """
    last = [r for r in s.program.rules if s.run.learn and (r.when != "end" or r.phase == phase)]
    every = [r for r in last if r.when != "end"]
    first, stop = sum(s.run.lengths[:phase]), sum(s.run.lengths[: phase + 1])
    return [(first, stop, every)] if every == last else [(first, stop - 1, every), (stop - 1, stop, last)]


def step(s: Statements, phase: int, rules: Iterable[Rule]) -> list[str]:
    """Return the lines of a step: stimulate, deliver, update, learn, probe."""
    p = s.program.phases[phase]
    groups = s.program.groups
    lines = [line for v, kind in s.program.stimuli for line in s.stimulate(v, kind)]
    lines += [line for g in groups for line in s.present(g, p)]
    lines += [line for g in groups for line in s.deliver(g)]
    lines += [f"operations += {s.operations(m)}" for m in senders(s.program) if not m.constant]
    lines += [line for g in groups for line in s.arrive(g)]
    fired = s.groups_whose_spikes_are_read()
    for g in groups:
        if not g.is_input:
            lines += s.update(g, p, g.name in fired)
        elif g.name in fired:
            lines.append(s.fired(g))
    lines += [line for r in rules for line in s.learn(r, p)]
    return lines + [record(s, q) for q in s.program.probes if q.when == "step"]


def end_of_phase(s: Statements, phase: int) -> list[str]:
    """Return the lines at the end of a phase: its probes, then its assignments."""
    lines = [record(s, q) for q in s.program.probes if q.when == "end" and q.phase == phase]
    return lines + s.assign(s.program.phases[phase], s.groups)


def record(s: Statements, probe: ProgramProbe) -> str:
    """Return the line that records what a probe asks for."""
    if probe.variable == "spike":
        return f"{s.spikes}['{probe.name}'].append({probe.group}__fired)"
    where = f"{s.recorded}, step" if probe.when == "step" else s.recorded
    return f"records['{probe.name}'][{where}] = {probe.group}__{probe.variable}"


class _Found(Exception):
    """Carries (owner, variable, trial, step, value) out of a watched run."""


def first_non_finite(run: Run, learned: Mapping[str, Array]) -> tuple[str, str, int, int, float] | None:
    """Return the first state or weight of a run that is not finite: (owner, variable, trial, step, value).

    None where all are finite. The run is repeated, and every step of it is looked at.

    Parameters
    ----------
    learned
        Arrays as they were before the run, of the shapes that `Program.shapes` gives. They are not changed.
    """
    arrays = [(g.name, v) for g in run.program.groups for v in _stored(g)]
    arrays += [(m.name, v) for m in run.program.matrices for v, _ in m.state]

    def watch(trial: int, step: int, scope: Mapping[str, Array]) -> None:
        for owner, variable in arrays:
            values = scope[f"{owner}__{variable}"]
            if not np.isfinite(values).all():
                raise _Found(owner, variable, trial, step, float(values[~np.isfinite(values)][0]))

    function = compiled(listing(run, watch=True))
    function.__globals__["watch"] = watch
    try:
        with np.errstate(all="ignore"):
            copies = {n: a.copy() for n, a in learned.items()}
            synapses, records = synapses_of(run.program), Recorder(run).arrays
            for first, part in in_parts(run):
                function(part.count, first, part.stimuli, synapses, copies, records)
    except _Found as found:
        return found.args  # type: ignore[return-value]
    return None


def _stored(g: Group) -> list[str]:
    return [v for v, _ in (*g.state, *g.learned)]

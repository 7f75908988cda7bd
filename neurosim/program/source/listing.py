"""A program as one printed Python function for a whole run: what the reference executes, and others too.

In each step, in the order that defines it: stimulate, deliver, update, learn, probe, assign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from neurosim.program.program import Group, ProgramProbe, Rule
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source.operations import senders
from neurosim.program.source.recorder import STATE, Recorder
from neurosim.program.source.statements import Statements, definitions, spelled
from neurosim.program.source.synapses import synapses_of
from neurosim.program.trial.state import PAST, state_of

RunFunction = Callable[..., int]

Place = tuple[str, str, int, int, float]
"""Where a run went wrong: (owner, variable, trial, step, value)."""


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


def listing(run: Run, watch: bool = False, before_step: Sequence[str] = ()) -> str:
    """Return the source of ``run(count, first, stimuli, synapses, fixed, learned, records)``.

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
    lines = ["def run(count, first, stimuli, synapses, fixed, learned, records):"]
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
    late = left({f"{name}.{PAST}": f"{s.past(name)}.rows" for name in s.pasts})
    lines += indent(1, [*end_state(s, run.program.groups), *late, *_end_of_run(s)])
    return "\n".join([*lines, "    return -1"])


def indent(depth: int, lines: Iterable[str]) -> list[str]:
    """Return the lines, indented by so many levels."""
    return ["    " * depth + line for line in lines]


def start_of_run(s: Statements) -> list[str]:
    """Return the lines before all trials: learned and fixed arrays, driven parameters at their defaults, weights."""
    lines = [line for part in s.program.parts for line in s.fixed_lines(part)]
    for g in s.program.groups:
        lines += [f"{g.name}__{v} = learned['{g.name}.{v}']" for v, _ in g.learned]
        lines += [f"{g.name}__{v} = {s.filled(g.size, repr(x))}" for v, x in g.driven]
        lines += [s.new_past(g, s.pasts[g.name])] if g.name in s.pasts else []
    for m in s.program.matrices:
        stored = "asfortranarray(learned['{}'])" if s.by_columns(m) else "learned['{}']"
        lines += s.synapses_lines(m)
        lines += [f"{m.name}__{v} = {stored.format(f'{m.name}.{v}')}" for v, _ in m.state]
        lines += s.room_for_effective(m) + s.effective(m)
    return [*lines, *(line for sender in senders(s.program) for line in s.fan_out(sender)), "operations = 0"]


def _end_of_run(s: Statements) -> list[str]:
    """Return the lines that copy back what was stored by columns, and hand over what was counted."""
    columns = [m for m in s.program.matrices if s.by_columns(m)]
    return [f"learned['{m.name}.{v}'][...] = {m.name}__{v}" for m in columns for v, _ in m.state] + [s.counted()]


def start_of_trial(s: Statements) -> list[str]:
    """Return the lines before the steps of a trial: initial states, constant stimuli, drives that stay the same."""
    lines = []
    for g in s.program.groups:
        lines += group_start(s, g)
    lines += [f"{spelled(v)} = stimuli['{v}'][{s.trial}]" for v, kind in s.program.stimuli if kind == "constant"]
    first = s.program.phases[0]
    for g in s.program.groups:
        if any(e.source == g.name and e.constant for e in s.program.edges):
            lines += s.present(g, first)
    for g in s.program.groups:
        lines += s.deliver(g, constant=True)
        if g.name in s.pasts:
            lines += [*([] if g.is_input else s.present(g, first)), s.start_past(g)]
    return lines + [f"operations += {s.run.steps}*{s.operations(m)}" for m in senders(s.program) if m.constant]


def group_start(s: Statements, g: Group) -> list[str]:
    """Return the lines that give a group its state before a trial: that of its start, or what the run goes on from."""
    if s.run.state is not None:
        return [f"{name} = {s.kept(f'{g.name}.{v}')}" for v, name in _names_of_state(s, g)]
    initial = dict(state_of(g))
    return [f"{name} = {s.start(g, v, initial[v])}" for v, name in _names_of_state(s, g)]


def end_state(s: Statements, groups: Iterable[Group]) -> list[str]:
    """Return the lines that hand over the state of some groups after a run of one trial."""
    return left({f"{g.name}.{v}": name for g in groups for v, name in _names_of_state(s, g)})


def left(values: Mapping[str, str]) -> list[str]:
    """Return the lines that hand over arrays of the state after a run of one trial, given the texts of their values."""
    lines = [f"records['{STATE}']['{n}'][...] = {value}" for n, value in values.items()]
    return [f"if '{STATE}' in records:", *indent(1, lines)] if lines else []


def _names_of_state(s: Statements, g: Group) -> list[tuple[str, str]]:
    """Return the variables of a group's state, and how statements call them."""
    return [(v, s.delivered(g.name, v)) for v, _ in state_of(g)]


def stretches(s: Statements, phase: int) -> list[tuple[int, int, list[Rule]]]:
    """Return the parts of a phase in which the same rules fire: (first step, step after the last, rules).

    The last step stands alone if rules fire at the phase's end: they take their place among those of every step.
    """
    ends = s.run.ends_phase(phase)
    last = [r for r in s.program.rules if s.run.learn and (r.when != "end" or (ends and r.phase == phase))]
    every = [r for r in last if r.when != "end"]
    first, stop = sum(s.run.lengths[:phase]), sum(s.run.lengths[: phase + 1])
    return [(first, stop, every)] if every == last else [(first, stop - 1, every), (stop - 1, stop, last)]


def step(s: Statements, phase: int, rules: Iterable[Rule]) -> list[str]:
    """Return the lines of a step: stimulate, deliver, update, learn, probe."""
    p = s.program.phases[phase]
    groups = s.program.groups
    lines = [line for v, kind in s.program.stimuli for line in s.stimulate(v, kind)]
    lines += [line for g in groups for line in s.present(g, p)]
    lines += [line for g in groups if not g.is_input for line in s.keep(g)]
    lines += [line for g in groups for line in s.deliver(g)]
    lines += [f"operations += {s.operations(m)}" for m in senders(s.program) if not m.constant]
    lines += [line for g in groups for line in s.arrive(g)]
    fired = s.groups_whose_spikes_are_read()
    for g in groups:
        if g.update or not g.is_input:
            lines += s.update(g, p, g.name in fired)
        elif g.name in fired:
            lines.append(s.fired(g))
    lines += [line for r in rules for line in s.learn(r, p)]
    lines += [line for g in groups if g.is_input for line in s.keep(g)]
    return lines + [line for q in s.program.probes if q.when == "step" for line in record(s, q)]


def end_of_phase(s: Statements, phase: int) -> list[str]:
    """Return the lines at the end of a phase: its probes, then its assignments; none where another run goes on."""
    if not s.run.ends_phase(phase):
        return []
    due = [q for q in s.program.probes if q.when == "end" and q.phase == phase]
    lines = [line for q in due for line in record(s, q)]
    return lines + s.assign(s.program.phases[phase], s.groups)


def record(s: Statements, probe: ProgramProbe) -> list[str]:
    """Return the lines that record what a probe asks for."""
    target = f"records['{probe.name}']" if probe.variable != "spike" else f"{s.spikes}['{probe.name}']"
    if probe.variable == "spike":
        return [f"{target}.append({probe.group}__fired)"]
    values = f"{probe.group}__{probe.variable}"
    if probe.when == "end":
        return [f"{target}[{s.recorded}] = {values}"]
    if probe.every == 1:
        return [f"{target}[{s.recorded}, step] = {values}"]
    return [f"if step % {probe.every} == 0:", f"    {target}[{s.recorded}, step // {probe.every}] = {values}"]


class _Found(Exception):
    """Carries (owner, variable, trial, step, value) out of a watched run."""


def first_non_finite(run: Run, learned: Mapping[str, Array]) -> Place | None:
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
                function(part.count, first, part.stimuli, synapses, run.fixed, copies, records)
    except _Found as found:
        return found.args  # type: ignore[return-value]
    return None


def _stored(g: Group) -> list[str]:
    return [v for v, _ in (*g.state, *g.learned)]

"""What each process executes: a printed generator that goes one Lava step further with each ``next``.

The statements are those of the reference, a process has its own ones. A trial of n steps takes n + 1 Lava steps: in the
first, which primes, populations take their initial state, discard what arrives, and send what step 1 delivers; so do
inputs, which thereby reach their targets in the same step as everywhere else. Lava's InPort adds what arrives from
several projections.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from neurosim.program.program import Edge, Group, Matrix, ProgramProbe, Rule
from neurosim.program.run import Run
from neurosim.program.schedule import StimulusKind
from neurosim.program.source.listing import end_state, group_start, indent, left, record, stretches
from neurosim.program.source.operations import Sender
from neurosim.program.source.recorder import STATE
from neurosim.program.source.statements import Statements, spelled
from neurosim.program.trial.state import PAST, SPIKES
from neurosim.program.variables import VariableKey
from neurosim_lava.mapped.process_network import MappedProcess, ProcessNetwork, Wire, direction, told_forwards

HEAD = "def run(trials, stimuli, synapses, fixed, learned, records, failed, ports):"


def texts(run: Run, network: ProcessNetwork) -> dict[str, str]:
    """By part, for all that are not Lava's own."""
    s = Statements(run)
    return {p.name: _text(s, p, network) for p in network.parts if not p.choice.stock}


def counts_all(run: Run, network: ProcessNetwork) -> bool:
    """Whether some text counts what each direction delivers: its own, its source's, or its source's recorder's."""
    recorded = {p.of.name for p in network.parts if p.recorder and isinstance(p.of, Group)}
    unseen = {p.name for p in network.parts if isinstance(p.of, Group) and p.choice.stock} - recorded
    return not any(e.source in unseen and network.part(direction(e)).choice.stock for e in run.program.edges)


def _text(s: Statements, p: MappedProcess, network: ProcessNetwork) -> str:
    if isinstance(p.of, Edge):
        return _direction(s, p.of, p.name, network)
    return _recorder(s, p.of, network) if p.recorder else _population(s, p.of, network)


def _printed(start: Iterable[str], trial: Iterable[str]) -> str:
    lines = [HEAD, *indent(1, start), "    operations = 0"]
    lines += indent(1, ["for trial in range(trials):", *indent(1, trial)])
    return "\n".join(lines)


# populations


def _population(s: Statements, g: Group, network: ProcessNetwork) -> str:
    start = ["first = 0", *s.fixed_lines(g), *(f"{g.name}__{v} = learned['{g.name}.{v}']" for v, _ in g.learned)]
    start += [f"{g.name}__{v} = full({g.size}, {x!r})" for v, x in g.driven]
    outputs = {w.out: w.variables[0] for w in network.out_of(g.name) if w.kind == "output" and not w.once}
    trial = [*_start_of_trial(s, g, network), *_once(s, g, network)]
    sending = [f"ports['{out}'].send({s.delivered(g.name, variable)})" for out, variable in outputs.items()]
    sending += [f"operations += {s.operations(m)}" for m in _to_lavas_own(s, g, network)]
    for index, phase in enumerate(s.program.phases):
        if s.run.lengths[index]:
            trial += _phase(s, g, index, sending, network)
            trial += s.assign(phase, [g.name]) if s.run.ends_phase(index) else []
    trial += [
        *_look(g),
        *end_state(s, [g]),
        *(f"ports['{out}'].send(zeros({g.size}))" for out in outputs),
        *_hand_over(s),
        "yield",
    ]
    return _printed(start, trial)


def _to_lavas_own(s: Statements, g: Group, network: ProcessNetwork) -> list[Sender]:
    """What a population sends, in each step, to processes that have no text to count what arrives."""
    stock = [e for e in s.program.edges if e.source == g.name and network.part(direction(e)).choice.stock]
    return [Sender(s.program, (e,)) for e in stock]


def _hand_over(s: Statements) -> list[str]:
    """What was counted in a trial; a run ends with the last ``yield``."""
    return [s.counted(), "operations = 0"]


def _start_of_trial(s: Statements, g: Group, network: ProcessNetwork) -> list[str]:
    """Nothing of what arrives is for this trial."""
    ports = {w.into for w in network.into(g.name) if not w.once}
    lines = [f"ports['{port}'].recv()" for port in sorted(ports)]
    lines += group_start(s, g)
    return lines + [f"{spelled(v)} = stimuli['{v}'][trial]" for v, kind in _stimuli(s, g) if kind == "constant"]


def _stimuli(s: Statements, g: Group) -> list[tuple[str, StimulusKind]]:
    return [(v, kind) for v, kind in s.program.stimuli if VariableKey.from_text(v).owner == g.name]


def _phase(s: Statements, g: Group, index: int, sending: Sequence[str], network: ProcessNetwork) -> list[str]:
    """The steps of a phase, each from what it puts out to what it makes of what arrives."""
    phase, probes = s.program.phases[index], [q for q in s.program.probes if q.group == g.name]
    lines = []
    for first, stop, rules in stretches(s, index):
        step = [line for v, kind in _stimuli(s, g) for line in s.stimulate(v, kind)]
        step += [*s.present(g, phase), *sending, "yield", *_step(s, g, index, network.into(g.name))]
        step += _to_rules(network.out_of(g.name), rules)
        step += [line for r in rules if r.owner == g.name for line in s.learn(r, phase)]
        step += [line for q in probes if q.when == "step" for line in record(s, q)]
        lines += [f"for step in range({first}, {stop}):", *indent(1, step)]
    return lines + _at_end(s, probes, index)


def _at_end(s: Statements, probes: Iterable[ProgramProbe], phase: int) -> list[str]:
    """What probes record at the end of a phase, unless another run goes on in it."""
    ends = s.run.ends_phase(phase)
    return [line for q in probes if ends and q.when == "end" and q.phase == phase for line in record(s, q)]


def _once(s: Statements, g: Group, network: ProcessNetwork) -> list[str]:
    """What goes and comes once a trial; as in the reference, it has the constants of the first phase."""
    outputs = {w.out: w.variables[0] for w in network.out_of(g.name) if w.once}
    lines = s.present(g, s.program.phases[0]) if outputs else []
    lines += [f"ports['{out}'].send({s.delivered(g.name, variable)})" for out, variable in outputs.items()]
    steady = {w.into for w in network.into(g.name) if w.once}
    return lines + [f"{g.name}__{port.removeprefix('in_')} = ports['{port}'].recv()" for port in sorted(steady)]


def _step(s: Statements, g: Group, phase: int, wires: Iterable[Wire]) -> list[str]:
    """What arrived, and what it makes of the population."""
    lines = []
    into = {w.into for w in wires}
    for port in g.ports:
        terms = [f"{g.name}__{port}__c"] * (f"in_{port}__c" in into)
        terms += [f"ports['in_{port}'].recv()"] * (f"in_{port}" in into)
        lines.append(f"{g.name}__{port} = {' + '.join(terms) or f'zeros({g.size})'}")
    lines += s.arrive(g)
    fired = g.name in s.groups_whose_spikes_are_read()
    if g.update or not g.is_input:
        return lines + s.update(g, s.program.phases[phase], fired)
    return [*lines, f"{g.name}__fired = flatnonzero({g.name}__out)"] if fired else lines


def _to_rules(wires: Iterable[Wire], rules: Sequence[Rule]) -> list[str]:
    """Variables for the rules that fire, to each direction that has them."""
    owners = {r.owner for r in rules}
    wires = [w for w in wires if w.kind == "rules" and w.matrix in owners]
    return [f"ports['{w.out}'].send(array(({_names(w)},)))" for w in wires]


def _names(w: Wire) -> str:
    """The variables of a population as both ends call them."""
    return ", ".join(f"{w.population}__{'out' if v == 'spike' else v}" for v in w.variables)


def _look(g: Group) -> list[str]:
    """Keep the first trial at whose end a state was not finite."""
    if not g.state:
        return []
    quick = " + ".join(f"dot({g.name}__{v}, {g.name}__{v})" for v, _ in g.state)  # large values may overflow it
    exact = " and ".join(f"isfinite({g.name}__{v}).all()" for v, _ in g.state)
    return [f"if failed[0] < 0 and not isfinite({quick}) and not ({exact}):", "    failed[0] = trial"]


def _spikes_under_way(s: Statements, g: Group) -> str:
    """The spikes that a population sends in the first step of a trial."""
    return f"zeros({g.size})" if s.run.state is None else f"records['{STATE}']['{g.name}.{SPIKES}'].copy()"


def _recorder(s: Statements, g: Group, network: ProcessNetwork) -> str:
    """The spikes that a process of Lava's own sends; those of a step arrive in the next, if the trial has one."""
    probes = [line for q in s.program.probes if q.group == g.name for line in record(s, q)]
    step = ["yield", *(f"operations += {s.operations(m, 'sent')}" for m in _to_lavas_own(s, g, network))]
    step += ["sent = ports['in_spikes'].recv()", f"{g.name}__fired = flatnonzero(sent)", *probes]
    trial = ["ports['in_spikes'].recv()", f"sent = {_spikes_under_way(s, g)}", f"for step in range({s.run.steps}):"]
    trial += [*indent(1, step), *_hand_over(s), "yield"]
    return _printed([], trial)


# projections


def _direction(s: Statements, e: Edge, name: str, network: ProcessNetwork) -> str:
    matrix = s.matrices[e.matrix]
    start = ["first = 0", *s.synapses_lines(matrix)]
    start += [line for part in _with_ends(s, matrix) for line in s.fixed_lines(part)]
    start += [f"{matrix.name}__{v} = learned['{matrix.name}.{v}']" for v, _ in matrix.state]
    start += s.room_for_effective(matrix) + s.effective(matrix)
    parts = _late(s, e) if s.is_late(e) else _prompt(s, e, once=any(w.once for w in network.into(name)))
    trial = list(parts.trial)
    wires = [w for w in network.into(name) if w.kind == "rules"]
    probes = [q for q in s.program.probes if q.group == e.matrix and not e.transposed]
    each_step = [line for q in probes if q.when == "step" for line in record(s, q)]
    trial += [f"ports['{w.into}'].recv()" for w in wires if w.out == "s_out"]
    for index, length in enumerate(s.run.lengths):
        for first, stop, rules in stretches(s, index) if length else ():
            own_rules = [r for r in rules if r.owner == e.matrix]
            step = ["yield", *parts.step, *_learning(s, index, own_rules, wires), *parts.end, *each_step]
            trial += [f"for step in range({first}, {stop}):", *indent(1, step)]
        trial += _at_end(s, probes, index) if length else []
    return _printed([*start, *parts.start], [*trial, *parts.after, *_hand_over(s), "yield"])


@dataclass(frozen=True)
class _Delivery:
    """The lines with which a direction delivers: at its start, before a trial, in a step, at its end, after a trial."""

    start: list[str]
    trial: list[str]
    step: list[str]
    end: list[str]
    after: Sequence[str] = ()


def _prompt(s: Statements, e: Edge, once: bool) -> _Delivery:
    """What has come is delivered; once a trial if it does not change."""
    sender = Sender(s.program, (e,))
    send = f"ports['out_sums'].send({s.product(e, s.weight(e.matrix), 'came')})"
    count = f"operations += {s.operations(sender, 'came')}"
    arrived = [] if e.transposed else [f"{e.source}__arrived = came"]
    receive = "came = ports['in_source'].recv()"
    if once:
        return _Delivery(s.fan_out(sender), [receive, send, *arrived], [count], [])
    trial = [f"ports['out_sums'].send(zeros({s.groups[e.target].size}))", receive, *_no_spikes(s, e, "came")]
    return _Delivery(s.fan_out(sender), trial, [send, count, *arrived, receive], [])


def _late(s: Statements, e: Edge) -> _Delivery:
    """What came in the steps before is delivered, after the delay of each synapse."""
    matrix = s.matrices[e.matrix]
    ends = [(e, "came", "in_source")]
    if (forwards := told_forwards(s.run, e)) is not None:
        ends.append((forwards, "came_forwards", "in_forwards"))
    receive = [f"{came} = ports['{port}'].recv()" for _, came, port in ends]
    start, trial = [], [f"ports['out_sums'].send(zeros({s.groups[e.target].size}))", *receive]
    keep, hold, end = [], [], []
    for f, came, _ in ends:
        source, past = s.groups[f.source], s.past(f.source)
        start.append(s.new_past(source, matrix.longest_delay))
        if source.is_input:  # what it puts out in a step has come, and will be past in the next
            trial.append(_past_start(s, source, matrix.longest_delay, "0.0"))
            hold.append(f"now__{came} = {came}")
            end.append(f"{past}.push(now__{came})")
        else:
            trial += [*_no_spikes(s, f, came), _past_start(s, source, matrix.longest_delay, came)]
            keep.append(f"{past}.push({came})")
    if forwards is not None:
        start.append(f"{s.late(matrix.name, transposed=False)} = {s.synapses(matrix.name)}.late")
    past = s.past(e.source)
    send = f"ports['out_sums'].send({s.product(e, s.weight(e.matrix), past)})"
    count = f"operations += {s.operations(Sender(s.program, (e,)), past)}"
    return _Delivery(start, trial, [*keep, send, count, *hold, *receive], end, _past_end(s, e))


def _no_spikes(s: Statements, e: Edge, came: str) -> list[str]:
    """Lava's own processes do not know that a trial starts."""
    source = s.groups[e.source]
    return [f"{came} = {_spikes_under_way(s, source)}"] if e.variable == "spike" and not source.is_input else []


def _past_start(s: Statements, g: Group, steps: int, initial: str) -> str:
    """What a group put out before the first step; of a state a direction takes what its own delays ask for."""
    if s.run.state is None:
        return f"{s.past(g.name)}.restart({initial})"
    return f"{s.past(g.name)}.restart(records['{STATE}']['{g.name}.{PAST}'][:{steps}])"


def _past_end(s: Statements, e: Edge) -> list[str]:
    """Hand over what a group put out, by the first direction that keeps all that any asks for."""
    steps = s.pasts[e.source]
    keeping = next(f for f in s.program.edges if f.source == e.source and s.matrices[f.matrix].longest_delay == steps)
    if keeping is not e:
        return []
    return left({f"{e.source}.{PAST}": f"{s.past(e.source)}.rows"})


def _with_ends(s: Statements, matrix: Matrix) -> list[Group | Matrix]:
    """A projection and its populations, whose fixed parameters its rules may read; each once."""
    return [matrix, *(s.groups[name] for name in dict.fromkeys((matrix.pre, matrix.post)))]


def _learning(s: Statements, phase: int, rules: Sequence[Rule], wires: Iterable[Wire]) -> list[str]:
    if not rules:
        return []
    lines = [f"{_names(w)}{',' * (len(w.shape) > 1)} = ports['{w.into}'].recv()" for w in wires]
    spiking = {s.matrices[r.owner].post for r in rules if r.when == "spike"}
    lines += [f"{g}__fired = flatnonzero({g}__out)" for g in spiking]
    return lines + [line for r in rules for line in s.learn(r, s.program.phases[phase])]

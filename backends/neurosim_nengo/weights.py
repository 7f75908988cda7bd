"""Projections: a connection for each direction of a matrix, all of them and its rules on one signal; learning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nengo import Connection
from nengo.builder import Builder, Model
from nengo.transforms import Transform

from neurosim.program.program import Edge, ProgramProbe, Rule
from neurosim_nengo.operators import Lines, Printed
from neurosim_nengo.signals import ProgramSignals


class Weights(Transform):
    """One direction of a matrix."""

    def __init__(self, edge: Edge, signals: ProgramSignals):
        super().__init__()
        self.edge, self.signals = edge, signals

    @property
    def size_in(self) -> int:
        """Units of the source."""
        return self.signals.program.group(self.edge.source).size

    @property
    def size_out(self) -> int:
        """Units of the target."""
        return self.signals.program.group(self.edge.target).size


class Direction(Connection):
    """What one direction of a matrix delivers. No synapse: the one step of delay is in the neurons."""

    def __init__(self, pre: Any, post: Any, edge: Edge, signals: ProgramSignals):
        super().__init__(pre, post, synapse=None, transform=Weights(edge, signals))


@Builder.register(Direction)
def build_direction(model: Model, connection: Direction) -> None:
    """Adds what arrives to what its target receives; sums that are constant over a trial are computed once in it.

    The first connection into a port sets what the others add to; it adds the constant part as well. An edge with a
    delay reads what its source has kept, not what it puts out.
    """
    edge, signals = connection.transform.edge, connection.transform.signals
    into = [e for e in signals.program.edges if (e.target, e.port) == (edge.target, edge.port)]
    steady, varying = [e for e in into if e.constant], [e for e in into if not e.constant]
    first = edge is (steady if edge.constant else varying)[0]
    constant = signals.before[f"{edge.target}__{edge.port}__c"]
    target = constant if edge.constant and varying else model.sig[connection.post_obj]["in"]
    model.sig[connection]["weights"] = signals.weight(edge.matrix)

    deliver = _deliver(edge, signals, first)
    if steady and first and not edge.constant:
        deliver += ("target += constant",)
    later: Lines = () if edge.constant else deliver
    plan = [deliver, *[later] * (len(signals.phases) - 1)]
    scope = {"weight": signals.weight(edge.matrix), "constant": constant}
    if signals.statements.is_late(edge):
        scope[signals.statements.past(edge.source)] = signals.past(edge.source)
    else:
        scope["source"] = signals.delivered(edge)
    writes = {"sets" if first else "incs": {"target": target}}
    tag = f"{edge.matrix} to {edge.target}.{edge.port}"
    model.add_op(Printed(plan, scope, signals.others, **writes, tag=tag))


def _deliver(edge: Edge, signals: ProgramSignals, first: bool) -> Lines:
    source = signals.statements.past(edge.source) if signals.statements.is_late(edge) else "source"
    product = signals.statements.product(edge, "weight", source)
    if not first:
        return (f"target += {product}",)
    if signals.program.matrix(edge.matrix).wiring is None:
        return (product[:-1] + ", target)",)  # a matrix product has a place for its result
    return (f"target[...] = {product}",)


def build_learning(model: Model, signals: ProgramSignals) -> None:
    """An operator for each matrix or group with rules; it touches what is learned only where a rule fires.

    It records what is learned, too, for Nengo lets others read a signal before it is updated.
    """
    recorded = [q for q in signals.program.probes if signals.program.is_learned(q)]
    for owner in dict.fromkeys([*(r.owner for r in signals.program.rules), *(q.group for q in recorded)]):
        rules = [r for r in signals.program.rules if r.owner == owner and signals.run.learn]
        probes = {f"recording_{i}": q for i, q in enumerate(recorded) if q.group == owner}
        moments = [(phase, signals.ends.get(k)) for k, phase in enumerate(signals.phases)]
        lines = {moment: _lines(rules, *moment, signals) for moment in dict.fromkeys(moments)}
        plan = [(*lines[moment], *_taken(probes, k, signals)) for k, moment in enumerate(moments)]
        others = {**signals.others, **{n: signals.recordings[q.name] for n, q in probes.items()}}
        written = {f"{owner}__{v}" for r in rules for v, _ in r.update} | {f"{owner}__effective"}
        updates = {n: signals.before[n] for n in sorted(written) if n in signals.before}
        if any(plan):
            model.add_op(Printed(plan, signals.after, others, updates=updates, tag=f"{owner} learning"))


def _taken(probes: Mapping[str, ProgramProbe], step: int, signals: ProgramSignals) -> Lines:
    """The lines by which recordings, by their names in them, take what is due in a step."""
    due = {n: q for n, q in probes.items() if signals.is_due(q, step)}
    return tuple(f"{n}.take({q.group}__{q.variable})" for n, q in due.items())


def _lines(rules: list[Rule], phase: int, ending: int | None, signals: ProgramSignals) -> Lines:
    """What fires in a step of a phase, with which the phase `ending` ends, if any does."""
    lines = []
    for rule in rules:
        if rule.when == "spike":
            post = signals.program.group(signals.program.matrix(rule.owner).post)
            lines.append(signals.statements.fired(post))
        if rule.when != "end" or rule.phase == ending:
            lines += signals.statements.learn(rule, signals.program.phases[phase])
    return tuple(lines)

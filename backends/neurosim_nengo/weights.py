"""Projections: a transform for each direction of a matrix, all of them and its rules on one signal; learning."""

from __future__ import annotations

from typing import Any

from nengo.builder import Builder, Model, Signal
from nengo.transforms import Transform

from neurosim.program.program import Edge, Rule
from neurosim_nengo.operators import Lines, Printed
from neurosim_nengo.signals import ProgramSignals


class Weights(Transform):
    """One direction of a matrix."""

    def __init__(self, edge: Edge, signals: ProgramSignals):
        super().__init__()
        self.edge, self.signals = edge, signals

    @property
    def size_in(self) -> int:
        return self.signals.program.group(self.edge.source).size

    @property
    def size_out(self) -> int:
        return self.signals.program.group(self.edge.target).size


@Builder.register(Weights)
def build_weights(
    model: Model, transform: Weights, sig_in: Signal, decoders: Any = None, encoders: Any = None, rng: Any = None
) -> tuple[Signal, Signal]:
    """What arrives; computed once a trial where it does not change within one.

    An edge with a delay reads what its source has kept, not what the connection brings.
    """
    edge, signals = transform.edge, transform.signals
    label = f"{edge.matrix} to {edge.target}.{edge.port}"
    weight, arriving = signals.weight(edge.matrix), Signal(shape=transform.size_out, name=label)
    deliver = _deliver(edge, signals)
    later: Lines = () if edge.constant else deliver
    plan = [deliver, *[later] * (len(signals.phases) - 1)]
    source = sig_in if edge.variable == signals.program.group(edge.source).output else signals.delivered(edge)
    scope = {**signals.before, "weight": weight, "source": source}
    model.add_op(Printed(plan, scope, sets={"target": arriving}, tag=label))
    return arriving, weight


def _deliver(edge: Edge, signals: ProgramSignals) -> Lines:
    product = signals.statements.product(edge, "weight", "source")
    if signals.program.matrix(edge.matrix).indices is None:
        return (product[:-1] + ", target)",)  # dot() has a place for its result
    return (f"target[...] = {product}",)


def build_learning(model: Model, signals: ProgramSignals) -> None:
    """An operator for each matrix or group with rules; it touches what is learned only where a rule fires."""
    for owner in dict.fromkeys(r.owner for r in signals.program.rules):
        rules = [r for r in signals.program.rules if r.owner == owner]
        moments = [(phase, signals.ends.get(k)) for k, phase in enumerate(signals.phases)]
        lines = {moment: _lines(rules, *moment, signals) for moment in dict.fromkeys(moments)}
        plan = [lines[moment] for moment in moments]
        written = {f"{owner}__{v}" for r in rules for v, _ in r.update} | {f"{owner}__effective"}
        updates = {n: signals.before[n] for n in sorted(written) if n in signals.before}
        if any(plan):
            model.add_op(Printed(plan, signals.after, updates=updates, tag=f"{owner} learning"))


def _lines(rules: list[Rule], phase: int, ending: int | None, signals: ProgramSignals) -> Lines:
    """What fires in a step of a phase, with which the phase `ending` ends, if any does."""
    lines = []
    for rule in rules:
        if rule.when == "spike":
            post = signals.program.matrix(rule.owner).post
            lines.append(f"{post}__fired = flatnonzero({post}__out)")
        if rule.when != "end" or rule.phase == ending:
            lines += signals.statements.learn(rule, signals.program.phases[phase])
    return tuple(lines)

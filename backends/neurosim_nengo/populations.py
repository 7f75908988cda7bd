"""Populations: an input is a Node, any other group an Ensemble whose neuron type follows the group's equations.

What reaches a node or the neurons of an ensemble is what its connections deliver, as it is: Nengo's own gains, biases
and encoders would be multiplications by 1 and sums with 0 in every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from nengo import Ensemble, Node
from nengo.builder import Builder, Model, Signal
from nengo.neurons import NeuronType

from neurosim.program.program import Group
from neurosim.program.variables import VariableKey
from neurosim_nengo.operators import Handover, Lines, Printed, Stimulus
from neurosim_nengo.signals import ProgramSignals, moving


class Equations(NeuronType):
    """Neurons that follow the equations of a group; they are built of operators, never stepped by Nengo itself."""

    def __init__(self, group: Group, signals: ProgramSignals):
        super().__init__()
        self.group, self.signals = group, signals


class Neurons(Ensemble):
    """The neurons of a group, without a decoded input."""

    def __init__(self, group: Group, signals: ProgramSignals):
        super().__init__(group.size, 1, neuron_type=Equations(group, signals), label=group.name)


class Input(Node):
    """An input group; it puts out its stimulus, or an expression of it."""

    def __init__(self, group: Group, signals: ProgramSignals):
        super().__init__(np.zeros(group.size), label=group.name)
        self.group, self.signals = group, signals


class Port(Node):
    """A further port of a group: Nengo's neurons have one sum of inputs, so that a Node takes the others."""

    def __init__(self, name: str, group: Group, signals: ProgramSignals):
        super().__init__(size_in=group.size, label=f"{group.name}.{name}")
        self.drive = signals.before[f"{group.name}__{name}"]


@Builder.register(Neurons)
def build_neurons(model: Model, ensemble: Neurons) -> None:
    """The neurons of an ensemble, and nothing else that Nengo would build."""
    model.build(ensemble.neuron_type, ensemble.neurons)


@Builder.register(Input)
def build_input(model: Model, node: Input) -> None:
    """An input's stimuli, and what it puts out."""
    group, signals = node.group, node.signals
    model.sig[node]["out"] = signals.output(group)
    _build_stimuli(model, group, signals)
    _build_present(model, group, signals)
    if group.update:  # what it keeps of its stimulus
        _build_update(model, group, signals)
        _build_handover(model, group, signals)
    _build_past(model, group, signals)


@Builder.register(Equations)
def build_equations(model: Model, equations: Equations, neurons: object) -> None:
    """Update (reads drive and state, sets the state after) and handover (makes that the state of the next step).

    What is delivered is a signal that only the handover changes: the one step of delay.
    """
    group, signals = equations.group, equations.signals
    model.sig[neurons]["in"] = signals.before[f"{group.name}__{group.ports[0]}"]
    model.sig[neurons]["out"] = signals.output(group)
    _build_stimuli(model, group, signals)
    _build_present(model, group, signals)
    _build_past(model, group, signals)
    _build_update(model, group, signals)
    _build_handover(model, group, signals)


@Builder.register(Port)
def build_port(model: Model, port: Port) -> None:
    """The place where what arrives at a further port is added up."""
    model.sig[port]["in"] = port.drive


def _build_stimuli(model: Model, group: Group, signals: ProgramSignals) -> None:
    for name, kind in signals.program.stimuli:
        key = VariableKey.from_text(name)
        if key.owner == group.name:
            target = signals.before[f"{key.owner}__{key.variable}"]
            signals.stimuli[name] = Stimulus(name, target, kind, len(signals.phases))
            model.add_op(signals.stimuli[name])


def _build_present(model: Model, group: Group, signals: ProgramSignals) -> None:
    """The output where it is an expression, and the spikes of an input."""
    written = [v for v, _ in group.present] + (["out"] if group.is_input and group.spike is not None else [])
    if not written:
        return
    names = [f"{group.name}__{v}" for v in written]
    phases, printed = signals.program.phases, signals.statements.present
    plan = signals.plan(lambda i: [*printed(group, phases[i]), *_store(names)])
    model.add_op(Printed(plan, signals.before, sets=_targets(names, signals.before), tag=f"{group.name} present"))


def _build_past(model: Model, group: Group, signals: ProgramSignals) -> None:
    """What synapses with delays deliver: outputs up to the previous step, of an input its stimuli before this step."""
    if group.name not in signals.pasts:
        return
    restart, keep = f"{signals.statements.past(group.name)}__start()", tuple(signals.statements.keep(group))
    name, steps = signals.statements.past(group.name), len(signals.phases)
    writes = {name: signals.past(group.name)}
    scope, others = signals.before, signals.others
    if group.is_input:
        begin: list[Lines] = [(restart,), *[()] * (steps - 1)]
        model.add_op(Printed(begin, scope, others, sets=writes, tag=f"{group.name} before the trial"))
        model.add_op(Printed([keep] * steps, scope, others, updates=writes, tag=f"{group.name} before"))
    else:
        plan: list[Lines] = [(restart, *keep), *[keep] * (steps - 1)]
        model.add_op(Printed(plan, scope, others, sets=writes, tag=f"{group.name} before"))


def _build_update(model: Model, group: Group, signals: ProgramSignals) -> None:
    names = [f"{group.name}__{v}" for v in moving(group)]
    phases, printed = signals.program.phases, signals.statements.update
    plan = signals.plan(lambda i: [*printed(group, phases[i], False), *_store(names)])
    model.add_op(Printed(plan, signals.before, sets=_targets(names, signals.after), tag=f"{group.name} update"))


def _build_handover(model: Model, group: Group, signals: ProgramSignals) -> None:
    """After a step its state becomes the state; after a phase with assignments, after a trial with initial values."""
    initial = dict(group.state) | ({} if group.spike is None or group.is_input else {"out": 0.0})
    names = [f"{group.name}__{v}" for v in initial]
    step = tuple(_store(f"{group.name}__{v}" for v in moving(group)))
    first = {v: f"{group.name}__{v}__initial" if v in group.initial else repr(x) for v, x in initial.items()}
    restart = [f"new__{group.name}__{v}[...] = {x}" for v, x in first.items()]
    plan = [step] * len(signals.phases)
    assigned: list[str] = []
    for k, phase in signals.ends.items():
        assigned = signals.statements.assign(signals.program.phases[phase], [group.name])
        if assigned:
            plan[k] = (*assigned, *_store(names))
    at_end = assigned if len(plan) - 1 in signals.ends else []
    staying = (*plan[-1], *_check_finite(group))
    plan[-1] = (*at_end, *_check_finite(group), *restart)
    updates = _targets(names, signals.before)
    handover = Handover(plan, staying, signals.after, updates=updates, tag=f"{group.name} handover")
    signals.handovers.append(handover)
    model.add_op(handover)


def _check_finite(group: Group) -> list[str]:
    states = [f"{group.name}__{v}" for v, _ in group.state]
    if not states:
        return []
    quick = " + ".join(f"dot({v}, {v})" for v in states)  # large values may overflow it
    exact = " and ".join(f"isfinite({v}).all()" for v in states)
    return [f"if not isfinite({quick}) and not ({exact}):", "    raise NotFinite"]


def _store(names: Iterable[str]) -> list[str]:
    """What the statements bound to a name goes into the signal ``new__name``."""
    return [f"new__{n}[...] = {n}" for n in names]


def _targets(names: Iterable[str], scope: Mapping[str, Signal]) -> dict[str, Signal]:
    return {f"new__{n}": scope[n] for n in names}

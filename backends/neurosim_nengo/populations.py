"""Populations: an input is a Node, any other group an Ensemble whose neuron type follows the group's equations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from nengo import Ensemble, Node, Process
from nengo.builder import Builder, Model, Signal
from nengo.builder.operator import Copy
from nengo.neurons import NeuronType

from neurosim.program.program import Group
from neurosim_nengo.operators import Printed, Stimulus
from neurosim_nengo.signals import ProgramSignals, moving


class Input(Process):
    """What an input group puts out: its stimulus, or an expression of it."""

    def __init__(self, group: Group, signals: ProgramSignals):
        super().__init__(default_size_in=0, default_size_out=group.size)
        self.group, self.signals = group, signals


class Equations(NeuronType):
    """Neurons that follow the equations of a group; they are built of operators, never stepped by Nengo itself."""

    def __init__(self, group: Group, signals: ProgramSignals):
        super().__init__()
        self.group, self.signals = group, signals

    def gain_bias(self, max_rates: Any, intercepts: Any) -> tuple[Any, Any]:
        return np.ones_like(max_rates), np.zeros_like(intercepts)

    def max_rates_intercepts(self, gain: Any, bias: Any) -> tuple[Any, Any]:
        return np.ones_like(gain), np.zeros_like(bias)


class Port(Process):
    """A further port of a group: Nengo's neurons have one sum of inputs, so that a Node takes the others."""

    def __init__(self, name: str, group: Group, signals: ProgramSignals):
        super().__init__(default_size_in=group.size, default_size_out=0)
        self.name, self.group, self.signals = name, group, signals


def input_node(group: Group, signals: ProgramSignals) -> Node:
    return Node(Input(group, signals), size_out=group.size, label=group.name)


def ensemble(group: Group, signals: ProgramSignals) -> Ensemble:
    """Neurons with gain 1 and bias 0, so that exactly what is delivered arrives."""
    n = group.size
    return Ensemble(
        n, 1, neuron_type=Equations(group, signals), gain=np.ones(n), bias=np.zeros(n),
        encoders=np.ones((n, 1)), eval_points=np.zeros((1, 1)), label=group.name,
    )  # fmt: skip


def port_node(name: str, group: Group, signals: ProgramSignals) -> Node:
    return Node(Port(name, group, signals), size_in=group.size, size_out=0, label=f"{group.name}.{name}")


@Builder.register(Input)
def build_input(model: Model, process: Input, sig_in: Signal, sig_out: Signal, mode: str = "set") -> None:
    group, signals = process.group, process.signals
    _build_stimuli(model, group, signals)
    _build_present(model, group, signals)
    model.add_op(Copy(signals.output(group), sig_out, tag=group.name))


@Builder.register(Equations)
def build_equations(model: Model, equations: Equations, neurons: Any) -> None:
    """Update (reads drive and state, sets the state after) and handover (makes that the state of the next step).

    What is delivered is a signal that only the handover changes: the one step of delay.
    """
    group, signals = equations.group, equations.signals
    model.sig[neurons]["out"] = signals.output(group)
    first, *further = group.ports
    signals.before[f"{group.name}__{first}"] = model.sig[neurons]["in"]
    for port in further:
        signals.before[f"{group.name}__{port}"] = Signal(np.zeros(group.size), name=f"{group.name}.{port}")
    _build_stimuli(model, group, signals)
    _build_present(model, group, signals)
    _build_update(model, group, signals)
    _build_handover(model, group, signals)


@Builder.register(Port)
def build_port(model: Model, port: Port, sig_in: Signal, sig_out: Signal, mode: str = "set") -> None:
    target = port.signals.before[f"{port.group.name}__{port.name}"]
    model.add_op(Copy(sig_in, target, tag=f"{port.group.name}.{port.name}"))


def _build_stimuli(model: Model, group: Group, signals: ProgramSignals) -> None:
    for name, kind in signals.program.stimuli:
        owner, _, variable = name.partition(".")
        if owner == group.name:
            target = signals.before[f"{owner}__{variable}"]
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


def _build_update(model: Model, group: Group, signals: ProgramSignals) -> None:
    names = [f"{group.name}__{v}" for v in moving(group)]
    phases, printed = signals.program.phases, signals.statements.update
    plan = signals.plan(lambda i: [*printed(group, phases[i], False), *_store(names)])
    model.add_op(Printed(plan, signals.before, sets=_targets(names, signals.after), tag=f"{group.name} update"))


def _build_handover(model: Model, group: Group, signals: ProgramSignals) -> None:
    """After a step its state becomes the state; after a phase with assignments, after a trial with initial values."""
    initial = dict(group.state) | ({} if group.spike is None else {"out": 0.0})
    names = [f"{group.name}__{v}" for v in initial]
    step = tuple(_store(f"{group.name}__{v}" for v in moving(group)))
    restart = [f"new__{group.name}__{v}[...] = {x!r}" for v, x in initial.items()]
    plan = [step] * len(signals.phases)
    for k, phase in signals.ends.items():
        assign = signals.statements.assign(signals.program.phases[phase], [group.name])
        if k == len(plan) - 1:
            plan[k] = (*assign, *_check_finite(group), *restart)
        elif assign:
            plan[k] = (*assign, *_store(names))
    model.add_op(Printed(plan, signals.after, updates=_targets(names, signals.before), tag=f"{group.name} handover"))


def _check_finite(group: Group) -> list[str]:
    squares = [f"dot({group.name}__{v}, {group.name}__{v})" for v, _ in group.state]
    return [f"if not isfinite({' + '.join(squares)}):", "    raise NotFinite"] if squares else []


def _store(names: Iterable[str]) -> list[str]:
    """What the statements bound to a name goes into the signal ``new__name``."""
    return [f"new__{n}[...] = {n}" for n in names]


def _targets(names: Iterable[str], scope: Mapping[str, Signal]) -> dict[str, Signal]:
    return {f"new__{n}": scope[n] for n in names}

"""Where a program's variables live in Brian2, and what the cursor writes into them. Needs no Brian2.

A population's variable ``x`` is ``n_x``, a projection's ``s_x``, so that no name of a model meets a name of Brian2.
What a user cannot write has a double underscore: ``n_drive__3`` is what edge 3 delivers, ``n_beta__1`` the value of
beta in phase 1, ``s_ep__lr`` the constant lr of rule ep, ``n__initial__v`` the values of v at a trial's start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.model.equations.expressions import names_in, parse
from neurosim.program.program import Edge, Group, Matrix, Program, ProgramProbe, Rule, added
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source.operations import senders
from neurosim.program.trial.state import SPIKES, state_of
from neurosim.program.variables import VariableKey

SPIKED = "n__spiked"
"""A group's spikes as 0 and 1, where something reads them so."""
SPIKE_SPACE = "_spikespace"
"""Brian2's list of the spikes of a step, int32: the neurons that spiked, and at its end their number."""
ARRIVED = "n__arrived"
"""What a group delivered in this step, for rules."""
DELAY = "s__delay"
"""Steps of each synapse, where synapses have delays."""
LATE = {False: "s__arrived", True: "s__arrived_back"}
"""What arrives at each synapse with a delay, forwards and backwards, where sums or a rule read it."""
SHARE = "s__share"
"""The weight that each synapse shares with others, where synapses do."""
EFFECTIVE = "s__effective"
"""Delivered weights that are an expression; computed anew when a rule has changed what they depend on."""

CONTROL = "control"
"""File in a run's folder, int64: trials done, the trial that went wrong or -1, trials, learn, effective synaptic
operations, whether the trial goes on from a state, whether the last phase ends, trials of a batch, steps of each phase,
bytes of a number of each stimulus."""

REWRITES = "rewrites"
"""File in a run's folder, int64: the trials before which arrays are written anew; there in runs that do so."""

PROGRAM = "--program"
"""Argument of a binary before the name of the program that it is to be."""
ANOTHER_PROGRAM = 64
"""Exit status of a binary that is another one."""

Variable = tuple[str, str]
"""(group or matrix, variable in Brian2)"""

NameOfArray = Callable[[str, str], str]
"""The C++ name of the array of a (group or matrix, variable in Brian2)."""


def of_neuron(variable: str) -> str:
    """The name in Brian2 of a population's variable or constant."""
    return f"n_{variable}"


def at_first(state: str) -> str:
    """The name in Brian2 of a state's values at a trial's start, where neurons have different ones."""
    return f"n__initial__{state}"


def of_synapse(variable: str) -> str:
    """The name in Brian2 of a projection's variable or constant."""
    return f"s_{variable}"


def of_rule(rule: Rule, constant: str) -> str:
    """The name in Brian2 of a rule's constant."""
    return (of_synapse if rule.of_matrix else of_neuron)(f"{rule.name}__{constant}")


@dataclass(frozen=True)
class Factor:
    """A factor of what a rule adds up over the trials of a batch, as a variable of a group.

    Attributes
    ----------
    group, variable
        The group, and the name in Brian2 of the variable that has the factor at the end of a trial.
    rule, text
        The rule, and the expression in its names.
    """

    group: str
    variable: str
    rule: Rule
    text: str

    def constants(self) -> dict[str, str]:
        """The name in Brian2, as a variable of the group, of each constant of the rule that the factor reads."""
        read = names_in(parse(self.text)) & set(self.rule.constants)
        if not self.rule.of_matrix:
            return {c: of_rule(self.rule, c) for c in read}
        return {c: of_neuron(f"{self.rule.owner}__{self.rule.name}__{c}") for c in read}


def factors(program: Program, rule: int, total: int) -> list[tuple[Factor, ...]]:
    """The factors of each product of a sum; rule and sum are indices."""
    r = program.rules[rule]
    m = program.matrix(r.owner) if r.of_matrix else None
    ends = (("pre", m.pre), ("post", m.post)) if m else (("", r.owner),)
    return [
        tuple(
            Factor(group, of_neuron(f"factor__{rule}_{total}_{k}{side}"), r, text)
            for (side, group), text in zip(ends, product, strict=True)
        )
        for k, product in enumerate(r.sums[total].products)
    ]


def all_factors(program: Program) -> list[Factor]:
    """The factors of all sums of a program."""
    sums = [(i, k) for i, r in enumerate(program.rules) for k in range(len(r.sums))]
    return [f for at in sums for product in factors(program, *at) for f in product]


def in_phase(variable: str, phase: int) -> str:
    """The name in Brian2 of the value that a constant has in a phase, which is an index."""
    return f"{variable}__{phase}"


def delivered(variable: str) -> str:
    """What is delivered of a group: its spikes as 0 and 1, or a variable."""
    return SPIKED if variable == "spike" else of_neuron(variable)


def kernel(matrix: str) -> str:
    """The name in Brian2 of the weights that the synapses of a matrix share: a group of its own."""
    return f"{matrix}__kernel"


def keeper(matrix: Matrix) -> str:
    """The name in Brian2 of what has the learned arrays of a matrix: its synapses, or the weights that these share."""
    return kernel(matrix.name) if matrix.kernel else matrix.name


def shared(program: Program) -> list[Matrix]:
    """The matrices whose synapses share weights."""
    return [m for m in program.matrices if m.kernel]


def copied_to_synapses(program: Program, m: Matrix) -> list[str]:
    """Shared variables and fixed values of which each synapse has a copy, for a rule that reads them there."""
    read = [names_in(parse(text)) for r in program.rules if r.owner == m.name for _, text in r.increments]
    return [n for n in (*(v for v, _ in m.state), *m.fixed) if any(n in names for names in read)]


def spread(program: Program, m: Matrix) -> list[tuple[str, str]]:
    """What synapses have of the weights that they share: (variable of the weights, variable of the synapses)."""
    states = {v for v, _ in m.state}
    delivered = of_synapse(m.weight) if m.is_stored else EFFECTIVE
    copies = [of_synapse(n) for n in copied_to_synapses(program, m) if n in states]
    return [(delivered, EFFECTIVE), *((v, v) for v in copies)]


def summed(rule: Rule) -> list[str]:
    """The names in Brian2 of what synapses add to the weights that they share, by a rule."""
    return [of_synapse(added(v)) for v, _ in rule.increments]


def weight(matrix: Matrix) -> str:
    """The name in Brian2 of what a matrix delivers."""
    return of_synapse(matrix.weight) if matrix.is_plain else EFFECTIVE


def sums(program: Program, group: Group) -> dict[str, list[str]]:
    """For each port the variables that edges write; their sum is the drive. Each edge has its own."""
    by_port: dict[str, list[str]] = {port: [] for port in group.ports}
    for index, e in enumerate(program.edges):
        if e.target == group.name:
            by_port[e.port].append(sum_of(program, index))
    return by_port


def sum_of(program: Program, edge: int) -> str:
    """The name in Brian2 of what an edge, which is an index, delivers to its target."""
    return of_neuron(f"{program.edges[edge].port}__{edge}")


def shows_spikes(program: Program, group: Group) -> bool:
    """The group's spikes are read as 0 and 1: by a rule, or by an edge that does not carry events."""
    dense = any(e.source == group.name and e.variable == "spike" and not e.events for e in program.edges)
    return group.output == "spike" and (group.arrived or dense)


def late_edges(program: Program) -> list[tuple[int, Edge]]:
    """The edges whose synapses have delays, with their indices."""
    return [(i, e) for i, e in enumerate(program.edges) if program.matrix(e.matrix).longest_delay]


def reads_arrived(program: Program, matrix: str) -> bool:
    """Whether a rule of a matrix reads what arrives."""
    rules = [r for r in program.rules if r.owner == matrix]
    return any("arrived" in names_in(parse(text)) for r in rules for _, text in r.equations)


def shown_late(program: Program, m: Matrix) -> list[bool]:
    """The directions of a matrix for which each synapse with a delay shows what arrives: forwards, backwards."""
    late = [e for _, e in late_edges(program) if e.matrix == m.name]
    return [e.transposed for e in late if not e.events or (not e.transposed and reads_arrived(program, m.name))]


def rewritable(program: Program) -> list[VariableKey]:
    """Learned arrays that no rule writes, of matrices that deliver an expression: a run can write them anew within."""
    by_rules = {(r.owner, v) for r in program.rules for v, _ in r.update}
    found = [(m.name, v) for m in program.matrices if not m.is_plain and not m.kernel for v, _ in m.state]
    return [VariableKey(*of) for of in found if of not in by_rules]


def phased(program: Program) -> list[Variable]:
    """Constants that have a value for each phase, because some phase overrides them."""
    keys = sorted({key for p in program.phases for key in p.overridden}, key=str)
    return [(key.owner, of_neuron(key.name)) for key in keys]


def settings(run: Run) -> dict[Variable, float]:
    """The value of each constant."""
    program, constants = run.program, {}
    own_each_phase = set(phased(program))
    for g in program.groups:
        for name, value in run.values(g.name).items():
            if (g.name, of_neuron(name)) not in own_each_phase:
                constants[g.name, of_neuron(name)] = value
        for i, phase in enumerate(program.phases):
            for name, value in run.values(g.name, phase.name).items():
                if (g.name, of_neuron(name)) in own_each_phase:
                    constants[g.name, in_phase(of_neuron(name), i)] = value
    for m in program.matrices:
        owners = {m.name, keeper(m)}
        constants |= {(o, of_synapse(name)): value for name, value in run.values(m.name).items() for o in owners}
    for r in program.rules:
        values = run.values(r.full_name)
        owners = {r.owner, keeper(program.matrix(r.owner))} if r.of_matrix else {r.owner}
        constants |= {(o, of_rule(r, c)): values[c] for c in r.constants for o in owners}
    for f in all_factors(program):
        values = run.values(f.rule.full_name)
        constants |= {(f.group, variable): values[c] for c, variable in f.constants().items()}
    return constants


def recorded(program: Program, probe: ProgramProbe) -> Variable:
    """Where the variable is that a probe records."""
    m = next((m for m in program.matrices if m.name == probe.group), None)
    return (probe.group, of_neuron(probe.variable)) if m is None else (keeper(m), of_synapse(probe.variable))


def of_synapses(program: Program, probe: ProgramProbe) -> bool:
    """Whether a probe records a variable of synapses, of which there may be any number."""
    return any(m.name == probe.group and not m.kernel for m in program.matrices)


def learned_arrays(program: Program) -> dict[str, Variable]:
    """Learned arrays by their names in the program."""
    of_groups = {f"{g.name}.{v}": (g.name, of_neuron(v)) for g in program.groups for v, _ in g.learned}
    return of_groups | {f"{m.name}.{v}": (keeper(m), of_synapse(v)) for m in program.matrices for v, _ in m.state}


def fixed_arrays(program: Program) -> dict[str, Variable]:
    """Arrays that nothing writes during a run, by their names in the program."""
    of_groups = {f"{g.name}.{n}": (g.name, of_neuron(n)) for g in program.groups for n in g.fixed}
    of_groups |= {f"{g.name}.{v}": (g.name, at_first(v)) for g in program.groups for v in g.initial}
    return of_groups | {f"{m.name}.{n}": (keeper(m), of_synapse(n)) for m in program.matrices for n in m.fixed}


def of_each_synapse(run: Run, learned: Mapping[str, Array], weights: Mapping[str, Array]) -> dict[Variable, Array]:
    """What synapses have of what is not theirs alone: delivered weights, and copies of what they share."""
    program = run.program
    values = {(m.name, EFFECTIVE): weights[m.name] for m in program.matrices if not m.is_plain}
    for m in shared(program):
        assert m.wiring is not None
        assert m.wiring.share is not None
        for n in copied_to_synapses(program, m):
            name = f"{m.name}.{n}"
            values[m.name, of_synapse(n)] = (run.fixed[name] if n in m.fixed else learned[name]).take(m.wiring.share)
    return values


# What the cursor writes


def not_stimulated(program: Program) -> Iterable[tuple[Variable, float]]:
    """Driven parameters that no stimulus sets, and their values."""
    stimulated = dict(program.stimuli)
    for g in program.groups:
        yield from (((g.name, of_neuron(v)), value) for v, value in g.driven if f"{g.name}.{v}" not in stimulated)


def at_trial_start(program: Program) -> Iterable[tuple[Variable, float]]:
    """Initial states that all neurons have alike."""
    for g in program.groups:
        yield from (((g.name, of_neuron(v)), value) for v, value in g.state if v not in g.initial)
        if shows_spikes(program, g) and not g.is_input:
            yield (g.name, SPIKED), 0.0


def copied_at_trial_start(program: Program) -> list[tuple[Variable, Variable]]:
    """States, each with its initial values."""
    return [((g.name, of_neuron(v)), (g.name, at_first(v))) for g in program.groups for v in g.initial]


def spiking(program: Program) -> list[str]:
    """Groups whose list of spikes is emptied at a trial's start."""
    return [g.name for g in program.groups if g.spike is not None]


def emptied_each_step(program: Program) -> list[Variable]:
    """Sums to which events add."""
    return [(e.target, sum_of(program, i)) for i, e in enumerate(program.edges) if e.events]


def stimuli(program: Program) -> list[tuple[str, Variable, str]]:
    """(name, variable, kind) of each stimulus."""
    keys = [(VariableKey.from_text(name), kind) for name, kind in program.stimuli]
    return [(str(key), (key.owner, of_neuron(key.variable)), kind) for key, kind in keys]


Counted = tuple[str, str | None, int, list[tuple[str, str]]]
"""A group; its variable, or None for its spikes; the synapses of each neuron where all pairs have one; and (matrix,
variable in Brian2) of the numbers of synapses of each neuron in the others."""


def counted(program: Program, afterwards: bool) -> list[Counted]:
    """What is counted of a step: of what edges deliver, where it stands before the objects of a step act, or after it.

    An input's spikes and an output that is an expression are made in the step that delivers them.
    """
    counts: list[Counted] = []
    for sender in senders(program):
        if sender.late:  # what delivers it counts it
            continue
        group = program.group(sender.source)
        made = group.is_input if sender.variable == "spike" else sender.variable in dict(group.present)
        if made == afterwards:
            ends = [(e.matrix, "N_incoming" if e.transposed else "N_outgoing") for e in sender.sparse]
            variable = None if sender.variable == "spike" else of_neuron(sender.variable)
            counts.append((group.name, variable, sender.dense, ends))
    return counts


def spikes_file(group: str) -> str:
    """The name of the file of a group's spikes under way, for a run that goes on."""
    return f"{group}.{SPIKE_SPACE}"


def in_flight(program: Program) -> list[str]:
    """Groups whose spikes the next step delivers."""
    return [g.name for g in program.groups if (SPIKES, 0.0) in state_of(g)]


def left_state(program: Program) -> dict[str, Variable]:
    """Where each state of the program is at the end of a step; spikes are in Brian2's list."""
    names = [(g.name, v) for g in program.groups for v, _ in state_of(g)]
    return {f"{g}.{v}": (g, SPIKE_SPACE if v == SPIKES else of_neuron(v)) for g, v in names}


def given_state(run: Run) -> Mapping[Variable, NDArray[np.int32] | Array]:
    """Values of all variables that a state stands in, for a run that goes on from it; but for what is late."""
    where = left_state(run.program)
    state = {n: values for n, values in (run.state or {}).items() if n in where}
    values: dict[Variable, NDArray[np.int32] | Array] = {}
    for name, values_of in state.items():
        values[where[name]] = listed(values_of) if where[name][1] == SPIKE_SPACE else values_of
    shown = [g.name for g in run.program.groups if shows_spikes(run.program, g) and f"{g.name}.{SPIKES}" in state]
    return values | {(g, SPIKED): state[f"{g}.{SPIKES}"] for g in shown}


def listed(spikes: Array) -> NDArray[np.int32]:
    """Spikes, 0 or 1 for each neuron, as Brian2's list of shape (units + 1,)."""
    fired = np.flatnonzero(spikes)
    space = np.zeros(len(spikes) + 1, np.int32)
    space[: len(fired)], space[-1] = fired, len(fired)
    return space


def unlisted(space: NDArray[np.int32]) -> Array:
    """Brian2's list of spikes as 0 or 1 for each neuron, of shape (units,)."""
    spikes = np.zeros(len(space) - 1)
    spikes[space[: space[-1]]] = 1.0
    return spikes


def states(program: Program) -> list[Variable]:
    """What must be finite at a trial's end."""
    return [(g.name, of_neuron(v)) for g in program.groups for v, _ in g.state]

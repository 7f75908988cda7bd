"""A program's Brian2 objects, the same ones for every mode, and when each of them is due.

One clock with a step of 1 s, so that time is a whole number. The slots of `SLOTS` are the parts of a step; objects
that do not act in every step have a `Gate`, which the cursor asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

import brian2
from brian2 import NeuronGroup, SpikeMonitor, StateMonitor, Synapses

from neurosim.program.program import Edge, Group, Matrix, Program, ProgramProbe, Rule
from neurosim_brian2 import layout
from neurosim_brian2.equations import (
    Spell,
    expression,
    of_factors,
    of_group_rule,
    of_matrix_rule,
    of_shared_weights,
    of_sum,
    of_weight,
    parameters,
    simultaneous,
)
from neurosim_brian2.functions import functions
from neurosim_brian2.layout import ARRIVED, DELAY, EFFECTIVE, LATE, SHARE, SPIKED, of_neuron, of_synapse
from neurosim_brian2.ordered_queue import OrderedQueue

SLOTS = ("start", "stimulate", "deliver", "update", "learn", "probe", "assign", "groups", "synapses", "end")
"""Brian2 asks for ``groups`` and ``synapses``; nothing is due there."""

CLOCK = "steps"
"""Name of the clock; no population has it."""

REWRITTEN, EVERY_STEP, TRIAL_START = -3, -2, -1
"""Moments of a gate; the others are indices of phases and mean their ends. The first is between trials."""

BEFORE_SUMS, SUMS = -2, -1
"""Orders within ``learn``: of the factors of sums over trials, and of these sums, which the rules then read."""

SHARED = " (shared)"

brian2.BrianLogger.suppress_name("only_threshold")  # a warning where a threshold has no reset, which is meant so


@dataclass(frozen=True)
class Gate:
    """When an object is due; one that learns is so only where the run learns, others in some of a trial's steps.

    One that ends a batch is due in its last trial alone.
    """

    moment: int = EVERY_STEP
    learns: bool = False
    every: int = 1
    ends_batch: bool = False


@dataclass(frozen=True)
class Late:
    """What a template knows of a pathway whose synapses have delays.

    Attributes
    ----------
    source
        The index of the group whose past spikes arrive.
    longest
        Steps of the longest delay.
    shown
        The variable that shows what arrives at each synapse, if any does.
    """

    source: int
    longest: int
    shown: str | None


class Objects:
    """Everything that Brian2 executes for a program.

    Parameters
    ----------
    dense, sparse
        Classes of the code objects of all-to-all projections and of others, if not Brian2's own.

    Attributes
    ----------
    groups, matrices, probes
        NeuronGroups, Synapses and monitors by their names in the program.
    gates
        By the name of a Brian2 object; those without one are due in every step.
    rules
        Objects of the rules that are not due at spikes, by their indices.
    kernels
        NeuronGroups of the weights that synapses share, by the name of the matrix.
    sharing
        Rules of such weights, by the name of the object that has their new values.
    weights
        Objects that compute what a matrix delivers, by its name, where arrays can be written within a run.
    network
        All of them, in the order of a step.
    """

    def __init__(self, program: Program, dense: type | None = None, sparse: type | None = None):
        self.program, self._dense, self._sparse = program, dense, sparse
        self.clock = brian2.Clock(dt=1 * brian2.second, name=CLOCK)
        self.namespace = functions()
        self.gates: dict[str, Gate] = {}
        self.runners: list[Any] = []
        self.groups = {g.name: self._group(g) for g in program.groups}
        self.matrices = {m.name: self._matrix(m) for m in program.matrices}
        self.kernels = {layout.kernel(m.name): self._kernel(m) for m in layout.shared(program)}
        self.sharing = {self._shared_rule(i, r).name: r for i, r in enumerate(program.rules) if r.increments}
        self.rules = {i: self._rule(i, r) for i, r in enumerate(program.rules) if r.when != "spike"}
        # The cursor in C++ writes arrays within a run.
        rewritten = {key.owner for key in layout.rewritable(program)} if sparse is not None else set()
        self.weights = {m.name: self._weight(m) for m in program.matrices if m.name in rewritten}
        # The cursor in C++ records by itself.
        self.probes = {q.name: self._probe(i, q) for i, q in enumerate(program.probes)} if sparse is None else {}
        parts = [
            *self.groups.values(),
            *self.matrices.values(),
            *self.kernels.values(),
            *self.probes.values(),
            *self.runners,
        ]
        self.network = brian2.Network(*parts, name="network")
        self.network.schedule = list(SLOTS)

    def owner(self, name: str) -> Any:
        """The NeuronGroup or Synapses of a name in the program, the weights that synapses share, or the clock."""
        return self.clock if name == CLOCK else {**self.groups, **self.matrices, **self.kernels}[name]

    # populations

    def _group(self, g: Group) -> NeuronGroup:
        extra = {"threshold": expression(g.spike)} if g.spike is not None else {}
        if g.reset:
            extra["reset"] = simultaneous(g.reset)
        model = "\n".join(self._model_of_group(g))
        group = NeuronGroup(g.size, model, name=g.name, clock=self.clock, namespace=self.namespace, **extra)
        if g.present:
            self._run(group, "present", simultaneous(g.present), "deliver", -2)
        if g.arrived:
            self._run(group, "arrive", f"{ARRIVED} = {layout.delivered(g.output)}", "deliver", -1)
        if g.update:
            self._run(group, "update", simultaneous(g.update), "update", 0)
        if g.spike is not None:
            self._spike_test(group, g)
        factors = [f for f in layout.all_factors(self.program) if f.group == g.name]
        if factors:
            last = Gate(len(self.program.phases) - 1, learns=True)
            self._run(group, "factors", of_factors(factors), "learn", BEFORE_SUMS, last)
        for i, phase in enumerate(self.program.phases):
            assigned = tuple((v, text) for owner, v, text in phase.assign if owner == g.name)
            if assigned:
                self._run(group, f"assign{i}", simultaneous(assigned), "assign", 0, Gate(i))
        return group

    def _model_of_group(self, g: Group) -> list[str]:
        sums = layout.sums(self.program, g)
        values = [of_neuron(v) for v, _ in (*g.state, *g.learned, *g.driven, *g.present)]
        values += [x for parts in sums.values() for x in parts] + [ARRIVED] * g.arrived
        values += [SPIKED] * layout.shows_spikes(self.program, g)
        values += [*map(of_neuron, g.fixed), *map(layout.at_first, g.initial), *self._sums_of_rules(g.name, of_neuron)]
        factors = [f for f in layout.all_factors(self.program) if f.group == g.name]
        values += [f.variable for f in factors]
        constants = [of_neuron(c) for c in g.constants]
        phased = [v for owner, v in layout.phased(self.program) if owner == g.name]
        of_sums = [variable for f in factors for variable in f.constants().values()]
        constants += [layout.in_phase(v, i) for v in phased for i in range(len(self.program.phases))]
        return [
            *parameters(values),
            *parameters(dict.fromkeys([*constants, *self._constants_of_rules(g.name), *of_sums]), SHARED),
            *(of_sum(port, parts) for port, parts in sums.items()),
        ]

    def _constants_of_rules(self, owner: str) -> list[str]:
        return [layout.of_rule(r, c) for r in self.program.rules if r.owner == owner for c in r.constants]

    def _sums_of_rules(self, owner: str, spell: Spell) -> list[str]:
        return [spell(s.name) for r in self.program.rules if r.owner == owner for s in r.sums]

    def _spike_test(self, group: NeuronGroup, g: Group) -> None:
        """The test of an input reads the stimulus, that of others the new state, before the reset."""
        slot = "stimulate" if g.is_input else "update"
        test = group.thresholder["spike"]
        test.when, test.order = slot, 1
        if layout.shows_spikes(self.program, g):
            assert g.spike is not None
            self._run(group, "spiked", f"{SPIKED} = ns_where({expression(g.spike)}, 1.0, 0.0)", slot, 2)
        if g.reset:
            reset = group.resetter["spike"]
            reset.when, reset.order = slot, 3

    def _run(self, owner: Any, what: str, code: str, when: str, order: int, gate: Gate | None = None) -> Any:
        name = f"{owner.name}__{what}"
        runner = owner.run_regularly(code, when=when, order=order, clock=self.clock, name=name)
        self.runners.append(runner)
        if gate is not None:
            self.gates[name] = gate
        return runner

    # projections

    def _matrix(self, m: Matrix) -> Synapses:
        edges = [(i, e) for i, e in enumerate(self.program.edges) if e.matrix == m.name]
        rules = [(i, r) for i, r in enumerate(self.program.rules) if r.owner == m.name and r.when == "spike"]
        model = self._model_of_matrix(m) + [self._summed(m, i, e) for i, e in edges if not e.events]
        forward = {f"edge{i}": self._added(m, i, e) for i, e in edges if e.events and not e.transposed}
        backward = {f"edge{i}": self._added(m, i, e) for i, e in edges if e.events and e.transposed}
        learning = {f"rule{i}": of_matrix_rule(r, m) for i, r in rules}
        synapses = Synapses(
            self.groups[m.pre],
            self.groups[m.post],
            "\n".join(model),
            on_pre=forward or None,
            on_post=(backward | learning) or None,
            delay=dict.fromkeys(self._prompt(m, [*forward, *backward], learning), 0 * brian2.second) or None,
            name=m.name,
            clock=self.clock,
            namespace=self.namespace,
            codeobj_class=self._dense if m.wiring is None else self._sparse,
        )
        _connect(synapses, m, by_file=self._sparse is not None)
        for p in (*forward, *backward):
            getattr(synapses, p).when = "deliver"
        for i, e in edges:
            if e.events and m.longest_delay:
                self._delay(m, e, getattr(synapses, f"edge{i}"))
        for i, _ in rules:
            pathway = getattr(synapses, f"rule{i}")
            pathway.when, pathway.order = "learn", 2 * i
            self.gates[pathway.name] = Gate(learns=True)
        self._time_sums(synapses, edges)
        return synapses

    def _model_of_matrix(self, m: Matrix) -> list[str]:
        own = layout.copied_to_synapses(self.program, m) if m.kernel else [*(v for v, _ in m.state), *m.fixed]
        values = [*map(of_synapse, own), *self._summed_by_rules(m)] + [EFFECTIVE] * (not m.is_plain)
        values += [LATE[back] for back in layout.shown_late(self.program, m)]
        values += self._sums_of_rules(m.name, of_synapse)
        delays = [f"{DELAY} : integer"] if m.longest_delay and self._sparse is not None else []
        delays += [f"{SHARE} : integer"] if m.kernel else []
        constants = [of_synapse(c) for c in m.constants] + self._constants_of_rules(m.name)
        return [*parameters(values), *parameters(constants, SHARED), *delays]

    def _summed_by_rules(self, m: Matrix) -> list[str]:
        """What synapses add to the weights that they share."""
        return list(dict.fromkeys(v for r in self.program.rules if r.owner == m.name for v in layout.summed(r)))

    def _kernel(self, m: Matrix) -> NeuronGroup:
        """The weights that the synapses of a matrix share, as a group: a rule's new values are statements for one."""
        values = [*(of_synapse(v) for v, _ in m.state), *map(of_synapse, m.fixed), *self._summed_by_rules(m)]
        constants = [of_synapse(c) for c in m.constants] + self._constants_of_rules(m.name)
        model = [*parameters(values + [EFFECTIVE] * (not m.is_stored)), *parameters(constants, SHARED)]
        name = layout.kernel(m.name)
        return NeuronGroup(prod(m.kernel), "\n".join(model), name=name, clock=self.clock, namespace=self.namespace)

    def _shared_rule(self, index: int, rule: Rule) -> Any:
        """What becomes of shared weights, after all synapses have said what they add."""
        code = of_shared_weights(rule, self.program.matrix(rule.owner))
        gate = Gate(rule.phase if rule.when == "end" else EVERY_STEP, learns=True)
        return self._run(self.kernels[layout.kernel(rule.owner)], f"rule{index}", code, "learn", 2 * index + 1, gate)

    def _prompt(self, m: Matrix, sending: Iterable[str], learning: Iterable[str]) -> list[str]:
        """The pathways that Brian2 has no delays for; our templates see to delays without its queues."""
        by_brian2 = m.longest_delay and self._sparse is None
        return [*([] if by_brian2 else sending), *learning]

    def _delay(self, m: Matrix, e: Edge, pathway: Any) -> None:
        """Spikes of a population are delivered in the next step as it is, those of an input in the same step."""
        group = self.program.group(e.source)
        if self._sparse is None:
            assert m.wiring is not None
            assert m.wiring.delay is not None
            pathway.delay = (m.wiring.delay - (not group.is_input)) * brian2.second
            pathway.queue = OrderedQueue(pathway.queue)
            pathway.variables.add_object("_queue", pathway.queue)
            return
        shown = LATE[e.transposed] if e.transposed in layout.shown_late(self.program, m) else None
        pathway.add_attribute("late")
        pathway.late = Late(self.program.groups.index(group), m.longest_delay, shown)

    def _target(self, index: int, e: Edge) -> str:
        return f"{layout.sum_of(self.program, index)}_{'pre' if e.transposed else 'post'}"

    def _summed(self, m: Matrix, index: int, e: Edge) -> str:
        source = f"{layout.delivered(e.variable)}_{'post' if e.transposed else 'pre'}"
        source = LATE[e.transposed] if m.longest_delay else source
        return f"{self._target(index, e)} = {layout.weight(m)}*{source} : 1 (summed)"

    def _added(self, m: Matrix, index: int, e: Edge) -> str:
        return f"{self._target(index, e)} += {layout.weight(m)}"

    def _time_sums(self, synapses: Synapses, edges: list[tuple[int, Edge]]) -> None:
        for i, e in edges:
            if not e.events:
                updater = synapses.summed_updaters[self._target(i, e)]
                updater.when, updater.order = "deliver", 0
                if e.constant:
                    self.gates[updater.name] = Gate(TRIAL_START)

    # rules and probes

    def _rule(self, index: int, rule: Rule) -> Any:
        """A rule's place in the list is its order in the step; those at spikes are pathways of their Synapses."""
        code = of_matrix_rule(rule, self.program.matrix(rule.owner)) if rule.of_matrix else of_group_rule(rule)
        moment = rule.phase if rule.when == "end" else EVERY_STEP
        gate = Gate(moment, learns=True, ends_batch=bool(rule.sums))
        return self._run(self.owner(rule.owner), f"rule{index}", code, "learn", 2 * index, gate)

    def _weight(self, m: Matrix) -> Any:
        return self._run(self.matrices[m.name], "weight", of_weight(m), "start", 0, Gate(REWRITTEN))

    def _probe(self, index: int, probe: ProgramProbe) -> SpikeMonitor | StateMonitor:
        name = f"probe__{index}"
        if probe.variable == "spike":
            return SpikeMonitor(self.owner(probe.group), name=name, when="probe")
        if probe.when == "end" or probe.every > 1:
            self.gates[name] = Gate(probe.phase if probe.when == "end" else EVERY_STEP, every=probe.every)
        owner, variable = layout.recorded(self.program, probe)
        record = True if probe.selection is None else probe.selection.units
        return StateMonitor(self.owner(owner), variable, record=record, clock=self.clock, when="probe", name=name)


def _connect(synapses: Synapses, m: Matrix, by_file: bool) -> None:
    """Synapses in the order of the learned arrays; the templates read from files which weights they share."""
    if m.wiring is None:
        synapses.connect()
    else:
        synapses.connect(i=m.wiring.pre, j=m.wiring.post)
        if m.kernel and not by_file:
            synapses.variables[SHARE].set_value(m.wiring.share)

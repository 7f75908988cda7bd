"""A program's statements as NumPy source; the reference, Nengo and Lava execute this same text.

Variables are ``group__variable`` and ``matrix__variable``; besides, a group has ``group__out`` (its spikes as 0 and 1),
``group__fired`` (their indices), ``group__port`` (what arrives), ``group__port__c`` (the part that is constant over a
trial) and ``group__arrived``; a sparse matrix has ``matrix__synapses``. Where synapses have delays, a matrix has
``matrix__late`` and ``matrix__late_back``, which sum over ``group__past``. Constants are folded into the text, for each
phase its own; fixed parameters, with a value for each neuron or synapse, are variables that nothing writes. Which
synapses there are is not in it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from neurosim.model.equations.expressions import fold, names_in, parse
from neurosim.model.equations.printers import NumpyPrinter
from neurosim.program.program import Edge, Group, Matrix, ProgramPhase, Rule, added
from neurosim.program.run import Run
from neurosim.program.schedule import StimulusKind
from neurosim.program.source.non_finite import stays_non_finite
from neurosim.program.source.operations import OPERATIONS, Sender
from neurosim.program.source.past import Past, PastSpikes
from neurosim.program.source.products import LARGE, add_products, parts, spike_sums
from neurosim.program.source.recorder import STATE
from neurosim.program.source.sharing import share_parts
from neurosim.program.trial.state import PAST
from neurosim.program.variables import VariableKey

_core: Any = np._core if hasattr(np, "_core") else np.core

ENVIRONMENT: Mapping[str, object] = {
    **{f: getattr(np, f) for f in ("exp", "log", "sqrt", "tanh", "minimum", "maximum", "where", "sign", "floor")},
    **{f: getattr(np, f) for f in ("abs", "dot", "full", "zeros", "flatnonzero", "isfinite", "empty")},
    **{f: getattr(np, f) for f in ("array", "trunc", "float32", "float64", "asfortranarray", "empty_like")},
    "concatenate": np.concatenate,
    "parts": parts,
    "clip": getattr(_core.umath, "clip", np.clip),  # np.clip calls it, and takes longer than it does
    "count_nonzero": getattr(_core.multiarray, "count_nonzero", np.count_nonzero),  # without the wrapper, too
    "spike_sums": spike_sums,
    "add_products": add_products,
    "Past": Past,
    "PastSpikes": PastSpikes,
}
"""The names that statements may call."""

MANY = 1000
"""Values of an array that are many."""


def definitions(source: str, environment: Mapping[str, object] = ENVIRONMENT) -> dict[str, Any]:
    """Execute a text, and return all names that it then has: what it defines, and what it may call.

    What a statement repeats is computed once. Numbers become arrays of no dimension, which NumPy takes as they are;
    those of Python it converts in each call.
    """
    tree, numbers = ast.parse(source), _Numbers()
    share_parts(tree)
    tree = ast.fix_missing_locations(numbers.visit(tree))
    scope: dict[str, Any] = {**environment, **numbers.arrays}
    exec(compile(tree, "<program>", "exec"), scope)
    return scope


class _Numbers(ast.NodeTransformer):
    def __init__(self) -> None:
        self.arrays: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, float):
            return node
        name = self._names.setdefault(repr(node.value), f"number_{len(self._names)}")
        self.arrays[name] = np.array(node.value)
        return ast.Name(name, ast.Load())


class Statements:
    """Source lines of one run's program; every method is pure.

    A subclass for several trials at once says where a trial stands in the arrays of a run.

    Attributes
    ----------
    trial, recorded
        The index of the trial in stimuli and in recordings.
    spikes
        Where spikes are recorded, by the name of the probe.
    """

    trial: ClassVar[str] = "trial"
    recorded: ClassVar[str] = "first + trial"
    spikes: ClassVar[str] = "records"

    def __init__(self, run: Run):
        self.run, self.program = run, run.program
        self.groups = {g.name: g for g in run.program.groups}
        self.matrices = {m.name: m for m in run.program.matrices}
        self.pasts = run.program.pasts()

    # arrays

    def filled(self, size: int, value: str) -> str:
        """Return the text of a new array of a group's size, filled with one value or a value for each neuron."""
        return f"zeros({size})" if value == "0.0" else f"full({size}, {value})"

    def start(self, group: Group, state: str, value: float) -> str:
        """Return the text of a state's new array at a trial's start; `value` counts where all neurons have the same."""
        return self.filled(group.size, f"fixed['{group.name}.{state}']" if state in group.initial else repr(value))

    def kept(self, state: str) -> str:
        """Return the text of a copy of the state that a run goes on from."""
        return f"records['{STATE}']['{state}'].copy()"

    def fixed_lines(self, part: Group | Matrix) -> list[str]:
        """Return the lines that give fixed parameters their names."""
        return [f"{part.name}__{n} = fixed['{part.name}.{n}']" for n in part.fixed]

    def has_shape(self, group: Group, names: Collection[str]) -> bool:
        """Return whether an expression with these names of a group has the shape of the group's arrays."""
        return bool(names)

    def stimulate(self, variable: str, kind: StimulusKind) -> list[str]:
        """Return the lines that set a stimulus in a step."""
        if kind == "steps":
            return [f"{spelled(variable)} = stimuli['{variable}'][{self.trial}, step]"]
        return self.spiking(variable) if kind == "events" else []

    def spiking(self, variable: str) -> list[str]:
        """Return the lines that set a stimulus of spikes, as 0 and 1."""
        name, size = spelled(variable), self.groups[VariableKey.from_text(variable).owner].size
        return [f"{name} = zeros({size})", f"{name}[stimuli['{variable}'].at(trial, step)] = 1.0"]

    def fired(self, group: Group) -> str:
        """Return the line that finds the indices of the neurons that fired, of shape (spikes,)."""
        spikes = f"({group.name}__out != 0.0)" if group.size >= MANY else f"{group.name}__out"
        return f"{group.name}__fired = {spikes}.nonzero()[0]"

    def any_fired(self, group: Group) -> str:
        """Return the text of the number of spikes."""
        return f"{group.name}__fired.size"

    def where_fired(self, group: Group, variable: str) -> str:
        """Return the text of the values of a variable where neurons fired."""
        return f"{group.name}__{variable}[{group.name}__fired]"

    # names

    def delivered(self, group: str, variable: str | None = None) -> str:
        """Return the name of what others receive: the output, or the variable that an edge names."""
        variable = variable or self.groups[group].output
        return f"{group}__out" if variable == "spike" else f"{group}__{variable}"

    def weight(self, matrix: str) -> str:
        """Return the name of a matrix's delivered weights."""
        m = self.matrices[matrix]
        return f"{matrix}__{m.weight}" if m.is_plain else f"{matrix}__effective"

    def synapses(self, matrix: str) -> str:
        """Return the name of a sparse matrix's `Synapses`."""
        return f"{matrix}__synapses"

    def synapses_lines(self, matrix: Matrix) -> list[str]:
        """Return the line that gives them their name; none where all pairs of neurons have a synapse."""
        if matrix.wiring is None:
            return []
        lines = [f"{self.synapses(matrix.name)} = synapses['{matrix.name}']"]
        directions = [e.transposed for e in self.program.edges if e.matrix == matrix.name and self.is_late(e)]
        return lines + [
            f"{self.late(matrix.name, t)} = {self.synapses(matrix.name)}.late{'_back' * t}" for t in directions
        ]

    def is_late(self, e: Edge) -> bool:
        """Return whether the synapses of an edge have delays."""
        return self.matrices[e.matrix].longest_delay > 0

    def late(self, matrix: str, transposed: bool) -> str:
        """Return the name of a direction's `LateSynapses`."""
        return f"{matrix}__late{'_back' * transposed}"

    def past(self, group: str) -> str:
        """Return the name of what a group put out before, a `Past`."""
        return f"{group}__past"

    def new_past(self, group: Group, steps: int) -> str:
        """Return the line that makes room for what a group puts out in so many steps."""
        kind = "PastSpikes" if group.output == "spike" else "Past"
        return f"{self.past(group.name)} = {kind}({steps}, {group.size})"

    def start_past(self, group: Group) -> str:
        """Return the line for what a group put out before the first step; where a run goes on, that is in its state."""
        if self.run.state is None:
            initial = "0.0" if group.is_input or group.output == "spike" else self.delivered(group.name)
            return f"{self.past(group.name)}.restart({initial})"
        return f"{self.past(group.name)}.restart(records['{STATE}']['{group.name}.{PAST}'])"

    def keep(self, group: Group) -> list[str]:
        """Return the line that keeps what a group puts out, for synapses with delays."""
        kept = group.name in self.pasts
        return [f"{self.past(group.name)}.push({self.delivered(group.name)})"] if kept else []

    # statements

    def _expression(self, text: str, constants: Mapping[str, float], spell: Mapping[str, str] | str) -> str:
        """Print an expression with constants folded; `spell` is a prefix, or the text of each name."""
        tree: ast.expr = fold(parse(text), constants)
        if isinstance(spell, str):
            return NumpyPrinter(lambda n: f"{spell}{n}")(tree)
        return NumpyPrinter(lambda n: spell[n])(tree)

    def _of_group(self, group: Group, phase: ProgramPhase, text: str) -> str:
        """Print a new array, also where the folded expression has only constants, or is one bare variable."""
        constants = self.run.values(group.name, phase.name)
        printed = self._expression(text, constants, f"{group.name}__")
        folded = fold(parse(text), constants)
        if not self.has_shape(group, names_in(folded)):
            return self.filled(group.size, printed)
        return f"{printed}.copy()" if isinstance(folded, ast.Name) else printed

    def effective(self, matrix: Matrix) -> list[str]:
        """Return the line that computes the delivered weights, where they are no stored variable."""
        if matrix.is_plain:
            return []
        weights = self._effective(matrix, f"{matrix.name}__")
        if matrix.kernel:
            weights = f"{self.synapses(matrix.name)}.of_each({weights})"
        return [f"{matrix.name}__effective[...] = {weights}"]

    def room_for_effective(self, matrix: Matrix) -> list[str]:
        """Return the line that makes room for delivered weights, where they are no stored variable."""
        stored = f"{matrix.name}__{matrix.state[0][0]}"
        room = f"empty({self.synapses(matrix.name)}.count)" if matrix.kernel else f"empty_like({stored})"
        return [] if matrix.is_plain else [f"{matrix.name}__effective = {room}"]

    def _effective(self, matrix: Matrix, spell: Mapping[str, str] | str) -> str:
        return self._expression(matrix.weight, self.run.values(matrix.name), spell)

    def present(self, group: Group, phase: ProgramPhase) -> list[str]:
        """Return the lines for the output where it is an expression, and for the spikes of an input."""
        lines = [f"{group.name}__{v} = {self._of_group(group, phase, t)}" for v, t in group.present]
        if group.is_input and group.spike is not None:
            lines.append(f"{group.name}__out = ({self._of_group(group, phase, group.spike)}).astype(float)")
        return lines

    def deliver(self, group: Group, constant: bool = False) -> list[str]:
        """Return the lines for what arrives at each port; with `constant`, the part that a trial does not change."""
        lines = []
        for port in group.ports:
            into = [e for e in self.program.edges if (e.target, e.port) == (group.name, port)]
            steady = [self._product(e) for e in into if e.constant]
            target = f"{group.name}__{port}"
            if constant:
                lines += [f"{target}__c = {' + '.join(steady)}"] if steady else []
            else:
                terms = [f"{target}__c"] * bool(steady) + [self._product(e) for e in into if not e.constant]
                lines.append(f"{target} = {' + '.join(terms) or self.filled(group.size, '0.0')}")
        return lines

    def _product(self, e: Edge) -> str:
        source = self.past(e.source) if self.is_late(e) else self.delivered(e.source, e.variable)
        return self.product(e, self.weight(e.matrix), source)

    def product(self, e: Edge, weight: str, source: str) -> str:
        """Return the text of an edge's sums, given the texts of its weights and of what its source put out."""
        if self.is_late(e):
            into = "spikes_into" if self.may_leave_out(e) else "into"
            return f"{self.late(e.matrix, e.transposed)}.{into}({source}, {weight})"
        if self.matrices[e.matrix].wiring is not None:
            return f"{self.synapses(e.matrix)}.{self.sparse_sums(e)}({source}, {weight})"
        if e.transposed:
            return f"dot({weight}, {source})"
        return f"spike_sums({source}, {weight})" if self.may_leave_out(e) else f"dot({source}, {weight})"

    def sparse_sums(self, e: Edge) -> str:
        """Return the method of `Synapses` that gives an edge's sums."""
        into = "into_sources" if e.transposed else "into_targets"
        return f"spikes_{into}" if self.may_leave_out(e) else into

    # effective synaptic operations

    def fan_out(self, sender: Sender) -> list[str]:
        """Return the line for the number of synapses of each neuron of a source, where the numbers differ.

        They are floats, of which a product is fast; whole numbers below 2**53 are exact.
        """
        if not sender.sparse or sender.late:
            return []
        counts = (f"{self.synapses(e.matrix)}.{'fan_in' if e.transposed else 'fan_out'}" for e in sender.sparse)
        counted = " + ".join(counts)
        return [f"{self._fan_out(sender)} = ({sender.dense} + {counted}).astype(float)"]

    def operations(self, sender: Sender, values: str | None = None) -> str:
        """Return the text of the number of operations of a step, for what a source delivers or for these values."""
        if sender.late:
            (e,) = sender.edges
            return f"{self.late(e.matrix, e.transposed)}.operations({values or self.past(sender.source)})"
        values = values or self.delivered(sender.source, sender.variable)
        if sender.sparse:
            return f"int((({values} != 0.0) @ {self._fan_out(sender)}).sum())"
        large = self.groups[sender.source].size >= MANY
        return f"{sender.dense}*{self.loud(values, large)}"

    def loud(self, values: str, large: bool) -> str:
        """Return the text of the number of values that are not zero; in large arrays a comparison first is faster."""
        return f"count_nonzero({values} != 0.0)" if large else f"count_nonzero({values})"

    def _fan_out(self, sender: Sender) -> str:
        return f"{sender.source}__{sender.variable}__fan_out" + "__c" * sender.constant

    def counted(self) -> str:
        """Return the line that adds the number of operations to the records."""
        return f"records['{OPERATIONS}'][0] += operations"

    def may_leave_out(self, e: Edge) -> bool:
        """Return whether the sums of an edge may leave out silent neurons: in no other order, and of no weight unseen.

        Those of a sparse matrix come in the same order without zeros; a product of matrices has an order of its own.
        Zero times a weight that is infinite or NaN is NaN. Such a weight has to stay what it is until the run's end,
        when all weights are looked at.
        """
        m = self.matrices[e.matrix]
        worth_it = m.wiring is not None or (self.program.grid is not None and self.program.synapses(m) >= LARGE)
        if not e.events or not m.is_stored or not worth_it:
            return False
        rules = [r for r in self.program.rules if r.owner == m.name and m.weight in dict(r.update)]
        return not self.run.learn or all(
            stays_non_finite(fold(parse(dict(r.update)[m.weight]), self._rule_constants(r, p.name)), m.weight)
            for r in rules
            for p in self.program.phases
        )

    def by_columns(self, m: Matrix) -> bool:
        """Return whether a matrix is best stored by its columns.

        So it is where rules change some of them, and sums are exact either way.
        """
        rules = [r for r in self.program.rules if r.owner == m.name and self.run.learn]
        return m.wiring is None and self.program.grid is not None and any(r.when == "spike" for r in rules)

    def arrive(self, group: Group) -> list[str]:
        """Return the line that keeps what was delivered, for the rules that read `arrived`."""
        return [f"{group.name}__arrived = {self.delivered(group.name)}"] if group.arrived else []

    def update(self, group: Group, phase: ProgramPhase, fired: bool) -> list[str]:
        """Return the lines for new state, spike test and reset; with `fired` they keep the indices of spikes."""
        lines = _simultaneous(group.name, [(v, self._of_group(group, phase, t)) for v, t in group.update])
        # A reset writes in place, and must not reach an array that another name still stands for.
        unmoved = [v for v, _ in group.reset if v not in dict(group.update)]
        lines += [f"{group.name}__{v} = {group.name}__{v}.copy()" for v in unmoved]
        if group.spike is not None:
            lines.append(f"{group.name}__out = ({self._of_group(group, phase, group.spike)}).astype(float)")
            if fired or group.reset:
                lines.append(self.fired(group))
        if group.reset:
            constants = self.run.values(group.name, phase.name)
            local = {v: self.where_fired(group, v) for v in _variables(group)}
            new = [(v, self._expression(t, constants, local)) for v, t in group.reset]
            targets = ", ".join(local[v] for v, _ in new)
            lines += [f"if {self.any_fired(group)}:", f"    {targets} = {', '.join(t for _, t in new)}"]
        return lines

    def assign(self, phase: ProgramPhase, groups: Iterable[str]) -> list[str]:
        """Return the line with the assignments at the end of a phase in some groups: they happen at once."""
        assigned = [(g, v, self._of_group(self.groups[g], phase, t)) for g, v, t in phase.assign if g in groups]
        if not assigned:
            return []
        return [", ".join(f"{g}__{v}" for g, v, _ in assigned) + " = " + ", ".join(t for _, _, t in assigned)]

    def learn(self, rule: Rule, phase: ProgramPhase) -> list[str]:
        """Return the lines that write a rule's new values into its arrays, with constants as they are in the phase."""
        constants = self._rule_constants(rule, phase.name)
        if rule.sums:
            return self.learn_together(rule, constants)
        if not rule.of_matrix:
            return self._learn_elementwise(rule, constants, f"{rule.owner}__")
        matrix = self.matrices[rule.owner]
        if matrix.kernel:
            return self._learn_shared(rule, matrix, constants)
        if rule.when == "spike":
            return self._learn_on_spike(rule, matrix, constants)
        if matrix.wiring is not None:
            name = self.synapses(matrix.name)
            spell = self._spell(matrix, f"[{name}.pre]", f"[{name}.post]")
            lines = self._learn_elementwise(rule, constants, spell)
        elif all(pairs is not None for pairs in rule.outer) and len(rule.update) == 1:
            lines = self._learn_outer(rule, matrix, constants)
        else:
            lines = self._learn_elementwise(rule, constants, self._spell(matrix, "[:, None]", ""))
        return lines + self.effective(matrix)

    def learn_together(self, rule: Rule, constants: Mapping[str, float]) -> list[str]:
        """Return the lines of a rule at the end of a batch; there is none for one trial."""
        raise NotImplementedError

    def _rule_constants(self, rule: Rule, phase: str) -> dict[str, float]:
        """Return the constants of a rule, of its owner, and as `pre.*` and `post.*` of the groups at both ends."""
        constants = {**self.run.values(rule.owner, phase), **self.run.values(rule.full_name)}
        if rule.of_matrix:
            matrix = self.matrices[rule.owner]
            for side, group in (("pre", matrix.pre), ("post", matrix.post)):
                constants |= {f"{side}.{n}": v for n, v in self.run.values(group, phase).items()}
        return constants

    def _spell(self, matrix: Matrix, pre: str, post: str, synapses: str = "") -> dict[str, str]:
        """Return the texts of a rule's names, with the given indices at those of either side, and of synapses."""
        arrived = f"{matrix.pre}__arrived{pre}"
        if matrix.longest_delay:
            places = f"{self.late(matrix.name, transposed=False)}.places{synapses}"
            arrived = f"{self.past(matrix.pre)}.values[{places}]"
        names = {v: f"{matrix.name}__{v}" for v in _values(matrix)} | {"arrived": arrived}
        names |= {f"pre.{v}": f"{matrix.pre}__{v}{pre}" for v in _variables(self.groups[matrix.pre])}
        return names | {f"post.{v}": f"{matrix.post}__{v}{post}" for v in _variables(self.groups[matrix.post])}

    def _learn_elementwise(
        self, rule: Rule, constants: Mapping[str, float], spell: Mapping[str, str] | str
    ) -> list[str]:
        new = [(v, self._expression(t, constants, spell)) for v, t in rule.update]
        if len(new) == 1:
            return [f"{rule.owner}__{v}[...] = {t}" for v, t in new]
        lines = [f"new__{v} = array({t})" for v, t in new]  # one of them may be a variable that another writes
        return lines + [f"{rule.owner}__{v}[...] = new__{v}" for v, _ in new]

    def _learn_outer(self, rule: Rule, matrix: Matrix, constants: Mapping[str, float]) -> list[str]:
        """w + (f1*g1 + f2*g2 + ...), the factored expression, one outer product a term."""
        spell = self._spell(matrix, "", "")
        (variable, _), pairs = rule.update[0], rule.outer[0]
        assert pairs is not None

        def side(text: str, size: int) -> str:
            printed = self._expression(text, constants, spell)
            return printed if names_in(fold(parse(text), constants)) else f"full({size}, {printed})"

        sizes = self.groups[matrix.pre].size, self.groups[matrix.post].size
        products = ", ".join(f"({side(f, sizes[0])}, {side(g, sizes[1])})" for f, g in pairs)
        if not products:
            return []
        rounded = self.program.grid is not None and variable in matrix.behind_weight
        bits = f", {self.program.grid[1]}" if self.program.grid is not None and rounded else ""
        return [f"add_products({matrix.name}__{variable}, [{products}]{bits})"]

    def _learn_shared(self, rule: Rule, matrix: Matrix, constants: Mapping[str, float]) -> list[str]:
        """Print what synapses add to each weight that they share, then the new weights."""
        name, fired = self.synapses(matrix.name), f"{matrix.post}__fired"
        lines, where = [], ""
        pre, post = f"[{name}.pre]", f"[{name}.post]"
        if rule.when == "spike":
            lines, where = [f"mine = {name}.of_targets({fired})"], "[mine]"
            pre, post = (f"[{name}.wiring.{side}[mine]]" for side in ("pre", "post"))
        spell = self._spell(matrix, pre, post, where)
        spell |= {v: f"{name}.of_each({matrix.name}__{v}){where}" for v in _values(matrix)}
        own = {v: f"{matrix.name}__{v}" for v in _values(matrix)}
        for v, text in rule.increments:
            given = ", mine" * bool(where)
            own[added(v)] = added(f"{matrix.name}__{v}")
            terms = self._expression(text, constants, spell)
            lines.append(f"{own[added(v)]} = {name}.added({terms}, {matrix.name}__{v}{given})")
        lines += [f"new__{v} = array({self._expression(t, constants, own)})" for v, t in rule.update]
        lines += [f"{matrix.name}__{v}[...] = new__{v}" for v, _ in rule.update] + self.effective(matrix)
        return [f"if {fired}.size:", *(f"    {line}" for line in lines)] if where else lines

    def _learn_on_spike(self, rule: Rule, matrix: Matrix, constants: Mapping[str, float]) -> list[str]:
        """Print new values for the synapses of the post-synaptic neurons that spiked: columns of a matrix."""
        fired = f"{matrix.post}__fired"
        if matrix.wiring is None:
            lines, changed, pre, post = [], f"[:, {fired}]", "[:, None]", f"[{fired}]"
        else:
            name = self.synapses(matrix.name)
            lines, changed = [f"mine = {name}.of_targets({fired})"], "[mine]"
            pre, post = (f"[{name}.wiring.{side}[mine]]" for side in ("pre", "post"))
        spell = self._spell(matrix, pre, post, "[mine]") | {v: f"own__{v}" for v in _values(matrix)}
        lines += [f"own__{v} = {matrix.name}__{v}{changed}" for v in _values(matrix)]
        lines += [f"new__{v} = {self._expression(t, constants, spell)}" for v, t in rule.update]
        lines += [f"{matrix.name}__{v}{changed} = new__{v}" for v, _ in rule.update]
        if not matrix.is_plain:
            spell |= {v: f"new__{v}" for v, _ in rule.update}
            lines.append(f"{matrix.name}__effective{changed} = {self._effective(matrix, spell)}")
        return [f"if {fired}.size:"] + [f"    {line}" for line in lines]

    def groups_whose_spikes_are_read(self) -> set[str]:
        """Return the groups for which a rule or a probe needs the indices of spikes."""
        learned = {self.matrices[r.owner].post for r in self.program.rules if r.when == "spike"}
        return learned | {q.group for q in self.program.probes if q.variable == "spike"}


def spelled(variable: str) -> str:
    """Return a variable's name in printed statements: ``group__variable``."""
    return variable.replace(".", "__")


def _variables(group: Group) -> list[str]:
    return [*(v for v, _ in (*group.state, *group.learned, *group.driven, *group.present)), *group.fixed]


def _values(matrix: Matrix) -> list[str]:
    """Return the names of arrays with a value for each synapse, or for each weight that synapses share."""
    return [*(v for v, _ in matrix.state), *matrix.fixed]


def _simultaneous(group: str, equations: list[tuple[str, str]]) -> list[str]:
    if not equations:
        return []
    return [", ".join(f"{group}__{v}" for v, _ in equations) + " = " + ", ".join(t for _, t in equations)]

"""The steps of a program on tensors, for many trials at once: the meaning of a step, in the order that defines it.

What belongs to a population is a tensor of shape (trials, units); learned arrays have the shapes of the program. Where
rules fire, there is one trial, or a batch whose rules add up over its trials. No tensor is changed in place, so that
gradients can pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neurosim.program.program import Edge, Group, Matrix, Program, ProgramPhase, ProgramProbe, Rule, added
from neurosim.program.run import Run
from neurosim.program.source.late_synapses import late_synapses
from neurosim.program.source.operations import Sender, senders
from neurosim.program.trial.state import PAST, initial_output, state_of
from neurosim.program.variables import VariableKey
from neurosim_torch.functions import Functions
from neurosim_torch.printer import names, source, source_of_test

Record = Callable[[str, int, Tensor], None]
"""Called with a probe's name, the row, -1 at an end, and the variable: (trials, units), or a learned array."""

Sent = Callable[[Sender, Tensor, int], None]
"""Called with what a step delivers: the variable, its values (trials, units), and in how many steps it is the same."""

Scope = dict[str, Any]
Layout = Callable[[Tensor], Tensor]
Code = list[tuple[str, CodeType]]


def places_of(program: Program, e: Edge) -> NDArray[np.intp]:
    """Where each synapse of an edge has its source among the past outputs, the newest first, of shape (synapses,)."""
    wiring = program.matrix(e.matrix).wiring
    assert wiring is not None
    sizes = program.group(e.source).size, program.group(e.target).size
    return late_synapses(wiring, *(sizes[::-1] if e.transposed else sizes), transposed=e.transposed).places


def unseen(sender: Sender, values: Tensor, steps: int) -> None:
    """What is delivered goes to nobody else."""


class Steps:
    """A run's program, ready to be stepped through.

    Parameters
    ----------
    run
        Its constants are folded into the expressions; its trials are not looked at.
    functions
        `exact` or `differentiable`.
    """

    def __init__(self, run: Run, functions: Functions, dtype: torch.dtype, device: torch.device):
        self.run, self.program, self.dtype, self.device = run, run.program, dtype, device
        self.functions = dict(functions)
        self.on_grid = frozenset(run.program.on_grid())
        self.senders = tuple(senders(run.program))
        self.groups = {g.name: g for g in run.program.groups}
        self.matrices = {m.name: m for m in run.program.matrices}
        self.phases = [_PhaseCode(run, p) for p in run.program.phases]
        self.weights = {m.name: source(m.weight, run.values(m.name)) for m in run.program.matrices if not m.is_stored}
        self.fixed = {n: torch.tensor(a, dtype=dtype, device=device) for n, a in run.fixed.items()}
        self.indices = {
            name: tuple(torch.tensor(i, dtype=torch.int64, device=device) for i in wiring)
            for name, wiring in run.program.wirings().items()
        }
        self.shares = {
            name: torch.tensor(wiring.share, dtype=torch.int64, device=device)
            for name, wiring in run.program.wirings().items()
            if wiring.share is not None
        }
        self.pasts = run.program.pasts()
        self.places = {
            (e.matrix, e.transposed): torch.tensor(places_of(run.program, e), dtype=torch.int64, device=device)
            for e in run.program.edges
            if self.matrices[e.matrix].longest_delay
        }
        self.rules = {
            (r.owner, r.name, p.phase.name): _RuleCode(run, r, p.phase) for p in self.phases for r in self._of(p)
        }

    def _of(self, phase: _PhaseCode) -> list[Rule]:
        return [r for r in self.program.rules if r.when != "end" or self.program.phases[r.phase] == phase.phase]

    def trials(
        self,
        learned: dict[str, Tensor],
        stimuli: Mapping[str, Tensor],
        count: int,
        record: Record,
        detach_every: int | None = None,
        sent: Sent = unseen,
        state: dict[str, Tensor] | None = None,
    ) -> bool:
        """Run a batch of trials.

        Parameters
        ----------
        learned
            By the names of the program; where rules fire, new tensors are put into it.
        stimuli
            (trials, units), or (trials, steps, units) for those that differ from step to step.
        detach_every
            Gradients are cut before each multiple of so many steps (truncated back-propagation through time).
        state
            By the names of the program, what the trials go on from, (units,); where none is given, trials start. What
            they leave is put into it, (trials, units).

        Returns
        -------
        bool
            Whether every state was finite at the end.
        """
        activity = _Activity(self, learned, stimuli, count)
        activity.go_on_from(state or {})
        ends = self.run.phase_ends()
        step = 0
        for index, (phase, length) in enumerate(zip(self.phases, self.run.lengths, strict=True)):
            for _ in range(length):
                if detach_every is not None and step and step % detach_every == 0:
                    activity.detach()  # before a step, so that what is recorded at the end is not cut off
                activity.step(phase, step, ended=ends.get(step), record=record, sent=sent)
                step += 1
            if self.run.ends_phase(index):
                activity.end_phase(phase, index, record)
        if state is not None:
            state |= activity.state()
        return activity.is_finite() if step else True


class _PhaseCode:
    """The expressions of each group with the constants of a phase."""

    def __init__(self, run: Run, phase: ProgramPhase):
        self.phase = phase
        self.present: dict[str, Code] = {}
        self.update: dict[str, Code] = {}
        self.reset: dict[str, Code] = {}
        self.spike: dict[str, CodeType] = {}
        self.assign: list[tuple[str, str, CodeType]] = []
        constants = {g.name: run.values(g.name, phase.name) for g in run.program.groups}
        for g in run.program.groups:
            c = constants[g.name]
            self.present[g.name] = [(v, source(t, c)) for v, t in g.present]
            self.update[g.name] = [(v, source(t, c)) for v, t in g.update]
            self.reset[g.name] = [(v, source(t, c)) for v, t in g.reset]
            if g.spike is not None:
                self.spike[g.name] = source_of_test(g.spike, c)
        for owner, variable, text in phase.assign:
            self.assign.append((owner, variable, source(text, constants[owner])))


class _RuleCode:
    """A rule's expressions with the constants of a phase; `outer` where all of it is a sum of outer products."""

    def __init__(self, run: Run, rule: Rule, phase: ProgramPhase):
        constants = {**run.values(rule.owner, phase.name), **run.values(rule.full_name)}
        if rule.of_matrix:
            matrix = run.program.matrix(rule.owner)
            for side, group in (("pre", matrix.pre), ("post", matrix.post)):
                constants |= {f"{side}.{n}": v for n, v in run.values(group, phase.name).items()}
        factors = [f for s in rule.sums for product in s.products for f in product]
        own = {s.name for s in rule.sums}
        self.names = (
            set().union(*(names(t) for t in (*factors, *(t for _, t in rule.equations)))) - set(constants) - own
        )
        self.sums = [(s.name, [[source(f, constants) for f in p] for p in s.products]) for s in rule.sums]
        self.update: Code = [(v, source(t, constants)) for v, t in rule.update]
        self.increments: Code = [(v, source(t, constants)) for v, t in rule.increments]
        self.outer: list[tuple[CodeType, CodeType]] | None = None
        dense = rule.of_matrix and run.program.matrix(rule.owner).wiring is None
        if dense and rule.when != "spike" and len(rule.outer) == 1 and rule.outer[0] is not None:
            self.outer = [(source(f, constants), source(g, constants)) for f, g in rule.outer[0]]


class _Activity:
    """What a batch of trials has in mind: a scope of names for each group."""

    def __init__(self, steps: Steps, learned: dict[str, Tensor], stimuli: Mapping[str, Tensor], count: int):
        self.steps, self.learned, self.stimuli, self.count = steps, learned, stimuli, count
        self.scopes: dict[str, Scope] = {}
        for g in steps.program.groups:
            scope: Scope = {v: learned[f"{g.name}.{v}"] for v, _ in g.learned}
            scope |= {v: self._full(g, x) for v, x in (*g.state, *g.driven)}
            scope |= {n: steps.fixed[f"{g.name}.{n}"] for n in g.fixed}
            scope |= {v: steps.fixed[f"{g.name}.{v}"].expand(count, g.size) for v in g.initial}
            if g.spike is not None:
                scope["spike"] = self._full(g, 0.0)
            self.scopes[g.name] = scope
        self._kinds = dict(steps.program.stimuli)
        for name, kind in self._kinds.items():
            if kind == "constant":
                self._set(name, stimuli[name])
        self._effective = {m.name: self._delivers(m) for m in steps.program.matrices if not m.is_plain}
        self._steady: dict[int, Tensor] = {}
        self._pasts = {n: [self._initial_output(steps.groups[n])] * kept for n, kept in steps.pasts.items()}
        """What groups put out before, for synapses with delays: the newest first."""

    def _full(self, g: Group, value: float) -> Tensor:
        return torch.full((self.count, g.size), value, dtype=self.steps.dtype, device=self.steps.device)

    def _initial_output(self, g: Group) -> Tensor:
        """What a group puts out before the first step."""
        values = torch.tensor(initial_output(self.steps.program, g), dtype=self.steps.dtype, device=self.steps.device)
        return values.expand(self.count, -1)

    def _set(self, dotted: str, values: Tensor) -> None:
        key = VariableKey.from_text(dotted)
        self.scopes[key.owner][key.variable] = values

    def _evaluate(self, code: CodeType, scope: Scope) -> Any:
        return eval(code, self.steps.functions, scope)

    def _of_group(self, code: CodeType, g: Group) -> Tensor:
        """A value a neuron, also where nothing but constants or learned parameters is left of the expression."""
        value = self._evaluate(code, self.scopes[g.name])
        if not isinstance(value, Tensor):
            return self._full(g, value)
        return value if value.ndim == 2 else value.expand(self.count, g.size)

    # a step

    def step(self, phase: _PhaseCode, step: int, ended: int | None, record: Record, sent: Sent) -> None:
        """Stimulate, deliver, update, learn, probe."""
        groups = self.steps.program.groups
        for name, kind in self._kinds.items():
            if kind != "constant":
                self._set(name, self.stimuli[name][:, step])
        for g in groups:
            self._present(g, phase)
        for g in groups:
            if not g.is_input:
                self._keep(g)
        arriving = [self._deliver(k, e) for k, e in enumerate(self.steps.program.edges)]
        for sender in self.steps.senders:
            if step == 0 or not sender.constant:
                same = self.steps.run.steps if sender.constant else 1
                sent(sender, self._sent(sender), same)
        for g in groups:
            self._collect(g, arriving)
            if g.arrived:
                self.scopes[g.name]["arrived"] = self._delivered(g.name, g.output)
        for g in groups:
            if g.update or not g.is_input:
                self._update(g, phase)
        if self.steps.run.learn:
            for rule in self.steps.program.rules:
                if rule.when != "end" or rule.phase == ended:
                    self._learn(rule, self.steps.rules[rule.owner, rule.name, phase.phase.name])
        for g in groups:
            if g.is_input:
                self._keep(g)
        for q in self.steps.program.probes:
            if q.when == "step" and step % q.every == 0:
                record(q.name, step // q.every, self._recorded(q))

    def _recorded(self, q: ProgramProbe) -> Tensor:
        """The whole variable of a probe: (trials, units), or a learned array."""
        learned = self.learned.get(f"{q.group}.{q.variable}")
        values: Tensor = self.scopes[q.group][q.variable] if learned is None else learned
        return values

    def _present(self, g: Group, phase: _PhaseCode) -> None:
        scope = self.scopes[g.name]
        new = {v: self._of_group(code, g) for v, code in phase.present[g.name]}
        scope.update(new)
        if g.is_input and g.spike is not None:
            scope["spike"] = self._of_group(phase.spike[g.name], g)

    def _delivered(self, group: str, variable: str) -> Tensor:
        values: Tensor = self.scopes[group][variable]
        return values

    def _keep(self, g: Group) -> None:
        if g.name in self._pasts:
            self._pasts[g.name] = [self._delivered(g.name, g.output), *self._pasts[g.name][:-1]]

    def _late(self, source: str, matrix: str, transposed: bool) -> Tensor:
        """What arrives at each synapse with a delay, (trials, synapses)."""
        return torch.cat(self._pasts[source], dim=1)[:, self.steps.places[matrix, transposed]]

    def _sent(self, sender: Sender) -> Tensor:
        e = sender.edges[0]
        return self._late(e.source, e.matrix, e.transposed) if sender.late else self._delivered(e.source, e.variable)

    def _weight(self, m: Matrix) -> Tensor:
        weights: Tensor = self.learned[f"{m.name}.{m.weight}"] if m.is_plain else self._effective[m.name]
        return weights

    def _delivers(self, m: Matrix) -> Tensor:
        """Delivered weights that are no stored variable of each synapse."""
        own = self._own(m.name)
        weights: Tensor = own[m.weight] if m.is_stored else self._evaluate(self.steps.weights[m.name], own)
        return self._of_each(weights, m) if m.kernel else weights

    def _of_each(self, weights: Tensor, m: Matrix) -> Tensor:
        """The weight of each synapse, of those that they share."""
        return weights.reshape(-1)[self.steps.shares[m.name]]

    def _deliver(self, index: int, e: Edge) -> Tensor:
        """What an edge brings; computed once where it does not change within a trial."""
        if index not in self._steady:
            arriving = self._product(e)
            if not e.constant:
                return arriving
            self._steady[index] = arriving
        return self._steady[index]

    def _product(self, e: Edge) -> Tensor:
        matrix = self.steps.matrices[e.matrix]
        weight = self._weight(matrix)
        if matrix.wiring is None:
            return self._delivered(e.source, e.variable) @ (weight.T if e.transposed else weight)
        pre, post = self.steps.indices[e.matrix]
        near, far = (post, pre) if e.transposed else (pre, post)
        late = (e.matrix, e.transposed) in self.steps.places
        given = self._late(e.source, e.matrix, e.transposed) if late else self._delivered(e.source, e.variable)[:, near]
        nothing = self._full(self.steps.groups[e.target], 0.0)
        return nothing.index_add(1, far, given * weight)

    def _collect(self, g: Group, arriving: list[Tensor]) -> None:
        for port in g.ports:
            into = [(e.constant, a) for e, a in zip(self.steps.program.edges, arriving, strict=True)
                    if (e.target, e.port) == (g.name, port)]  # fmt: skip
            terms = [a for constant, a in into if constant] + [a for constant, a in into if not constant]
            total = terms[0] if terms else self._full(g, 0.0)
            for term in terms[1:]:
                total = total + term
            self.scopes[g.name][port] = total

    def _update(self, g: Group, phase: _PhaseCode) -> None:
        scope = self.scopes[g.name]
        scope.update({v: self._of_group(code, g) for v, code in phase.update[g.name]})
        if g.spike is None:
            return
        scope["spike"] = self._of_group(phase.spike[g.name], g)
        if g.reset:
            fired = scope["spike"].detach() > 0.5
            new = {v: torch.where(fired, self._of_group(code, g), scope[v]) for v, code in phase.reset[g.name]}
            scope.update(new)

    # learning

    def _own(self, matrix: str) -> Scope:
        m = self.steps.matrices[matrix]
        learned = {v: self.learned[f"{matrix}.{v}"] for v, _ in m.state}
        return learned | {n: self.steps.fixed[f"{matrix}.{n}"] for n in m.fixed}

    def _learn(self, rule: Rule, code: _RuleCode) -> None:
        if not rule.of_matrix:
            scope = self.scopes[rule.owner] | self._sums_of_group(rule, code)
            new = [(v, self._alone(self._evaluate(c, scope), f"{rule.owner}.{v}")) for v, c in code.update]
            for v, value in new:
                self.learned[f"{rule.owner}.{v}"] = self.scopes[rule.owner][v] = value
            return
        matrix = self.steps.matrices[rule.owner]
        if matrix.kernel:
            self._learn_shared(rule, matrix, code)
        elif code.outer is not None:
            self._learn_outer(rule, matrix, code)
        else:
            self._learn_elementwise(rule, matrix, code)
        if not matrix.is_plain:
            self._effective[matrix.name] = self._delivers(matrix)

    def _sums_of_group(self, rule: Rule, code: _RuleCode) -> Scope:
        """What a rule adds up over the trials of a batch, a value a neuron."""
        scope, owner = self.scopes[rule.owner], rule.owner
        return {n: sum(self._column(self._evaluate(f, scope), owner).sum(0) for (f,) in ps) for n, ps in code.sums}

    def _sums_of_matrix(self, matrix: Matrix, code: _RuleCode) -> Scope:
        """What a rule adds up over the trials of a batch, a value a synapse: f(pre).T @ g(post)."""
        scope = self._sides(matrix, code.names, lambda x: x, lambda x: x) if code.sums else {}

        def product(f: CodeType, g: CodeType) -> Tensor:
            pre = self._column(self._evaluate(f, scope), matrix.pre)
            post = self._column(self._evaluate(g, scope), matrix.post)
            return self._over_trials(matrix, pre, post)

        return {n: sum(product(f, g) for f, g in products) for n, products in code.sums}

    def _over_trials(self, matrix: Matrix, pre: Tensor, post: Tensor) -> Tensor:
        if matrix.wiring is None:
            return pre.T @ post
        near, far = self.steps.indices[matrix.name]
        total = torch.zeros(len(near), dtype=self.steps.dtype, device=self.steps.device)
        for f, g in zip(pre, post, strict=True):  # a trial at a time, for all at once may fit no memory
            total = total + f[near] * g[far]
        return total

    def _learn_outer(self, rule: Rule, matrix: Matrix, code: _RuleCode) -> None:
        """w + (f1*g1 + f2*g2 + ...) of the one trial, an outer product a term."""
        scope = self._sides(matrix, code.names, lambda x: x, lambda x: x)
        name = f"{matrix.name}.{rule.update[0][0]}"
        change: Tensor | None = None
        assert code.outer is not None
        for f, g in code.outer:
            pre = self._column(self._evaluate(f, scope), matrix.pre)
            post = self._column(self._evaluate(g, scope), matrix.post)
            term = pre.T @ post
            change = term if change is None else change + term
        if change is not None:
            self.learned[name] = self._rounded(self.learned[name] + change, name)

    def _column(self, value: Any, group: str) -> Tensor:
        g = self.steps.groups[group]
        return value.expand(self.count, g.size) if isinstance(value, Tensor) else self._full(g, value)

    def _learn_elementwise(self, rule: Rule, matrix: Matrix, code: _RuleCode) -> None:
        pre, post = self._layouts(matrix)
        sides = {} if code.sums else self._sides(matrix, code.names, pre, post)
        scope = sides | self._own(matrix.name) | self._sums_of_matrix(matrix, code)
        fired = post(self.scopes[matrix.post]["spike"]) > 0.5 if rule.when == "spike" else None
        if fired is not None and not fired.any():
            return
        new = {}
        for v, c in code.update:
            name, value = f"{matrix.name}.{v}", self._evaluate(c, scope)
            if fired is not None:
                value = self.steps.functions["where"](fired, value, self.learned[name])
            new[name] = self._alone(value, name)
        self.learned.update(new)

    def _learn_shared(self, rule: Rule, matrix: Matrix, code: _RuleCode) -> None:
        """What synapses add to each weight that they share, for each trial; then the new weights."""
        pre, post = self._layouts(matrix)
        own = self._own(matrix.name)
        scope = self._sides(matrix, code.names, pre, post) | {n: self._of_each(w, matrix) for n, w in own.items()}
        fired = post(self.scopes[matrix.post]["spike"]) > 0.5 if rule.when == "spike" else None
        if fired is not None and not fired.any():
            return
        for v, c in code.increments:
            own[added(v)] = self._added(self._evaluate(c, scope), own[v], matrix, fired)
        self.learned.update(
            {f"{matrix.name}.{v}": self._alone(self._evaluate(c, own), f"{matrix.name}.{v}") for v, c in code.update}
        )

    def _added(self, terms: Any, weights: Tensor, matrix: Matrix, fired: Tensor | None) -> Tensor:
        """The sums of what synapses add, of those alone that fired where that is given; (trials, *kernel)."""
        share = self.steps.shares[matrix.name]
        each = torch.as_tensor(terms, dtype=self.steps.dtype, device=self.steps.device).expand(self.count, len(share))
        if fired is not None:
            each = torch.where(fired, each, torch.zeros_like(each))
        nothing = torch.zeros((self.count, weights.numel()), dtype=self.steps.dtype, device=self.steps.device)
        return nothing.index_add(1, share, each).reshape(self.count, *weights.shape)

    def _layouts(self, matrix: Matrix) -> tuple[Layout, Layout]:
        """How what belongs to either side is laid out beside the synapses: as a column and a row, or by index."""
        if matrix.wiring is None:
            return lambda x: x.unsqueeze(-1), lambda x: x.unsqueeze(-2)
        pre, post = self.steps.indices[matrix.name]
        return lambda x: x[..., pre], lambda x: x[..., post]

    def _sides(self, matrix: Matrix, wanted: set[str], pre: Layout, post: Layout) -> Scope:
        """The names of either side that a rule reads, laid out for it."""
        scope: Scope = {}
        for n in wanted:
            side, dot, variable = n.partition(".")
            if n == "arrived" and matrix.longest_delay:
                scope[n] = self._late(matrix.pre, matrix.name, transposed=False)
            elif n == "arrived":
                scope[n] = pre(self.scopes[matrix.pre]["arrived"])
            elif dot:
                group, layout = (matrix.pre, pre) if side == "pre" else (matrix.post, post)
                scope[f"{side}__{variable}"] = layout(self.scopes[group][variable])
        return scope

    def _alone(self, value: Any, name: str) -> Tensor:
        """The new value of a learned array, from one trial or from what a batch has added up."""
        old = self.learned[name]
        if not isinstance(value, Tensor):
            return torch.full_like(old, value)
        return (value if value.ndim == old.ndim else value[0]).expand_as(old).clone()

    def _rounded(self, value: Tensor, name: str) -> Tensor:
        """On the grid of weights, where there is one and this is behind a weight."""
        if name not in self.steps.on_grid or self.steps.program.grid is None:
            return value
        rounded: Tensor = self.steps.functions["on_grid"](value, self.steps.program.grid[1])
        return rounded

    # phases and trials

    def end_phase(self, phase: _PhaseCode, index: int, record: Record) -> None:
        """Probes of the phase's end, then its assignments, simultaneously."""
        for q in self.steps.program.probes:
            if q.when == "end" and q.phase == index:
                record(q.name, -1, self._recorded(q))
        new = [(g, v, self._of_group(code, self.steps.groups[g])) for g, v, code in phase.assign]
        for g, v, value in new:
            self.scopes[g][v] = value

    def go_on_from(self, state: Mapping[str, Tensor]) -> None:
        """Have every trial begin with these values, (units,) or (steps, units), by the names of the program."""
        for name, values in state.items():
            key = VariableKey.from_text(name)
            if key.variable == PAST:
                self._pasts[key.owner] = [output.expand(self.count, -1) for output in values]
            else:
                self._set(name, values.expand(self.count, -1))

    def state(self) -> dict[str, Tensor]:
        """What a next step finds, by the names of the program, (trials, units) or (trials, steps, units)."""
        groups = self.steps.program.groups
        late = {f"{g}.{PAST}": torch.stack(past, dim=1) for g, past in self._pasts.items()}
        return {f"{g.name}.{v}": self.scopes[g.name][v] for g in groups for v, _ in state_of(g)} | late

    def detach(self) -> None:
        """Cut the gradients here; values stay."""
        for g in self.steps.program.groups:
            scope = self.scopes[g.name]
            for v in [v for v, _ in g.state] + (["spike"] if g.spike is not None else []):
                scope[v] = scope[v].detach()
        self._pasts = {g: [output.detach() for output in past] for g, past in self._pasts.items()}

    def is_finite(self) -> bool:
        states = [self.scopes[g.name][v] for g in self.steps.program.groups for v, _ in g.state]
        return all(bool(torch.isfinite(s).all()) for s in states)

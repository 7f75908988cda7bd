"""A program's statements as NumPy source; the reference, Nengo and Lava execute this same text.

Variables are ``group__variable`` and ``matrix__variable``; besides, a group has ``group__out`` (its spikes as 0 and 1),
``group__fired`` (their indices), ``group__port`` (what arrives), ``group__port__c`` (the part that is constant over a
trial) and ``group__arrived``; a matrix without all pairs has ``matrix__i__pre`` and ``matrix__i__post``. Constants are
folded into the text, for each phase its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

import numpy as np

from neurosim.model.expressions import fold, names_in, parse
from neurosim.model.printers import NumpyPrinter
from neurosim.program.program import Edge, Group, Matrix, ProgramPhase, Rule
from neurosim.program.run import Run

ENVIRONMENT: Mapping[str, object] = {
    **{f: getattr(np, f) for f in ("exp", "log", "sqrt", "tanh", "minimum", "maximum", "where", "sign", "floor")},
    **{f: getattr(np, f) for f in ("abs", "dot", "full", "zeros", "flatnonzero", "multiply", "isfinite", "empty")},
    **{f: getattr(np, f) for f in ("array", "bincount", "trunc", "float32", "float64")},
}
"""The names that statements may call."""


class Statements:
    """Source lines of one run's program; every method is pure."""

    def __init__(self, run: Run):
        self.run, self.program = run, run.program
        self.groups = {g.name: g for g in run.program.groups}
        self.matrices = {m.name: m for m in run.program.matrices}

    # names

    def delivered(self, group: str, variable: str | None = None) -> str:
        """The variable that others receive: the output, or the one that an edge names."""
        variable = variable or self.groups[group].output
        return f"{group}__out" if variable == "spike" else f"{group}__{variable}"

    def weight(self, matrix: str) -> str:
        m = self.matrices[matrix]
        return f"{matrix}__{m.weight}" if m.is_plain else f"{matrix}__effective"

    def indices(self, matrix: Matrix) -> dict[str, tuple[int, ...]]:
        """The arrays of indices that statements use, where not all pairs of neurons have a synapse."""
        if matrix.indices is None:
            return {}
        return {f"{matrix.name}__i__{side}": i for side, i in zip(("pre", "post"), matrix.indices, strict=True)}

    # statements

    def _expression(self, text: str, constants: Mapping[str, float], spell: Mapping[str, str] | str) -> str:
        """Printed with constants folded; `spell` is a prefix, or the text of each name."""
        tree: ast.expr = fold(parse(text), constants)
        if isinstance(spell, str):
            return NumpyPrinter(lambda n: f"{spell}{n}")(tree)
        return NumpyPrinter(lambda n: spell[n])(tree)

    def _array(self, text: str, constants: Mapping[str, float], spell: Mapping[str, str] | str, size: int) -> str:
        """A new array, also where nothing but constants, or one bare variable, is left of the expression."""
        printed = self._expression(text, constants, spell)
        folded = fold(parse(text), constants)
        if isinstance(folded, ast.Name):
            return f"{printed}.copy()"
        return printed if names_in(folded) else f"full({size}, {printed})"

    def _of_group(self, group: Group, phase: ProgramPhase, text: str) -> str:
        return self._array(text, self.run.values(group.name, phase.name), f"{group.name}__", group.size)

    def effective(self, matrix: Matrix) -> list[str]:
        """The delivered weights, where they are not a stored variable."""
        if matrix.is_plain:
            return []
        value = self._expression(matrix.weight, self.run.values(matrix.name), f"{matrix.name}__")
        return [f"{matrix.name}__effective[...] = {value}"]

    def present(self, group: Group, phase: ProgramPhase) -> list[str]:
        """The output where it is an expression, and the spikes of an input."""
        lines = [f"{group.name}__{v} = {self._of_group(group, phase, t)}" for v, t in group.present]
        if group.is_input and group.spike is not None:
            lines.append(f"{group.name}__out = ({self._of_group(group, phase, group.spike)}).astype(float)")
        return lines

    def deliver(self, group: Group, constant: bool = False) -> list[str]:
        """What arrives at each port; with `constant` the part that does not change within a trial."""
        lines = []
        for port in group.ports:
            into = [e for e in self.program.edges if (e.target, e.port) == (group.name, port)]
            steady = [self._product(e) for e in into if e.constant]
            target = f"{group.name}__{port}"
            if constant:
                lines += [f"{target}__c = {' + '.join(steady)}"] if steady else []
            else:
                terms = [f"{target}__c"] * bool(steady) + [self._product(e) for e in into if not e.constant]
                lines.append(f"{target} = {' + '.join(terms) or f'zeros({group.size})'}")
        return lines

    def _product(self, e: Edge) -> str:
        return self.product(e, self.weight(e.matrix), self.delivered(e.source, e.variable))

    def product(self, e: Edge, weight: str, source: str) -> str:
        """The sums that an edge delivers, given the texts of its weights and of what its source puts out."""
        if self.matrices[e.matrix].indices is None:
            return f"dot({weight}, {source})" if e.transposed else f"dot({source}, {weight})"
        near, far = ("post", "pre") if e.transposed else ("pre", "post")
        size = self.groups[e.target].size
        return f"bincount({e.matrix}__i__{far}, {source}[{e.matrix}__i__{near}]*{weight}, {size})"

    def arrive(self, group: Group) -> list[str]:
        """Keep what was delivered for the rules that read `arrived`."""
        return [f"{group.name}__arrived = {self.delivered(group.name)}"] if group.arrived else []

    def update(self, group: Group, phase: ProgramPhase, fired: bool) -> list[str]:
        """New state, spike test, reset; with `fired` the indices of spikes are kept."""
        lines = _simultaneous(group.name, [(v, self._of_group(group, phase, t)) for v, t in group.update])
        # A reset writes in place, and must not reach an array that another name still stands for.
        unmoved = [v for v, _ in group.reset if v not in dict(group.update)]
        lines += [f"{group.name}__{v} = {group.name}__{v}.copy()" for v in unmoved]
        if group.spike is not None:
            lines.append(f"{group.name}__out = ({self._of_group(group, phase, group.spike)}).astype(float)")
            if fired or group.reset:
                lines.append(f"{group.name}__fired = flatnonzero({group.name}__out)")
        if group.reset:
            constants = self.run.values(group.name, phase.name)
            local = {v: f"{group.name}__{v}[{group.name}__fired]" for v in _variables(group)}
            new = [(v, self._expression(t, constants, local)) for v, t in group.reset]
            left = ", ".join(local[v] for v, _ in new)
            lines += [f"if {group.name}__fired.size:", f"    {left} = {', '.join(t for _, t in new)}"]
        return lines

    def assign(self, phase: ProgramPhase, groups: Iterable[str]) -> list[str]:
        """Assignments at the end of a phase in some groups, simultaneously."""
        mine = [(g, v, self._of_group(self.groups[g], phase, t)) for g, v, t in phase.assign if g in groups]
        if not mine:
            return []
        return [", ".join(f"{g}__{v}" for g, v, _ in mine) + " = " + ", ".join(t for _, _, t in mine)]

    def learn(self, rule: Rule, phase: ProgramPhase) -> list[str]:
        """A rule's new values, written into its arrays in place; constants as they are in the phase."""
        constants = self._rule_constants(rule, phase.name)
        if not rule.of_matrix:
            return self._learn_elementwise(rule, constants, f"{rule.owner}__")
        matrix = self.matrices[rule.owner]
        if rule.when == "spike":
            return self._learn_on_spike(rule, matrix, constants)
        if matrix.indices is not None:
            spell = self._spell(matrix, f"[{matrix.name}__i__pre]", f"[{matrix.name}__i__post]")
            lines = self._learn_elementwise(rule, constants, spell)
        elif all(pairs is not None for pairs in rule.outer) and len(rule.update) == 1:
            lines = self._learn_outer(rule, matrix, constants)
        else:
            lines = self._learn_elementwise(rule, constants, self._spell(matrix, "[:, None]", ""))
        return lines + self.effective(matrix)

    def _rule_constants(self, rule: Rule, phase: str) -> dict[str, float]:
        """The rule's own constants, its owner's, and as `pre.*` and `post.*` those of the groups at both ends."""
        found = {**self.run.values(rule.owner, phase), **self.run.values(f"{rule.owner}.{rule.name}")}
        if rule.of_matrix:
            matrix = self.matrices[rule.owner]
            for side, group in (("pre", matrix.pre), ("post", matrix.post)):
                found |= {f"{side}.{n}": v for n, v in self.run.values(group, phase).items()}
        return found

    def _spell(self, matrix: Matrix, pre: str, post: str) -> dict[str, str]:
        """Texts of a rule's names, with the given indices at those of either side."""
        names = {v: f"{matrix.name}__{v}" for v, _ in matrix.state} | {"arrived": f"{matrix.pre}__arrived{pre}"}
        names |= {f"pre.{v}": f"{matrix.pre}__{v}{pre}" for v in _variables(self.groups[matrix.pre])}
        return names | {f"post.{v}": f"{matrix.post}__{v}{post}" for v in _variables(self.groups[matrix.post])}

    def _learn_elementwise(
        self, rule: Rule, constants: Mapping[str, float], spell: Mapping[str, str] | str
    ) -> list[str]:
        new = [(v, self._array(t, constants, spell, 1)) for v, t in rule.update]
        lines = [f"new__{v} = {t}" for v, t in new]
        return lines + [f"{rule.owner}__{v}[...] = new__{v}" for v, _ in new]

    def _learn_outer(self, rule: Rule, matrix: Matrix, constants: Mapping[str, float]) -> list[str]:
        """w + (f1*g1 + f2*g2 + ...), the factored expression, one outer product a term."""
        spell = self._spell(matrix, "", "")
        (variable, _), pairs = rule.update[0], rule.outer[0]
        assert pairs is not None

        def side(text: str, size: int) -> str:
            return self._array(text, constants, spell, size)

        sizes = self.groups[matrix.pre].size, self.groups[matrix.post].size
        products = [f"multiply.outer({side(f, sizes[0])}, {side(g, sizes[1])})" for f, g in pairs]
        if not products:
            return []
        target = f"{matrix.name}__{variable}"
        lines = [f"change = {products[0]}"] + [f"change += {p}" for p in products[1:]]
        lines.append(f"{target} += change")
        if self.program.grid is not None and variable in matrix.behind_weight:
            bits = self.program.grid[1]
            lines += [
                f"{target} *= {2.0**bits!r}",
                f"{target} += 0.5",
                f"floor({target}, {target})",
                f"{target} *= {2.0**-bits!r}",
            ]
        return lines

    def _learn_on_spike(self, rule: Rule, matrix: Matrix, constants: Mapping[str, float]) -> list[str]:
        """Only the synapses of the post-synaptic neurons that spiked: columns of a matrix."""
        fired = f"{matrix.post}__fired"
        if matrix.indices is None:
            lines, mine, pre, post = [], f"[:, {fired}]", "[:, None]", f"[{fired}]"
        else:
            lines, mine = [f"mine = flatnonzero({matrix.post}__out[{matrix.name}__i__post])"], "[mine]"
            pre, post = (f"[{matrix.name}__i__{side}[mine]]" for side in ("pre", "post"))
        spell = self._spell(matrix, pre, post) | {v: f"own__{v}" for v, _ in matrix.state}
        lines += [f"own__{v} = {matrix.name}__{v}{mine}" for v, _ in matrix.state]
        lines += [f"new__{v} = {self._expression(t, constants, spell)}" for v, t in rule.update]
        lines += [f"{matrix.name}__{v}{mine} = new__{v}" for v, _ in rule.update]
        return [f"if {fired}.size:"] + [f"    {line}" for line in lines + self.effective(matrix)]

    def groups_whose_spikes_are_read(self) -> set[str]:
        """Groups for which indices of spikes are needed: by a rule or a probe."""
        learned = {self.matrices[r.owner].post for r in self.program.rules if r.when == "spike"}
        return learned | {q.group for q in self.program.probes if q.variable == "spike"}


def _variables(group: Group) -> list[str]:
    return [v for v, _ in (*group.state, *group.learned, *group.driven, *group.present)]


def _simultaneous(group: str, equations: list[tuple[str, str]]) -> list[str]:
    if not equations:
        return []
    return [", ".join(f"{group}__{v}" for v, _ in equations) + " = " + ", ".join(t for _, t in equations)]

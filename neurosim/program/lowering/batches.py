"""Rules for trials that learn in batches: w' = w + c*S, where S adds up f(pre)*g(post) over the trials of a batch.

The factors f and g are found in the rule: it is multiplied out, and constants stay outside of the sum, so that under
grid arithmetic the sum is exact in any order. A rule that has more in it names its estimate, of which the sum takes the
place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from neurosim.errors import ModelError
from neurosim.model.equations.expressions import name, names_in, parse, replaced, substitute, text_of
from neurosim.model.equations.factoring import Term, added_terms, gathered, side_of_name
from neurosim.program.program import Program, Rule, TrialSum

LEARNT_APART = "leave batch at 1"

MARK = "estimate__"
"""Stands for the estimate while an expression is rewritten; no variable has such a name."""


def with_sums(program: Program, batch: int) -> Program:
    """Return a program in float64 with rules that add up over so many trials, at least 2.

    Raises
    ------
    ModelError
        For a rule that cannot be added up over trials, and for what is not the same for all trials of a batch: a rule
        before the end of a trial, a recording of what is learned, delays of synapses.
    """
    _check_recorded(program)
    return replace(program, rules=tuple(_summed(r, program) for r in program.rules), batch=batch)


def _check_recorded(program: Program) -> None:
    for probe in program.probes:
        if program.rules and program.is_learned(probe):
            raise ModelError(
                f"probe '{probe.name}': trials of a batch learn together, so none has weights of its own to record; "
                f"read them after the run, or {LEARNT_APART}"
            )
    for m in program.matrices:
        if m.longest_delay:
            raise ModelError(f"projection {m.name}: synapses with delays are not run in batches; {LEARNT_APART}")


def _summed(rule: Rule, program: Program) -> Rule:
    where = f"{rule.owner}, rule {rule.name}: in a batch"
    if rule.increments:
        raise ModelError(f"{where} synapses that share weights do not learn; {LEARNT_APART}")
    if rule.when != "end" or rule.phase != len(program.phases) - 1:
        moment = {"step": "in every step", "spike": "at spikes"}.get(rule.when, "before the last phase ends")
        raise ModelError(f"{where} rules fire at the end of a trial, this one {moment}; {LEARNT_APART}")
    learned = _learned(rule, program)
    summing = _Summing(rule, learned | _constants(rule, program), learned, where)
    update = tuple((v, summing.update(v, parse(text))) for v, text in rule.update)
    return replace(rule, update=update, outer=(None,) * len(update), sums=summing.sums())


def _learned(rule: Rule, program: Program) -> frozenset[str]:
    owned = program.matrix(rule.owner).state if rule.of_matrix else program.group(rule.owner).learned
    return frozenset(v for v, _ in owned)


def _constants(rule: Rule, program: Program) -> frozenset[str]:
    part = program.matrix(rule.owner) if rule.of_matrix else program.group(rule.owner)
    return frozenset([*rule.constants, *part.constants, *part.fixed])


@dataclass
class _Summing:
    """The sums of a rule, gathered while its expressions are rewritten."""

    rule: Rule
    same: frozenset[str]
    learned: frozenset[str]
    where: str

    def __post_init__(self) -> None:
        self._names: dict[tuple[tuple[str, ...], ...], str] = {}

    def sums(self) -> tuple[TrialSum, ...]:
        return tuple(TrialSum(name, products) for products, name in self._names.items())

    def update(self, variable: str, tree: ast.expr) -> str:
        """Return the text of a new value that reads sums."""
        if names_in(tree) <= self.same:
            return text_of(tree)
        change = self._terms(tree, variable)
        if change is not None:
            return text_of(ast.BinOp(name(variable), ast.Add(), self._added(change)))
        if not self.rule.estimate:
            raise ModelError(
                f"{self.where} '{variable}' needs the form {variable} + c*(products of pre and post), or a rule that "
                f"names its estimate, which the sum over the trials then takes the place of; {LEARNT_APART}"
            )
        return self._with_estimate(variable, tree)

    def _with_estimate(self, variable: str, tree: ast.expr) -> str:
        terms = self._terms(parse(self.rule.estimate), None)
        if terms is None:
            raise ModelError(f"{self.where} its estimate has to be c*(products of pre and post); {LEARNT_APART}")
        marked = replaced(tree, self.rule.estimate, MARK)
        if not names_in(marked) <= {*self.same, MARK}:
            raise ModelError(
                f"{self.where} '{variable}' reads more of a trial than the estimate that the rule names; {LEARNT_APART}"
            )
        total = self._added(terms)
        return text_of(substitute(marked, lambda n: total if n == MARK else None))

    def _terms(self, tree: ast.expr, variable: str | None) -> Sequence[Term] | None:
        return added_terms(tree, variable, self.rule.constants, self._side_of)

    def _side_of(self, identifier: str) -> str:
        """A group has one side, called post here; what it has learned is on neither."""
        if self.rule.of_matrix:
            return side_of_name(identifier, self.rule.constants)
        if identifier in self.rule.constants:
            return "constant"
        return "learned" if identifier in self.learned else "post"

    def _added(self, terms: Iterable[Term]) -> ast.expr:
        """Return c*S, or a sum of such where constants differ."""
        by_constant: dict[str, list[Term]] = {}
        for term in terms:
            by_constant.setdefault("" if term[1] is None else text_of(term[1]), []).append(term)
        added = []
        for constant, group in by_constant.items():
            total = name(self._name(self._products(group)))
            added.append(total if not constant else ast.BinOp(parse(constant), ast.Mult(), total))
        return reduce(lambda a, b: ast.BinOp(a, ast.Add(), b), added)

    def _products(self, terms: Sequence[Term]) -> tuple[tuple[str, ...], ...]:
        pairs = gathered([(negative, None, pre, post) for negative, _, pre, post in terms])
        return tuple(pairs) if self.rule.of_matrix else tuple((post,) for _, post in pairs)

    def _name(self, products: tuple[tuple[str, ...], ...]) -> str:
        return self._names.setdefault(products, f"{self.rule.name}__sum__{len(self._names)}")

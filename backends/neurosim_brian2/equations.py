"""A program's expressions as Brian2's strings, which become C++, Cython or NumPy. Needs no Brian2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from neurosim.model.equations.expressions import parse
from neurosim.model.equations.printers import Printer
from neurosim.program.program import Equations, Matrix, Rule, added
from neurosim_brian2.layout import ARRIVED, EFFECTIVE, LATE, Factor, of_neuron, of_rule, of_synapse

Spell = Callable[[str], str]


class BrianPrinter(Printer):
    """Strings for Brian2; names with ``ns_`` are functions of `neurosim_brian2.functions`."""

    templates: ClassVar[Mapping[str, str]] = {
        "clip": "ns_minimum(ns_maximum({0}, {1}), {2})",
        "sigmoid": "(1.0/(1.0+exp(-{0})))",
        "step": "ns_where({0} >= 0.0, 1.0, 0.0)",
        **{f: f"ns_{f}({{0}}, {{1}})" for f in ("minimum", "maximum")},
        **{f: f"ns_{f}({{0}})" for f in ("sign", "floor", "abs", "single")},
        "where": "ns_where({0}, {1}, {2})",
        "wrap": "({0}+(2.0*{1})*ns_floor(({1}-{0})/(2.0*{1})))",
    }
    roundings: ClassVar[Mapping[str, str]] = {
        f: text.replace("floor(", "ns_floor(").replace("trunc(", "ns_trunc(") for f, text in Printer.roundings.items()
    }

    def negation(self, value: str) -> str:
        """``not``, as Brian2 has it."""
        return f"(not {value})"

    def conjunction(self, every: bool, values: list[str]) -> str:
        """Conditions joined by ``and`` or ``or``."""
        return "(" + (" and " if every else " or ").join(values) + ")"


def expression(text: str, spell: Spell = of_neuron) -> str:
    """An expression of the equation language as Brian2's string."""
    return BrianPrinter(spell)(parse(text))


def simultaneous(equations: Equations, spell: Spell = of_neuron, target: Spell = of_neuron) -> str:
    """Assignments that all read the values before any of them.

    One alone goes through a new variable as well, for Brian2 turns ``x = x + ...`` into ``x += ...`` by algebra, which
    changes the order of operations.
    """
    new = [f"new__{v} = {expression(t, spell)}" for v, t in equations]
    return "\n".join(new + [f"{target(v)} = new__{v}" for v, _ in equations])


def parameters(names: Iterable[str], flags: str = "") -> list[str]:
    """Lines of a Brian2 model: variables that statements or the cursor write."""
    return [f"{n} : 1{flags}" for n in names]


def of_group_rule(rule: Rule) -> str:
    """The statements of a rule of a population."""
    return simultaneous(rule.update, lambda n: of_rule(rule, n) if n in rule.constants else of_neuron(n))


def of_matrix_rule(rule: Rule, matrix: Matrix) -> str:
    """A rule's statements for one synapse, and the weight that it delivers then; or what it adds to a shared one."""
    arrived = LATE[False] if matrix.longest_delay else f"{ARRIVED}_pre"
    spell = _in_matrix_rule(rule, arrived)
    if matrix.kernel:
        return "\n".join(f"{of_synapse(added(v))} = {expression(text, spell)}" for v, text in rule.increments)
    code = simultaneous(rule.update, spell, of_synapse)
    return code if matrix.is_plain else f"{code}\n{of_weight(matrix)}"


def of_shared_weights(rule: Rule, matrix: Matrix) -> str:
    """A rule's statements for one weight that synapses share, with the sum of what these add."""
    code = simultaneous(rule.update, lambda n: of_rule(rule, n) if n in rule.constants else of_synapse(n), of_synapse)
    return code if matrix.is_stored else f"{code}\n{of_weight(matrix)}"


def of_weight(matrix: Matrix) -> str:
    """The statement for one synapse that computes what it delivers from what is stored."""
    return f"{EFFECTIVE} = {expression(matrix.weight, of_synapse)}"


def factors_of(rule: Rule) -> list[tuple[str, str]]:
    """(factor of pre, factor of post) of each product that a rule of a dense matrix adds, if that is all it does."""
    if None in rule.outer:
        return []
    spell = _in_matrix_rule(rule, f"{ARRIVED}_pre")
    return [(expression(f, spell), expression(g, spell)) for pairs in rule.outer for f, g in pairs or ()]


def _in_matrix_rule(rule: Rule, arrived: str) -> Spell:
    def spell(name: str) -> str:
        side, dot, variable = name.partition(".")
        if dot:
            return f"{of_neuron(variable)}_{side}"
        if name in rule.constants:
            return of_rule(rule, name)
        return arrived if name == "arrived" else of_synapse(name)

    return spell


def of_factors(factors: Iterable[Factor]) -> str:
    """The statements of a group that compute what rules add up over the trials of a batch."""
    return "\n".join(f"{f.variable} = {expression(f.text, _in_factor(f))}" for f in factors)


def _in_factor(factor: Factor) -> Spell:
    constants = factor.constants()

    def spell(name: str) -> str:
        return ARRIVED if name == "arrived" else constants.get(name) or of_neuron(name.rpartition(".")[2])

    return spell


def of_sum(port: str, parts: list[str]) -> str:
    """The line of a Brian2 model that adds up what arrives at a port."""
    return f"{of_neuron(port)} = {' + '.join(parts) or '0.0'} : 1"

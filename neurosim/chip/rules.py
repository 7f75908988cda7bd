"""Learning rules of the equation language as rules of Loihi: which of them a chip's learning engine can do.

The engine changes a weight by a sum of products (`neurosim.chip.products`, `neurosim.chip.grammar`). It has no
functions and no comparisons, and it changes nothing but synapses. Of a rule that has no such form the term is named
that has none; the rule is then for training in the loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from neurosim.chip.grammar import PrintedRule, printed
from neurosim.chip.limits import Chip
from neurosim.chip.products import Mark, Product, products_of
from neurosim.chip.signals import NotOnChip, Signals, Value
from neurosim.model.equations.derived import evaluate
from neurosim.model.equations.expressions import fold, function_of, names_in, parse, text_of
from neurosim.program.precision import WeightFormat
from neurosim.program.program import Program, Rule

IN_THE_LOOP = "train in the loop"
"""What is left for a rule that the engine cannot do: the chip runs the network, the host learns."""


@dataclass(frozen=True)
class RuleOnChip:
    """A rule of a program in the form in which the learning engine can do it.

    Attributes
    ----------
    reason, term
        Why the engine cannot do it, and the term that is the cause; empty where it can.
    floating_pt, fixed_pt
        What Lava runs under these two tags. Where a threshold on the weight is the cause, the rule without it; None
        where no text exists.
    remarks
        Where the engine differs from the equation.
    """

    owner: str
    name: str
    reason: str = ""
    term: str = ""
    floating_pt: PrintedRule | None = None
    fixed_pt: PrintedRule | None = None
    remarks: tuple[str, ...] = ()

    @property
    def legal(self) -> bool:
        """Whether the learning engine can do the rule."""
        return not self.reason


def on_chip(
    rule: Rule, program: Program, chip: Chip, form: WeightFormat, constants: Mapping[str, float] | None = None
) -> RuleOnChip:
    """Translate a rule for the learning engine of a chip.

    Parameters
    ----------
    program
        In float64 or on a grid; the rounding to the grid is left out.
    form
        Of the weights that the rule changes.
    constants
        Run arguments that are not at their defaults, by name.
    """
    try:
        variable, tree = _equation(rule, program)
        signals = Signals(program, rule, constants)
        tree, limits = _without_clip(fold(tree, signals.numbers))
        tree, conditions = _without_thresholds(tree, variable)
        products = products_of(tree, variable, signals)
        _check_factors(products, chip)
        floating, fixed = (printed(products, tag, 2.0**form.exponent) for tag in ("floating_pt", "fixed_pt"))
    except NotOnChip as error:
        return RuleOnChip(rule.owner, rule.name, error.reason, error.term)
    remarks = (*_of_saturation(limits, form), *_of_moments(products), *_of_ranges(products))
    translated = RuleOnChip(rule.owner, rule.name, "", "", floating, fixed, remarks)
    if not conditions:
        return translated
    return replace(translated, reason="the engine has no threshold on a weight", term=f"where({conditions[0]}, ..., 0)")


def _equation(rule: Rule, program: Program) -> tuple[str, ast.expr]:
    """The delivered weight and its equation, without rounding to a grid."""
    if not rule.of_matrix:
        written = ", ".join(f"{rule.owner}.{v}" for v, _ in rule.update)
        raise NotOnChip("the engine changes synapses, not parameters of neurons", written)
    matrix = program.matrix(rule.owner)
    if matrix.kernel:
        raise NotOnChip("the engine changes each synapse alone, and these share their weights", matrix.weight)
    if not matrix.is_plain:
        raise NotOnChip("a chip delivers the weight that it learns, and no function of it", matrix.weight)
    updates = dict(rule.update)
    if matrix.weight not in updates:
        raise NotOnChip("it does not change the weight", ", ".join(updates))
    tree = parse(updates[matrix.weight])
    while isinstance(tree, ast.Call) and function_of(tree) == "on_grid":
        tree = tree.args[0]
    return matrix.weight, tree


def _without_clip(tree: ast.expr) -> tuple[ast.expr, tuple[float, float] | None]:
    """Return what the outermost clip holds, and its limits: a weight saturates by itself."""
    if isinstance(tree, ast.Call) and function_of(tree) == "clip" and not any(names_in(a) for a in tree.args[1:]):
        return tree.args[0], (evaluate(tree.args[1], {}), evaluate(tree.args[2], {}))
    return tree, None


def _without_thresholds(tree: ast.expr, variable: str) -> tuple[ast.expr, list[str]]:
    """The terms x of where(condition on the weight, x, 0) as x, and the conditions."""
    conditions: list[str] = []

    def change(node: ast.expr) -> ast.expr:
        if isinstance(node, ast.BinOp):
            return ast.BinOp(change(node.left), node.op, change(node.right))
        if not (isinstance(node, ast.Call) and function_of(node) == "where"):
            return node
        condition, value, otherwise = node.args
        if names_in(condition) != {variable} or names_in(otherwise) or evaluate(otherwise, {}) != 0:
            return node
        conditions.append(text_of(condition))
        return value

    return change(tree), conditions


def _check_factors(products: Iterable[Product], chip: Chip) -> None:
    numbers = [f.name for p in products for f in p.factors if isinstance(f, Value)]
    if not chip.graded and any(p.reads_numbers for p in products):
        raise NotOnChip(
            f"it reads numbers of neurons; {chip.title} has spikes and their traces only, no third factors",
            "*".join(dict.fromkeys(numbers)) or "end of a phase",
        )


def _of_saturation(limits: tuple[float, float] | None, form: WeightFormat) -> list[str]:
    if limits is None or limits == (form.low, form.high):
        return []
    return [f"the clip to [{limits[0]:g}, {limits[1]:g}] is left to the weight, which saturates at "
            f"{form.low:g} and {form.high:g}"]  # fmt: skip


def _of_moments(products: Iterable[Product]) -> list[str]:
    phases = list(dict.fromkeys(f.phase for p in products for f in p.factors if isinstance(f, Mark)))
    if len(phases) < 2:
        return []
    return [f"its products act at the ends of {' and '.join(phases)}, each as soon as its values are there: what runs "
            "between the two runs with weights that the first has changed"]  # fmt: skip


def _of_ranges(products: Iterable[Product]) -> list[str]:
    assumed = dict.fromkeys(f for p in products for f in p.factors if isinstance(f, Value) and f.assumed)
    return [f"{f.name} is taken to be in [{f.low:g}, {f.high:g}]; nothing in the equations bounds it" for f in assumed]

"""A population's equations as whole-number arithmetic on registers, as Lava's fixed-point LIF does it.

Every product is cut towards zero to the last bit of a state. What a register cannot hold wraps in a current and stays
at the end in any other state. A part of an equation that equals the whole equation of another state is that state's
register: a membrane that reads the new current reads it wrapped.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from neurosim.model.equations.expressions import (
    ROUNDINGS,
    Interval,
    bounds,
    call,
    fold,
    function_of,
    kind_of,
    name,
    names_in,
    number,
    parse,
    text_of,
    value_of,
)
from neurosim.program.arithmetic.rounding import to_grid
from neurosim.program.precision import FixedPoint
from neurosim.program.precision.formats import CONSTANT_BITS, PAYLOAD_BITS, STATE_BITS, THRESHOLD_BITS
from neurosim.program.program import Equations, Group

_KEEP_THE_GRID = {"clip", "minimum", "maximum", "abs", "where", "sign", "step", "floor"}
"""Functions whose values are whole numbers of last bits where their arguments are."""


def wrap_limit(state_fraction_bits: int) -> float:
    """Return the limit of a register that wraps: it holds values above -limit, up to limit."""
    return 2.0 ** (STATE_BITS - 1 - state_fraction_bits)


def state_limit(state_fraction_bits: int) -> float:
    """Return the largest value of a register that saturates; Lava's ends are symmetric."""
    return wrap_limit(state_fraction_bits) - 2.0**-state_fraction_bits


@dataclass(frozen=True)
class Registers:
    """The arithmetic of one group.

    Parameters
    ----------
    sums
        What stands in the place of each port: the sum of what its projections deliver.
    delivered
        States that others receive; none of them is a current.
    """

    group: Group
    precision: FixedPoint
    sums: Mapping[str, ast.expr]
    delivered: Collection[str]

    @cached_property
    def _constants(self) -> set[str]:
        """Constants of all neurons, and of each."""
        return {*self.group.constants, *self.group.fixed}

    # registers

    def update(self) -> Equations:
        """Return the update of each state as its register holds it."""
        return tuple((v, text_of(self._register(v))) for v, _ in self.group.update)

    def written(self, text: str) -> str:
        """Return a state's new value in a reset or an assignment."""
        return text_of(self._saturated(self.value(parse(text))))

    def payload(self, tree: ast.expr) -> ast.expr:
        """Return what a graded spike carries of a value."""
        bits = self.precision.output_bits
        most = 2.0 ** (PAYLOAD_BITS - 1 - bits) - 2.0**-bits
        return _within(to_grid(tree, bits), most, self._known)

    def initial(self) -> tuple[tuple[str, float], ...]:
        """Return the states' values at a trial's start, as registers hold them."""
        return tuple((v, _number(self._saturated(to_grid(number(x), self._bits)))) for v, x in self.group.state)

    @property
    def _bits(self) -> int:
        return self.precision.state_fraction_bits

    @cached_property
    def _known(self) -> Mapping[str, Interval]:
        limits = {
            v: wrap_limit(self._bits) if self._is_current(v) else state_limit(self._bits) for v, _ in self.group.state
        }
        return {v: (-limit, limit) for v, limit in limits.items()}

    @cached_property
    def _updates(self) -> dict[str, ast.expr]:
        return {v: parse(t) for v, t in self.group.update}

    def _register(self, variable: str) -> ast.expr:
        tree = self._updates[variable]
        value = self.value(tree, self._registers_read(variable), whole=True)
        if self._is_current(variable):
            return call("wrap", value, number(wrap_limit(self._bits)))
        return self._saturated(value)

    def _saturated(self, tree: ast.expr) -> ast.expr:
        return _within(tree, state_limit(self._bits), self._known)

    def _registers_read(self, variable: str) -> dict[str, str]:
        """States whose new value the equation of another contains, by the text of their equations."""
        return {
            text_of(t): v for v, t in self._updates.items() if v != variable and isinstance(t, (ast.BinOp, ast.Call))
        }

    def _is_current(self, variable: str) -> bool:
        """Return whether a state adds up what arrives, for another state to read.

        It is neither tested nor delivered itself.
        """
        tree = self._updates.get(variable, name(variable))
        terms = _summands(tree)
        arriving = [t for t in terms if isinstance(t, ast.Name) and t.id in self.group.ports]
        own = all(names_in(t) <= {variable, *self._constants} for t in terms if t not in arriving)
        tested = names_in(parse(self.group.spike)) if self.group.spike else set()
        shown = {self.group.output, *self.delivered}.union(*(names_in(parse(t)) for _, t in self.group.present))
        others = [t for v, t in self._updates.items() if v != variable]
        read = any(variable in names_in(t) or _contains(t, text_of(tree)) for t in others)
        return bool(arriving) and own and read and variable not in tested | shown

    # values

    def condition(self, text: str) -> str:
        """Return a spike condition, whose constants are rounded as thresholds."""
        return text_of(self._compared(parse(text)))

    def _compared(self, tree: ast.expr) -> ast.expr:
        return self.value(tree, threshold=True)

    def value(
        self,
        tree: ast.expr,
        registers: Mapping[str, str] | None = None,
        *,
        whole: bool = False,
        threshold: bool = False,
    ) -> ast.expr:
        """Return a number or condition in fixed point.

        Parameters
        ----------
        registers
            States whose registers stand in the place of equal parts, by the text of their equations.
        whole
            Whether `tree` is an equation that is not itself one of the registers.
        threshold
            Whether constants are rounded as thresholds.
        """

        def part(t: ast.expr) -> ast.expr:
            return self.value(t, registers, threshold=threshold)

        if not whole and registers and text_of(tree) in registers:
            return self._register(registers[text_of(tree)])
        if kind_of(tree) == "number" and names_in(tree) <= self._constants:
            return self._constant(tree, threshold)
        if isinstance(tree, ast.Name):
            return self._variable(tree)
        if isinstance(tree, ast.UnaryOp):
            return ast.UnaryOp(tree.op, part(tree.operand))
        if isinstance(tree, ast.Compare):
            return ast.Compare(part(tree.left), tree.ops, [part(tree.comparators[0])])
        if isinstance(tree, ast.BoolOp):
            return ast.BoolOp(tree.op, [part(v) for v in tree.values])
        if isinstance(tree, ast.Call):
            return self._call(function_of(tree), [part(a) for a in tree.args], tree.args)
        assert isinstance(tree, ast.BinOp)
        if isinstance(tree.op, (ast.Add, ast.Sub)):
            return ast.BinOp(part(tree.left), tree.op, part(tree.right))
        return self._product(tree, part)

    def _product(self, tree: ast.BinOp, part: Callable[[ast.expr], ast.expr]) -> ast.expr:
        right = tree.right
        if isinstance(tree.op, ast.Pow) and isinstance(right, ast.Constant) and value_of(right) in (2.0, 3.0, 4.0):
            value = base = part(tree.left)
            for _ in range(int(value_of(right)) - 1):
                value = self._cut(ast.BinOp(value, ast.Mult(), base))
            return value
        if isinstance(tree.op, ast.Div) and names_in(right) <= self._constants:
            return self._cut(ast.BinOp(part(tree.left), ast.Mult(), self._constant(_inverse(right), False)))
        return self._cut(ast.BinOp(part(tree.left), tree.op, part(right)))

    def _call(self, function: str, arguments: list[ast.expr], given: list[ast.expr]) -> ast.expr:
        if function in _KEEP_THE_GRID:
            return call(function, *arguments)
        if function in ROUNDINGS or function == "wrap":
            return self._cut(call(function, arguments[0], *given[1:]))
        return self._cut(call(function, *arguments))

    def _variable(self, tree: ast.Name) -> ast.expr:
        if tree.id in self.sums:
            return self.sums[tree.id]
        return to_grid(tree, self._bits) if tree.id in dict(self.group.driven) else tree

    def _constant(self, tree: ast.expr, threshold: bool) -> ast.expr:
        """Constants stay names, and are rounded where they are put in; what is a number already is rounded here."""
        if not threshold:
            return fold(to_grid(tree, CONSTANT_BITS), {})
        bits = self.precision.activation_bits
        most = (2.0**THRESHOLD_BITS - 1) * 2.0**-bits
        return fold(call("clip", to_grid(tree, bits), number(-most), number(most)), {})

    def _cut(self, tree: ast.expr) -> ast.expr:
        return call("truncate_to_grid", tree, number(self._bits))


def _number(tree: ast.expr) -> float:
    folded = fold(tree, {})
    assert isinstance(folded, ast.Constant)
    return value_of(folded)


def _inverse(tree: ast.expr) -> ast.expr:
    return ast.BinOp(number(1.0), ast.Div(), tree)


def _within(tree: ast.expr, limit: float, known: Mapping[str, Interval]) -> ast.expr:
    """Clip an expression, unless its bounds say that it cannot be beyond the limit."""
    low, high = bounds(tree, known)
    if -limit <= low and high <= limit and not math.isinf(limit):
        return tree
    return call("clip", tree, number(-limit), number(limit))


def _summands(tree: ast.expr) -> list[ast.expr]:
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
        return _summands(tree.left) + _summands(tree.right)
    return [tree]


def _contains(tree: ast.expr, text: str) -> bool:
    return any(text_of(t) == text for t in ast.walk(tree) if isinstance(t, ast.expr))

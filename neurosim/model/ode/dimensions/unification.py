"""The dimension of every variable, inferred from those that are given; each equation is checked by it.

A dimension that is not known yet is a unit of its own, ``[v]``. What an equation says of two sides solves for one such
unit: dimensions are products of powers, so that is one division. A number takes any dimension that is needed.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from fractions import Fraction

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import function_of, names_in, text_of, value_of
from neurosim.model.units import NO_DIMENSION, Dimension

_OF_FIRST = {"abs", "floor", "on_grid", "floor_to_grid", "truncate_to_grid", "wrap", "single"}
"""Functions whose value is of the dimension of their first argument."""

_OF_ALL = {"minimum", "maximum", "clip", "where"}
"""Functions all of whose numbers are of one dimension, as their value is."""

_SIGNS = {"sign", "step"}
"""Functions that take any dimension, and give a number without one."""


class Dimensions:
    """What is known of the dimensions of names, and what follows when equations are added.

    Parameters
    ----------
    known
        Dimensions that are given, by name.
    units
        Names of units: a number before one has no dimension of its own, ``20*mV``.
    """

    def __init__(self, known: Mapping[str, Dimension], units: Collection[str] = ()):
        self._solved = {_unknown(name): dimension for name, dimension in known.items()}
        self._units = units
        self._numbers = 0

    def of(self, name: str) -> Dimension:
        """Return the dimension of a name, as far as it is known."""
        return self._resolved(Dimension({_unknown(name): Fraction(1)}))

    def known(self, name: str) -> Dimension | None:
        """Return the dimension of a name; None where it, or a part of it, is not known."""
        found = self.of(name)
        return None if any(unit.startswith("[") for unit in found.powers) else found

    def equate(self, left: Dimension, right: Dimension) -> bool:
        """Take two dimensions for equal; False where they cannot be."""
        left_over = self._resolved(left / right)
        unknown = next((u for u in left_over.powers if u.startswith("[")), None)
        if unknown is None:
            return left_over == NO_DIMENSION
        power = left_over.powers[unknown]
        others = Dimension({u: p for u, p in left_over.powers.items() if u != unknown})
        self._solved[unknown] = others ** (-1 / power)
        return True

    def demand(self, tree: ast.expr, expected: Dimension, where: str, wanted: str) -> None:
        """Take an expression for of a dimension.

        Parameters
        ----------
        where, wanted
            How the error begins, and of what the dimension is.

        Raises
        ------
        EquationError
            Naming both dimensions and the parameters that the expression reads.
        """
        found = self.expression(tree, where)
        if not self.equate(found, expected):
            raise EquationError(
                f"{where}: '{text_of(tree)}' {self._has(found)}; expected {_unit(self._resolved(expected))}, "
                f"{wanted}{self._known_in(tree)}"
            )

    def condition(self, tree: ast.expr, where: str) -> None:
        """Check both sides of each comparison in a condition.

        Raises
        ------
        EquationError
            Where they are of different dimensions.
        """
        if isinstance(tree, ast.Compare):
            self._equal([tree.left, tree.comparators[0]], where, tree)
        elif isinstance(tree, ast.BoolOp):
            for part in tree.values:
                self.condition(part, where)
        elif isinstance(tree, ast.UnaryOp):
            self.condition(tree.operand, where)

    def expression(self, tree: ast.expr, where: str) -> Dimension:
        """Return the dimension of an expression.

        Raises
        ------
        EquationError
            For a sum of different dimensions, and one in an exponent or in a function that takes numbers.
        """
        if isinstance(tree, ast.Constant):
            self._numbers += 1
            return Dimension({f"[number {self._numbers}]": Fraction(1)})
        if isinstance(tree, ast.Name):
            return self.of(tree.id)
        if isinstance(tree, ast.UnaryOp):
            return self.expression(tree.operand, where)
        if isinstance(tree, ast.BinOp):
            return self._operation(tree, where)
        assert isinstance(tree, ast.Call), "the language has no other number"
        return self._function(tree, where)

    def _operation(self, tree: ast.BinOp, where: str) -> Dimension:
        if isinstance(tree.op, (ast.Add, ast.Sub)):
            return self._equal([tree.left, tree.right], where, tree)
        if isinstance(tree.op, ast.Pow):
            return self._power(tree, where)
        left = NO_DIMENSION if self._counts_units(tree) else self.expression(tree.left, where)
        right = self.expression(tree.right, where)
        return left * right if isinstance(tree.op, ast.Mult) else left / right

    def _counts_units(self, tree: ast.BinOp) -> bool:
        left = tree.left.operand if isinstance(tree.left, ast.UnaryOp) else tree.left
        return isinstance(left, ast.Constant) and isinstance(tree.right, ast.Name) and tree.right.id in self._units

    def _power(self, tree: ast.BinOp, where: str) -> Dimension:
        exponent = tree.right.operand if isinstance(tree.right, ast.UnaryOp) else tree.right
        base = self.expression(tree.left, where)
        if isinstance(exponent, ast.Constant):
            power = Fraction(value_of(exponent)).limit_denominator(1000)
            return base ** (power if exponent is tree.right else -power)
        for side in (tree.left, tree.right):
            self.demand(side, NO_DIMENSION, where, "for the exponent is no number")
        return NO_DIMENSION

    def _function(self, tree: ast.Call, where: str) -> Dimension:
        function, arguments = function_of(tree), list(tree.args)
        if function == "where":
            self.condition(arguments.pop(0), where)
        if function in _OF_ALL:
            return self._equal(arguments, where, tree)
        first = self.expression(arguments[0], where)
        if function in _OF_FIRST:
            return first
        if function == "sqrt":
            return first ** Fraction(1, 2)
        if function not in _SIGNS:
            self.demand(arguments[0], NO_DIMENSION, where, f"for {function} takes numbers")
        return NO_DIMENSION

    def _equal(self, parts: list[ast.expr], where: str, whole: ast.expr) -> Dimension:
        """The one dimension of several expressions."""
        first, *others = (self.expression(part, where) for part in parts)
        for part, other in zip(parts[1:], others, strict=True):
            if not self.equate(first, other):
                raise EquationError(
                    f"{where}: in '{text_of(whole)}', '{text_of(parts[0])}' {self._has(first)} and '{text_of(part)}' "
                    f"{self._has(other)}; expected one unit{self._known_in(whole)}"
                )
        return self._resolved(first)

    def _resolved(self, dimension: Dimension) -> Dimension:
        while unknown := next((u for u in dimension.powers if u in self._solved), None):
            power = dimension.powers[unknown]
            rest = Dimension({u: p for u, p in dimension.powers.items() if u != unknown})
            dimension = rest * self._solved[unknown] ** power
        return dimension

    def _has(self, dimension: Dimension) -> str:
        found = self._resolved(dimension)
        return f"is in {found}" if found.powers else "has no unit"

    def _known_in(self, tree: ast.expr) -> str:
        """The dimensions of what an expression reads, for a message."""
        known = [f"{n} in {_unit(self.of(n))}" for n in sorted(names_in(tree))]
        return f" ({', '.join(known)})" if known else ""


def _unknown(name: str) -> str:
    return f"[{name}]"


def _unit(dimension: Dimension) -> str:
    return str(dimension) if dimension.powers else "no unit"

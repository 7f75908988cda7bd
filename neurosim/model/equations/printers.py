"""Expression trees as source text of a target language: NumPy here; a backend adds its own by subclassing `Printer`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import ClassVar

from neurosim.model.equations.expressions import function_of, value_of

_SIGNS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


class Printer:
    """Prints a tree with every operation in parentheses, so that each target computes in the same order.

    A target overrides `templates` (functions, ``{0}`` is the first argument's text), `roundings` where it spells
    ``floor`` otherwise, and the two methods for conditions. Small whole powers become products, which are exact to the
    last bit everywhere.

    Parameters
    ----------
    spell
        The target's text for a variable or constant.
    """

    templates: ClassVar[Mapping[str, str]] = {}
    roundings: ClassVar[Mapping[str, str]] = {
        "on_grid": "(floor(({value}*{up})+0.5)*{down})",
        "floor_to_grid": "(floor({value}*{up})*{down})",
        "truncate_to_grid": "(trunc({value}*{up})*{down})",
    }
    """Both factors are powers of two, so that only the rounding rounds; ``{bits}`` is their exponent."""

    def __init__(self, spell: Callable[[str], str]):
        self.spell = spell

    def __call__(self, tree: ast.expr) -> str:
        """The text of an expression."""
        if isinstance(tree, ast.Constant):
            return self.number(value_of(tree))
        if isinstance(tree, ast.Name):
            return self.spell(tree.id)
        if isinstance(tree, ast.BinOp):
            return self.operation(tree)
        if isinstance(tree, ast.UnaryOp):
            return self.negation(self(tree.operand)) if isinstance(tree.op, ast.Not) else f"(-{self(tree.operand)})"
        if isinstance(tree, ast.Compare):
            return f"({self(tree.left)} {_SIGNS[type(tree.ops[0])]} {self(tree.comparators[0])})"
        if isinstance(tree, ast.BoolOp):
            return self.conjunction(isinstance(tree.op, ast.And), [self(v) for v in tree.values])
        if isinstance(tree, ast.Call):
            return self.call(tree)
        raise TypeError(f"not part of the equation language: {ast.dump(tree)}")

    def number(self, value: float) -> str:
        """The text of a number, in parentheses where it has a sign."""
        return repr(value) if value >= 0 else f"({value!r})"

    def operation(self, tree: ast.BinOp) -> str:
        """The text of a sum, difference, product, quotient or power."""
        if (
            isinstance(tree.op, ast.Pow)
            and isinstance(tree.right, ast.Constant)
            and tree.right.value in (2.0, 3.0, 4.0)
        ):
            return "(" + "*".join([self(tree.left)] * int(value_of(tree.right))) + ")"
        return f"({self(tree.left)}{_SIGNS[type(tree.op)]}{self(tree.right)})"

    def call(self, tree: ast.Call) -> str:
        """The text of a function with its arguments: a rounding, a template, or a call."""
        function = function_of(tree)
        if function in self.roundings:
            bits = tree.args[1]
            assert isinstance(bits, ast.Constant), "the number of bits is a number in the program"
            return self.rounding(function, self(tree.args[0]), int(value_of(bits)))
        arguments = [self(a) for a in tree.args]
        if function in self.templates:
            return self.templates[function].format(*arguments)
        return f"{function}({', '.join(arguments)})"

    def rounding(self, function: str, value: str, bits: int) -> str:
        """A value rounded to multiples of 2**-bits."""
        return self.roundings[function].format(value=value, up=repr(2.0**bits), down=repr(2.0**-bits), bits=bits)

    def negation(self, value: str) -> str:
        """The text of ``not value``; a target has its own."""
        raise NotImplementedError

    def conjunction(self, every: bool, values: list[str]) -> str:
        """The text of conditions joined by ``and`` if `every` must hold, else by ``or``; a target has its own."""
        raise NotImplementedError


class NumpyPrinter(Printer):
    """Source for arrays; the names it uses are those of `neurosim.program.source.statements.ENVIRONMENT`."""

    templates: ClassVar[Mapping[str, str]] = {
        "sigmoid": "(1.0/(1.0+exp(-{0})))",
        "step": "where({0} >= 0.0, 1.0, 0.0)",
        "wrap": "({0}+(2.0*{1})*floor(({1}-{0})/(2.0*{1})))",
        "single": "array({0}, float32).astype(float64)",
    }

    def operation(self, tree: ast.BinOp) -> str:
        """The text of an operation of two; -a + b is b - a, which takes one pass through the arrays less."""
        if isinstance(tree.op, ast.Add) and isinstance(tree.left, ast.UnaryOp) and isinstance(tree.left.op, ast.USub):
            return f"({self(tree.right)}-{self(tree.left.operand)})"
        return super().operation(tree)

    def negation(self, value: str) -> str:
        """The text of a condition that holds where `value` does not."""
        return f"where({value}, False, True)"  # ~ is not `not` for a condition of constants, a plain bool

    def conjunction(self, every: bool, values: list[str]) -> str:
        """The text of conditions joined, element by element, by ``&`` if `every` must hold, else by ``|``."""
        return "(" + (" & " if every else " | ").join(values) + ")"

"""Expressions as Python source for tensors; the functions it calls are those of `neurosim_torch.functions`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import CodeType
from typing import ClassVar

from neurosim.model.equations.expressions import fold, names_in, parse
from neurosim.model.equations.printers import Printer


class TorchPrinter(Printer):
    """Source for tensors. A condition is a tensor of booleans; `test` prints one as a number that has a derivative."""

    templates: ClassVar[Mapping[str, str]] = {
        "clip": "minimum(maximum({0}, {1}), {2})",
        "sigmoid": "(1.0/(1.0+exp(-{0})))",
    }
    roundings: ClassVar[Mapping[str, str]] = {f: f"{f}({{value}}, {{bits}})" for f in Printer.roundings}

    def operation(self, tree: ast.BinOp) -> str:
        """An operation on two operands; a quotient is a call, as torch rounds some of its own otherwise."""
        if isinstance(tree.op, ast.Div):
            return f"divide({self(tree.left)}, {self(tree.right)})"
        return super().operation(tree)

    def negation(self, value: str) -> str:
        """A condition's contrary."""
        return f"negation({value})"

    def conjunction(self, every: bool, values: list[str]) -> str:
        """Conditions joined by ``&`` or ``|``."""
        return "(" + (" & " if every else " | ").join(values) + ")"

    def test(self, tree: ast.expr) -> str:
        """A condition as 1.0 or 0.0, of ``above(a, b)``, which is 1 where a >= b, and ``beyond(a, b)``, where a > b."""
        if isinstance(tree, ast.Compare):
            left, right = self(tree.left), self(tree.comparators[0])
            return {
                ast.GtE: f"above({left}, {right})",
                ast.Gt: f"beyond({left}, {right})",
                ast.LtE: f"above({right}, {left})",
                ast.Lt: f"beyond({right}, {left})",
                ast.Eq: f"(above({left}, {right})*above({right}, {left}))",
                ast.NotEq: f"(1.0-above({left}, {right})*above({right}, {left}))",
            }[type(tree.ops[0])]
        if isinstance(tree, ast.UnaryOp):
            return f"(1.0-{self.test(tree.operand)})"
        if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
            return "(" + "*".join(self.test(v) for v in tree.values) + ")"
        if isinstance(tree, ast.BoolOp):
            return "(1.0-" + "*".join(f"(1.0-{self.test(v)})" for v in tree.values) + ")"
        raise TypeError(f"not a condition: {ast.dump(tree)}")


def plain(name: str) -> str:
    """A name of the language as one of Python: `pre.s` as ``pre__s``."""
    return name.replace(".", "__")


def source(text: str, constants: Mapping[str, float]) -> CodeType:
    """An expression, to be evaluated where its names and the functions are."""
    return compile(TorchPrinter(plain)(fold(parse(text), constants)), "<program>", "eval")


def source_of_test(text: str, constants: Mapping[str, float]) -> CodeType:
    """A condition as a number."""
    return compile(TorchPrinter(plain).test(fold(parse(text), constants)), "<program>", "eval")


def names(text: str) -> set[str]:
    """The names that an expression reads."""
    return names_in(parse(text))

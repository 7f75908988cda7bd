"""How large the expressions of a program are as backends print them: checked before a backend meets a limit.

A printed operation stands in brackets, and Python's parser takes 200 of them within each other; small powers and
``wrap`` print their argument several times.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import SHORTER, fold, function_of, parse, shown, value_of
from neurosim.program.program import Program

MOST_BRACKETS = 150
"""Brackets within brackets of a printed expression; statements add some."""

MOST_OPERATIONS = 20_000
"""Names, numbers and operations of a printed expression."""

_BRACKETS = {"on_grid": 3, "floor_to_grid": 2, "truncate_to_grid": 2, "sigmoid": 3, "wrap": 4, "single": 2}
_COPIES = {"wrap": (2, 4)}
"""How often a call prints each of its arguments, where that is not once."""


def check_extent(given: Iterable[tuple[str, str]]) -> None:
    """Refuse expressions that no backend can print.

    Parameters
    ----------
    given
        Where each expression stands, and its text; those of `expressions`.

    Raises
    ------
    EquationError
        Naming the population or projection and its variable.
    """
    for where, text in given:
        try:
            operations, brackets = extent(fold(parse(text), {}))
        except EquationError as error:
            raise EquationError(f"{where}: {error}") from None
        if operations > MOST_OPERATIONS or brackets > MOST_BRACKETS:
            raise EquationError(
                f"{where}: {shown(text)} becomes {operations:,} operations in {brackets} brackets within each other, "
                f"at most {MOST_OPERATIONS:,} in {MOST_BRACKETS} can be run; {SHORTER}"
            )


def expressions(program: Program) -> Iterator[tuple[str, str]]:
    """Yield every expression of a program that runs in each trial, and where it stands."""
    for g in program.groups:
        for v, text in (*g.update, *g.reset, *g.present):
            yield f"population {g.name}, {v}", text
        if g.spike is not None:
            yield f"population {g.name}, spike", g.spike
    for m in program.matrices:
        yield f"projection {m.name}, weight", m.weight
    for r in program.rules:
        for v, text in r.equations:
            yield f"rule {r.name} of {r.owner}, {v}", text
        for factor in (f for s in r.sums for product in s.products for f in product):
            yield f"rule {r.name} of {r.owner}, batch", factor
    for p in program.phases:
        for g_name, v, text in p.assign:
            yield f"phase {p.name}, assignment of {g_name}.{v}", text


def extent(tree: ast.expr) -> tuple[int, int]:
    """Return the number of operations and of nested brackets of an expression as it is printed."""
    brackets, copies, parts = _operation(tree)
    if not parts:
        return 1, brackets
    inner = [extent(part) for part in parts]
    return 1 + sum(n * copies[i] for i, (n, _) in enumerate(inner)), brackets + max(b for _, b in inner)


def _operation(tree: ast.expr) -> tuple[int, tuple[int, ...], list[ast.expr]]:
    """Return the brackets of an operation, how often it prints each of its parts, and the parts."""
    if isinstance(tree, (ast.Name, ast.Constant)):
        return int(isinstance(tree, ast.Constant)), (), []  # a negative number is printed in brackets
    if isinstance(tree, ast.BinOp):
        if isinstance(tree.op, ast.Pow) and isinstance(tree.right, ast.Constant) and value_of(tree.right) in (2, 3, 4):
            return 1, (int(value_of(tree.right)),), [tree.left]
        return 1, (1, 1), [tree.left, tree.right]
    if isinstance(tree, ast.Call):
        function = function_of(tree)
        return _BRACKETS.get(function, 1), _COPIES.get(function, (1, 1, 1)), tree.args
    if isinstance(tree, ast.UnaryOp):
        return 1, (1,), [tree.operand]
    if isinstance(tree, ast.Compare):
        return 1, (1, 1), [tree.left, tree.comparators[0]]
    assert isinstance(tree, ast.BoolOp), "the language has no other node"
    return 1, (1,) * len(tree.values), tree.values

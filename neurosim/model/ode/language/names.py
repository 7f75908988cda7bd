"""The names that an equation may read: variables, parameters, parts of equations, dt, and units."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import check, fold, names_in, number, parse, substitute, text_of
from neurosim.model.units import Quantity, quantity

UNITS = (
    "second", "ms", "us", "Hz", "kHz", "volt", "mV", "uV", "amp", "mA", "uA", "nA", "pA", "siemens", "mS", "uS", "nS",
    "ohm", "kohm", "Mohm", "MOhm", "Gohm", "farad", "uF", "nF", "pF", "metre", "meter", "cm", "mm", "um", "mM",
)  # fmt: skip
"""Units that stand in equations, ``-50*mV``; a variable or parameter of such a name goes before."""

_WITH_UNIT = re.compile(rf"(?<![\w.])((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s+({'|'.join(UNITS)})\b")

_NOT_THERE: Mapping[str, str] = {
    "t": "equations have no time; let a stimulus set a parameter: params={'i': ns.driven()}",
    "xi": "equations have no noise; let a stimulus set a parameter: params={'noise': ns.driven()}",
}


def tree_of(text: str, where: str) -> ast.expr:
    """Return the tree of an expression, in which ``5 ms`` is ``5*ms``."""
    return parse(_WITH_UNIT.sub(r"(\1*\2)", text), where)


@cache
def unit(name: str) -> Quantity:
    """Return one unit of a name of `UNITS`."""
    return quantity(f"1 {name}", "unit")


def units_in(tree: ast.expr, own: Collection[str]) -> set[str]:
    """Return the names of units that an expression reads."""
    return {n for n in names_in(tree) & set(UNITS) if n not in own}


def checked(text: str, own: Collection[str], where: str, kind: str = "number") -> ast.expr:
    """Return the tree of an expression that reads its model's own names, and units.

    Raises
    ------
    EquationError
        For another name, and for what is no expression of the kind.
    """
    tree = tree_of(text, where)
    for name, instead in _NOT_THERE.items():
        if name in names_in(tree) and name not in own:
            raise EquationError(f"{where}: '{name}' in {text!r}: {instead}")
    return check(text_of(tree), {*own, *units_in(tree, own)}, where, kind)


def inlined(expressions: Mapping[str, ast.expr], own: Collection[str], where: str) -> Callable[[ast.expr], ast.expr]:
    """Return what puts parts of equations, and the numbers of units, in place of their names.

    Parameters
    ----------
    expressions
        The parts, by name; they may read one another.

    Raises
    ------
    EquationError
        For parts that read one another in a circle.
    """
    whole: dict[str, ast.expr] = {}

    def meant(name: str) -> ast.expr | None:
        if name in own:
            return whole.get(name)
        return number(unit(name).value) if name in UNITS else None

    order = TopologicalSorter({n: names_in(tree) & set(expressions) for n, tree in expressions.items()})
    try:
        for n in order.static_order():
            whole[n] = substitute(expressions[n], meant)
    except CycleError as error:
        circle = " reads ".join(f"'{n}'" for n in reversed(error.args[1]))
        raise EquationError(f"{where}: a part of equations reads itself: {circle}") from None
    return lambda tree: fold(substitute(tree, meant), {})

"""Rules on shared weights: what each synapse adds to a weight, and what becomes of the weight.

An update is a sum of terms. Those that read a variable of either side are of a synapse, and are added over all that
share the weight; the others, such as a decay, are of the weight, and count once. Bounds around the sum stay around it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from functools import reduce

from neurosim.errors import ModelError
from neurosim.model.equations.expressions import call, function_of, name, names_in, number, parse, text_of
from neurosim.model.equations.factoring import Product, expand
from neurosim.program.program import added

BOUNDING = ("clip", "minimum", "maximum")
"""Functions whose first argument may be the sum, where the others are of the weight."""


def split(
    tree: ast.expr, variable: str, constants: Collection[str], written: Collection[str], where: str
) -> tuple[str, str]:
    """Split the new value of a shared variable.

    Parameters
    ----------
    tree
        Its update; aliases are resolved.
    constants
        Those of the rule and of the synapse.
    written
        All variables that the rule writes.
    where
        How an error begins.

    Returns
    -------
    of_synapse, of_weight
        What a synapse adds, and the new value, which reads the sum as `added` names it.

    Raises
    ------
    ModelError
        For an update that is no sum, or a term of a synapse with a variable that the rule itself writes.
    """
    if isinstance(tree, ast.Call) and function_of(tree) in BOUNDING and not any(map(_of_synapse, tree.args[1:])):
        of_synapse, of_weight = split(tree.args[0], variable, constants, written, where)
        return of_synapse, text_of(call(function_of(tree), parse(of_weight), *tree.args[1:]))
    products = expand(tree, set(constants))
    each = [p for p in products if any(map(_of_synapse, p[1]))]
    once = [p for p in products if not any(map(_of_synapse, p[1]))]
    _check(each, once, variable, set(written), text_of(tree), where)
    total = ast.BinOp(_sum(once), ast.Add(), name(added(variable))) if once else name(added(variable))
    return text_of(_sum(each)), text_of(total)


def _of_synapse(factor: ast.expr) -> bool:
    return any(n == "arrived" or "." in n for n in names_in(factor))


def _check(
    each: Sequence[Product],
    once: Sequence[Product],
    variable: str,
    written: set[str],
    text: str,
    where: str,
) -> None:
    read = set().union(*(names_in(f) for _, factors in each for f in factors))
    if variable in read and not any(variable in names_in(f) for _, factors in once for f in factors):
        raise ModelError(
            f"{where}: '{text}' is no sum of {variable} and what a synapse adds to it; synapses share {variable}, "
            f"expected an update such as '{variable} + lr*pre.s*post.s'"
        )
    others = sorted(read & written - {variable})
    if others:
        raise ModelError(
            f"{where}: what a synapse adds depends on '{others[0]}', which the rule writes for each synapse; synapses "
            "share it here, expected a rule that reads pre.*, post.* and arrived, or all-to-all or given pairs"
        )


def _sum(products: Sequence[Product]) -> ast.expr:
    """The sum of some products, in their order; zero of none."""
    if not products:
        return number(0.0)
    terms = [(negative, reduce(lambda a, b: ast.BinOp(a, ast.Mult(), b), factors)) for negative, factors in products]
    first: ast.expr = ast.UnaryOp(ast.USub(), terms[0][1]) if terms[0][0] else terms[0][1]
    return reduce(lambda a, t: ast.BinOp(a, ast.Sub() if t[0] else ast.Add(), t[1]), terms[1:], first)

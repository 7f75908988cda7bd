"""An expression as a sum of products with numbers in front: {(factors): coefficient}, factors sorted by name."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TypeVar

from neurosim.model.equations.derived import evaluate
from neurosim.model.equations.expressions import names_in, text_of
from neurosim.model.equations.factoring import expand

Sum = Mapping[tuple[str, ...], float]


def sum_of(tree: ast.expr) -> dict[tuple[str, ...], float]:
    """Return an expression as a sum of products: {(factors): coefficient}.

    Like products are one. What is no product of names is a factor as text. Constants have been put in.
    """
    total: dict[tuple[str, ...], float] = {}
    for negative, factors in expand(tree, set()):
        coefficient, names = -1.0 if negative else 1.0, []
        for factor in factors:
            if names_in(factor):
                names.append(text_of(factor))
            else:
                coefficient *= evaluate(factor, {})
        key = tuple(sorted(names))
        total[key] = total.get(key, 0.0) + coefficient
    return without_zeros(total)


Key = TypeVar("Key")


def without_zeros(total: Mapping[Key, float]) -> dict[Key, float]:
    """Return the sum without the terms that cancel, up to rounding."""
    largest = max((abs(c) for c in total.values()), default=0.0)
    return {k: c for k, c in total.items() if abs(c) > 1e-12 * largest}

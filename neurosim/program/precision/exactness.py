"""Whether sums are exact in any order: they are multiples of a unit, and a float64 counts only so many of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from neurosim.errors import ExactnessLost
from neurosim.program.schedule import Array

if TYPE_CHECKING:
    from neurosim.program.program import Edge, Program


def check_exactness(program: Program, weights: Mapping[str, Array], input_bounds: Mapping[str, float]) -> None:
    """Refuse sums that could be inexact: the sum of |weight*output| at each neuron must stay below the limit.

    Parameters
    ----------
    weights
        Delivered weights of each matrix, shape (pre, post) or (synapses,).
    input_bounds
        Largest absolute stimulus of each input group.

    Raises
    ------
    ExactnessLost
        Naming the neuron's population, the largest sum and the limit.
    """
    if program.grid is None:
        return
    limit = 2.0 ** (53 - sum(program.grid))
    bound = {g.name: input_bounds.get(g.name, g.bound) for g in program.groups}
    largest: dict[tuple[str, str], Array] = {}
    for e in program.edges:
        total = _sum_at_target(np.abs(weights[e.matrix]), e, program) * bound[e.source]
        largest[e.target, e.port] = largest.get((e.target, e.port), 0.0) + total
    for (target, port), total in largest.items():
        if not total.max() < limit:
            raise ExactnessLost(
                f"{target}.{port}: a sum of |weight*output| can reach {total.max():.3g}, exact sums need less than "
                f"{limit:g}; use fewer bits in the grid, smaller weights, or float64"
            )


def _sum_at_target(weights: Array, e: Edge, program: Program) -> Array:
    wiring = program.matrix(e.matrix).wiring
    if wiring is None:
        return np.asarray(weights.sum(axis=1 if e.transposed else 0))
    at_target = wiring.pre if e.transposed else wiring.post
    return np.bincount(at_target, weights, program.group(e.target).size).astype(np.float64)

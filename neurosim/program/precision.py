"""Number formats: plain float64, and grid arithmetic, under which every delivered sum is exact in any order.

On the grid, outputs are multiples of 2**-output_bits and delivered weights multiples of 2**-weight_bits. A product
then is a multiple of 2**-(output_bits + weight_bits), and a sum of such products is exact in float64, in whatever
order it is added, as long as their absolute values sum to less than 2**(53 - output_bits - weight_bits): checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurosim.errors import ExactnessLost, InputError, ModelError
from neurosim.program.program import Edge, Program
from neurosim.program.schedule import Array


@dataclass(frozen=True)
class Float64:
    """IEEE double precision throughout; nothing is rounded on purpose."""


@dataclass(frozen=True)
class Grid:
    """Outputs rounded to multiples of 2**-output_bits, delivered weights to 2**-weight_bits, halves upwards."""

    output_bits: int = 20
    weight_bits: int = 24

    def __post_init__(self) -> None:
        if not (self.output_bits > 0 and self.weight_bits > 0 and self.output_bits + self.weight_bits <= 52):
            raise ModelError(
                f"grid of {self.output_bits} and {self.weight_bits} bits; both must be positive and their sum at most "
                "52, for a float64 has 53 bits"
            )


Precision = Float64 | Grid


def on_grid(values: Array, bits: int) -> Array:
    """floor(values*2**bits + 0.5)/2**bits, the rounding that programs do as well."""
    return np.asarray(np.floor(values * 2.0**bits + 0.5) * 2.0**-bits, dtype=np.float64)


@dataclass(frozen=True)
class LedgerEntry:
    """What a quantisation did to one array."""

    name: str
    changed: int
    size: int
    largest_error: float


def quantise(learned: Mapping[str, Array], program: Program) -> tuple[dict[str, Array], list[LedgerEntry]]:
    """Round the arrays that must be on the program's grid; an entry for each that changed.

    Returns
    -------
    arrays, ledger
        All arrays, the rounded ones new; what changed.
    """
    arrays, ledger = dict(learned), []
    for name in program.on_grid():
        if name in arrays and program.grid is not None:
            rounded = on_grid(arrays[name], program.grid[1])
            error = np.abs(rounded - arrays[name])
            if error.any():
                ledger.append(LedgerEntry(name, int(np.count_nonzero(error)), error.size, float(error.max())))
            arrays[name] = rounded
    return arrays, ledger


def check_on_grid(name: str, values: Array, bits: int) -> None:
    """Refuse weights that are not on the grid, so that rounding never happens silently."""
    scaled = values * 2.0**bits
    if not np.array_equal(scaled, np.floor(scaled)):
        raise InputError(f"{name} has values that are not multiples of 2**-{bits}; round them with quantise() first")


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
    indices = program.matrix(e.matrix).indices
    if indices is None:
        return np.asarray(weights.sum(axis=1 if e.transposed else 0))
    at_target = indices[0 if e.transposed else 1]
    return np.bincount(at_target, weights, program.group(e.target).size).astype(np.float64)

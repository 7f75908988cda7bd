"""Grid arithmetic, under which every delivered sum is exact in any order.

On the grid, outputs are multiples of 2**-output_bits and delivered weights multiples of 2**-weight_bits. A product
then is a multiple of 2**-(output_bits + weight_bits), and a sum of such products is exact in float64, in whatever
order it is added, as long as their absolute values sum to less than 2**(53 - output_bits - weight_bits): checked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.edges.values import whole_number
from neurosim.errors import ModelError
from neurosim.program.schedule import Array


@dataclass(frozen=True)
class Grid:
    """Outputs rounded to multiples of 2**-output_bits, delivered weights to 2**-weight_bits, halves upwards.

    Parameters
    ----------
    output_bits, weight_bits
        Bits behind the point, of what neurons put out and of the weights that multiply it.

    Raises
    ------
    ModelError
        For bits that are not positive whole numbers, or that sum to more than 52.
    """

    output_bits: int = 20
    weight_bits: int = 24

    def __post_init__(self) -> None:
        for what in ("output_bits", "weight_bits"):
            object.__setattr__(self, what, whole_number(getattr(self, what), f"grid: {what} =", error=ModelError))
        if not (self.output_bits > 0 and self.weight_bits > 0 and self.output_bits + self.weight_bits <= 52):
            raise ModelError(
                f"grid of {self.output_bits} and {self.weight_bits} bits; both must be positive and their sum at most "
                "52, for a float64 has 53 bits"
            )


def on_grid(values: Array, bits: int) -> Array:
    """Compute floor(values*2**bits + 0.5)/2**bits in the shape of `values`; programs round in the same way."""
    return np.asarray(np.floor(values * 2.0**bits + 0.5) * 2.0**-bits, dtype=np.float64)

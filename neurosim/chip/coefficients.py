"""Coefficients of a chip's learning rules: a whole number times a power of two.

Lava takes whole numbers from -8 to 7 [lava-nc 0.10.0, ``core/learning/product_series.py``]. -8 is never used here, for
its parser makes -4*2 of it, and that rounds more coarsely.
"""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_MANTISSA = 7
SMALLEST_EXPONENT, LARGEST_EXPONENT = -7, 8


@dataclass(frozen=True)
class Coefficient:
    """mantissa*2**exponent, which stands for `wanted`.

    Attributes
    ----------
    wanted
        The coefficient of the equation.
    mantissa
        A whole number from -7 to 7, not 0.
    exponent
        A whole number from -7 to 8.
    """

    wanted: float
    mantissa: int
    exponent: int

    @property
    def value(self) -> float:
        """mantissa*2**exponent."""
        return self.mantissa * 2.0**self.exponent

    @property
    def error(self) -> float:
        """(value - wanted)/wanted."""
        return (self.value - self.wanted) / self.wanted


def nearest(wanted: float) -> Coefficient | None:
    """Return the coefficient nearest to `wanted`; of equally near ones, that with the largest mantissa.

    None where none is within half of `wanted`. The exponent is a shift to the left behind a shift to the right, so a
    small one keeps more of the product.
    """
    sign = -1 if wanted < 0 else 1
    representable = [
        Coefficient(wanted, sign * mantissa, exponent)
        for exponent in range(SMALLEST_EXPONENT, LARGEST_EXPONENT + 1)
        for mantissa in range(LARGEST_MANTISSA, 0, -1)
    ]
    best = min(representable, key=lambda c: abs(c.value - wanted))
    return best if abs(best.error) < 0.5 else None

"""Formats of learned arrays: which values an array may hold, and the rounding that takes others to them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np

from neurosim.edges.values import number, whole_number
from neurosim.errors import ModelError, nearest
from neurosim.program.precision.grid import on_grid
from neurosim.program.schedule import Array

STATE_BITS = 24
"""Bits of a state register, with its sign (``uv_bitwidth`` of Lava's ``lif/models.py``)."""

ALIGNMENT = 6
"""Bits by which what arrives, and a threshold, is shifted to the left of a state's last bit (``act_shift`` and
``vth_shift`` of Lava's ``lif/models.py``)."""

CONSTANT_BITS = 12
"""Fractional bits of a decay, and of any constant of an update (``decay_shift`` of Lava's ``lif/models.py``)."""

THRESHOLD_BITS = 17
"""Bits of a threshold, without a sign (``vth`` of Lava's ``lif/models.py``)."""

PAYLOAD_BITS = 24
"""Bits of a graded spike, with its sign (``s_out`` of Lava's ``lif/models.py``: ``precision=24``)."""

MANTISSA_BITS = 8
"""Bits of the mantissa of a weight (``clip_weights(..., num_bits=8)`` in Lava's ``dense/models.py``)."""

BIAS_MANTISSA_BITS, BIAS_LARGEST_EXPONENT = 13, 7
"""A bias is a signed mantissa, shifted left by 0 to 7 bits (``bias_exp`` of Lava's ``lif/models.py``)."""

LARGEST_LOSS = 0.1
"""Default relative error, sqrt(sum of squared errors / sum of squares), above which rounding an array is an error.

Eight bits whose exponent fits lose 0.005 to 0.02, four bits 0.05 to 0.15; more than a tenth is mostly an exponent that
does not fit. A choice of ours."""

Sign = Literal["mixed", "excitatory", "inhibitory"]


def allowed_loss(value: float, what: str) -> float:
    """Return a largest loss: a number above 0, or infinity.

    Raises
    ------
    ModelError
        For anything else.
    """
    infinite = isinstance(value, float) and value == math.inf
    loss = math.inf if infinite else number(value, f"{what}: largest_loss =", error=ModelError)
    if not loss > 0:
        raise ModelError(f"{what}: largest_loss = {loss:g}; expected a number above 0")
    return loss


class Format(Protocol):
    """The values that an array may hold: some from `low` to `high`. `rounded` takes others to the nearest of them."""

    @property
    def low(self) -> float:
        """The least value."""
        ...

    @property
    def high(self) -> float:
        """The largest value."""
        ...

    @property
    def largest_loss(self) -> float:
        """The relative error above which `quantise` refuses to round."""
        ...

    def rounded(self, values: Array) -> Array:
        """Return the nearest value of the format for each of `values`, of any shape; the result has the same."""
        ...

    def __str__(self) -> str:
        """What values are, in words that end a sentence with 'values that are not ...'."""
        ...


@dataclass(frozen=True)
class GridFormat:
    """Multiples of 2**-fraction_bits, of any size."""

    fraction_bits: int
    low: float = -math.inf
    high: float = math.inf
    largest_loss: float = math.inf

    def rounded(self, values: Array) -> Array:
        """Return the nearest multiples, halves upwards, in the shape of `values`."""
        return on_grid(values, self.fraction_bits)

    def __str__(self) -> str:
        return f"multiples of 2**-{self.fraction_bits}"


@dataclass(frozen=True)
class SingleFormat:
    """IEEE single precision."""

    low: float = -float(np.finfo(np.float32).max)
    high: float = float(np.finfo(np.float32).max)
    largest_loss: float = LARGEST_LOSS

    def rounded(self, values: Array) -> Array:
        """Return the nearest values of single precision, as float64 in the shape of `values`."""
        return np.clip(values, self.low, self.high).astype(np.float32).astype(np.float64)

    def __str__(self) -> str:
        return "single precision"


@dataclass(frozen=True)
class WeightFormat:
    """value = mantissa * 2**exponent, as weights of Loihi are.

    The mantissas are those that Lava's ``clip_weights`` and ``truncate_weights`` leave alone: whole multiples of
    ``step`` from -256 to 256 - step (mixed signs), from 0 to 256 - step (excitatory), or the negatives of those
    (inhibitory). With 8 bits they are -256, -254, ..., 254, or 0, 1, ..., 255.

    Parameters
    ----------
    bits
        1 to 8, the sign among them where signs are mixed.
    exponent
        `fraction_bits` must not be negative: with 8 bits of mixed signs, weights reach 128, and states 32.
    sign
        ``"mixed"``, ``"excitatory"`` or ``"inhibitory"``.
    largest_loss
        Relative error above which `quantise` refuses to round.

    Raises
    ------
    ModelError
        For bits, an exponent or a sign that no weight has, and a largest loss that is not above 0.
    """

    bits: int = MANTISSA_BITS
    exponent: int = -7
    sign: Sign = "mixed"
    largest_loss: float = LARGEST_LOSS

    def __post_init__(self) -> None:
        for what in ("bits", "exponent"):
            object.__setattr__(self, what, whole_number(getattr(self, what), f"weights: {what} =", error=ModelError))
        if self.sign not in get_args(Sign):
            raise ModelError(f"weights: sign = {self.sign!r}; {nearest(str(self.sign), get_args(Sign))}")
        if not 1 <= self.bits <= MANTISSA_BITS:
            raise ModelError(f"weights of {self.bits} bits; expected 1 to {MANTISSA_BITS}")
        if not 0 <= self.fraction_bits <= MOST_FRACTION_BITS:
            raise ModelError(
                f"weights of {self.bits} bits with exponent {self.exponent} are multiples of 2**{-self.fraction_bits}; "
                f"expected 2**0 to 2**-{MOST_FRACTION_BITS}"
            )
        allowed_loss(self.largest_loss, "weights")

    @property
    def step(self) -> int:
        """The mantissas are multiples of it: 2**(8 - bits), twice that where signs are mixed."""
        return 1 << (MANTISSA_BITS - self.bits + (self.sign == "mixed"))

    @property
    def fraction_bits(self) -> int:
        """Values are multiples of 2**-fraction_bits."""
        return -self.exponent - (self.step.bit_length() - 1)

    @property
    def low(self) -> float:
        """The least weight."""
        mantissa = {"mixed": -(1 << MANTISSA_BITS), "excitatory": 0, "inhibitory": self.step - (1 << MANTISSA_BITS)}
        return mantissa[self.sign] * 2.0**self.exponent

    @property
    def high(self) -> float:
        """The largest weight."""
        return 0.0 if self.sign == "inhibitory" else ((1 << MANTISSA_BITS) - self.step) * 2.0**self.exponent

    def rounded(self, values: Array) -> Array:
        """Return the nearest weights, halves upwards, in the shape of `values`."""
        return np.clip(on_grid(values, self.fraction_bits), self.low, self.high)

    def mantissas(self, values: Array) -> Array:
        """Return the whole numbers that a chip stores for `values` of this format, as float64 in their shape."""
        return np.asarray(values * 2.0**-self.exponent)

    def __str__(self) -> str:
        return f"{self.sign} weights of {self.bits} bits with exponent {self.exponent}"


@dataclass(frozen=True)
class BiasFormat:
    """value = mantissa * 2**exponent * 2**-state_fraction_bits: a learned value of each neuron, as biases of Loihi.

    The mantissa is a whole number of 13 bits with its sign, from -4096 to 4095. The neurons of a population share an
    exponent of 0 to 7.

    Raises
    ------
    ModelError
        For an exponent that no bias has, or bits that are no whole number.
    """

    exponent: int
    state_fraction_bits: int
    largest_loss: float = LARGEST_LOSS

    def __post_init__(self) -> None:
        for what in ("exponent", "state_fraction_bits"):
            object.__setattr__(self, what, whole_number(getattr(self, what), f"bias: {what} =", error=ModelError))
        if not 0 <= self.exponent <= BIAS_LARGEST_EXPONENT:
            raise ModelError(f"a bias with exponent {self.exponent}; expected 0 to {BIAS_LARGEST_EXPONENT}")

    @property
    def fraction_bits(self) -> int:
        """Values are multiples of 2**-fraction_bits."""
        return self.state_fraction_bits - self.exponent

    @property
    def low(self) -> float:
        """The least value."""
        return -(2.0 ** (BIAS_MANTISSA_BITS - 1 - self.fraction_bits))

    @property
    def high(self) -> float:
        """The largest value."""
        return (2.0 ** (BIAS_MANTISSA_BITS - 1) - 1) * 2.0**-self.fraction_bits

    def rounded(self, values: Array) -> Array:
        """Return the nearest values, halves upwards, in the shape of `values`."""
        return np.clip(on_grid(values, self.fraction_bits), self.low, self.high)

    def __str__(self) -> str:
        return f"biases of {BIAS_MANTISSA_BITS} bits with exponent {self.exponent}"


MOST_FRACTION_BITS = 36
"""So many leave 2**7 for sums of products with outputs of 10 bits; a float64 has 53."""

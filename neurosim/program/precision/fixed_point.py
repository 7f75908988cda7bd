"""The numbers of Loihi: `FixedPoint`, and its presets for both chips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurosim.edges.values import by_name, finite_array, truth, whole_number
from neurosim.errors import ModelError
from neurosim.program.precision.formats import (
    ALIGNMENT,
    BIAS_LARGEST_EXPONENT,
    LARGEST_LOSS,
    MANTISSA_BITS,
    MOST_FRACTION_BITS,
    BiasFormat,
    Sign,
    WeightFormat,
    allowed_loss,
)
from neurosim.program.schedule import Array

DEFAULT_EXPONENT = -7
"""Eight bits of mixed signs are then -2 to 1.98, and the mantissas -128 and 128 are -1 and 1."""


@dataclass(frozen=True)
class FixedPoint:
    """Whole numbers in fixed places, as Lava's fixed-point models of Loihi have them.

    Outputs are multiples of 2**-output_bits; what arrives is brought to multiples of 2**-activation_bits, states are of
    2**-(activation_bits + 6) and have 24 bits; weights and biases have a mantissa and an exponent for each array.

    Parameters
    ----------
    output_bits
        Fractional bits of a graded spike.
    activation_bits
        Fractional bits of a sum that arrives; finer parts are dropped.
    weight_bits
        1 to 8, the sign among them where signs are mixed.
    weight_exponent
        Of every projection without a format of its own: weights are mantissa*2**exponent, |mantissa| <= 256.
    graded
        Whether spikes carry values; on Loihi 1 they do not.
    largest_loss
        The relative RMS error of an array above which it is not rounded, but refused; infinity allows any.
    weights, biases
        Formats of some projections; exponents of some learned parameters of populations, ``"population.parameter"``.

    Raises
    ------
    ModelError
        For bits that no chip has or that sums of float64 cannot hold.
    """

    output_bits: int = 10
    activation_bits: int = 12
    weight_bits: int = MANTISSA_BITS
    weight_exponent: int = DEFAULT_EXPONENT
    graded: bool = True
    largest_loss: float = LARGEST_LOSS
    weights: tuple[tuple[str, WeightFormat], ...] = ()
    biases: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        for field in ("output_bits", "activation_bits", "weight_bits", "weight_exponent"):
            value = whole_number(getattr(self, field), f"fixed point: {field} =", error=ModelError)
            object.__setattr__(self, field, value)
        object.__setattr__(self, "largest_loss", allowed_loss(self.largest_loss, "fixed point"))
        object.__setattr__(self, "graded", truth(self.graded, "fixed point: graded =", error=ModelError))
        for what, bits, most in (("output", self.output_bits, 16), ("activation", self.activation_bits, 16)):
            if not 1 <= bits <= most:
                raise ModelError(f"fixed point with {bits} {what} bits; expected 1 to {most}")
        if not 1 <= self.weight_bits <= MANTISSA_BITS:
            raise ModelError(f"fixed point with weights of {self.weight_bits} bits; expected 1 to {MANTISSA_BITS}")

    @classmethod
    def loihi1(cls, **changes: int | float) -> FixedPoint:
        """Return the numbers of Loihi 1, whose spikes carry no values."""
        return cls(graded=False, **changes)  # type: ignore[arg-type]

    @classmethod
    def loihi2(cls, **changes: int | float) -> FixedPoint:
        """Return the numbers of Loihi 2, whose spikes may carry values."""
        return cls(**changes)  # type: ignore[arg-type]

    @property
    def state_fraction_bits(self) -> int:
        """States are multiples of 2**-state_fraction_bits."""
        return self.activation_bits + ALIGNMENT

    def weight_format(self, projection: str) -> WeightFormat:
        """Return the format in which a projection's delivered weights are stored."""
        return dict(self.weights).get(projection) or self._weights(self.weight_exponent, "mixed")

    def bias_format(self, parameter: str) -> BiasFormat:
        """Return the format in which a learned parameter, ``population.parameter``, is stored."""
        return self._bias(dict(self.biases).get(parameter, BIAS_LARGEST_EXPONENT))

    def with_exponents(self, exponents: Mapping[str, int]) -> FixedPoint:
        """Return these numbers with other exponents.

        Parameters
        ----------
        exponents
            Of projections, whose weights then have mixed signs, by name; of learned parameters as
            ``population.parameter``.

        Raises
        ------
        ModelError
            For exponents that are no whole numbers, or that a format does not have.
        """
        given = by_name(exponents, "fixed point: exponents", "{'p': -7}", error=ModelError)
        exponents = {n: whole_number(e, f"fixed point: exponent of {n}", error=ModelError) for n, e in given.items()}
        weights = dict(self.weights) | {n: self._weights(e, "mixed") for n, e in exponents.items() if "." not in n}
        biases = dict(self.biases) | {n: self._bias(e).exponent for n, e in exponents.items() if "." in n}
        return replace(self, weights=tuple(weights.items()), biases=tuple(biases.items()))

    def fitted(self, arrays: Mapping[str, Array]) -> FixedPoint:
        """Return these numbers with the smallest exponents that hold given values, and the modes of their signs.

        Parameters
        ----------
        arrays
            Delivered weights by the names of projections, of shape (pre, post) or (synapses,); learned parameters as
            ``population.parameter``, of shape (neurons,). What is 0 everywhere keeps the usual format.

        Raises
        ------
        InputError
            For values that are no finite real numbers.
        """
        weights, biases = dict(self.weights), dict(self.biases)
        for name, given in by_name(arrays, "fixed point: arrays", "{'p': weights}").items():
            values = finite_array(given, f"fixed point: array '{name}'")
            if not np.any(values):
                continue
            if "." in name:
                biases[name] = self._fitting_bias(values)
            else:
                weights[name] = self._fitting_weights(values)
        return replace(self, weights=tuple(weights.items()), biases=tuple(biases.items()))

    def _weights(self, exponent: int, sign: Sign) -> WeightFormat:
        return WeightFormat(self.weight_bits, exponent, sign, self.largest_loss)

    def _bias(self, exponent: int) -> BiasFormat:
        return BiasFormat(exponent, self.state_fraction_bits, self.largest_loss)

    def _fitting_weights(self, values: Array) -> WeightFormat:
        sign: Sign = "excitatory" if values.min() >= 0 else "inhibitory" if values.max() <= 0 else "mixed"
        step_bits = MANTISSA_BITS - self.weight_bits + (sign == "mixed")
        formats = [self._weights(-step_bits - bits, sign) for bits in reversed(range(MOST_FRACTION_BITS + 1))]
        holding = (f for f in formats if f.low <= values.min() and values.max() <= f.high)
        return next(holding, formats[-1])

    def _fitting_bias(self, values: Array) -> int:
        formats = map(self._bias, range(BIAS_LARGEST_EXPONENT + 1))
        holding = (f.exponent for f in formats if f.low <= values.min() and values.max() <= f.high)
        return next(holding, BIAS_LARGEST_EXPONENT)

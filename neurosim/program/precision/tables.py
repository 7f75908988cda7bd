"""Number formats as tables of a file: ``precision = { format = "grid", output_bits = 20 }``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurosim.edges.toml.table import Number, Table
from neurosim.program.precision import FixedPoint, Float32, Float64, Grid, Precision
from neurosim.program.precision.fixed_point import DEFAULT_EXPONENT
from neurosim.program.precision.formats import LARGEST_LOSS, MANTISSA_BITS


class FloatTable(Table):
    """``float64``: every number is a double, and nothing is rounded further."""

    format: Literal["float64"]

    def build(self) -> Precision:
        """The number format `Float64`."""
        return Float64()


class SingleTable(Table):
    """``float32``: every number is a single."""

    format: Literal["float32"]

    def build(self) -> Precision:
        """The number format `Float32`."""
        return Float32()


class GridTable(Table):
    """``grid``: outputs and weights are multiples of 2**-bits, so that sums are exact; see `Grid`."""

    format: Literal["grid"]
    output_bits: int = 20
    weight_bits: int = 24

    def build(self) -> Precision:
        """The number format `Grid`.

        Raises
        ------
        NeurosimError
            For numbers of bits that leave no exact sums.
        """
        return Grid(self.output_bits, self.weight_bits)


class LoihiTable(Table):
    """The numbers of a chip; `exponents` of projections, and of learned parameters as ``population.parameter``."""

    format: Literal["loihi1", "loihi2"]
    weight_bits: int = MANTISSA_BITS
    weight_exponent: int = DEFAULT_EXPONENT
    exponents: dict[str, int] = {}
    largest_loss: Number = LARGEST_LOSS

    def build(self) -> Precision:
        """The number format `FixedPoint` of the chip; Loihi 1 has no graded spikes.

        Raises
        ------
        NeurosimError
            For numbers that the chip does not have.
        """
        return self._fixed_point(graded=self.format != "loihi1")

    def _fixed_point(self, **more: int) -> FixedPoint:
        precision = FixedPoint(
            weight_bits=self.weight_bits,
            weight_exponent=self.weight_exponent,
            largest_loss=self.largest_loss,
            **more,  # type: ignore[arg-type]
        )
        return precision.with_exponents(self.exponents)


class FixedPointTable(LoihiTable):
    """``fixed``: the numbers of Loihi 2, with outputs and activations of other widths, in bits."""

    format: Literal["fixed"]  # type: ignore[assignment]
    output_bits: int = 10
    activation_bits: int = 12

    def build(self) -> Precision:
        """The number format `FixedPoint` with these widths.

        Raises
        ------
        NeurosimError
            For widths that it does not have.
        """
        return self._fixed_point(output_bits=self.output_bits, activation_bits=self.activation_bits)


Format = Annotated[FloatTable | SingleTable | GridTable | LoihiTable | FixedPointTable, Field(discriminator="format")]

"""Number formats as equations: a program that computes in float64 becomes one that rounds as its precision says.

No backend knows of any format; it executes equations, and the roundings are among them.
"""

from __future__ import annotations

from neurosim.program.arithmetic.fixed_point import in_fixed_point
from neurosim.program.arithmetic.grid import on_a_grid
from neurosim.program.arithmetic.single import in_single_precision
from neurosim.program.precision import FixedPoint, Float32, Float64, Grid, Precision
from neurosim.program.program import Program


def in_precision(program: Program, precision: Precision) -> Program:
    """Add the roundings of a number format to a program that was lowered for float64.

    Raises
    ------
    ModelError
        For a population that the format cannot have.
    """
    if isinstance(precision, Grid):
        return on_a_grid(program, precision)
    if isinstance(precision, FixedPoint):
        return in_fixed_point(program, precision)
    if isinstance(precision, Float32):
        return in_single_precision(program)
    assert isinstance(precision, Float64), "a number format that is new is added here"
    return program

"""Number formats: what they are, what they did to given weights, and whether sums are exact in them."""

from neurosim.program.precision.exactness import check_exactness
from neurosim.program.precision.fixed_point import FixedPoint
from neurosim.program.precision.floating import Float32, Float64
from neurosim.program.precision.formats import BiasFormat, Format, GridFormat, SingleFormat, WeightFormat
from neurosim.program.precision.grid import Grid, on_grid
from neurosim.program.precision.ledger import LedgerEntry, changes, check_format, check_on_grid, ledger_entry, quantise

Precision = Float64 | Float32 | Grid | FixedPoint

__all__ = [
    "BiasFormat",
    "FixedPoint",
    "Float32",
    "Float64",
    "Format",
    "Grid",
    "GridFormat",
    "LedgerEntry",
    "Precision",
    "SingleFormat",
    "WeightFormat",
    "changes",
    "check_exactness",
    "check_format",
    "check_on_grid",
    "ledger_entry",
    "on_grid",
    "quantise",
]

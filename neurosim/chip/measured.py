"""Errors of printed rules on Lava's learning engine, as ``tests/lava/test_learning_rules.py`` measured them.

The test runs the text of a library's rule on lava-nc 0.10.0 and the rule itself on the reference, with the same spikes
and values, and fails where it does not find these numbers. They are errors of the engine's arithmetic and of
coefficients that a mantissa of three bits cannot meet; whether a chip has the same was not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Largest errors of a weight after some steps, in units of the weight.

    Attributes
    ----------
    rule
        Of the library.
    moved
        By how many units the rule moved a weight at most.
    floating_pt, fixed_pt
        The largest error under each of Lava's arithmetics.
    """

    rule: str
    steps: int
    moved: float
    floating_pt: float
    fixed_pt: float


MEASURED: Mapping[str, Measured] = {
    "y0*x1 - y0": Measured("SleepPlasticity", 40, 37.1, 7.2, 10.1),
    "y0*x1 + y0*x2 - x0*y1": Measured("STDP", 40, 49.6, 1.2, 4.0),
    "u0*x1*y1*y2 - u0*x1*y1*y3": Measured("ThreeFactor", 40, 7.9, 0.2, 4.2),
    "x0*x1*y1*y2 - x0*x1*y1*y3": Measured("EquilibriumPropagation", 40, 13.2, 0.8, 5.7),
}
"""By the form of the text, without its coefficients."""

"""Units at the edge: a text with a unit becomes a number in the units that equations are computed in.

Inside there are ms, mV, nA, uS, MOhm, nF, um and mM, which go together: what an equation says of quantities holds for
the numbers, without factors. A rate is a number in 1/ms. A number without a unit is in the unit that is expected.
pint is imported where a text has a unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from neurosim.edges.values import number, shown
from neurosim.errors import ModelError

TIME, VOLTAGE, CURRENT, LENGTH = "ms", "mV", "nA", "um"

NAMED: Mapping[str, Mapping[str, int]] = {
    "uS": {CURRENT: 1, VOLTAGE: -1},
    "MOhm": {VOLTAGE: 1, CURRENT: -1},
    "nF": {CURRENT: 1, TIME: 1, VOLTAGE: -1},
    "1/ms": {TIME: -1},
}
"""Units inside that are products of others."""

BASES: Mapping[str, tuple[Mapping[str, int], Decimal]] = {
    "[time]": ({TIME: 1}, Decimal("1e-3")),
    "[current]": ({CURRENT: 1}, Decimal("1e-9")),
    "[length]": ({LENGTH: 1}, Decimal("1e-6")),
    "[mass]": ({VOLTAGE: 1, TIME: 3, CURRENT: 1, LENGTH: -2}, Decimal("1e-9")),
    "[substance]": ({"mM": 1, LENGTH: 3}, Decimal("1e-18")),
    "[temperature]": ({"K": 1}, Decimal(1)),
}
"""What each base of SI is inside, and in SI."""


NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
"""How a text with a unit begins."""

UNIT = re.compile(r"(?![eE]\b)[\w\s%°/*^()+.-]*")
"""What may stand behind the number: no comma, which pint would end at, and no exponent without digits."""


@dataclass(frozen=True)
class Dimension:
    """A product of powers of the units inside, such as mV/ms.

    Parameters
    ----------
    powers
        The exponent of each unit; none is 0.
    """

    powers: Mapping[str, Fraction] = field(default_factory=dict)

    def __mul__(self, other: Dimension) -> Dimension:
        units = {**self.powers, **other.powers}
        powers = {u: self.powers.get(u, Fraction(0)) + other.powers.get(u, Fraction(0)) for u in units}
        return Dimension({u: p for u, p in powers.items() if p})

    def __pow__(self, exponent: Fraction | int) -> Dimension:
        return Dimension({u: p * exponent for u, p in self.powers.items() if exponent})

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __hash__(self) -> int:
        return hash(frozenset(self.powers.items()))

    def __str__(self) -> str:
        named = {unit for unit, powers in NAMED.items() if Dimension.of(powers) == self}
        over = "*".join(_power(u, p) for u, p in self.powers.items() if p > 0)
        under = [_power(u, -p) for u, p in self.powers.items() if p < 0]
        return min(named, default="/".join([over or "1", *under]))

    @classmethod
    def of(cls, powers: Mapping[str, int]) -> Dimension:
        """Return the product of units with whole exponents."""
        return cls({unit: Fraction(power) for unit, power in powers.items()})


NO_DIMENSION = Dimension()
MILLISECONDS, MILLIVOLTS = Dimension.of({TIME: 1}), Dimension.of({VOLTAGE: 1})


@dataclass(frozen=True)
class Quantity:
    """A number in the units inside.

    Parameters
    ----------
    value
        The number.
    dimension
        What it is of; None for a number that was given without a unit.
    """

    value: float
    dimension: Dimension | None


def quantity(given: object, what: str) -> Quantity:
    """Return a number, or a text with a unit, in the units inside.

    Parameters
    ----------
    given
        ``20``, ``"20 mV"``, ``"-49e-3 V"``; the text is read by pint, and converted in decimals: ``"20 mV"`` is 20.0.
    what
        How an error begins, such as ``"model lif: tau ="``.

    Raises
    ------
    ModelError
        For what is no finite number, a text without a number, and a unit that there is not.

    Examples
    --------
    >>> quantity("0.02 V", "v =")
    Quantity(value=20.0, dimension=Dimension(powers={'mV': Fraction(1, 1)}))
    >>> str(quantity("10 nS", "g =").dimension)
    'uS'
    """
    if not isinstance(given, str):
        return Quantity(number(given, what, error=ModelError), None)
    parsed = _parsed(given, what)
    dimension, scale = NO_DIMENSION, Decimal(1)
    for base, exponent in parsed.dimensionality.items():
        if base not in BASES:
            raise ModelError(f"{what} {shown(given)}: a unit of {base.strip('[]')}, which no equation has")
        powers, size = BASES[base]
        exponent = Fraction(exponent).limit_denominator(100)
        dimension *= Dimension.of(powers) ** exponent
        scale *= size ** (Decimal(exponent.numerator) / Decimal(exponent.denominator))
    return Quantity(number(float(parsed.magnitude / scale), what, error=ModelError), dimension)


def inside(given: object, dimension: Dimension, what: str) -> float:
    """Return what is given as a number in the unit inside of a dimension.

    Raises
    ------
    ModelError
        As of `quantity`, and for a unit of another dimension.

    Examples
    --------
    >>> inside("5 ms", MILLISECONDS, "refractory =")
    5.0
    """
    found = quantity(given, what)
    if found.dimension is not None and found.dimension != dimension:
        raise ModelError(f"{what} {shown(given)}: a unit of {found.dimension}; expected one of {dimension}")
    return found.value


def _power(unit: str, exponent: Fraction) -> str:
    return unit if exponent == 1 else f"{unit}**{exponent if exponent.denominator == 1 else f'({exponent})'}"


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(non_int_type=Decimal, cache_folder=None)
    registry.define("@alias ohm = Ohm")
    return registry


def _parsed(given: str, what: str) -> Any:
    """The text as a quantity of pint in SI, in decimals."""
    import pint

    written = NUMBER.match(given)
    try:
        if written is None or UNIT.fullmatch(given, written.end()) is None:
            raise ValueError
        return _registry().Quantity(Decimal(written[0].strip()), given[written.end() :].strip()).to_base_units()
    except pint.UndefinedUnitError as error:
        names = error.unit_names if isinstance(error.unit_names, str) else ", ".join(error.unit_names)
        raise ModelError(
            f"{what} {shown(given)}: there is no unit {names}; expected one such as mV, ms or nS"
        ) from None
    except Exception:  # pint raises of many kinds for texts that it cannot read
        raise ModelError(f"{what} {shown(given)}; expected a number and a unit, such as '20 mV'") from None

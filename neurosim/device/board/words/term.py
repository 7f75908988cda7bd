"""A part of an equation as code: whole numbers whose binary points and bounds are known.

A term stands for value*2**places. What would need more than 63 bits is refused, so that no device ever overflows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from neurosim.device.board.words.operations import Operation, halves
from neurosim.errors import UnsupportedFeature

MOST_BITS = 62
"""Of the absolute value of a number; a device has 64, with the sign."""

SMALLEST, LARGEST = -(2**23), 2**23 - 1
"""Of a number that stands in one word of code."""


@dataclass(frozen=True)
class Term:
    """Code that leaves one number on the stack.

    Attributes
    ----------
    words
        The code.
    places
        The number is the value times 2**places.
    low, high
        Bounds of the number.
    depth
        How high the stack is while it is computed.
    """

    words: tuple[int, ...]
    places: int
    low: int
    high: int
    depth: int = 1

    def __post_init__(self) -> None:
        if max(-self.low, self.high) >> MOST_BITS:
            raise UnsupportedFeature("a number of more than 63 bits in an equation", "a board", ["reference"])

    def at(self, places: int) -> Term:
        """Return the same value with as many or more places."""
        shift = places - self.places
        assert shift >= 0, "places are dropped by a rounding alone"
        if shift == 0:
            return self
        if shift > MOST_BITS:
            raise UnsupportedFeature("a number of more than 63 bits in an equation", "a board", ["reference"])
        return self._then(Operation.SHL, shift, (self.low << shift, self.high << shift), places)

    def rounded(self, operation: Operation, bits: int) -> Term:
        """Return it as a multiple of 2**-bits."""
        drop = self.places - bits
        if drop <= 0:
            return self
        if drop > MOST_BITS:
            raise UnsupportedFeature("a number of more than 63 bits in an equation", "a board", ["reference"])
        ends = self.low >> drop, -(-self.high >> drop)
        return self._then(operation, drop, ends, bits)

    def of_one(self, operation: Operation, low: int, high: int, places: int | None = None) -> Term:
        """Return what an operation makes of it alone."""
        return self._then(operation, 0, (low, high), self.places if places is None else places)

    def _then(self, operation: Operation, operand: int, ends: tuple[int, int], places: int) -> Term:
        words = (*self.words, operation.word(operand))
        return replace(self, words=words, places=places, low=ends[0], high=ends[1])


def constant(value: float) -> Term:
    """Return the term of a number; every finite float is a whole number of 2**-places.

    Raises
    ------
    UnsupportedFeature
        For one that needs more than 63 bits or places.
    """
    whole, unit = value.as_integer_ratio()
    places = unit.bit_length() - 1
    if places > MOST_BITS:
        raise UnsupportedFeature(f"the constant {value!r}, finer than 2**-{MOST_BITS},", "a board", ["reference"])
    if SMALLEST <= whole <= LARGEST:
        return Term((Operation.SMALL.word(whole),), places, whole, whole)
    return Term((Operation.CONST.word(), *halves(whole)), places, whole, whole)


def joined(operation: Operation, parts: Iterable[Term], low: int, high: int, places: int) -> Term:
    """Return what an operation makes of several terms, which lie on the stack in their order."""
    given = tuple(parts)
    words = tuple(word for part in given for word in part.words)
    depth = max(k + part.depth for k, part in enumerate(given))
    return Term((*words, operation.word()), places, low, high, depth)


def aligned(*parts: Term) -> tuple[Term, ...]:
    """Return terms with the places of the finest."""
    places = max(part.places for part in parts)
    return tuple(part.at(places) for part in parts)

"""The operations of a device's code, as its protocol numbers them."""

from __future__ import annotations

from enum import IntEnum


class Operation(IntEnum):
    """What a word of code does to the stack; its operand is in the upper 24 bits."""

    END = 0
    CONST = 1
    SMALL = 2
    SLOT = 3
    ADD = 4
    SUB = 5
    MUL = 6
    NEG = 7
    ABS = 8
    SIGN = 9
    SHL = 10
    FLOOR = 11
    TRUNC = 12
    ROUND = 13
    MIN = 14
    MAX = 15
    WRAP = 16
    LT = 17
    LE = 18
    GT = 19
    GE = 20
    EQ = 21
    NE = 22
    AND = 23
    OR = 24
    NOT = 25
    SELECT = 26

    def word(self, operand: int = 0) -> int:
        """Return its word of code."""
        return self | (operand & 0xFFFFFF) << 8


def halves(value: int) -> tuple[int, int]:
    """Return the lower and the upper word of a signed number of 64 bits."""
    return value & 0xFFFFFFFF, (value >> 32) & 0xFFFFFFFF

"""What a paired test found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PairedTest:
    """The outcome of a two-sided paired test.

    Attributes
    ----------
    method
        In words, as a caption has it.
    statistic
        Of the method; None where it has no value.
    p
        The probability of such a statistic, or one further from none, if nothing differs; None where the method says
        nothing.
    n
        Pairs.
    """

    method: str
    statistic: float | None
    p: float | None
    n: int

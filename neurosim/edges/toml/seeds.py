"""Seeds as people write them: ``3``, ``0,1,2``, ``0..4``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from neurosim.errors import SpecError, shown

LARGEST_RANGE = 100_000
"""The most seeds that A..B may stand for; more are a slip of the finger."""


def seeds_of(texts: Sequence[str], what: str = "--seeds") -> tuple[int, ...]:
    """The seeds of ``3``, ``0,1,2`` and ``0..4``, both ends included; each once.

    Parameters
    ----------
    what
        Where they stand, for messages.

    Raises
    ------
    SpecError
        For anything else than whole numbers of at least 0, or a range that is too long.
    """
    parts = [part.strip() for text in texts for part in text.split(",")]
    return tuple(dict.fromkeys(seed for part in parts for seed in _range(part, f"{what} {shown(','.join(texts))}")))


def _range(part: str, found: str) -> range:
    match = re.fullmatch(r"(\d{1,19})(?:\.\.(\d{1,19}))?", part, re.ASCII)
    if match:
        first, last = int(match[1]), int(match[2] or match[1])
        if last - first >= LARGEST_RANGE:
            raise SpecError(f"{found}: {part} are {last - first + 1:,} seeds; expected at most {LARGEST_RANGE:,}")
        if first <= last:
            return range(first, last + 1)
    raise SpecError(f"{found}; expected whole numbers of at least 0, with commas between, or A..B with A <= B")

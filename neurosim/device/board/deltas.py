"""What changed of the mantissas of a matrix, as pairs of a gap and a mantissa.

A gap says by how many places the index goes on from the one before, the first from -1. Where more than 65,534 lie
between, pairs of gap 65,535 go on by 65,534 and store nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SKIP = 0xFFFF
FURTHEST = SKIP - 1


def between(stored: NDArray[np.int16], wanted: NDArray[np.int16]) -> bytes:
    """Return the pairs that turn one into the other, of four bytes each; nothing where they are equal."""
    changed = np.flatnonzero(stored != wanted)
    gaps = np.diff(changed, prepend=-1)
    skips = (gaps - 1) // FURTHEST
    pairs = np.zeros((len(changed) + int(skips.sum()), 2), "<u2")
    pairs[:, 0] = SKIP
    at = np.arange(len(changed)) + np.cumsum(skips)
    pairs[at, 0] = gaps - skips * FURTHEST
    pairs[at, 1] = wanted[changed].view(np.uint16)
    return pairs.tobytes()

"""Memory for what NumPy computes in between: kept by a process and those that it forks, once it has it."""

from __future__ import annotations

import numpy as np

LARGEST = 1 << 24
"""Bytes; glibc does not learn from more than twice as many."""


def keep() -> None:
    """Have glibc keep what is freed.

    An array that is larger than all that it has mapped and freed before it maps, and gives back at once, so that the
    pages of the next one fault again: a third of the time of a step in which arrays of a megabyte come and go. Freeing
    one large array here, of which no page is ever touched, is what it learns from.
    """
    np.empty(LARGEST, np.uint8)

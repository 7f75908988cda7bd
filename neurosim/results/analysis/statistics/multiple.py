"""Several tests at once."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.errors import InputError


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """p'_(i) = max_{j<=i} min(1, (m - j + 1) p_(j)), p_(1) <= ... <= p_(m): Holm's correction.

    The chance that any p' falls below alpha though nothing differs is at most alpha, however the tests depend on each
    other. None stays None, and does not count.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.

    Parameters
    ----------
    ps
        Of all tests that are looked at together, in any order.

    Raises
    ------
    InputError
        For a p that is not between 0 and 1.
    """
    if wrong := [p for p in ps if p is not None and not 0 <= p <= 1]:
        raise InputError(f"p = {wrong[0]}; expected a number from 0 to 1")
    in_order = sorted((p, i) for i, p in enumerate(ps) if p is not None)
    corrected: list[float | None] = [None] * len(ps)
    largest = 0.0
    for rank, (p, i) in enumerate(in_order):
        largest = max(largest, min(1.0, (len(in_order) - rank) * p))
        corrected[i] = largest
    return corrected

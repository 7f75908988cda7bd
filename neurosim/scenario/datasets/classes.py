"""Whether labels are those of classes 0, 1, ... that have samples, each of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosim.errors import SpecError
from neurosim.scenario.datasets.dataset import Indices

NAMED = 8
"""The most classes that a message lists."""


def check_classes(name: str, labels: Indices, place: Callable[[int], str] | None = None) -> None:
    """Refuse labels that leave a class without a sample: nothing would ever excite its output.

    Parameters
    ----------
    labels
        Of shape (samples,).
    place
        Names a sample, where users know them by more than their number.

    Raises
    ------
    SpecError
        If there is no sample, or naming the classes that have none.
    """
    if not len(labels):
        raise SpecError(f"data set {name} has no sample")
    present = np.unique(labels)
    if len(present) == int(present[-1]) + 1 and present[0] == 0:
        return
    expected = np.arange(min(int(present[-1]) + 1, len(present) + NAMED + 1))  # labels may be huge
    missing = [str(c) for c in expected[~np.isin(expected, present)][:NAMED]]
    more = ", ..." if int(present[-1]) + 1 - len(present) > len(missing) else ""
    where = _first(labels, len(present), place)
    raise SpecError(
        f"data set {name}: its labels are {len(present)} numbers from {present[0]} to {present[-1]}, but no sample is "
        f"of class {', '.join(missing)}{more}; expected labels 0 to {len(present) - 1}{where}"
    )


def _first(labels: Indices, classes: int, place: Callable[[int], str] | None) -> str:
    """The first sample whose label is beyond the classes."""
    if place is None:
        return ""
    sample = int(np.argmax((labels < 0) | (labels >= classes)))
    return f"; {place(sample)} has {labels[sample]}"

"""Whether labels are those of classes 0, 1, ... that have samples, each of them."""

from __future__ import annotations

import numpy as np

from neurosim.errors import SpecError
from neurosim.scenario.datasets.dataset import Indices

NAMED = 8
"""The most classes that a message lists."""


def check_classes(name: str, labels: Indices) -> None:
    """Refuse labels, shape (samples,), that leave a class without a sample: nothing would ever excite its output.

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
    raise SpecError(
        f"data set {name}: its labels are {len(present)} numbers from {present[0]} to {present[-1]}, but no sample is "
        f"of class {', '.join(missing)}{more}; expected labels 0 to {len(present) - 1}"
    )

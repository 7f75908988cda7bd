"""Lists of quantities: numbers, or texts with units that go together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import finite_array, shown
from neurosim.errors import ModelError
from neurosim.model.units import Dimension, quantity


def listed(given: object, what: str) -> tuple[NDArray[np.float64], Dimension | None]:
    """Return numbers, or texts with a unit, as an array in the units inside, and the dimension of the texts.

    Raises
    ------
    ModelError
        Beginning with `what`, for what is no array of finite numbers, and for units of two dimensions.
    """
    if isinstance(given, str):
        raise ModelError(f"{what} {shown(given)}; expected a list")
    if not isinstance(given, Sequence) or not any(isinstance(one, str) for one in given):
        return finite_array(given, what, error=ModelError), None
    found = [quantity(one, f"{what}:") for one in given]
    dimensions = {one.dimension for one in found if one.dimension is not None}
    if len(dimensions) > 1:
        units = " and ".join(sorted(map(str, dimensions)))
        raise ModelError(f"{what} {shown(given)}: units of {units}; expected units of one dimension")
    return np.array([one.value for one in found]), next(iter(dimensions), None)

"""What a user gives for neurons or synapses - a number, a text with a unit, an array, a distribution - as values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import shown
from neurosim.errors import ModelError
from neurosim.model.distributions.distribution import Distribution
from neurosim.model.distributions.listed import listed
from neurosim.model.fixed import FixedArray
from neurosim.model.units import Dimension, quantity

Given = (
    float
    | str
    | Sequence[float]
    | Sequence[str]
    | NDArray[np.floating]
    | NDArray[np.integer]
    | FixedArray
    | Distribution
)
"""A number or a text with a unit for all, a value for each, or how these are distributed."""


def values(
    given: Given, random: np.random.Generator, shape: tuple[int, ...], dimension: Dimension | None, what: str
) -> float | NDArray[np.float64]:
    """Return what is given in the units inside: one number for all, or an array of a value for each.

    Parameters
    ----------
    given
        A distribution is drawn from `random`; nothing else draws from it.
    shape
        Of the array; a float has none.
    dimension
        The one expected; None for any.
    what
        How an error begins, such as ``"projection e_e: weight"``.

    Raises
    ------
    ModelError
        For what is none of these, an array of another shape, values that are not finite, and a unit of another
        dimension.

    Examples
    --------
    >>> from neurosim.model.units import MILLISECONDS
    >>> from neurosim.model.randomness import stream
    >>> values("0.5 s", stream(0, "example"), (3,), MILLISECONDS, "projection p: delay")
    500.0
    """
    if isinstance(given, Distribution):
        _check_dimension(given.dimension, dimension, given, what)
        return given.draw(random, shape)
    if isinstance(given, FixedArray):
        return _of_shape(given.values, shape, what)
    if isinstance(given, str) or _is_number(given):
        alone = quantity(given, f"{what} =")
        _check_dimension(alone.dimension, dimension, given, what)
        return alone.value
    if not isinstance(given, (Sequence, np.ndarray)):
        called = ", called with its arguments" if callable(given) else ""
        raise ModelError(
            f"{what} = {shown(given)}; expected a number, a text with a unit, an array of shape {shape}, "
            f"or a distribution such as ns.uniform(low, high){called}"
        )
    array, own = listed(given, what)
    _check_dimension(own, dimension, given, what)
    return _of_shape(array, shape, what)


def _is_number(given: object) -> bool:
    """Whether something has no shape, and says that it is a number."""
    return getattr(given, "ndim", 0) == 0 and hasattr(given, "__float__")


def _check_dimension(found: Dimension | None, expected: Dimension | None, given: object, what: str) -> None:
    if found is not None and expected is not None and found != expected:
        raise ModelError(f"{what} = {shown(given)}: a unit of {found}; expected one of {expected}")


def _of_shape(array: NDArray[np.float64], shape: tuple[int, ...], what: str) -> NDArray[np.float64]:
    if array.shape != shape:
        raise ModelError(f"{what} has shape {array.shape}; expected {shape}, or one number for all")
    return array

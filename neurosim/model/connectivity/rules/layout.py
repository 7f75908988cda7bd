"""Where neurons are: positions in um, and distances between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import finite_array, shown, whole_number
from neurosim.errors import ModelError
from neurosim.model.distributions.listed import listed
from neurosim.model.units import LENGTH, Dimension, inside

MICROMETRES = Dimension.of({LENGTH: 1})

Positions = NDArray[np.float64]

MOST = 2**31 - 1
"""Neurons of a population: their indices are int32."""


def grid_layout(rows: int, cols: int, spacing: float | str) -> Positions:
    """Neuron k = row*cols + col is at (col*spacing, row*spacing).

    The box in which such a grid repeats itself has the sides (cols*spacing, rows*spacing).

    Parameters
    ----------
    rows, cols
        Neurons of a column and of a row, at least 1.
    spacing
        Between neighbours, a number in um or a text with a unit.

    Returns
    -------
    ndarray
        Positions in um, float64 of shape (rows*cols, 2).

    Raises
    ------
    ModelError
        For what is no whole number of at least 1, and a spacing that is no length above 0.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.grid_layout(2, 2, "0.1 mm").tolist()
    [[0.0, 0.0], [100.0, 0.0], [0.0, 100.0], [100.0, 100.0]]
    """
    height = whole_number(rows, "grid_layout: rows", least=1, error=ModelError)
    width = whole_number(cols, "grid_layout: cols", least=1, error=ModelError)
    if height * width > MOST:
        raise ModelError(f"grid_layout: {height} x {width} neurons; expected at most {MOST:,}")
    between = inside(spacing, MICROMETRES, "grid_layout: spacing =")
    if not 0 < between * max(height, width) < np.inf:
        raise ModelError(f"grid_layout: spacing = {shown(spacing)}; expected a length above 0, in all a finite one")
    row, col = np.divmod(np.arange(height * width), width)
    return np.stack([col, row], axis=1) * between


def positions_of(given: object, what: str) -> Positions:
    """Return positions, float64 of shape (neurons, dimensions).

    Raises
    ------
    ModelError
        For another shape, and what is not finite.
    """
    found = finite_array(given, what, error=ModelError)
    if found.ndim != 2 or not found.size:
        raise ModelError(f"{what} have shape {found.shape}; expected (neurons, dimensions)")
    return found


def box_of(given: object, dimensions: int, what: str) -> tuple[float, ...]:
    """Return the sides of a box in um.

    Raises
    ------
    ModelError
        For another number of sides than dimensions, and for what is no length above 0.
    """
    if not isinstance(given, (Sequence, np.ndarray)):
        raise ModelError(f"{what} = {shown(given)}; expected the sides of the box, one for each dimension")
    sides, unit = listed(given, f"{what} =")
    if unit not in (None, MICROMETRES):
        raise ModelError(f"{what} = {shown(given)}: a unit of {unit}; expected one of {MICROMETRES}")
    if sides.shape != (dimensions,) or not sides.min() > 0:
        raise ModelError(f"{what} = {shown(given)}; expected {dimensions} lengths above 0, one for each dimension")
    return tuple(sides.tolist())


def distances(source: Positions, target: Positions, box: tuple[float, ...] | None) -> NDArray[np.float64]:
    """d = sqrt(sum of (x_source - x_target)**2 over dimensions), the shortest way round where there is a box.

    Returns
    -------
    ndarray
        In um, float64 of shape (sources, targets).
    """
    squares = np.zeros((len(source), len(target)))
    for axis in range(source.shape[1]):
        apart = np.abs(source[:, axis, np.newaxis] - target[:, axis])
        if box is not None:
            apart %= box[axis]
            np.minimum(apart, box[axis] - apart, out=apart)
        with np.errstate(over="ignore"):  # too far is infinitely far
            squares += np.square(apart, out=apart)
    return np.sqrt(squares, out=squares)

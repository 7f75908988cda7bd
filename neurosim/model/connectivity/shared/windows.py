"""Windows that slide over positions in one or two dimensions: which position each place of a window has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import shown, whole_number
from neurosim.errors import ModelError
from neurosim.model.connectivity.shared.shared_weights import Shape

Sizes = int | Sequence[int]
"""One number for all dimensions, or one for each."""

Padding = Sizes | Literal["same", "valid"]

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Axis:
    """A window of `kernel` places that slides along one dimension.

    Parameters
    ----------
    size
        Positions that it slides over.
    kernel, stride, dilation
        Places of the window, positions between two windows, and between two places of one.
    before, after
        Positions beside the first and the last one, at which there are no neurons.
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def windows(self) -> int:
        """How many windows there are; none where the kernel is wider than the positions."""
        return (self.size + self.before + self.after - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    def positions(self) -> Places:
        """Return the position of each place, (windows, kernel); below 0 or too large where there is no neuron."""
        first = np.arange(self.windows) * self.stride - self.before
        return first[:, None] + np.arange(self.kernel) * self.dilation


@dataclass(frozen=True)
class Windows:
    """Windows in all dimensions.

    Parameters
    ----------
    axes
        One for each dimension.
    """

    axes: tuple[Axis, ...]

    @classmethod
    def of(cls, sizes: Shape, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes, where: str) -> Windows:
        """Make windows of arguments in PyTorch's words.

        Raises
        ------
        ModelError
            For numbers out of range, and a kernel that is wider than what it slides over.
        """
        dimensions = len(sizes)
        kernels = whole_sizes(kernel, dimensions, f"{where}: kernel_size", least=1)
        strides = whole_sizes(stride, dimensions, f"{where}: stride", least=1)
        dilations = whole_sizes(dilation, dimensions, f"{where}: dilation", least=1)
        padded = _padded(padding, kernels, strides, dilations, where)
        sizes_of_axes = zip(sizes, kernels, strides, dilations, padded, strict=True)
        axes = tuple(Axis(n, k, s, d, before, after) for n, k, s, d, (before, after) in sizes_of_axes)
        for axis in axes:
            if axis.windows < 1:
                raise ModelError(
                    f"{where}: a kernel of {axis.kernel} places over {axis.size} positions with padding "
                    f"{axis.before}; expected a kernel that fits in"
                )
        return cls(axes)

    @property
    def shape(self) -> Shape:
        """Windows in each dimension."""
        return tuple(axis.windows for axis in self.axes)

    @property
    def kernel(self) -> Shape:
        """Places in each dimension."""
        return tuple(axis.kernel for axis in self.axes)

    def taps(self) -> tuple[Places, Places, Places]:
        """Return position, window and place wherever a place has a neuron, by position, then by window.

        Each of shape (taps,), counted row by row.
        """
        inside: NDArray[np.bool_] = np.ones((1, 1), dtype=bool)
        position: Places = np.zeros((1, 1), dtype=np.int64)
        for axis in self.axes:
            along = axis.positions()
            there = (along >= 0) & (along < axis.size)
            position = _crossed(position * axis.size, np.where(there, along, 0), np.add)
            inside = _crossed(inside, there, np.logical_and)
        window, place = np.nonzero(inside)
        found = position[window, place]
        order = np.argsort(found, kind="stable")
        return found[order], window[order], place[order]


def _crossed(left: NDArray[Any], right: NDArray[Any], joined: np.ufunc) -> NDArray[Any]:
    """Join arrays of (windows, places) of some dimensions with those of one more."""
    both: NDArray[Any] = joined(left[:, None, :, None], right[None, :, None, :])
    return both.reshape(left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])


def whole_sizes(given: object, dimensions: int, what: str, least: int) -> Shape:
    """Return one whole number for each dimension.

    Raises
    ------
    ModelError
        For another number of them, or one below the least.
    """
    several = isinstance(given, (Sequence, np.ndarray)) and not isinstance(given, str)
    values = list(given) if several else [given] * dimensions  # type: ignore[call-overload]  # it is one of both
    if len(values) != dimensions:
        expected = "one number" if dimensions == 1 else f"one number, or {dimensions}"
        raise ModelError(f"{what} {shown(given)}; expected {expected}")
    return tuple(whole_number(value, f"{what}", least=least, error=ModelError) for value in values)


def checked_shape(given: object, names: Sequence[str], where: str) -> Shape:
    """Return a shape with a number for each name.

    Raises
    ------
    ModelError
        For another number of dimensions, or one below 1.
    """
    if not isinstance(given, (Sequence, np.ndarray)) or isinstance(given, str) or len(given) != len(names):
        raise ModelError(f"{where}: shape {shown(given)}; expected ({', '.join(names)})")
    return whole_sizes(given, len(names), f"{where}: shape", least=1)


def _padded(padding: Padding, kernels: Shape, strides: Shape, dilations: Shape, where: str) -> list[tuple[int, int]]:
    """Positions without neurons before and after each dimension."""
    if not isinstance(padding, str):
        return [(p, p) for p in whole_sizes(padding, len(kernels), f"{where}: padding", least=0)]
    if padding == "valid":
        return [(0, 0)] * len(kernels)
    if padding != "same":
        raise ModelError(f"{where}: padding {padding!r}; expected whole numbers, 'same' or 'valid'")
    if max(strides) > 1:
        raise ModelError(
            f"{where}: padding 'same' with stride {max(strides)}; expected stride 1, or padding in numbers"
        )
    beside = [d * (k - 1) for d, k in zip(dilations, kernels, strict=True)]
    return [(b // 2, b - b // 2) for b in beside]


def repeated(groups: int, taps: Places, times: int) -> Places:
    """Return the places of taps, sorted by groups of equal ones: those of the first group `times` times, and so on.

    Parameters
    ----------
    groups
        How many groups there are.
    taps
        The group of each tap, ascending, of shape (taps,).
    """
    counts = np.bincount(taps, minlength=groups)
    starts = np.repeat(np.cumsum(counts) - counts, times)
    each = np.repeat(counts, times)
    places: Places = np.arange(times * len(taps)) + np.repeat(starts - np.cumsum(each) + each, each)
    return places

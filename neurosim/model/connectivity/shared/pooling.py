"""Pools, which add up windows of each channel, and neurons that are passed on in another shape: one weight for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

import numpy as np

from neurosim.model.connectivity.shared.shared_weights import Shape, SharedWeights
from neurosim.model.connectivity.shared.windows import Sizes, Windows, checked_shape
from neurosim.model.connectivity.wiring import Wiring


@dataclass(frozen=True)
class _Pool(SharedWeights):
    shape: Shape
    kernel_size: Sizes
    stride: Sizes | None = None
    padding: Sizes = 0
    windows: Windows = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        where = type(self).__name__
        object.__setattr__(self, "shape", checked_shape(self.shape, ["channels", "height", "width"], where))
        stride = self.kernel_size if self.stride is None else self.stride
        windows = Windows.of(self.shape[1:], self.kernel_size, stride, self.padding, 1, where)
        object.__setattr__(self, "windows", windows)
        taken = {
            "kernel_size": windows.kernel,
            "stride": tuple(a.stride for a in windows.axes),
            "padding": tuple(a.before for a in windows.axes),
        }
        for name, value in taken.items():
            object.__setattr__(self, name, value)

    @property
    def out_shape(self) -> Shape:
        """The channels of the source, and the windows of each."""
        return (self.shape[0], *self.windows.shape)

    @property
    def kernel(self) -> Shape:
        """One weight."""
        return (1,)

    @property
    def inputs(self) -> int:
        """The places of a window."""
        return prod(self.windows.kernel)

    def wiring(self) -> Wiring:
        """The synapses, by source, then by target."""
        position, window, _ = self.windows.taps()
        channel = np.repeat(np.arange(self.shape[0]), len(position))
        pre = channel * prod(self.shape[1:]) + np.tile(position, self.shape[0])
        post = channel * prod(self.windows.shape) + np.tile(window, self.shape[0])
        return Wiring.of(pre, post, share=np.zeros(len(pre), np.int32))


@dataclass(frozen=True)
class SumPool2d(_Pool):
    """drive[c, y, x] = w * sum over i, k of output[c, y*s - p + i, x*s - p + k].

    s and p are stride and padding; w, the one weight of all synapses, is 1 at first. Its learned array has shape (1,).

    Parameters
    ----------
    shape
        (channels, height, width) of the source.
    kernel_size, stride, padding
        As of PyTorch's pools: one number, or (vertical, horizontal). Without a stride windows touch.

    Raises
    ------
    ModelError
        For numbers out of range, and a window that is wider than what it slides over.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.SumPool2d((4, 6, 6), 2).out_shape
    (4, 3, 3)
    """

    kind = "sum-pool2d"

    @property
    def initial(self) -> float:
        """The one weight."""
        return 1.0


@dataclass(frozen=True)
class AvgPool2d(_Pool):
    """drive[c, y, x] = w * sum over i, k of output[c, y*s - p + i, x*s - p + k], the mean of each window.

    s and p are stride and padding; w, the one weight of all synapses, is 1 / (places of a window) at first, also at the
    border, as in PyTorch. Its learned array has shape (1,). On a grid it is rounded, as any weight is.

    Parameters
    ----------
    shape
        (channels, height, width) of the source.
    kernel_size, stride, padding
        As of PyTorch's pools: one number, or (vertical, horizontal). Without a stride windows touch.

    Raises
    ------
    ModelError
        For numbers out of range, and a window that is wider than what it slides over.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.AvgPool2d((4, 6, 6), 2).initial
    0.25
    """

    kind = "avg-pool2d"

    @property
    def initial(self) -> float:
        """The one weight."""
        return 1.0 / prod(self.windows.kernel)


@dataclass(frozen=True)
class Flatten(SharedWeights):
    """drive[i] = w * output[i]: neuron i of the source, in the order of its shape, has one synapse, to neuron i.

    w, the one weight of all synapses, is 1 at first. Its learned array has shape (1,).

    Parameters
    ----------
    shape
        The shape of the source, such as (channels, height, width).

    Raises
    ------
    ModelError
        For numbers below 1.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.Flatten((4, 3, 3)).out_shape
    (36,)
    """

    kind = "flatten"

    shape: Shape

    def __post_init__(self) -> None:
        names = [f"size {i}" for i in range(len(self.shape) if isinstance(self.shape, (tuple, list)) else 1)]
        object.__setattr__(self, "shape", checked_shape(self.shape, names, type(self).__name__))

    @property
    def out_shape(self) -> Shape:
        """As many neurons in one row."""
        return (prod(self.shape),)

    @property
    def kernel(self) -> Shape:
        """One weight."""
        return (1,)

    @property
    def initial(self) -> float:
        """The one weight."""
        return 1.0

    @property
    def inputs(self) -> int:
        """One synapse."""
        return 1

    def wiring(self) -> Wiring:
        """The synapses, in order."""
        each = np.arange(prod(self.shape))
        return Wiring.of(each, each, share=np.zeros(len(each), np.int32))

"""Convolutions in one and in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from neurosim.edges.values import whole_number
from neurosim.errors import ModelError
from neurosim.model.connectivity.shared.shared_weights import Shape, SharedWeights
from neurosim.model.connectivity.shared.windows import Padding, Places, Sizes, Windows, checked_shape, repeated
from neurosim.model.connectivity.wiring import Wiring


@dataclass(frozen=True)
class _Convolution(SharedWeights):
    shape: Shape
    out_channels: int
    kernel_size: Sizes
    stride: Sizes = 1
    padding: Padding = 0
    dilation: Sizes = 1
    groups: int = 1
    windows: Windows = field(init=False, repr=False, compare=False)

    def _take(self, positions: Sequence[str]) -> None:
        where = type(self).__name__
        object.__setattr__(self, "shape", checked_shape(self.shape, ["channels", *positions], where))
        for name in ("out_channels", "groups"):
            value = whole_number(getattr(self, name), f"{where}: {name}", least=1, error=ModelError)
            object.__setattr__(self, name, value)
        for what, channels in (("channels of the source", self.shape[0]), ("out_channels", self.out_channels)):
            if channels % self.groups:
                raise ModelError(f"{where}: groups {self.groups}; expected a divisor of the {channels} {what}")
        sizes = (self.kernel_size, self.stride, self.padding, self.dilation)
        windows = Windows.of(self.shape[1:], *sizes, where)
        object.__setattr__(self, "windows", windows)
        object.__setattr__(self, "kernel_size", windows.kernel)
        object.__setattr__(self, "stride", tuple(a.stride for a in windows.axes))
        object.__setattr__(self, "dilation", tuple(a.dilation for a in windows.axes))
        if not isinstance(self.padding, str):
            object.__setattr__(self, "padding", tuple(a.before for a in windows.axes))

    @property
    def out_shape(self) -> Shape:
        """Channels and positions of the target."""
        return (self.out_channels, *self.windows.shape)

    @property
    def kernel(self) -> Shape:
        """(out_channels, channels of the source / groups, *kernel_size), as in PyTorch."""
        return (self.out_channels, self.shape[0] // self.groups, *self.windows.kernel)

    @property
    def inputs(self) -> int:
        """The places of a window in all channels of a group."""
        return prod(self.kernel[1:])

    def wiring(self) -> Wiring:
        """The synapses, by source, then by target."""
        sources, targets = prod(self.shape[1:]), prod(self.windows.shape)
        of_group = self.out_channels // self.groups
        position, window, place = self._of_one_source(of_group, sources)
        channel = self._channel_of_target(of_group, position, sources)
        pre, post, share = [], [], []
        for source in range(self.shape[0]):
            group, within = divmod(source, self.kernel[1])
            target = channel + group * of_group
            pre.append((position + source * sources).astype(np.int32))
            post.append((window + target * targets).astype(np.int32))
            share.append(((target * self.kernel[1] + within) * prod(self.kernel[2:]) + place).astype(np.int32))
        return Wiring.of(np.concatenate(pre), np.concatenate(post), share=np.concatenate(share))

    def _of_one_source(self, of_group: int, sources: int) -> tuple[Places, Places, Places]:
        """Return position, window and place of the synapses from one channel to all of its group."""
        taps = self.windows.taps()
        order = repeated(sources, taps[0], of_group)
        position, window, place = (side[order] for side in taps)
        return position, window, place

    def _channel_of_target(self, of_group: int, position: Places, sources: int) -> Places:
        """Return the channel of the target of each of these synapses, within its group."""
        each = np.repeat(np.bincount(position, minlength=sources) // of_group, of_group)
        return np.repeat(np.tile(np.arange(of_group), sources), each)


@dataclass(frozen=True)
class Conv1d(_Convolution):
    """drive[o, x] = sum over c, k of w[o, c, k] * output[c, x*stride - padding + k*dilation].

    All windows have the same weights: learned arrays have shape (out_channels, channels/groups, kernel_size).

    Parameters
    ----------
    shape
        (channels, length) of the source.
    out_channels
        Channels of the target, whose shape is `out_shape`.
    kernel_size, stride, padding, dilation, groups
        As in PyTorch's layer of that name; padding also ``"same"`` or ``"valid"``.

    Raises
    ------
    ModelError
        For numbers out of range, and a kernel that is wider than what it slides over.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.Conv1d((2, 100), 8, 5, stride=2).out_shape
    (8, 48)
    """

    kind = "conv1d"

    def __post_init__(self) -> None:
        self._take(["length"])


@dataclass(frozen=True)
class Conv2d(_Convolution):
    """drive[o, y, x] = sum over c, i, k of w[o, c, i, k] * output[c, y*s - p + i*d, x*s - p + k*d].

    s, p and d are stride, padding and dilation. All windows have the same weights: learned arrays have shape
    (out_channels, channels/groups, kernel height, kernel width).

    Parameters
    ----------
    shape
        (channels, height, width) of the source, whose neurons lie row by row, channel after channel.
    out_channels
        Channels of the target, whose shape is `out_shape`.
    kernel_size, stride, padding, dilation
        As in PyTorch's layer of that name: one number, or (vertical, horizontal); padding also ``"same"`` or
        ``"valid"``.
    groups
        Channels are divided into so many groups, each convolved for itself.

    Raises
    ------
    ModelError
        For numbers out of range, and a kernel that is wider than what it slides over.

    Examples
    --------
    >>> import neurosim as ns
    >>> conv = ns.Conv2d((1, 8, 8), 4, 3)
    >>> conv.out_shape, conv.kernel
    ((4, 6, 6), (4, 1, 3, 3))
    """

    kind = "conv2d"

    def __post_init__(self) -> None:
        self._take(["height", "width"])

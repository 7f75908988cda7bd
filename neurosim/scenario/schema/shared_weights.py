"""Connectivity with shared weights in ``[network.projection.NAME]``: convolutions, pools, neurons in another shape."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from neurosim.edges.toml.table import Table
from neurosim.model.connectivity import Connectivity, SharedWeights
from neurosim.model.connectivity.shared import AvgPool2d, Conv1d, Conv2d, Flatten, SumPool2d

Positive = Annotated[int, Field(ge=1)]
Sizes = Positive | Annotated[tuple[Positive, ...], Field(strict=False)]
Padding = Annotated[int, Field(ge=0)] | Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(strict=False)]
Shape = Annotated[tuple[Positive, ...], Field(strict=False)]


class SharedWeightsTable(Table):
    """The shape of the source; that of the target follows, and the sizes of both populations are checked."""

    shape: Shape

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        """The connectivity of that name.

        Raises
        ------
        ModelError
            For numbers that do not fit together.
        """
        arguments = dict(self)
        made: SharedWeights = BUILDERS[arguments.pop("kind")](**arguments)
        return made

    def synapses(self, pre: int, post: int) -> int:
        """As many as if no window reached over a border."""
        return self.build("", pre, post).synapses(pre, post)


class Conv1dTable(SharedWeightsTable):
    """One kernel for all windows along a line; see `neurosim.Conv1d`."""

    kind: Literal["conv1d"]
    out_channels: Positive
    kernel_size: Sizes
    stride: Sizes = 1
    padding: Padding | Literal["same", "valid"] = 0
    dilation: Sizes = 1
    groups: Positive = 1


class Conv2dTable(SharedWeightsTable):
    """One kernel for all windows of an image; see `neurosim.Conv2d`."""

    kind: Literal["conv2d"]
    out_channels: Positive
    kernel_size: Sizes
    stride: Sizes = 1
    padding: Padding | Literal["same", "valid"] = 0
    dilation: Sizes = 1
    groups: Positive = 1


class PoolTable(SharedWeightsTable):
    """Sums or means of windows; see `neurosim.SumPool2d` and `neurosim.AvgPool2d`."""

    kind: Literal["sum-pool2d", "avg-pool2d"]
    kernel_size: Sizes
    stride: Sizes | None = None
    padding: Padding = 0


class FlattenTable(SharedWeightsTable):
    """Neuron i to neuron i, with one weight for all; see `neurosim.Flatten`."""

    kind: Literal["flatten"]


BUILDERS: dict[str, Any] = {
    "conv1d": Conv1d,
    "conv2d": Conv2d,
    "sum-pool2d": SumPool2d,
    "avg-pool2d": AvgPool2d,
    "flatten": Flatten,
}
"""What each kind of table makes."""

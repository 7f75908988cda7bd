"""What all wiring with shared weights is: two shapes of neurons, and a kernel."""

from __future__ import annotations

import math
from abc import abstractmethod

from neurosim.errors import ModelError
from neurosim.model.connectivity.connectivity import Connectivity
from neurosim.model.connectivity.wiring import Wiring

Shape = tuple[int, ...]


class SharedWeights(Connectivity):
    """Synapses between neurons that lie in space, channel by channel, and share the weights of a kernel.

    A population of ``(channels, height, width)`` has its neurons row by row, the last index fastest, as NumPy and
    PyTorch lay out an array.

    Attributes
    ----------
    shape
        Channels and positions of the neurons of the source.
    """

    shape: Shape

    @property
    def initial(self) -> float | None:
        """The first value of each weight; None for that of the synapse."""
        return None

    @property
    @abstractmethod
    def out_shape(self) -> Shape:
        """Channels and positions of the neurons of the target."""

    @property
    @abstractmethod
    def kernel(self) -> Shape:
        """The shape of learned arrays."""

    @property
    @abstractmethod
    def inputs(self) -> int:
        """How many synapses a target has at most, which it has away from a border."""

    def synapses(self, pre: int, post: int) -> int:
        """As many as if all targets were away from the border."""
        return math.prod(self.out_shape) * self.inputs

    @abstractmethod
    def wiring(self) -> Wiring:
        """The synapses, by source, then by target, each with its place in the kernel."""

    def indices(self, pre: int, post: int, where: str) -> Wiring:
        """Source, target and weight of each synapse.

        Raises
        ------
        ModelError
            Where a population has another size than its shape.
        """
        for side, size, shape in (("source", pre, self.shape), ("target", post, self.out_shape)):
            if size != math.prod(shape):
                raise ModelError(
                    f"{where}: {type(self).__name__} with a {side} of shape {shape}, which is {math.prod(shape)} "
                    f"neurons; its {side} has {size}, expected {math.prod(shape)}"
                )
        return self.wiring()

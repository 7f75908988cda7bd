"""Wiring whose synapses share weights: convolutions, pools, and neurons in another shape.

A learned array then has the shape of a kernel, whatever the number of synapses; `Wiring.share` says which of its
weights each synapse has.
"""

from __future__ import annotations

from neurosim.model.connectivity.shared.convolution import Conv1d, Conv2d
from neurosim.model.connectivity.shared.pooling import AvgPool2d, Flatten, SumPool2d
from neurosim.model.connectivity.shared.shared_weights import SharedWeights

__all__ = ["AvgPool2d", "Conv1d", "Conv2d", "Flatten", "SharedWeights", "SumPool2d"]

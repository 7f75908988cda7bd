"""Which neurons a projection connects: all of them, each with its like, given pairs, or those of a convolution.

Random wiring is drawn where all random numbers come from, and given as pairs:
`neurosim.model.connectivity.random_wiring`.
"""

from __future__ import annotations

from neurosim.model.connectivity.delays import Delays
from neurosim.model.connectivity.pairs import Pairs
from neurosim.model.connectivity.regular import AllToAll, OneToOne
from neurosim.model.connectivity.shared import SharedWeights
from neurosim.model.connectivity.wiring import Wiring

__all__ = ["ALL_TO_ALL", "AllToAll", "Connectivity", "Delays", "OneToOne", "Pairs", "SharedWeights", "Wiring"]

Connectivity = AllToAll | OneToOne | Pairs | SharedWeights

ALL_TO_ALL = AllToAll()
"""Of a projection that names no other."""

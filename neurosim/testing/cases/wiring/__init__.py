"""Small runs of every connectivity: of sparse synapses, and of those that share weights."""

from __future__ import annotations

from neurosim.testing.cases.wiring.shared import SHARED
from neurosim.testing.cases.wiring.sparse import WIRING

__all__ = ["SHARED", "WIRING"]

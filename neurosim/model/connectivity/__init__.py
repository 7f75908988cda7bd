"""Which neurons a projection connects: all of them, each with its like, given pairs, or those of a convolution.

Random wiring is drawn where all random numbers come from, and given as pairs:
`neurosim.model.connectivity.random_wiring`.
"""

from __future__ import annotations

from neurosim.errors import ModelError
from neurosim.model.connectivity.connectivity import CONNECTIVITY, Connectivity
from neurosim.model.connectivity.delays import Delays
from neurosim.model.connectivity.pairs import Pairs, wiring_of
from neurosim.model.connectivity.regular import AllToAll, OneToOne
from neurosim.model.connectivity.shared import AvgPool2d, Conv1d, Conv2d, Flatten, SharedWeights, SumPool2d
from neurosim.model.connectivity.wiring import Wiring

__all__ = [
    "ALL_TO_ALL",
    "CONNECTIVITY",
    "KINDS",
    "AllToAll",
    "Connectivity",
    "Delays",
    "OneToOne",
    "Pairs",
    "SharedWeights",
    "Wiring",
    "class_of",
    "wiring_of",
]

KINDS: dict[str, type[Connectivity]] = {
    c.kind: c for c in (AllToAll, OneToOne, Pairs, Conv1d, Conv2d, SumPool2d, AvgPool2d, Flatten)
}
"""The connectivity of neurosim, by its kind."""

ALL_TO_ALL = AllToAll()
"""Of a projection that names no other."""


def class_of(kind: str, where: str) -> type[Connectivity]:
    """The class of a kind, of neurosim or of an installed package, which is then imported.

    Raises
    ------
    ModelError
        For a kind that nobody offers, and a package whose class cannot be used; it names the entry point.
    """
    if kind in KINDS:
        return KINDS[kind]
    offered = CONNECTIVITY.load(kind, f"{where} {kind!r}", tuple(KINDS))
    if not (isinstance(offered.value, type) and issubclass(offered.value, Connectivity)):
        raise ModelError(f"{where} {kind!r}: {offered.source} is no subclass of neurosim.Connectivity")
    if getattr(offered.value, "kind", None) != kind:
        raise ModelError(f"{where} {kind!r}: {offered.source} has another kind; expected the name of its entry point")
    return offered.value

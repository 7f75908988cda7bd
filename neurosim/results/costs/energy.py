"""Energy as counts times a published figure. No backend measures it, and it leaves out all else that a chip does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.results.costs.counts import Counts


@dataclass(frozen=True)
class EnergyTable:
    """E = sum_n counts[n] * joules[n].

    Attributes
    ----------
    operation
        What takes so many joules, in words.
    joules
        Joules of one operation, by the name of its count.
    source
        The publication.
    """

    name: str
    operation: str
    joules: Mapping[str, float]
    source: str

    def energy(self, counts: Counts) -> float | None:
        """E in joules; None where one of the counts is not known."""
        if any(n not in counts for n in self.joules):
            return None
        return sum(counts[n] * joules for n, joules in self.joules.items())


HOROWITZ = "Horowitz 2014, Computing's energy problem (and what we can do about it), ISSCC"
TABLES = (
    EnergyTable(
        "loihi",
        "a synaptic operation on Loihi, 14 nm",
        {"effective_synaptic_operations": 23.6e-12},
        "Davies et al. 2018, Loihi: a neuromorphic manycore processor with on-chip learning, IEEE Micro 38(1)",
    ),
    EnergyTable(
        "mac", "a 32-bit floating-point multiplication and addition, 45 nm", {"synaptic_operations": 4.6e-12}, HOROWITZ
    ),
    EnergyTable("ac", "a 32-bit floating-point addition, 45 nm", {"effective_synaptic_operations": 0.9e-12}, HOROWITZ),
)
"""They multiply effective operations where a zero costs nothing, as on Loihi and for spikes; else dense ones."""

"""Energy as counts times a published figure. No backend measures any, and nothing else of a chip is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.results.counts import Counts


@dataclass(frozen=True)
class EnergyTable:
    """E = sum_n counts[n] * joules[n].

    Attributes
    ----------
    joules
        Of one operation, by the name of its count.
    operation
        What the figure is of.
    """

    name: str
    operation: str
    joules: Mapping[str, float]
    source: str

    def energy(self, counts: Counts) -> float | None:
        """In joules; None where one of the counts is not known."""
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
"""Where nothing is done for a zero, as on Loihi and for spikes, effective operations count; else dense ones."""

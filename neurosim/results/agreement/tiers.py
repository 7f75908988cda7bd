"""How closely two runs of one scenario agree, and the tier that they reach. It follows from the runs alone.

T0: every learned array and every spike equal (the sign of a zero apart), after every stage of a free-running scenario.
T1: float64, teacher-forced segments: max|dw| <= max(1e-12, 10 x what one ulp does to the reference), spikes equal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neurosim.results.agreement.differences import largest_difference, spikes_that_differ
from neurosim.results.agreement.teacher_forced import Segment
from neurosim.results.result import Result

TOLERANCE = 1e-12
"""Largest weight difference of a segment in float64 whatever its length (tier T1)."""

AMPLIFICATION_FACTOR = 10
"""How many times the reference's own amplification of one ulp a segment may differ (tier T1)."""

TIERS = ("T0", "T1", "none")
"""Best first; runs that reach neither T0 nor T1 have `none`."""


@dataclass(frozen=True)
class Agreement:
    """How far a run is from the reference.

    Attributes
    ----------
    max_abs_dw
        The largest difference of any learned array after any stage.
    spikes, spikes_different
        How many spikes the reference recorded, and how many only one of the two recorded.
    first_difference
        The first stage after which they differ, or ``accuracies``; None where they do not differ.
    """

    max_abs_dw: float
    spikes: int
    spikes_different: int
    first_difference: str | None

    @property
    def is_exact(self) -> bool:
        """Whether all arrays, spikes and accuracies are equal."""
        return self.first_difference is None


def agreement(reference: Result, other: Result) -> Agreement:
    """Compare two runs stage by stage.

    Raises
    ------
    ValueError
        If one has more stages than the other.
    """
    worst, spikes, different, first = 0.0, 0, 0, None
    for a, b in zip(reference.stages, other.stages, strict=True):
        dw = largest_difference(a.learned, b.learned)
        ds = sum(spikes_that_differ(a.spikes[n], b.spikes[n]) for n in a.spikes)
        worst, different = max(worst, dw), different + ds
        spikes += sum(e.count for e in a.spikes.values())
        if first is None and (not dw <= 0 or ds):
            first = f"task {a.task + 1}, {a.kind}"
    if first is None and not np.array_equal(reference.accuracy_matrix, other.accuracy_matrix):
        first = "accuracies"
    return Agreement(worst, spikes, different, first)


def segments_reach_t1(segments: Sequence[Segment]) -> bool:
    """Whether every teacher-forced segment is within the tolerance of tier T1."""
    return all(
        math.isfinite(s.max_abs_dw)
        and s.max_abs_dw <= max(TOLERANCE, AMPLIFICATION_FACTOR * s.amplification)
        and s.spikes_different == 0
        for s in segments
    )


def tier(free: Agreement, segments: Sequence[Segment] | None = None) -> str:
    """The tier reached: T0 from the free-running scenario, T1 from segments (or a free run within the tolerance)."""
    if free.is_exact:
        return "T0"
    if segments is not None:
        return "T1" if segments_reach_t1(segments) else "none"
    return "T1" if free.max_abs_dw <= TOLERANCE and not free.spikes_different else "none"


def meets(reached: str, demanded: str) -> bool:
    """Whether a tier is as good as another, or better.

    Raises
    ------
    ValueError
        If one of them is none of `TIERS`.
    """
    return TIERS.index(reached) <= TIERS.index(demanded)

"""One backend beside the reference: its run, and how closely the two agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.results.agreement.teacher_forced import Segment, summary
from neurosim.results.agreement.tiers import Agreement
from neurosim.results.notebook import comparison_html
from neurosim.results.result import Result


@dataclass(frozen=True, eq=False)
class Comparison:
    """One backend of a comparison: its run, its agreement with the reference, the tier reached, and speed.

    Attributes
    ----------
    tier
        One of `neurosim.results.agreement.tiers.TIERS`.
    ratio_to_reference
        Its samples per second over those of the reference; 0 where the reference neither trained nor recorded a test.
    segments
        Of the teacher-forced comparison; None where none was made.
    """

    result: Result
    agreement: Agreement
    tier: str
    ratio_to_reference: float
    segments: tuple[Segment, ...] | None = None

    @property
    def name(self) -> str:
        """The backend and its mode, ``NAME:MODE``."""
        return f"{self.result.backend}:{self.result.mode}"

    def as_cells(self) -> dict[str, str]:
        """The texts of its row in a table, by column; s is seconds, x ref the ratio to the reference."""
        r, a = self.result, self.agreement
        return {
            "backend": self.name,
            "kind": r.kind,
            "accuracy": f"{r.accuracy:.3f}",
            "max|dw|": "0" if a.max_abs_dw == 0 else f"{a.max_abs_dw:.1e}",
            "spikes !=": f"{a.spikes_different:,}",
            "tier": self.tier,
            "samples/s": f"{r.samples_per_s:,.0f}",
            "x ref": f"{self.ratio_to_reference:.2f}",
            "s": f"{r.seconds:.1f}",
        }

    def _repr_html_(self) -> str:
        return comparison_html(self)

    def as_data(self) -> dict[str, Any]:
        """The row of ``neurosim compare --json``."""
        r = self.result
        row: dict[str, Any] = {
            "name": r.backend,
            "mode": r.mode,
            "kind": r.kind,
            "accuracy": r.accuracy,
            "accuracy_matrix": r.accuracy_matrix.tolist(),
            "max_abs_dw": self.agreement.max_abs_dw,
            "spikes_different": self.agreement.spikes_different,
            "tier": self.tier,
            "seconds": r.seconds,
            "samples_per_s": r.samples_per_s,
            "ratio_to_reference": self.ratio_to_reference,
        }
        if self.segments is not None:
            row["segments"] = summary(self.segments)
        return row

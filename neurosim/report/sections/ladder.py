"""What each rung from float64 to a chip costs."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.report.blocks import Cell, Judged, Note, ReportTable, Section
from neurosim.report.found import FoundLadder

HEADS = ["rung", "kind", "against", "same outputs", "accuracy", "loss"]


def ladder(found: Sequence[FoundLadder]) -> Section | None:
    """Return the section of ladders; None where none was climbed."""
    if not found:
        return None
    tables = [
        ReportTable(f"Ladder of {one.scenario}, seed {one.seed}{f' ({k + 1})' if k else ''}", HEADS, _rows(one), 2)
        for k, one in enumerate(found)
    ]
    note = Note(
        "The same weights on each rung. A loss is the accuracy of the rung that it is compared with, less its own; "
        "losses of single imperfections do not add up."
    )
    return Section("ladder", "From float64 to a chip", [note, *tables])


def _rows(one: FoundLadder) -> list[Sequence[Cell]]:
    return [
        [
            r.name,
            r.kind,
            "-" if r.against == r.name else r.against,
            Judged("yes" if r.tier == "T0" else "no", r.tier == "T0"),
            f"{r.accuracy:.3f}",
            f"{r.loss:+.3f}",
        ]
        for r in one.rungs
    ]

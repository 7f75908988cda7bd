"""The page of the chip says what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurosim.chip.limits import LOIHI1, LOIHI2
from neurosim.chip.measured import MEASURED

DOCS = Path(__file__).parents[2] / "docs"
ROWS = [
    [c.strip() for c in line.strip("|").split(" | ")]
    for line in (DOCS / "explanation" / "loihi.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
]


@pytest.mark.parametrize(
    ("row", "limit"),
    [
        ("cores of a chip", "cores"),
        ("compartments of a core", "compartments"),
        ("in-axons of a core", "in_axons"),
        ("out-axons of a core", "out_axons"),
        ("bits of synapses of a core", "synapse_bits"),
        ("steps of delay of a synapse", "longest_delay"),
    ],
)
def test_every_limit_is_in_the_table_with_its_source(row: str, limit: str) -> None:
    (found,) = [r for r in ROWS if r[0] == row]
    assert [int(found[1]), int(found[3])] == [getattr(LOIHI1, limit), getattr(LOIHI2, limit)]
    assert found[2]
    assert ("assumed" in found[4]) == (limit in LOIHI2.assumed)


@pytest.mark.parametrize("measured", MEASURED.values(), ids=lambda m: m.rule)
def test_every_measurement_is_in_the_table(measured) -> None:
    (found,) = [r for r in ROWS if r[0].startswith(f"`{measured.rule}`") and len(r) == 4]
    assert [float(x) for x in found[1:]] == [measured.moved, measured.floating_pt, measured.fixed_pt]

"""What runs cost: operations, and the energy that published figures make of them."""

from __future__ import annotations

from neurosim import plots
from neurosim.plots.cost import mean_energy, mean_operations
from neurosim.report.blocks import Gallery, Note, ReportPicture, ReportTable, Section
from neurosim.report.drawing import drawn
from neurosim.report.quantities import quantity
from neurosim.report.sources import RunGroup
from neurosim.results.costs.energy import TABLES


def cost(group: RunGroup, level: int) -> Section | None:
    """Return the section of costs, means over the seeds of the first backend; None where nothing was counted."""
    results = group.first
    operations, energies = mean_operations(results), mean_energy(results)
    kinds = list(dict.fromkeys(k for of in operations.values() for k in of))
    if not kinds:
        return None
    rows = [
        [
            kind,
            *(f"{of[kind]:,.0f}" if kind in of else "-" for of in operations.values()),
            *(quantity(of.get(kind), "J") for of in energies.values()),
        ]
        for kind in kinds
    ]
    of = f", {group.title}" if group.name else ""
    caption = f"Operations and energy of a run, by what was done{of}"
    heads = ["what was done", *operations, *energies]
    figures = " ".join(f"{t.name}: {t.operation} ({t.source})." for t in TABLES)
    gallery = Gallery([_operations(group), _energy(group)])
    note = Note(f"Energies are counts times published figures; nothing was measured. {figures}")
    table = ReportTable(caption, heads, rows, len(heads) - 1)
    return Section(group.named("cost"), "Cost", [table, gallery, note], level)


def _operations(group: RunGroup) -> ReportPicture:
    found = mean_operations(group.first)["synaptic operations"]
    most = max(found, key=lambda k: found[k], default="")
    words = "Operations of a run on a logarithmic axis" + (f"; most synaptic ones are of what {most}." if most else ".")
    drawing = drawn(group.named("operations"), words, lambda ax: plots.operations(group.first, ax), 2.6)
    return ReportPicture("Operations of a run", drawing)


def _energy(group: RunGroup) -> ReportPicture:
    totals = {name: sum(of.values()) for name, of in mean_energy(group.first).items()}
    said = ", ".join(f"{name} {quantity(joules, 'J')}" for name, joules in totals.items())
    words = f"Energy of a run from published figures, on a logarithmic axis; in all {said}."
    drawing = drawn(group.named("energy"), words, lambda ax: plots.energy(group.first, ax=ax), 2.6)
    return ReportPicture("Energy of a run, from published figures", drawing)

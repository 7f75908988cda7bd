"""What a chip would make of the network: how full its cores are, and which rules its engine can do."""

from __future__ import annotations

from neurosim import plots
from neurosim.chip.limits import chip_of
from neurosim.chip.rules import RuleOnChip
from neurosim.edges.foreign_errors import said
from neurosim.errors import NeurosimError
from neurosim.plots.chip import LIMITS
from neurosim.report.blocks import Block, Cell, Gallery, Judged, Note, ReportPicture, ReportTable, Section
from neurosim.report.drawing import drawn
from neurosim.report.sources import RunGroup
from neurosim.results.chip_report import ChipReport
from neurosim.scenario import schema
from neurosim.scenario.runs.chip_estimate import estimate


def chip(group: RunGroup, level: int, name: str) -> Section | None:
    """Return the section of a chip, of the first run; a word on why there is none where it cannot be made.

    Parameters
    ----------
    name
        Of the chip.
    """
    run = group.runs[0]
    if not run.text:
        return None
    title = chip_of(name).title
    try:
        found = estimate(schema.parse(run.text), chip_of(name), run.result)
    except NeurosimError as error:
        note = Note(f"Left out: {said(error)}.")
        return Section(group.named("chip"), f"On {title}", [note], level)
    return Section(group.named("chip"), f"On {title}", _blocks(group, found), level)


def _blocks(group: RunGroup, found: ChipReport) -> list[Block]:
    p = found.placement
    of = f", {group.title}" if group.name else ""
    fits = "It fits" if p.fits else "It does not fit"
    words = f"{fits}: {p.cores:,} core{'s' * (p.cores != 1)} of {p.chips * p.chip.cores:,}. Nothing ran on a chip."
    exceeded = [
        f" {e.layer} exceeds {e.limit.replace('_', ' ')}: {e.actual:,}, at most {e.maximum:,}; {e.help}."
        for part in p.parts
        for e in part.exceeded
    ]
    layers = [
        [q.name, f"{q.cores:,}", f"{q.synapses:,}", *(f"{q.fullest.get(n, 0):.1%}" for n in LIMITS)] for q in p.parts
    ]
    heads = ["layer", "cores", "synapses", *LIMITS.values()]
    table = ReportTable(f"Shares of the fullest core{of}", heads, layers, len(heads) - 1)
    blocks: list[Block] = [Note(words + "".join(exceeded)), Gallery([_picture(group, found), table])]
    rules = [_rule(mode, r) for mode, rules in found.rules.items() for r in rules]
    if rules:
        columns = ["rule", "of", "mode", "on the chip", "why not"]
        blocks.append(ReportTable(f"Learning rules on the chip{of}", columns, rules))
    lost = [[x.name, str(x.form.bits), f"{x.entry.relative_error:.2%}", f"{x.entry.saturated:,}"] for x in found.losses]
    heads = ["weights", "bits", "relative error", "saturated"]
    return [*blocks, ReportTable(f"What weights lose on the chip{of}", heads, lost, 3)]


def _rule(mode: str, rule: RuleOnChip) -> list[Cell]:
    return [rule.name, rule.owner, mode, Judged("yes" if rule.legal else "no", rule.legal), rule.reason or "-"]


def _picture(group: RunGroup, found: ChipReport) -> ReportPicture:
    p = found.placement
    limit, share, layer = _fullest(found)
    words = f"Shares of the fullest core of {len(p.parts)} layers; the largest is {share:.0%} of {limit} in {layer}."
    height = 1.1 + 0.5 * len(p.parts)
    drawing = drawn(group.named("utilisation"), words, lambda ax: plots.chip_utilisation(p, ax), height)
    return ReportPicture("Share of a core", drawing)


def _fullest(found: ChipReport) -> tuple[str, float, str]:
    share, limit, layer = max((s, n, q.name) for q in found.placement.parts for n, s in q.fullest.items())
    return limit.replace("_", " "), share, layer

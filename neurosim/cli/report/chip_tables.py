"""The report of a scenario on a chip, for a terminal of 80 columns or more."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from rich.console import RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neurosim.chip.grammar import PrintedRule, Setting
from neurosim.chip.mapping import Placement
from neurosim.chip.rules import IN_THE_LOOP, RuleOnChip
from neurosim.cli.report.fitting import PLAIN, FittingTable
from neurosim.results.chip_report import Activity, ChipReport, measured

LONGEST_TERM = 100
"""A table shows so many characters of a term; JSON has all of it."""

LIMITS = {
    "compartments": "compartments",
    "in_axons": "in-axons",
    "out_axons": "out-axons",
    "synapse_bits": "synapse bits",
    "delay": "steps of delay",
}


def lines(report: ChipReport) -> Iterator[RenderableType]:
    """The report from top to bottom; its first line says whether the network fits."""
    yield headline(report)
    yield from exceeded(report.placement)
    yield ""
    yield layers(report.placement)
    yield from notes(report)
    yield ""
    yield precision(report)
    yield ""
    yield "[bold]learning rules[/bold], in fixed point; W and traces are whole numbers"
    for mode, rules in report.rules.items():
        for rule in rules:
            yield from about(mode, rule)
    if not any(report.rules.values()):
        yield "  none: weights do not change on the chip"
    yield ""
    yield activity(report)


def headline(report: ChipReport) -> str:
    """One line: whether the network fits on the chip, and how many cores and chips it takes."""
    p = report.placement
    colour, fits = ("green", "fits on") if p.fits else ("red", "does not fit on")
    cores = f"{p.cores:,} core{'s' * (p.cores != 1)} of {p.chips * p.chip.cores:,}"
    chips = f"{p.chips:,} chip{'s' * (p.chips != 1)}"
    taken = f"{cores}, {chips}" if p.fits else f"{cores}, {chips}, if the limits below were not there"
    on_host = ", ".join(dict.fromkeys(mode for mode, _ in report.values if not p.chip.graded))
    rest = f"; mode {on_host} on the host" if on_host else ""
    return f"[bold]{report.scenario}[/bold] [bold {colour}]{fits} {p.chip.title}[/bold {colour}]: {taken}{rest}"


def exceeded(placement: Placement) -> Iterator[str]:
    """A line for each limit that a layer exceeds."""
    for e in (e for part in placement.parts for e in part.exceeded):
        what = f"{e.actual:,} {LIMITS[e.limit]}, at most {e.maximum:,}"
        yield f"[bold red]{e.layer}[/bold red]: a neuron needs {what}. What helps: {e.help}"


def layers(placement: Placement) -> Table:
    """A row for each layer: what it takes on all its cores, and the fullest core's share of each limit."""
    table = _table("layer")
    for header in ("neurons", "cores", "in-\naxons", "out-\naxons", "synapses", "synapse\nbits"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("fullest core takes", ratio=1)
    for p in placement.parts:
        numbers = (p.compartments, p.cores, p.in_axons, p.out_axons, p.synapses, p.synapse_bits)
        limit = max(p.fullest, key=lambda n: p.fullest[n])
        share = f"{p.fullest[limit]:.0%} of {LIMITS[limit]}"
        table.add_row(p.name, *(f"{n:,}" for n in numbers), f"[red]{share}[/red]" if p.exceeded else share)
    return table


def notes(report: ChipReport) -> Iterator[str]:
    """Lines on what the numbers assume, and on populations that put out values."""
    chip = report.placement.chip
    if chip.assumed:
        yield f"[dim]{chip.title}: limits of a core are not public; those of Loihi 1 are assumed, but for neurons[/dim]"
    by_mode: dict[str, list[str]] = {}
    for mode, population in report.values:
        by_mode.setdefault(mode, []).append(population)
    for mode, populations in by_mode.items():
        takes = "graded spikes, and a neuron model in microcode" if chip.graded else f"what {chip.title} does not have"
        yield f"[dim]in mode {mode}, {', '.join(populations)} put out values, which takes {takes}[/dim]"


def precision(report: ChipReport) -> Table:
    """A row for each matrix: its format, and what it loses."""
    table = _table("weights")
    for header in ("bits", "signs", "exponent", "from", "to", "relative\nerror", "saturated"):
        table.add_column(header, justify="right", no_wrap=True)
    for x in report.losses:
        f, e = x.form, x.entry
        cells = (f"{f.bits}", f.sign, f"{f.exponent}", f"{f.low:.3g}", f"{f.high:.3g}", f"{e.relative_error:.2%}")
        saturated = f"[red]{e.saturated:,}[/red]" if e.saturated else "0"
        table.add_row(x.name, *cells, saturated)
    return table


def about(mode: str, rule: RuleOnChip) -> Iterator[RenderableType]:
    """Lines on a rule: whether the chip runs it, its equation in fixed point, and what was measured of it."""
    verdict = "[green]on chip[/green]" if rule.legal else f"[yellow]{IN_THE_LOOP}[/yellow]"
    yield f"  [bold]{rule.owner}.{rule.name}[/bold] ({mode}): {verdict}"
    if not rule.legal:
        yield _indented(f"{rule.reason}: {textwrap.shorten(rule.term, LONGEST_TERM, placeholder=' ...')}")
    if rule.fixed_pt is not None:
        without = "" if rule.legal else "without it: "
        yield _indented(f"{without}dW = {rule.fixed_pt.dw}", "bold" if rule.legal else "")
        yield _indented(_of_text(rule.fixed_pt))
        measurement = measured(rule)
        if measurement is not None:
            moved = f"{measurement.fixed_pt:g} of {measurement.moved:g} units that {measurement.rule} moved a weight"
            yield _indented(
                f"measured by a test in Lava's fixed point: off by up to {moved}, in {measurement.steps} steps", "dim"
            )
    for remark in rule.remarks:
        yield _indented(remark, "dim")


def _of_text(text: PrintedRule) -> str:
    units = (f"W = w*2^{-round(math.log2(text.unit))}", *map(_of_trace, text.traces))
    return f"{'; '.join(units)}; constants within {text.largest_error:.1%}"


def _of_trace(trace: Setting) -> str:
    if trace.source == "spikes":
        return f"{trace.slot}: {trace.means}, impulse {trace.impulse:g}, tau {trace.tau:g}"
    sender = "by graded spikes" if trace.source == "payload" else "by the neuron"
    return f"{trace.slot}: {trace.scale:g}*({trace.means}), {sender}"


def _indented(text: str, style: str = "") -> RenderableType:
    return Padding(Text(text, style=style), (0, 0, 0, 4))


def activity(report: ChipReport) -> Table:
    """A row for each kind of trials: means over its trials of what the backend counted."""
    bound = (
        "; <= : as if neurons that put out values sent in every step"
        if any(a.is_bound for a in report.activities)
        else ""
    )
    caption = f"counted in a run on {report.backend}, seed {report.seed}{bound}"
    table = _table("a trial", caption)
    for header in ("trials", "steps", "spikes", "synaptic\noperations"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("spikes of", ratio=1)
    for a in report.activities:
        each, most = max(a.trials, 1), "<= " if a.is_bound else ""
        known = sum(s for s in a.spikes.values() if s is not None)
        spikes = f"{known / each:,.1f}" if any(s is not None for s in a.spikes.values()) else "-"
        operations = f"{most}{a.operations / each:,.0f}"
        table.add_row(a.kind, f"{a.trials:,}", f"{a.steps / each:,.0f}", spikes, operations, _by_population(a))
    return table


def _by_population(a: Activity) -> str:
    each = max(a.trials, 1)
    return ", ".join(f"{n} {'values' if s is None else f'{s / each:,.1f}'}" for n, s in a.spikes.items())


def _table(first: str, caption: str | None = None) -> Table:
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0), caption=caption, caption_justify="left")
    table.add_column(escape(first), overflow="fold")
    return table

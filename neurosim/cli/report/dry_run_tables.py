"""What a network would send over the line of a board, as tables for a terminal and as plain data for ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from neurosim.cli.report.fitting import PLAIN, FittingTable
from neurosim.device.board.probing.amount import Amount
from neurosim.device.board.probing.dry_run import DryRun, LeastAndMost, ProgramOnLine

NOTHING = LeastAndMost(Amount(), Amount())


def as_data(name: str, link: str, dry: DryRun) -> dict[str, Any]:
    """Return what would go over a line for ``--json``."""
    return {
        "name": name,
        "link": link,
        "assumed": {"buffer_bytes": dry.buffer_bytes, "ms_a_request": 1000 * dry.seconds_of_request, "baud": dry.baud},
        "programs": {mode: _program_as_data(program) for mode, program in dry.programs.items()},
        "runs": [
            {"run": run.name, "mode": run.mode, "trials": run.trials, **_amounts_as_data(dry, amount)}
            for run, amount in dry.runs
        ],
        "total": _amounts_as_data(dry, sum((amount for _, amount in dry.runs), NOTHING)),
    }


def lines(name: str, link: str, dry: DryRun) -> Iterator[RenderableType]:
    """Return what would go over a line for a terminal."""
    yield f"[bold]{escape(name)}[/bold] at {escape(link)} was not contacted"
    yield f"assumed: a buffer of {dry.buffer_bytes:,} bytes, and {1000 * dry.seconds_of_request:g} ms for each request"
    bits = f"10 bits a byte at {dry.baud:,} baud" if dry.baud else "any number of bytes in no time"
    yield f"assumed: {bits}, and a board that runs in no time"
    yield ""
    yield _programs_table(dry)
    yield ""
    yield _runs_table(dry)
    yield ""
    yield "least: no weight changes after it was first written"
    yield "most: an upper bound; all weights change whenever a rule may change them"


def _program_as_data(program: ProgramOnLine) -> dict[str, Any]:
    trial = program.trial()
    return {
        **program.sizes,
        "load_bytes": program.load.up,
        "write_bytes": program.matrices.up,
        "set_bytes": program.numbers.up,
        "trial": {"calls": trial.calls, "bytes_up": trial.up, "bytes_down": trial.down},
        "bytes_for_rules": program.read_for_the_host(),
    }


def _amounts_as_data(dry: DryRun, amount: LeastAndMost) -> dict[str, Any]:
    return {
        "calls": amount.most.calls,
        **{
            which: {"requests": a.requests, "bytes_up": a.up, "bytes_down": a.down, "seconds": dry.seconds(a)}
            for which, a in (("least", amount.least), ("most", amount.most))
        },
    }


def _programs_table(dry: DryRun) -> Table:
    """A row for each mode: its size, and bytes of what is sent and read."""
    heads = "words", "synapses", "load", "write all", "calls\na trial", "up\na trial", "down\na trial", "for\nrules"
    table = _table("mode", heads)
    for mode, program in dry.programs.items():
        sizes, trial = program.sizes, program.trial()
        sent = program.load.up, program.matrices.up, trial.calls, trial.up, trial.down, program.read_for_the_host()
        table.add_row(escape(mode), *(f"{n:,}" for n in (sizes["words"], sizes["synapses"], *sent)))
    return table


def _runs_table(dry: DryRun) -> Table:
    """A row for each kind of run, of all tasks together, and one for all."""
    found: dict[str, tuple[int, LeastAndMost]] = {}
    for run, amount in dry.runs:
        for key in (run.name, "total"):
            trials, before = found.get(key, (0, NOTHING))
            found[key] = trials + run.trials, before + amount
    heads = "trials", "calls", "up,\nleast", "up,\nmost", "down,\nleast", "down,\nmost", "s,\nleast", "s,\nmost"
    table = _table("run", heads)
    for key in (*(k for k in found if k != "total"), "total"):
        trials, amount = found.get(key, (0, NOTHING))
        least, most = amount.least, amount.most
        counts = trials, most.calls, least.up, most.up, least.down, most.down
        table.add_row(key, *map(_short, counts), *(_seconds(dry.seconds(a)) for a in (least, most)))
    return table


def _table(label: str, heads: tuple[str, ...]) -> Table:
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column(label, no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _short(n: int) -> str:
    """Return a number in at most nine characters; from ten millions on with a prefix."""
    for limit, unit in ((10**13, "T"), (10**10, "G"), (10**7, "M")):
        if n >= limit:
            return f"{n / limit * 10:,.4g} {unit}"
    return f"{n:,}"


def _seconds(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 100 else f"{seconds:.3g}"

"""`neurosim compare --ladder`: what each rung from float64 to a chip costs, as a table and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from neurosim.cli.console import out, print_json, watched
from neurosim.cli.report.fitting import PLAIN, FittingTable

if TYPE_CHECKING:
    from neurosim.scenario.preparation import Prepared
    from neurosim.scenario.runs.ladder import Rung


def climb(
    scenarios: Sequence[Prepared], names: Sequence[str], each: bool, seeds: Sequence[int], backend: str, as_json: bool
) -> list[dict[str, Any]]:
    """Climb the ladder of each scenario with each seed, tell what was found, and return it as data.

    Raises
    ------
    NeurosimError
        For a rung that there is not, and as of backends.
    """
    from neurosim.scenario.runs import ladder

    found = []
    for prepared in scenarios:
        for seed in seeds:
            with watched(f"{prepared.name}, seed {seed}") as progress:
                rungs = ladder.climb(prepared, names, each, seed, backend, progress)
            found.append({"scenario": prepared.name, "seed": seed, "rungs": [r.as_data() for r in rungs]})
            if not as_json:
                about = prepared.scenario.scenario.description
                out.print(f"[bold]{prepared.name}[/bold]: {about}; seed {seed}", soft_wrap=True)
                out.print(_table(rungs))
                out.print()
    if as_json:
        print_json(found[0] if len(found) == 1 else found)
    return found


def _table(rungs: Sequence[Rung]) -> Table:
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    for header in ("rung", "kind"):
        table.add_column(header, no_wrap=True)
    for header in ("accuracy", "loss"):
        table.add_column(header, justify="right", no_wrap=True)
    for header in ("against", "tier"):
        table.add_column(header, no_wrap=True)
    for r in rungs:
        against = "-" if r.against == r.name else r.against
        table.add_row(r.name, r.kind, f"{r.accuracy:.3f}", f"{r.loss:+.3f}", against, r.tier)
    return table

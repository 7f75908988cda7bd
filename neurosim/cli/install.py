"""`neurosim backends` and `neurosim doctor`: what there is on this machine, and whether it works."""

from __future__ import annotations

from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from neurosim.backend import registry
from neurosim.cli.console import out, print_json, versions_in_words, watched
from neurosim.cli.options import AsJson
from neurosim.errors import BackendUnavailable


def backends(as_json: AsJson = False) -> None:
    """List backends and modes, and what is installed."""
    from neurosim.results import report

    rows = [_described(name) for name in registry.names()]
    if as_json:
        print_json(rows)
        return
    table = Table(box=report.PLAIN, show_edge=False)
    for header in ("backend", "modes", "kind", "state"):
        table.add_column(header)
    for row in rows:
        modes = "\n".join(f"{m}{': ' + row['notes'][m] if m in row['notes'] else ''}" for m in row["modes"])
        table.add_row(row["name"], modes, row["kind"], escape(row["problem"] or versions_in_words(row["versions"])))
    out.print(table)


def _described(name: str) -> dict[str, Any]:
    try:
        backend, _ = registry.load(name)
    except BackendUnavailable as error:
        return {"name": name, "modes": [], "kind": "", "notes": {}, "versions": {}, "problem": str(error)}
    can = backend.capabilities()
    row = {"name": name, "modes": list(can.modes), "kind": can.kind, "notes": dict(can.notes)}
    try:
        return row | {"versions": backend.versions(), "problem": None}
    except BackendUnavailable as error:
        return row | {"versions": {}, "problem": str(error)}


def doctor(as_json: AsJson = False) -> None:
    """Check this machine: compiler, cache, and a small run on every backend compared with the reference."""
    from neurosim.doctor import examine

    with watched("checking") as progress:
        findings = list(examine(progress))
    if as_json:
        print_json([f.as_data() for f in findings])
    else:
        marks = {"ok": "[green]ok[/green]", "missing": "[yellow]missing[/yellow]", "broken": "[red]broken[/red]"}
        for f in findings:
            out.print(f"{marks[f.state]:>8}  [bold]{f.what}[/bold]  {escape(f.detail)}", soft_wrap=True)
    if any(f.state == "broken" for f in findings):
        raise typer.Exit(1)

"""`neurosim backends` and `neurosim doctor`: which backends this machine has, and whether they work."""

from __future__ import annotations

from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from neurosim.backend import registry
from neurosim.cli.console import out, print_json, versions_in_words, watched
from neurosim.cli.options import AsJson


def backends(as_json: AsJson = False) -> None:
    """List backends, and what is installed."""
    rows = [_row(name) for name in registry.names()]
    if as_json:
        print_json(rows)
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for justify in ("right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for row in rows:
        table.add_row(_mark("missing" if row["problem"] else "ok"), f"[bold]{row['name']}[/bold]", _in_lines(row))
    out.print(table)


def _in_lines(row: dict[str, Any]) -> str:
    """What is told of a backend: its kind and modes, the versions, and a line for each mode that has a note."""
    if row["problem"]:
        return escape(row["problem"])
    about = f"{row['kind']}; {', '.join(row['modes'])}", versions_in_words(row["versions"])
    notes = [f"[dim]{mode}: {escape(note)}[/dim]" for mode, note in row["notes"].items()]
    return "\n".join([*map(escape, about), *notes])


def _mark(state: str) -> str:
    colour = {"ok": "green", "missing": "yellow", "untried": "yellow", "broken": "red"}[state]
    return f"[{colour}]{state:>7}[/{colour}]"


def _row(name: str) -> dict[str, Any]:
    try:
        backend, _ = registry.load(name)
    except registry.UNUSABLE as error:
        return {"name": name, "modes": [], "kind": "", "notes": {}, "versions": {}, "problem": str(error)}
    can = backend.capabilities()
    row = {"name": name, "modes": list(can.modes), "kind": can.kind, "notes": dict(can.notes)}
    try:
        return row | {"versions": registry.versions_of(backend), "problem": None}
    except registry.UNUSABLE as error:
        return row | {"versions": {}, "problem": str(error)}


def doctor(as_json: AsJson = False) -> None:
    """Check this machine, and every backend on it.

    System, compiler and cache are looked at; a small run on every backend is compared with the reference.
    """
    from neurosim.cli.doctor import examine

    with watched("checking") as progress:
        findings = list(examine(progress))
    if as_json:
        print_json([f.as_data() for f in findings])
    else:
        for f in findings:
            out.print(f"{_mark(f.state)}  [bold]{f.what}[/bold]  {escape(f.detail)}", soft_wrap=True)
    if any(f.state == "broken" for f in findings):
        raise typer.Exit(1)

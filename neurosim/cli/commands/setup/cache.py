"""`neurosim cache`: list compiled programs, check that they are as they were built, and remove them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from neurosim.backend import registry
from neurosim.backend.cache import contents, root
from neurosim.backend.cache.entry import Entry
from neurosim.cli.console import explained, out, print_json
from neurosim.cli.options import AsJson
from neurosim.errors import SpecError, nearest

Kind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only those of a kind, as `list` has them.")]

SHOWN = 12
"""How many characters of a key are shown, which tell programs apart."""

DAY = 86400.0

COLOURS = {"sound": "green", "building": "yellow", "unfinished": "yellow", "damaged": "red", "refused": "red"}

app = typer.Typer(name="cache", help="List, check and remove compiled programs.", no_args_is_help=True)


@dataclass(frozen=True)
class Row:
    """An entry of the cache as it is shown: size in bytes, and seconds since it was used."""

    entry: Entry
    title: str
    size: int
    age: float
    state: str
    why: str

    @classmethod
    def of(cls, entry: Entry) -> Row:
        """The row of an entry as it is now."""
        state, why = contents.state(entry)
        return cls(entry, contents.title(entry), contents.size(entry), contents.age(entry), state, why)

    @property
    def is_bad(self) -> bool:
        """Whether the entry cannot be used."""
        return self.state in ("damaged", "refused")

    def as_data(self) -> dict[str, Any]:
        """The row for ``--json``."""
        e = self.entry
        return {
            "kind": e.kind,
            "key": e.key,
            "program": self.title,
            "bytes": self.size,
            "seconds_since_use": round(self.age, 3),
            "state": self.state,
            "why": self.why,
            "folder": str(e.folder),
        }


@app.command("list")
@explained
def list_entries(kind: Kind = None, as_json: AsJson = False) -> None:
    """List compiled programs and their state.

    Sound programs are as they were built. Damaged ones are built anew when they are needed; refused ones could be
    somebody else's. An unfinished one was left by a build that died.
    """
    rows = _rows(kind)
    if as_json:
        print_json([row.as_data() for row in rows])
        return
    for name in dict.fromkeys(row.entry.kind for row in rows):
        of_kind = [row for row in rows if row.entry.kind == name]
        out.print(f"[bold]{escape(name)}[/bold]: {_in_all(of_kind)}")
        out.print(_table(of_kind))
        out.print()
    out.print(f"{_in_all(rows)} in {escape(str(root()))}", soft_wrap=True)


@app.command()
@explained
def size(kind: Kind = None, as_json: AsJson = False) -> None:
    """Tell how much room compiled programs take."""
    entries = [entry for entry in _entries(kind) if not contents.is_empty(entry)]
    sizes = [contents.size(entry) for entry in entries]
    if as_json:
        print_json({"folder": str(root()), "programs": len(entries), "bytes": sum(sizes)})
    else:
        out.print(f"{_counted(len(entries), sum(sizes))} in {escape(str(root()))}", soft_wrap=True)


@app.command()
@explained
def verify(kind: Kind = None, as_json: AsJson = False) -> None:
    """Check all compiled programs.

    Every file is compared with its checksum; the exit code is 1 where one is damaged or refused.
    """
    rows = _rows(kind)
    if as_json:
        print_json([row.as_data() for row in rows])
    else:
        for row in rows:
            if row.state != "sound":
                colour, name = COLOURS[row.state], escape(row.entry.name)
                out.print(f"[{colour}]{row.state}[/{colour}]  {name}: {escape(row.why)}", soft_wrap=True)
        sound = [row for row in rows if row.state == "sound"]
        out.print(f"{_in_all(sound)}: as they were built")
    if any(row.is_bad for row in rows):
        raise typer.Exit(1)


@app.command()
@explained
def clear(
    kind: Kind = None,
    older_than: Annotated[
        float | None, typer.Option("--older-than", metavar="DAYS", help="Only those not used for so many days.", min=0)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Remove compiled programs.

    They are built anew when they are needed. What builds that died have left goes, too; what a process is building
    stays.
    """
    old = [e for e in _entries(kind) if older_than is None or contents.age(e) >= older_than * DAY]
    removed, kept, freed = [], [], 0
    for entry in old:
        was_empty, bytes_of_it = contents.is_empty(entry), contents.size(entry)
        if not contents.remove(entry):
            kept.append(entry.name)
        elif not was_empty:
            removed.append(entry.name)
            freed += bytes_of_it
    if as_json:
        print_json({"folder": str(root()), "removed": removed, "bytes": freed, "building": kept})
        return
    out.print(f"removed {_counted(len(removed), freed)} from {escape(str(root()))}", soft_wrap=True)
    for name in kept:
        out.print(f"left {escape(name)}, which is being built", soft_wrap=True)


def _entries(kind: str | None) -> list[Entry]:
    entries = contents.entries()
    kinds = {entry.kind for entry in entries}
    if kind is not None and kind not in kinds and kind.partition("-")[0] not in registry.names():
        raise SpecError(f"--kind {kind!r}: the cache has none of these; {nearest(kind, kinds)}")
    return [entry for entry in entries if kind in (None, entry.kind)]


def _rows(kind: str | None) -> list[Row]:
    return [Row.of(entry) for entry in _entries(kind) if not contents.is_empty(entry)]


def _table(rows: Sequence[Row]) -> Table:
    """A row for each entry; in a narrow terminal only the column of programs is wrapped."""
    from neurosim.cli.report.fitting import PLAIN
    from neurosim.report.quantities import quantity

    table = Table(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("key", no_wrap=True)
    table.add_column("program")
    for header in ("size", "unused for"):
        table.add_column(header.replace(" ", "\n"), justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for row in rows:
        state = f"[{COLOURS[row.state]}]{row.state}[/{COLOURS[row.state]}]"
        bytes_of_it = quantity(row.size, "B")
        table.add_row(row.entry.key[:SHOWN], escape(row.title) or "-", bytes_of_it, _in_words(row.age), state)
    return table


def _in_words(seconds: float) -> str:
    """A time in its largest unit."""
    for unit, length in (("d", DAY), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _in_all(rows: Sequence[Row]) -> str:
    return _counted(len(rows), sum(row.size for row in rows))


def _counted(count: int, size_in_bytes: int) -> str:
    from neurosim.report.quantities import quantity

    return f"{count} {'program' if count == 1 else 'programs'}, {quantity(size_in_bytes, 'B')}"

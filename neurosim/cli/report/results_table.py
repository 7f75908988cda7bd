"""A summary table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from neurosim.cli.report.fitting import PLAIN, FittingTable
from neurosim.results.analysis.summary import SummaryTable
from neurosim.results.analysis.summary.table import DIFFERENCE_HEADS


def lines(table: SummaryTable) -> Iterator[RenderableType]:
    """The table, one of differences where there are any, and the notes, which wrap at the width of the terminal."""
    yield _table(*_with_one_label(table), texts=1)
    if table.against:
        yield Text()
        yield _table(DIFFERENCE_HEADS, table.difference_cells(), texts=2)
    yield Text()
    yield from (Text(f"{note}.") for note in table.notes)


def _with_one_label(table: SummaryTable) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Heads and cells with all labels in one column, so that a row that is shown on its side has a whole name."""
    labels = len(table.by)
    cells = [(row.name, *cells[labels:]) for row, cells in zip(table.rows, table.cells(), strict=True)]
    return (", ".join(table.by), *table.heads()[labels:]), cells


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> Table:
    shown = FittingTable(box=PLAIN, show_edge=False, padding=0)
    for i, head in enumerate(heads):
        shown.add_column(escape(head), justify="left" if i < texts else "right", no_wrap=True)
    for cells in rows:
        shown.add_row(*map(escape, cells))
    return shown

"""Tables that lose nothing: a table that is too wide for the terminal shows each row as a list, a cell a line."""

from __future__ import annotations

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import measure_renderables
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

# It counts as ASCII, for Rich would else draw another box: `neurosim.cli.plain` writes the line as a terminal can.
PLAIN = box.Box("    \n    \n ── \n    \n    \n    \n    \n    \n", ascii=True)
"""A line below the header and nothing else, so that a table of eight columns fits into 80 characters."""

WIDE = 10_000
"""Columns of a terminal into which any table fits."""


class FittingTable(Table):
    """A table that never cuts a label or a number."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._width(console, options.update(max_width=WIDE)) <= options.max_width:
            yield from super().__rich_console__(console, options)
        else:
            yield from self._on_its_side()

    def _width(self, console: Console, options: ConsoleOptions) -> int:
        """The least width: the longest line of each column that does not wrap, the longest word of each other."""
        _, right_padding, _, left_padding = Padding.unpack(self.padding)
        width = len(self.columns) * (left_padding + right_padding + 1) - 1
        for column in self.columns:
            widths = measure_renderables(console, options, [column.header, *column.cells])
            width += widths.maximum if column.no_wrap else widths.minimum
        return width

    def _on_its_side(self) -> RenderResult:
        """Each row as a list of its cells, below its label."""
        headers = [str(column.header).replace("-\n", "-").replace("\n", " ") for column in self.columns[1:]]
        for label, *cells in zip(*(column.cells for column in self.columns), strict=True):
            yield Text.from_markup(f"[bold]{label}[/bold]")
            lines = Table.grid(padding=(0, 2, 0, 0))
            for _ in range(2):
                lines.add_column(overflow="fold")
            for header, cell in zip(headers, cells, strict=True):
                lines.add_row(header, cell)
            yield Padding(lines, (0, 0, 0, 2))
        if self.caption is not None:
            yield self.caption if isinstance(self.caption, Text) else Text.from_markup(str(self.caption))

"""Text with a sample a line: commas, semicolons or tabs between, with a line of names above or without."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError, nearest
from neurosim.program.memory.footprint import MemoryPart, check_memory
from neurosim.scenario.datasets.own.finding import LABELS
from neurosim.scenario.datasets.own.raw import Labels, RawSamples

DELIMITERS = (",", ";", "\t")
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
CELL = 60
"""Bytes that a cell takes as a text of Python, about."""

Column = str | int
"""A name from the first line, or a number counted from 0."""


@dataclass(frozen=True)
class TextTable:
    """The cells of a text.

    Parameters
    ----------
    names
        Of its columns, from the first line; None where that has numbers already.
    rows
        The cells of each other line that is not blank, as many in each.
    lines
        The line of each row in the file, counted from 1.
    """

    names: tuple[str, ...] | None
    rows: list[list[str]]
    lines: list[int]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.rows[0]) if self.names is None else len(self.names)

    def place(self, row: int) -> str:
        """A row in a user's words."""
        return f"line {self.lines[row]}"

    def column(self, column: Column, key: str) -> int:
        """The number of a column.

        Raises
        ------
        InputError
            If there is none; it begins with the key of the scenario, and has the nearest name.
        """
        if isinstance(column, int):
            if not 0 <= column < self.width:
                raise InputError(f"{key} = {column}: there are {self.width} columns, 0 to {self.width - 1}")
            return column
        if self.names is None:
            raise InputError(f"{key} = '{column}': the first line has no names; name columns by number, from 0")
        if column not in self.names:
            raise InputError(f"{key} = '{column}': no column of that name; {nearest(column, self.names)}")
        return self.names.index(column)

    def said(self, column: int) -> str:
        """A column in a user's words."""
        return f"column {column}" if self.names is None else f"column '{self.names[column]}'"

    def numbers(self, columns: Sequence[int]) -> NDArray[np.float64]:
        """The numbers in some columns, shape (rows, columns).

        Raises
        ------
        InputError
            Naming the first cell that is none.
        """
        found = np.empty((len(self.rows), len(columns)))
        for k, cells in enumerate(self.rows):
            try:
                found[k] = [number_of(cells[c]) for c in columns]
            except ValueError:
                wrong = next(c for c in columns if not is_number(cells[c]))
                raise InputError(f"{self.place(k)}, {self.said(wrong)}: {cells[wrong]!r:.60} is no number") from None
        return found

    def labels(self, column: int, as_texts: bool) -> Labels:
        """The numbers of a column, or its texts: where nobody asks for texts, the first cell tells which.

        Raises
        ------
        InputError
            For a column that has both.
        """
        cells = [row[column].strip() for row in self.rows]
        if as_texts:
            return cells
        first, *others = map(is_number, cells)
        if any(other != first for other in others):
            k = 1 + next(k for k, other in enumerate(others) if other != first)
            raise InputError(
                f"{self.place(k)}, {self.said(column)}: {cells[k]!r:.60} beside {cells[0]!r:.60}: expected numbers "
                "alone or texts alone; where all are texts, name them in classes"
            )
        return _numbers(cells) if first else cells


def table_of(content: bytes) -> TextTable:
    """The cells in the bytes of a text in UTF-8.

    Raises
    ------
    InputError
        For what is none, and for rows that differ in length.
    """
    with border("no text with a sample a line", InputError):
        text = _text_of(content)
        check_memory(
            [MemoryPart("its cells", CELL * sum(map(text.count, (*DELIMITERS, "\n"))))], "the text", InputError
        )
        numbered = _cells(text)
        first = next(numbered, None)
        if first is None:
            raise InputError("it has no line")
        names = None if any(map(is_number, first[1])) else tuple(c.strip() for c in first[1])
        given = list(numbered) if names else [first, *numbered]
    if names is not None and len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise InputError(f"two columns are called '{twice}'")
    for line, cells in given:
        if len(cells) != len(first[1]):
            raise InputError(f"line {line} has {len(cells)} columns, expected {len(first[1])} as line {first[0]} has")
    return TextTable(names, [cells for _, cells in given], [line for line, _ in given])


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not blank, by its number."""
    head = next((line for line in io.StringIO(text) if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda d: len(next(csv.reader([head], delimiter=d), [])))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"line {reader.line_num}: {error}") from None
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        raise InputError(f"line {line}: no text in UTF-8 ({error.reason}: {content[error.start]:#04x})") from None


def _numbers(cells: Sequence[str]) -> NDArray[np.int64] | NDArray[np.float64]:
    """Numbers, shape (cells,): whole ones exactly, where all are whole and in 64 bits."""
    if all(map(_WHOLE.fullmatch, cells)):
        whole = [int(cell) for cell in cells]
        if all(-(2**63) <= number < 2**63 for number in whole):
            return np.array(whole, dtype=np.int64)
    return np.array([number_of(cell) for cell in cells])


def number_of(cell: str) -> float:
    """The number in a cell.

    Raises
    ------
    ValueError
        For anything else, also for what is a number in Python's source alone, such as ``1_000``.
    """
    if "_" in cell or not cell.isascii():
        raise ValueError
    return float(cell)


def is_number(cell: str) -> bool:
    """Whether a cell has a number, finite or not."""
    try:
        number_of(cell)
    except ValueError:
        return False
    return True


def samples_in(
    table: TextTable, inputs: Sequence[Column] | None, labels: Column | None, groups: Column | None, as_texts: bool
) -> RawSamples[NDArray[np.float64]]:
    """The samples of a text.

    Parameters
    ----------
    inputs
        Columns of numbers; None for all that are neither labels nor groups.
    labels, groups
        A column of each; labels may be found by a usual name.
    as_texts
        Whether labels are texts, also where they look like numbers.

    Raises
    ------
    InputError
        For a column that is not there or cannot be found, and a cell that is no number.
    """
    if not table.rows:
        raise InputError("it has names of columns alone, and no row")
    y = _labels(table) if labels is None else table.column(labels, "labels")
    g = None if groups is None else table.column(groups, "groups")
    if inputs is None:
        x = [c for c in range(table.width) if c not in (y, g)]
    else:
        x = [table.column(c, "inputs") for c in inputs]
    if not x or y in x or g in x or len(set(x)) < len(x):
        raise InputError(f"inputs are columns {x}, labels column {y}; expected others for each")
    return RawSamples(
        table.numbers(x), table.labels(y, as_texts), None if g is None else table.labels(g, False), None, table.place
    )


def _labels(table: TextTable) -> int:
    usual = [k for k, name in enumerate(table.names or ()) if name in LABELS]
    if len(usual) == 1:
        return usual[0]
    columns = f"0 to {table.width - 1}, without names" if table.names is None else ", ".join(table.names)
    raise InputError(f"labels is missing; say which column has them: {columns}")

"""What a page is made of: sections with notes, tables and pictures. Every text in them is escaped by the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from neurosim.report.drawing import Drawing


@dataclass(frozen=True)
class Judged:
    """A cell of a table, in the colour of success or of failure."""

    text: str
    good: bool


Cell = str | Judged


@dataclass(frozen=True)
class ReportTable:
    """A table.

    Attributes
    ----------
    caption
        Says what it is of; no two tables of a page have the same.
    heads
        One for each column; the first column names the rows.
    numbers
        How many of the last columns are of numbers, which stand to the right.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: int = 0
    kind: str = field(default="table", init=False)

    @property
    def first_number(self) -> int:
        """The first column of numbers."""
        return len(self.heads) - self.numbers


@dataclass(frozen=True)
class ReportPicture:
    """A picture with its words, and its data as a table that can be unfolded.

    Attributes
    ----------
    title
        Stands below it.
    wide, narrow
        As a wide page has it, and a narrow one; None where both have the same.
    data
        None where a table of the section has them.
    fills_page
        Whether it is as wide as the page; others stand beside each other.
    """

    title: str
    wide: Drawing
    narrow: Drawing | None = None
    data: ReportTable | None = None
    fills_page: bool = False
    kind: str = field(default="picture", init=False)

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """Both, or the one."""
        return (self.wide,) if self.narrow is None else (self.wide, self.narrow)


@dataclass(frozen=True)
class Gallery:
    """Pictures and tables beside each other, as far as there is room."""

    items: Sequence[ReportPicture | ReportTable]
    kind: str = field(default="gallery", init=False)


@dataclass(frozen=True)
class Note:
    """A paragraph in small letters."""

    text: str
    kind: str = field(default="note", init=False)


@dataclass(frozen=True)
class Folded:
    """A text that can be unfolded, as it is: a file."""

    title: str
    text: str
    kind: str = field(default="folded", init=False)


@dataclass(frozen=True)
class Figure:
    """A headline figure."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """Headline figures."""

    figures: Sequence[Figure]
    kind: str = field(default="figures", init=False)


Block = ReportTable | Gallery | Note | Folded | Figures


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes
    ----------
    name
        Its id: small letters, digits and ``-``; no two sections of a page have the same.
    level
        Of its heading: 2, or 3 within another.
    """

    name: str
    title: str
    blocks: Sequence[Block]
    level: int = 2

    @property
    def drawings(self) -> list[Drawing]:
        """All that are in it."""
        items = [item for b in self.blocks if isinstance(b, Gallery) for item in b.items]
        return [d for item in items if isinstance(item, ReportPicture) for d in item.drawings]

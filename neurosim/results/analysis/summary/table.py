"""A summary table as data: what stands in its rows, in full precision and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from neurosim.edges.optional_packages import PANDAS, needed
from neurosim.model.display.notebook import table_html
from neurosim.results.analysis.labelled import Label
from neurosim.results.analysis.statistics import Interval, PairedTest
from neurosim.results.analysis.summary.words import chance, difference, effect, number

if TYPE_CHECKING:
    import pandas

SPAN = "lowest to highest"
"""Of the first metric."""

DIFFERENCE_HEADS = ("row", "metric", "difference", "p", "effect", "pairs")
"""Of the differences to one row."""


@dataclass(frozen=True)
class MetricSummary:
    """A metric of the runs of a row.

    Attributes
    ----------
    values
        By seed, in ascending order; a seed without one is left out.
    mean, sd, lowest, highest, interval
        Of the values; None where there are too few.
    """

    values: Mapping[int, float]
    mean: float | None
    sd: float | None
    lowest: float | None
    highest: float | None
    interval: Interval | None


@dataclass(frozen=True)
class RowDifference:
    """How far a metric of a row is from that of the row that it is compared with, in pairs of one seed.

    Attributes
    ----------
    mean
        Of the differences; None without a pair.
    test
        What the test found of them.
    p
        That of the test after Holm's correction; None where there is none.
    effect
        Its size; None where it has none.
    """

    mean: float | None
    test: PairedTest
    p: float | None
    effect: float | None


@dataclass(frozen=True)
class SummaryRow:
    """A row.

    Attributes
    ----------
    labels
        What its runs share, in the order of the columns.
    seeds
        How many its runs have.
    metrics
        In the order of the columns.
    differences
        To the row that all are compared with, for each metric; empty where that is this row, or there is none.
    """

    labels: tuple[Label, ...]
    seeds: int
    metrics: tuple[MetricSummary, ...]
    differences: tuple[RowDifference, ...] = ()

    @property
    def name(self) -> str:
        """Its labels, with commas between."""
        return ", ".join(str(label) for label in self.labels)


@dataclass(frozen=True)
class SummaryTable:
    """A summary table.

    Attributes
    ----------
    by, metrics
        The names of the labels and of the metrics that have columns.
    interval
        What stands beside a mean: ``none``, ``sd``, ``t`` or ``bootstrap``.
    against
        The name of the row that the others are compared with; empty where there is none.
    rows
        In the order of the study's cells, then of their labels.
    notes
        Sentences below the table: what its numbers are, and what is missing in it.
    """

    by: tuple[str, ...]
    metrics: tuple[str, ...]
    interval: str
    against: str
    rows: tuple[SummaryRow, ...]
    notes: tuple[str, ...]

    def heads(self) -> tuple[str, ...]:
        """The heads of the columns, in words: labels, ``n``, and metrics, the first with its span."""
        first, *others = self.metrics
        return (*self.by, "n", first, SPAN, *others)

    def cells(self) -> list[tuple[str, ...]]:
        """The cells of each row, in words."""
        return [(*map(str, row.labels), str(row.seeds), *self._metrics(row)) for row in self.rows]

    def difference_cells(self) -> list[tuple[str, ...]]:
        """The cells of a second table in words, below `DIFFERENCE_HEADS`: a row for each row and metric."""
        return [
            (row.name, name, difference(name, d.mean), chance(d.p), effect(d.effect), str(d.test.n))
            for row in self.rows
            for name, d in zip(self.metrics, row.differences, strict=False)  # the row itself has none
        ]

    def _metrics(self, row: SummaryRow) -> Iterator[str]:
        for i, (name, found) in enumerate(zip(self.metrics, row.metrics, strict=True)):
            yield self._with_spread(name, found)
            if i == 0:
                yield f"{number(name, found.lowest)} to {number(name, found.highest)}" if found.values else "-"

    def _with_spread(self, name: str, found: MetricSummary) -> str:
        mean = number(name, found.mean)
        if found.mean is None or self.interval == "none":
            return mean
        if self.interval == "sd":
            return f"{mean} ± {number(name, found.sd)}"
        i = found.interval
        return f"{mean} [-]" if i is None else f"{mean} [{number(name, i.low)}, {number(name, i.high)}]"

    def records(self) -> list[dict[str, Any]]:
        """A flat entry for each row, in full precision: labels, ``n``, and ``METRIC.mean`` and the like."""
        return [{**self._labels(row), "n": row.seeds, **dict(self._numbers(row))} for row in self.rows]

    def _labels(self, row: SummaryRow) -> dict[str, Label]:
        return dict(zip(self.by, row.labels, strict=True))

    def _numbers(self, row: SummaryRow) -> Iterator[tuple[str, float | int | None]]:
        for i, (name, m) in enumerate(zip(self.metrics, row.metrics, strict=True)):
            yield from ((f"{name}.{n}", getattr(m, n)) for n in ("mean", "sd", "lowest", "highest"))
            if self.interval in ("t", "bootstrap"):
                yield f"{name}.low", None if m.interval is None else m.interval.low
                yield f"{name}.high", None if m.interval is None else m.interval.high
            if self.against:
                d = row.differences[i] if row.differences else None
                yield f"{name}.difference", None if d is None else d.mean
                yield f"{name}.pairs", None if d is None else d.test.n
                yield f"{name}.p", None if d is None else d.test.p
                yield f"{name}.p_holm", None if d is None else d.p
                yield f"{name}.effect", None if d is None else d.effect

    def to_pandas(self) -> pandas.DataFrame:
        """Return the records as a table.

        Raises
        ------
        BackendUnavailable
            Where pandas is missing.
        """
        with needed(PANDAS, "to_pandas"):
            import pandas as pd
        return pd.DataFrame.from_records(self.records())

    def _repr_html_(self) -> str:
        tables = table_html("Summary", self.heads(), self.cells())
        tables += table_html(f"Against {escape(self.against)}", DIFFERENCE_HEADS, self.difference_cells())
        return f"<div>{tables}<p>{escape(' '.join(f'{note}.' for note in self.notes))}</p></div>"

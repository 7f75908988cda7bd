"""A summary table as text for other programs: Markdown, LaTeX, CSV, JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from neurosim.results.analysis.summary.table import DIFFERENCE_HEADS, SummaryTable

Row = Sequence[str]


def rendered(table: SummaryTable, form: str) -> str:
    """The text of a table in one of the `FORMATS`; the same table gives the same text.

    Raises
    ------
    KeyError
        For a name that is no format.
    """
    return FORMATS[form](table)


def markdown(table: SummaryTable) -> str:
    """A table of GitHub's Markdown, one of differences where there are any, and the notes in a paragraph below."""
    tables = [_in_pipes(table.heads(), table.cells(), len(table.by))]
    if table.against:
        tables.append(_in_pipes(DIFFERENCE_HEADS, table.difference_cells(), 2))
    notes = " ".join(f"{_in_markdown(note)}." for note in table.notes)
    return "\n\n".join([*tables, notes]) + "\n"


def _in_pipes(heads: Row, rows: Sequence[Row], texts: int) -> str:
    """A table whose first columns are texts, the others numbers."""
    ruler = [":--" if i < texts else "--:" for i in range(len(heads))]
    first, *others = (_pipes([_in_markdown(cell) for cell in row]) for row in (heads, *rows))
    return "\n".join([first, _pipes(ruler), *others])


def _pipes(cells: Row) -> str:
    return f"| {' | '.join(cells)} |"


_MARKS = re.compile(r"[\\`*{}\[\]<>#|]|(?<!\w)_|_(?!\w)")
"""What Markdown takes as a mark; an underscore within a word is none."""


def _in_markdown(text: str) -> str:
    return " ".join(_MARKS.sub(r"\\\g<0>", text).split())


IN_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "<": r"$<$", ">": r"$>$",
}  # fmt: skip


def latex(table: SummaryTable) -> str:
    """A table for the package booktabs, one of differences where there are any; the notes are its caption."""
    caption = " ".join(f"{_in_latex(note)}." for note in table.notes)
    lines = ["\\begin{table}", "  \\centering", f"  \\caption{{{caption}}}"]
    lines += _tabular(table.heads(), table.cells(), len(table.by))
    if table.against:
        lines += ["", "  \\medskip", *_tabular(DIFFERENCE_HEADS, table.difference_cells(), 2)]
    return "\n".join([*lines, "\\end{table}", ""])


def _tabular(heads: Row, rows: Sequence[Row], texts: int) -> Iterator[str]:
    yield f"  \\begin{{tabular}}{{{'l' * texts}{'r' * (len(heads) - texts)}}}"
    first, *others = (f"    {' & '.join(map(_in_latex, row))} \\\\" for row in (heads, *rows))
    yield from ("    \\toprule", first, "    \\midrule", *others, "    \\bottomrule", "  \\end{tabular}")


def _in_latex(text: str) -> str:
    return "".join(IN_LATEX.get(letter, letter) for letter in " ".join(text.split()))


def comma_separated(table: SummaryTable) -> str:
    """The records of a table in CSV, numbers in full precision; what there is none of is empty."""
    text = io.StringIO()
    records = table.records()
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def as_json(table: SummaryTable) -> str:
    """All of a table as one object of JSON, with the values of every seed."""
    rows = [
        {
            "labels": dict(zip(table.by, row.labels, strict=True)),
            "n": row.seeds,
            "metrics": {
                name: {**asdict(m), "values": [[key, value] for key, value in m.values.items()]}
                for name, m in zip(table.metrics, row.metrics, strict=True)
            },
            "differences": {name: asdict(d) for name, d in zip(table.metrics, row.differences, strict=False)},
        }
        for row in table.rows
    ]
    document = {"by": table.by, "metrics": table.metrics, "interval": table.interval, "against": table.against}
    return json.dumps({**document, "rows": rows, "notes": table.notes}, indent=2) + "\n"


FORMATS: dict[str, Callable[[SummaryTable], str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
    "json": as_json,
}
"""By their names on the command line."""

"""`neurosim table`: metrics of runs over seeds, as a table."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from neurosim.cli.console import out
from neurosim.cli.options import check_target
from neurosim.edges import atomic
from neurosim.errors import SpecError, nearest

if TYPE_CHECKING:
    from neurosim.results.analysis.summary import SummaryTable

TEXT = "text"
WIDTH = 80
"""Columns of a table in a file."""


def table(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR", help="Runs, studies, or folders that have them in them.")
    ],
    by: Annotated[
        str | None,
        typer.Option(metavar="LABELS", help="Labels of a row, with commas between.  [default: those that differ]"),
    ] = None,
    metrics: Annotated[
        str, typer.Option(metavar="METRICS", help="Attributes of a result, with commas between.")
    ] = "accuracy,forgetting",
    interval: Annotated[str, typer.Option(help="Beside a mean: none, sd, t or bootstrap.")] = "sd",
    against: Annotated[
        str | None, typer.Option(metavar="ROW", help="The row that all others are compared with, by its labels.")
    ] = None,
    test: Annotated[
        str | None, typer.Option(help="How they are compared: t, wilcoxon or sign-flip.  [default: t]")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="text, markdown, latex, csv or json.")] = TEXT,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write it.  [default: the terminal]")
    ] = None,
) -> None:
    """Tell metrics of runs over seeds, as a table.

    It has mean and spread over seeds of runs that have ended, a row for runs that share labels.
    """
    from neurosim.results.analysis.summary import FORMATS, rendered, table_of
    from neurosim.scenario.runs.opened.collecting import collected

    if form not in (TEXT, *FORMATS):
        raise SpecError(f"--format '{form}'; {nearest(form, (TEXT, *FORMATS))}")
    if test is not None and against is None:
        raise SpecError(f"--test {test}: nothing is compared; name the row to compare with by --against ROW")
    if out_file is not None:
        check_target(out_file)
        _check_not_kept(out_file)
    found = collected(folders)
    named = None if by is None else _names(by)
    made = table_of(found.runs, named, _names(metrics), interval, against, test or "t", found.missing)
    if out_file is not None:
        atomic.write(out_file, (_as_text(made) if form == TEXT else rendered(made, form)).encode())
    elif form == TEXT:
        tell(made, out)
    else:
        out.file.write(rendered(made, form))


def tell(table: SummaryTable, console: Console) -> None:
    """Print a table and its notes."""
    from neurosim.cli.report import results_table

    for line in results_table.lines(table):
        console.print(line)


def _as_text(table: SummaryTable) -> str:
    text = io.StringIO()
    tell(table, Console(file=text, width=WIDTH, highlight=False, color_system=None))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _check_not_kept(path: Path) -> None:
    """Refuse to write over what a run or a study keeps.

    Raises
    ------
    SpecError
        For a file that a run directory has, or a study's own.
    """
    from neurosim.results.store import events
    from neurosim.results.store.directory import RUN
    from neurosim.results.store.lock import NAME as LOCK
    from neurosim.results.studies import COMPARISON, LADDER, STUDY, is_study

    of_study = {STUDY, LOCK, events.NAME, COMPARISON, LADDER}  # beside its folders
    whole = path.resolve()
    for folder in whole.parents:
        is_kept = is_study(folder) and (len(whole.relative_to(folder).parts) > 1 or whole.name in of_study)
        if is_kept or (folder / RUN).is_file():
            raise SpecError(f"--out {path}: {folder.name} keeps its own files there; name another place")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]

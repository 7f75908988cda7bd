"""`neurosim report`: one HTML file about runs, and what other commands need to write one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from neurosim.cli.console import out
from neurosim.cli.options import check_target
from neurosim.edges import atomic, axes
from neurosim.edges.optional_packages import REPORT, needed
from neurosim.errors import SpecError

SUFFIXES = (".html", ".htm")

ReportFile = Annotated[
    Path | None, typer.Option("--report", metavar="FILE.html", help="Where a report of the runs goes.")
]


def report(
    directories: Annotated[list[Path], typer.Argument(metavar="DIR", help="Runs, studies, or folders of them.")],
    out_file: Annotated[Path, typer.Option("--out", metavar="FILE.html", help="Where the report goes.")] = Path(
        "report.html"
    ),
    chip: Annotated[str, typer.Option(help="loihi1 or loihi2: what the network is put on.")] = "loihi2",
) -> None:
    """Write a report of runs: one HTML file.

    It has pictures and tables of runs or of a study, and needs nothing else.
    """
    from neurosim.chip.limits import chip_of

    chip_of(chip)
    check(out_file)
    write(out_file, directories, chip)


def check(path: Path) -> None:
    """Refuse a report that could not be written, before anything is computed for it.

    Raises
    ------
    SpecError
        For a name with another ending, and a place that cannot be written.
    BackendUnavailable
        Where a package is missing that draws it.
    """
    if path.suffix not in SUFFIXES:
        raise SpecError(f"{path}: expected a name that ends in .html")
    check_target(path)
    axes.check()
    with needed(REPORT, "a report"):
        import jinja2  # noqa: F401


def write(path: Path, directories: Sequence[Path], chip: str = "loihi2", quietly: bool = False) -> None:
    """Write the report of what is in folders, and say where it is.

    Parameters
    ----------
    quietly
        Whether nothing is said.

    Raises
    ------
    NeurosimError
        If one of them is neither a run directory nor a study, or is damaged.
    """
    from neurosim.report import page, sources

    text = page.page(sources.read(directories), chip)
    atomic.write(path, text.encode())
    if not quietly:
        out.print(f"report: {path} ({len(text.encode()) / 1000:,.0f} kB)", soft_wrap=True)

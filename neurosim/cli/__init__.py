"""The command line: a module for each command, or for two that are close. The only package that prints.

Results go to stdout, progress and errors to stderr; with ``--json`` one JSON value is all that stdout gets. Exit codes:
0 done; 1 a backend fell below the tier that the scenario demands, a network does not fit on a chip, `doctor` or
`cache verify` found something broken, or `device verify` a stale calibration; 2 a mistake in the input, or a backend
that is missing or failed; 128 and the number of the signal that interrupted it: 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP
(`neurosim.cli.signals`); 141 the output is read no more.
"""

from __future__ import annotations

from typing import Annotated

import typer

import neurosim
from neurosim.backend.processes import scratch
from neurosim.cli.command_list import CommandList
from neurosim.cli.console import out

app = typer.Typer(
    name="neurosim",
    cls=CommandList,
    help="Run one lifelong-learning scenario identically on several neuromorphic simulators.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(version: bool) -> None:
    if version:
        out.print(f"neurosim {neurosim.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run one lifelong-learning scenario identically on several neuromorphic simulators."""
    scratch.sweep_all()

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
from neurosim.cli.commands import (
    cache,
    compare,
    install,
    report,
    resume,
    run,
    search,
    simulate,
    study,
    table,
)
from neurosim.cli.commands.chips import device, loihi, process_map
from neurosim.cli.commands.networks import nir, pretrain
from neurosim.cli.console import Commands, explained, out

app = typer.Typer(
    name="neurosim",
    cls=Commands,
    help="Run one lifelong-learning scenario identically on several neuromorphic simulators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# Short texts for the list of commands: each fits in a line of 80 characters.
app.command(short_help="Run a scenario, and keep what it leaves behind.")(explained(run.run))
app.command(short_help="Run variants of a scenario, many times, in a folder.")(explained(study.study))
app.command(short_help="Show how far a study is, from its folder.")(explained(study.watch))
app.command(short_help="Go on with a run that was interrupted or killed.")(explained(resume.resume))
app.command(short_help="Run a file on several backends: do they agree?")(explained(compare.compare))
app.command(short_help="Run a plain network, with no tasks.")(explained(simulate.simulate))
app.command(short_help="Train the first task by gradients, into a file.")(explained(pretrain.pretrain))
app.command("import-nir", short_help="Read a graph of NIR as a network.")(explained(nir.import_nir))
app.command("export-nir", short_help="Write a network as a graph of NIR.")(explained(nir.export_nir))
app.command(short_help="Write a report of runs: one HTML file.")(explained(report.report))
app.command(short_help="Search the settings of a scenario.")(explained(search.search))
app.command(short_help="Tell metrics of runs over seeds, as a table.")(explained(table.table))
app.command(short_help="Tell what a scenario needs of a chip.")(explained(loihi.loihi))
app.command("map", short_help="Show a scenario as processes of a backend.")(explained(process_map.map_program))
app.command(short_help="List backends, and what is installed.")(explained(install.backends))
app.command(short_help="Check this machine, and every backend on it.")(explained(install.doctor))
app.add_typer(device.app)
app.add_typer(cache.app)


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

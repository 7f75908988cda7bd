"""`neurosim resume`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from neurosim.backend import registry
from neurosim.cli import kept
from neurosim.cli.console import err, print_json
from neurosim.cli.options import AsJson, DataFolder
from neurosim.errors import NeurosimError, SpecError


def resume(
    run_dir: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was interrupted or killed; what it leaves behind is as if it had not been."""
    from neurosim.results.store import RunDirectory
    from neurosim.scenario import engine, kept_run

    with RunDirectory.open(run_dir) as directory:
        if directory.has_ended:
            err.print("the run had ended before; nothing is left to run")
        described = kept_run.scenario_of(directory)
        try:
            data = engine.load_data(described, data_folder)
        except NeurosimError as error:
            raise SpecError(f"{run_dir}: {error}") from None
        was = directory.identity
        loaded, _ = registry.load(f"{was.backend}:{was.mode}", described.backends())
        kept_run.check_same(directory, described, loaded, data)
        for note in directory.notes:
            err.print(
                f"[bold yellow]damaged:[/bold yellow] {escape(note)}; the run goes on from before it", soft_wrap=True
            )
        result = kept.through(directory, described, loaded, data, data_folder)
    if as_json:
        print_json(kept.as_data(result, directory.path))
    else:
        kept.report_on(result, directory.path)

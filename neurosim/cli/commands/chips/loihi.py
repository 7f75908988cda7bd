"""`neurosim loihi`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosim.backend import registry
from neurosim.cli.console import out, print_json, watched
from neurosim.cli.options import AllowCode, AsJson, DataFolder, ScenarioPath, Seed, Settings, read_scenarios


def loihi(
    scenario: ScenarioPath,
    chip: Annotated[str, typer.Option(help="loihi1 or loihi2.")] = "loihi2",
    backend: Annotated[str, typer.Option(help="NAME[:MODE] that runs the scenario.")] = "reference",
    run_dir: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="A run that has ended, in place of training anew.")
    ] = None,
    seed: Seed = 0,
    settings: Settings = None,
    data_folder: DataFolder = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Tell what a scenario needs of a chip.

    It tells of cores, precision and learning rules; the exit code is 1 where the network does not fit.
    """
    from neurosim.chip.limits import chip_of
    from neurosim.cli.report import chip_tables
    from neurosim.results import store
    from neurosim.scenario.runs.chip_estimate import examine

    limits = chip_of(chip)
    [prepared] = read_scenarios([scenario], data_folder, allow_code, settings=settings)
    kept = None if run_dir is None else store.read(run_dir)
    loaded, mode = registry.load(backend, prepared.scenario.backends())
    with watched(f"{prepared.name} on {loaded.name}:{mode}") as progress:
        name, open_session = f"{loaded.name}:{mode}", registry.opener(loaded, mode)
        report = examine(prepared, limits, name, open_session, seed, kept=kept, listener=progress)
    if as_json:
        print_json(report.as_data())
    else:
        for line in chip_tables.lines(report):
            out.print(line, soft_wrap=isinstance(line, str))
    if not report.fits:
        raise typer.Exit(1)

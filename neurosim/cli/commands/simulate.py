"""`neurosim simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosim.backend import registry
from neurosim.cli.console import out, print_json
from neurosim.cli.options import AllowCode, AsJson, Duration, Settings, SimulationPath
from neurosim.cli.simulations import Asked, prepared


def simulate(
    file: SimulationPath,
    backend: Annotated[str, typer.Option("--backend", metavar="NAME[:MODE]", help="Where it runs.")] = "reference",
    seed: Annotated[int | None, typer.Option(help="Seed of all that is drawn.  [default: the file's]", min=0)] = None,
    duration: Duration = None,
    settings: Settings = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.svg|png|pdf", help="Where a picture of the spikes goes.")
    ] = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Run a plain network on one backend, and tell how much each population spiked."""
    from neurosim.cli.report import pictures, simulation_tables

    ready = prepared(file, seed, Asked(duration, settings or (), allow_code))
    registry.load(backend, ready.experiment.workers)  # a name that there is not is told before anything is written
    if plot is not None:
        pictures.check(plot, ready)
    recording = ready.on(backend)
    if plot is not None:
        pictures.write_spikes(plot, recording)
    if as_json:
        print_json(simulation_tables.as_data(ready, recording))
        return
    out.print(ready.title, soft_wrap=True)
    out.print(simulation_tables.run_line(recording), soft_wrap=True)
    if recording.spikes():
        out.print()
        out.print(simulation_tables.spikes_table(recording))
    for line in simulation_tables.trace_lines(recording):
        out.print(line, soft_wrap=True)

"""`neurosim simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurosim.backend import registry
from neurosim.cli.console import out, print_json
from neurosim.cli.options import AllowCode, AsJson, Duration, Settings, SimulationPath, check_target
from neurosim.cli.simulations import Asked, prepared
from neurosim.errors import SpecError

if TYPE_CHECKING:
    from neurosim.cli.simulations import ReadySimulation


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
    from neurosim.cli.report import simulation_tables

    registry.load(backend)  # a name that there is not is told before anything is built
    ready = prepared(file, seed, Asked(duration, settings or (), allow_code))
    if plot is not None:
        _check_plot(plot, ready)
    recording = ready.on(backend)
    if plot is not None:
        from neurosim.edges import atomic
        from neurosim.simulation.recordings import pictures

        atomic.write(plot, pictures.of_spikes(recording, plot.suffix[1:]))
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


def _check_plot(path: Path, ready: ReadySimulation) -> None:
    """Refuse a picture that could not be made, before anything is computed for it."""
    from neurosim.simulation.recordings import pictures

    if path.suffix not in (f".{f}" for f in pictures.FORMATS):
        endings = ", ".join(f".{f}" for f in pictures.FORMATS)
        raise SpecError(f"--plot {path}: expected a name that ends in one of {endings}")
    if not any(r.is_of_spikes for r in ready.experiment.wanted):
        raise SpecError(f"--plot {path}: no spikes are recorded; record some, such as 'e.spikes'")
    pictures.check()
    check_target(path)

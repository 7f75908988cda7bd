"""`neurosim simulate`: a plain network on one or several backends with one or several seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.console import out, print_json
from neurosim.cli.options import (
    AllowCode,
    AsJson,
    Backends,
    Duration,
    Jobs,
    Seeds,
    Settings,
    SimulationPath,
    each_once,
    names_of,
)
from neurosim.cli.plain_networks.kept_simulations import RequestedSimulation
from neurosim.cli.plain_networks.simulations import Asked, ReadySimulation, prepared
from neurosim.cli.runs import several_runs
from neurosim.cli.runs.engines import Where
from neurosim.edges.toml.seeds import seeds_of
from neurosim.errors import SpecError

if TYPE_CHECKING:
    from neurosim.simulation.recordings.recording import Recording


def simulate(
    file: SimulationPath,
    backend: Backends = None,
    seeds: Seeds = None,
    duration: Duration = None,
    settings: Settings = None,
    jobs: Jobs = 1,
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where directories of simulations go, to be resumed.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.svg|png|pdf", help="Where a picture of the spikes goes.")
    ] = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Run a plain network, with no tasks.

    How much each population spiked is told; with --out all that it recorded is kept.
    """
    from neurosim.results.store import check_writable

    if out_dir is not None:
        check_writable(out_dir)
    asked = Asked(duration, settings or (), allow_code)
    ready = [prepared(file, seed, asked) for seed in ([None] if seeds is None else seeds_of(seeds))]
    loaded = each_once(names_of(backend or ["reference"]), ready[0].experiment.workers)
    where = [f"{found.name}:{mode}" for found, mode in loaded]
    runs = [RequestedSimulation(one, name, out_dir) for name in where for one in ready]
    if plot is not None:
        _check_plot(plot, ready[0], len(runs))
    by_number: dict[int, dict[str, Any]] = {}

    def ended(number: int, outcome: tuple[Recording, Path | None]) -> None:
        by_number[number] = told(runs[number].ready, *outcome, plot, as_json)

    several_runs.all_of(runs, Where(None, jobs).engine(len(runs)), ended)
    if as_json:
        values = [by_number[number] for number in range(len(runs))]
        print_json(values[0] if len(values) == 1 else values)


def told(
    ready: ReadySimulation, recording: Recording, folder: Path | None, plot: Path | None, as_json: bool
) -> dict[str, Any]:
    """Tell of a simulation that has ended, and return it as data."""
    from neurosim.cli.report import simulation_tables

    if plot is not None:
        from neurosim.cli.report import pictures

        pictures.write_spikes(plot, recording)
    if not as_json:
        out.print(ready.title, soft_wrap=True)
        out.print(simulation_tables.run_line(recording), soft_wrap=True)
        if recording.spikes():
            out.print()
            out.print(simulation_tables.spikes_table(recording))
        for line in simulation_tables.trace_lines(recording):
            out.print(line, soft_wrap=True)
        if folder is not None:
            out.print(f"kept in {folder}", soft_wrap=True)
    return simulation_tables.as_data(ready, recording, folder)


def _check_plot(path: Path, ready: ReadySimulation, runs: int) -> None:
    from neurosim.cli.report import pictures

    if runs > 1:
        raise SpecError(f"--plot {path}: of {runs} simulations; expected one backend and one seed")
    pictures.check(path, ready)

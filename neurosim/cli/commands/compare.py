"""`neurosim compare`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from neurosim.backend import registry
from neurosim.cli.console import err, out, print_json, watched
from neurosim.cli.options import AsJson, DataFolder, Jobs, Seeds, names_of, read_scenarios, seeds_of
from neurosim.cli.progress import JobsProgress
from neurosim.errors import UnknownBackend
from neurosim.scenario.runs.submit.parallel import Job, all_of
from neurosim.scenario.schema import Scenario

if TYPE_CHECKING:
    from neurosim.results.agreement.comparison import Comparison

USUAL = ("reference", "brian2", "nengo", "lava")
"""The backends that are compared by default."""


def compare(
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO...", help="Scenario files in TOML.")],
    backends: Annotated[
        str | None,
        typer.Option(
            "--backends",
            "--backend",
            metavar="NAMES",
            help=f"NAME[:MODE], with commas between.  [default: what is installed of {', '.join(USUAL)}]",
        ),
    ] = None,
    seeds: Seeds = None,
    jobs: Jobs = 1,
    segments: Annotated[bool, typer.Option("--segments", help="Also compare in teacher-forced segments.")] = False,
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario on several backends and tell how closely they agree; exit 1 below the tier that it demands."""
    from neurosim.results.agreement.tiers import meets
    from neurosim.scenario.runs.comparison import compare_backends

    seed_numbers = seeds_of(seeds or ["0"])
    prepared = read_scenarios(scenarios, data_folder)
    names = _installed(USUAL) if backends is None else names_of([backends])
    names = list(dict.fromkeys(["reference", *names]))
    chosen = [[registry.load(n, p.scenario.backends()) for n in names] for p in prepared]
    work = partial(_at_once, jobs) if jobs > 1 else _in_turn
    together = [seed_numbers] if jobs > 1 else [(seed,) for seed in seed_numbers]
    comparisons, below = [], []
    for p, loaded in zip(prepared, chosen, strict=True):
        for group in together:
            for seed, rows in zip(group, compare_backends(p, loaded, group, segments, work), strict=True):
                name = p.scenario.scenario.name
                comparisons.append({"scenario": name, "seed": seed, "backends": [r.as_data() for r in rows]})
                of = f"{name}, seed {seed}," if len(seed_numbers) > 1 else name
                below += [f"{of} on {r.name}" for r in rows if not meets(r.tier, p.scenario.scenario.tier)]
                if not as_json:
                    _tell(p.scenario, seed, rows)
    if as_json:
        print_json(comparisons[0] if len(comparisons) == 1 else comparisons)
    if below:
        err.print(f"[bold red]below the tier that is demanded:[/bold red] {', '.join(below)}", soft_wrap=True)
        raise typer.Exit(1)


def _installed(names: Sequence[str]) -> list[str]:
    """The backends that can be used here; the others are left out, and a line on stderr says so."""
    installed = []
    for name in names:
        try:
            registry.versions_of(registry.load(name)[0])
            installed.append(name)
        except (*registry.UNUSABLE, UnknownBackend) as error:
            err.print(f"[bold yellow]left out:[/bold yellow] {escape(str(error))}", soft_wrap=True)
    return installed


def _tell(scenario: Scenario, seed: int, rows: Sequence[Comparison]) -> None:
    from neurosim.cli.report.tables import comparison_table, remarks

    out.print(f"[bold]{scenario.scenario.name}[/bold]: {scenario.scenario.description}; seed {seed}", soft_wrap=True)
    out.print(comparison_table(rows))
    for line in remarks(rows):
        out.print(line, soft_wrap=True)
    out.print()


def _in_turn(jobs: Sequence[Job[Any]]) -> list[Any]:
    outcomes = []
    for job in jobs:
        with watched(job.name) as progress:
            outcomes.append(job.work(progress))
    return outcomes


def _at_once(processes: int, jobs: Sequence[Job[Any]]) -> list[Any]:
    with JobsProgress([job.name for job in jobs], err) as progress:
        return all_of(jobs, processes, progress)

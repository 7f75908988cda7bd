"""`neurosim search`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from neurosim.backend import registry
from neurosim.cli import signals
from neurosim.cli.console import err, out, print_json, tell_interrupt
from neurosim.cli.options import (
    AllowCode,
    AsJson,
    DataFolder,
    ScenarioPath,
    Settings,
    Variant,
    check_target,
    read_documents,
    with_data,
)
from neurosim.cli.progress import SearchProgress
from neurosim.edges import atomic
from neurosim.edges.optional_packages import SEARCH, needed
from neurosim.edges.seeds import seeds_of
from neurosim.errors import SpecError


def search(
    scenario: ScenarioPath,
    trials: Annotated[int | None, typer.Option(help="Trials in all; by default what the file says.", min=1)] = None,
    seeds: Annotated[str | None, typer.Option(help="Seeds of each trial: 0,1,2 or 0..2.")] = None,
    backend: Annotated[str, typer.Option(help="NAME[:MODE].")] = "reference",
    storage: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where trials are kept; by default SCENARIO-search.db.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The best file; by default SCENARIO-best.toml.")
    ] = None,
    variant: Variant = None,
    settings: Settings = None,
    data_folder: DataFolder = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Search the ranges of a scenario's [search] on the validation part; the same command goes on with a search."""
    with needed(SEARCH, "a search"):
        from neurosim.scenario.search.ranges import Search
        from neurosim.scenario.search.search import search as trials_of

    [document] = read_documents([scenario], variant, settings)
    [prepared] = with_data([document], data_folder, allow_code)
    name = prepared.name
    file_search = Search.of(document, trials, None if seeds is None else seeds_of([seeds]))
    storage = storage or scenario.with_name(f"{scenario.stem}-search.db")
    target = out_file or scenario.with_name(f"{scenario.stem}-best.toml")
    for file in (storage, target):
        check_target(file)
    if target.resolve() in (storage.resolve(), scenario.resolve()):
        raise SpecError(f"--out {target}: that is the scenario or the storage of trials; name another file")
    loaded, mode = registry.load(backend, prepared.scenario.backends())
    try:
        with SearchProgress(f"searching {name}", err) as progress:
            outcome = trials_of(file_search, registry.opener(loaded, mode), prepared.data, storage, progress)
    except KeyboardInterrupt as interrupt:
        tell_interrupt(f"trials that had ended are kept in {storage}; the same command goes on")
        raise typer.Exit(signals.exit_code(interrupt)) from None
    atomic.write(target, file_search.text(outcome.settings, target).encode())
    if as_json:
        summary = {"scenario": name, "backend": loaded.name, "mode": mode, **asdict(outcome)}
        print_json({**summary, "seeds": file_search.table.seeds, "storage": str(storage), "file": str(target)})
        return
    counted = f"{outcome.trials} trials, {outcome.pruned} of them ended early"
    best = f"best [bold]{outcome.accuracy:.1%}[/bold] in trial {outcome.trial}"
    seeds = ", ".join(map(str, file_search.table.seeds))
    on = f"{'mean of seeds' if len(file_search.table.seeds) > 1 else 'seed'} {seeds}, validation part"
    out.print(f"[bold]{name}[/bold]: {counted}; {best}, {on}", soft_wrap=True)
    out.print(_settings_table(file_search, outcome.settings))
    out.print(f"kept in {target}; trials in {storage}", soft_wrap=True)


def _settings_table(file_search: Any, best: Mapping[str, Any]) -> Table:
    """A row for each range: its values in the file, and the best one."""
    from neurosim.cli.report.fitting import PLAIN, FittingTable

    table = FittingTable(box=PLAIN, show_edge=False, padding=0)
    table.add_column("setting", overflow="fold")
    for header in ("range", "in the file", "best"):
        table.add_column(header, justify="right")
    for r in file_search.ranges:
        table.add_row(r.key, r.words, ", ".join(file_search.values(r)), f"{best[r.key]}")
    return table

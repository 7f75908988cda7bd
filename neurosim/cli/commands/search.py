"""`neurosim search`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from neurosim.backend import registry
from neurosim.cli import signals
from neurosim.cli.console import err, out, print_json, tell_interrupt
from neurosim.cli.options import (
    AllowCode,
    AsJson,
    DataFolder,
    Jobs,
    ScenarioPath,
    Settings,
    Variant,
    check_target,
    read_documents,
    with_data,
)
from neurosim.cli.progress import SearchProgress
from neurosim.cli.runs.engines import Insecure, On, SameCpu, Where
from neurosim.edges import atomic
from neurosim.edges.optional_packages import SEARCH, needed
from neurosim.edges.toml.seeds import seeds_of
from neurosim.errors import SpecError

if TYPE_CHECKING:
    from neurosim.scenario.search.ranges import Search
    from neurosim.scenario.search.rounds import Runner
    from neurosim.scenario.search.search import SearchOutcome


def search(
    scenario: ScenarioPath,
    trials: Annotated[int | None, typer.Option(help="Trials in all; by default what the file says.", min=1)] = None,
    seeds: Annotated[str | None, typer.Option(help="Seeds of each trial: 0,1,2 or 0..2.")] = None,
    backend: Annotated[str, typer.Option(help="NAME[:MODE].")] = "reference",
    jobs: Jobs = 1,
    on: On = None,
    insecure: Insecure = False,
    same_cpu: SameCpu = False,
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
    """Search the settings of a scenario.

    Values are tried from the ranges of its [search], on the validation part; the same command goes on with a search.
    """
    with needed(SEARCH, "a search"):
        from neurosim.scenario.search.best_file import best_file
        from neurosim.scenario.search.ranges import Search
        from neurosim.scenario.search.search import search as trials_of

    runner = _runner(Where(on, jobs, insecure, same_cpu))
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
        with SearchProgress(name, len(file_search.table.seeds), err) as progress:
            opener = registry.opener(loaded, mode)
            outcome = trials_of(file_search, opener, prepared.data, storage, progress, runner)
    except KeyboardInterrupt as interrupt:
        tell_interrupt(f"trials that had ended are kept in {storage}; the same command goes on")
        raise typer.Exit(signals.exit_code(interrupt)) from None
    atomic.write(target, best_file(file_search, outcome, target).encode())
    if as_json:
        summary = {"scenario": name, "backend": loaded.name, "mode": mode, **_as_data(file_search, outcome)}
        print_json({**summary, "seeds": file_search.table.seeds, "storage": str(storage), "file": str(target)})
        return
    counted = f"{outcome.trials} trials, {outcome.pruned} of them ended early"
    out.print(f"[bold]{name}[/bold]: {counted}; {_best(file_search, outcome)}, validation part", soft_wrap=True)
    if outcome.finalists:
        out.print(_finalists_table(outcome))
        out.print()
    out.print(_settings_table(file_search, outcome.settings))
    out.print(f"kept in {target}; trials in {storage}", soft_wrap=True)


def _runner(where: Where) -> Runner:
    from neurosim.scenario.search.rounds import at_once, in_turn

    engine = where.engine(runs=2)  # a round has several
    return in_turn if engine is None else partial(at_once, engine.outcomes)


def _as_data(file_search: Search, outcome: SearchOutcome) -> dict[str, Any]:
    """The outcome; what is of finalists only where there are some."""
    data = asdict(outcome)
    finalists = [
        {
            "trial": f.trial,
            "accuracy": f.accuracy,
            "final_accuracy": f.final_accuracy,
            "final_accuracies": list(f.final_accuracies.values()),
        }
        for f in outcome.finalists
    ]
    if not finalists:
        del data["finalists"]
        return data
    final = {"final_seeds": file_search.table.final_seeds, "final_accuracy": finalists[0]["final_accuracy"]}
    return {**data, **final, "finalists": finalists}


def _best(file_search: Search, outcome: SearchOutcome) -> str:
    """The best trial, and by what it is."""
    of_trial = f"[bold]{outcome.accuracy:.1%}[/bold] in trial {outcome.trial}, {_mean(file_search.table.seeds)}"
    if not outcome.finalists:
        return f"best {of_trial}"
    [best, *_] = outcome.finalists
    fresh = f"[bold]{best.final_accuracy:.1%}[/bold] in trial {outcome.trial}, {_mean(best.final_accuracies)}"
    return f"best of {len(outcome.finalists)} finalists {fresh}"


def _mean(seeds: Collection[int]) -> str:
    return f"{'mean of seeds' if len(seeds) > 1 else 'seed'} {', '.join(map(str, seeds))}"


def _finalists_table(outcome: SearchOutcome) -> Table:
    """A row for each finalist, best first: what it came to with fresh seeds, and what its trial was worth."""
    from neurosim.cli.report.fitting import PLAIN, FittingTable

    table = FittingTable(box=PLAIN, show_edge=False, padding=0)
    table.add_column("finalist")
    for header in ("fresh seeds", "lowest to highest", "in the search"):
        table.add_column(header, justify="right")
    for f in outcome.finalists:
        finite = [a for a in f.final_accuracies.values() if a is not None]
        span = f"{min(finite):.1%} to {max(finite):.1%}" if finite else "-"
        fresh = "not finite" if f.final_accuracy is None else f"{f.final_accuracy:.1%}"
        table.add_row(f"trial {f.trial}", fresh, span, f"{f.accuracy:.1%}")
    return table


def _settings_table(file_search: Search, best: Mapping[str, Any]) -> Table:
    """A row for each range: its values in the file, and the best one."""
    from neurosim.cli.report.fitting import PLAIN, FittingTable

    table = FittingTable(box=PLAIN, show_edge=False, padding=0)
    table.add_column("setting", overflow="fold")
    for header in ("range", "in the file", "best"):
        table.add_column(header, justify="right")
    for r in file_search.ranges:
        table.add_row(r.key, r.words, ", ".join(file_search.values(r)), f"{best[r.key]}")
    return table

"""`neurosim run`: a scenario on one or several backends with one or several seeds, one by one or side by side."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.console import out, print_json
from neurosim.cli.options import (
    AsJson,
    Backends,
    DataFolder,
    Jobs,
    ScenarioPath,
    Seeds,
    each_once,
    names_of,
    read_scenarios,
    seeds_of,
)
from neurosim.cli.runs import resuming, seed_table, several_runs
from neurosim.cli.runs.engines import Insecure, On, SameCpu, Where
from neurosim.cli.runs.requested_run import PlacedRun, RequestedRun
from neurosim.scenario import schema

if TYPE_CHECKING:
    from neurosim.results.result import Result


def run(
    scenario: ScenarioPath,
    backend: Backends = None,
    seeds: Seeds = None,
    jobs: Jobs = 1,
    on: On = None,
    insecure: Insecure = False,
    same_cpu: SameCpu = False,
    out_dir: Annotated[Path, typer.Option("--out", help="Where run directories go.")] = Path("runs"),
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario and keep what it leaves behind in a run directory, which `resume` goes on from."""
    from neurosim.results import store
    from neurosim.results.store import new_directory

    where = Where(on, jobs, insecure, same_cpu, out_dir.absolute())
    seed_numbers = seeds_of(seeds or ["0"])
    [prepared] = read_scenarios([scenario], data_folder)
    text = schema.text_of(scenario)
    chosen = each_once(names_of(backend or ["reference"]), prepared.scenario.backends())
    store.check_writable(out_dir)
    runs: list[RequestedRun] = [
        RequestedRun(prepared, text, b, mode, seed, out_dir, data_folder) for b, mode in chosen for seed in seed_numbers
    ]
    by_number: dict[int, tuple[dict[str, Any], Result]] = {}

    def ended(number: int, result: Result, folder: Path) -> None:
        by_number[number] = resuming.as_data(result, folder), replace(result, stages=())  # its arrays are in the folder
        if not as_json:
            _tell(result, folder, briefly=len(seed_numbers) > 1)

    engine = where.engine(len(runs))
    if where.on is not None:
        runs = [PlacedRun.of(one) for one in runs]
    with nullcontext() if where.on is None else new_directory.ready(out_dir):
        several_runs.all_of(runs, engine, lambda number, outcome: ended(number, *outcome))
    in_order = [by_number[number] for number in range(len(runs))]
    if as_json:
        values = [one for one, _ in in_order]
        print_json(values[0] if len(values) == 1 else values)
    elif len(seed_numbers) > 1:
        seed_table.tell([result for _, result in in_order])


def _tell(result: Result, folder: Path, briefly: bool) -> None:
    if not briefly:
        resuming.report_on(result, folder)
        return
    of = f"[bold]{result.backend}:{result.mode}[/bold], seed {result.seed}"
    out.print(f"{of}: accuracy {result.accuracy:.3f}, {result.seconds:.1f} s; kept in {folder}", soft_wrap=True)

"""`neurosim run`: a scenario on one or several backends with one or several seeds, one by one or side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.commands import report
from neurosim.cli.commands.report import ReportFile
from neurosim.cli.console import out, print_json
from neurosim.cli.options import (
    AllowCode,
    AsJson,
    Backends,
    DataFolder,
    Jobs,
    ScenarioPath,
    Seeds,
    Settings,
    Variant,
    each_once,
    names_of,
    read_documents,
    with_data,
)
from neurosim.cli.runs import resuming, seed_table, several_runs
from neurosim.cli.runs.engines import Account, Cpus, DryRun, Gres, Insecure, Memory, On, Partition, SameCpu, Time, Where
from neurosim.cli.runs.requested_run import PlacedRun, RequestedRun
from neurosim.edges.toml.seeds import seeds_of
from neurosim.scenario.runs.submit.jobs import Job

if TYPE_CHECKING:
    from neurosim.results.result import Result


def run(
    scenario: ScenarioPath,
    backend: Backends = None,
    seeds: Seeds = None,
    variant: Variant = None,
    settings: Settings = None,
    jobs: Jobs = 1,
    on: On = None,
    insecure: Insecure = False,
    same_cpu: SameCpu = False,
    partition: Partition = None,
    account: Account = None,
    gres: Gres = None,
    time: Time = None,
    mem: Memory = None,
    cpus: Cpus = None,
    dry_run: DryRun = False,
    out_dir: Annotated[Path, typer.Option("--out", help="Where run directories go.")] = Path("runs"),
    report_file: ReportFile = None,
    data_folder: DataFolder = None,
    allow_code: AllowCode = False,
    track: Annotated[
        Path | None, typer.Option("--track", metavar="FOLDER", help="Where files for TensorBoard go, FOLDER/RUN.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario, and keep what it leaves behind.

    It is kept in a run directory, which `resume` goes on from.
    """
    from neurosim.results import store
    from neurosim.scenario.listeners import tensorboard

    of_slurm = {"partition": partition, "account": account, "gres": gres, "time": time, "mem": mem, "cpus": cpus}
    where = Where.of(on, jobs, out_dir.absolute(), insecure, same_cpu, dry_run, **of_slurm)
    seed_numbers = seeds_of(seeds or ["0"])
    [document] = read_documents([scenario], variant, settings)
    [prepared] = with_data([document], data_folder, allow_code)
    chosen = each_once(names_of(backend or ["reference"]), prepared.scenario.backends())
    store.check_writable(out_dir)
    if track is not None:
        tensorboard.check_installed()
    if report_file is not None:
        report.check(report_file)
    runs: list[RequestedRun] = [
        RequestedRun(prepared, document.text, b, mode, seed, out_dir, data_folder, track)
        for b, mode in chosen
        for seed in seed_numbers
    ]
    by_number: dict[int, tuple[dict[str, Any], Result]] = {}
    folders: dict[int, Path] = {}

    def ended(number: int, result: Result, folder: Path) -> None:
        by_number[number] = resuming.as_data(result, folder), replace(result, stages=())  # its arrays are in the folder
        folders[number] = folder
        if not as_json:
            _tell(result, folder, briefly=len(seed_numbers) > 1)

    if where.kind == "slurm":
        placed = [PlacedRun.of(one) for one in runs]
        left = [one for one in placed if not one.has_ended]
        numbers = _handed_in(where, out_dir, left)
        if left:
            if as_json and not dry_run:
                print_json([{"run_dir": str(r.place), "job": n} for r, n in zip(left, numbers, strict=True)])
            return
        runs = list(placed)
    _run(where, runs, ended)
    in_order = [by_number[number] for number in range(len(runs))]
    if as_json:
        values = [one for one, _ in in_order]
        print_json(values[0] if len(values) == 1 else values)
    elif len(seed_numbers) > 1:
        seed_table.tell([result for _, result in in_order])
    if report_file is not None:
        report.write(report_file, [folders[number] for number in range(len(runs))], quietly=as_json)


def _run(where: Where, runs: Sequence[RequestedRun], ended: Callable[[int, Result, Path], None]) -> None:
    """Run them, or read what has ended."""
    from neurosim.results.store import new_directory

    engine = None if where.kind == "slurm" else where.engine(len(runs))
    if where.kind == "dask":
        runs = [PlacedRun.of(one) for one in runs]
    with nullcontext() if where.on is None else new_directory.ready(where.folder or Path()):
        several_runs.all_of(runs, engine, lambda number, outcome: ended(number, *outcome))


def _handed_in(where: Where, out_dir: Path, runs: Sequence[PlacedRun]) -> list[str]:
    """The numbers of runs at SLURM."""
    from neurosim.cli.runs.handed_in import hand_in

    jobs = [(r.place, Job(r.name, r.elsewhere, r.once_more)) for r in runs]
    return hand_in(where, out_dir, jobs) if jobs else []


def _tell(result: Result, folder: Path, briefly: bool) -> None:
    if not briefly:
        resuming.report_on(result, folder)
        return
    of = f"[bold]{result.backend}:{result.mode}[/bold], seed {result.seed}"
    out.print(f"{of}: accuracy {result.accuracy:.3f}, {result.seconds:.1f} s; kept in {folder}", soft_wrap=True)

"""`neurosim study` and `neurosim watch`: many runs of one study, in a folder of their own."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from neurosim.cli import completing, signals
from neurosim.cli.commands.table import tell
from neurosim.cli.console import err, out, print_json, tell_error, tell_interrupt, tell_note, watched
from neurosim.cli.options import AllowCode, AsJson, DataFolder, Jobs, ScenarioPath, Settings, names_of
from neurosim.cli.progress import JobsProgress
from neurosim.cli.runs.engines import Account, Cpus, DryRun, Gres, Insecure, Memory, On, Partition, SameCpu, Time, Where
from neurosim.edges.toml.seeds import seeds_of
from neurosim.errors import InputError, NeurosimError

if TYPE_CHECKING:
    from neurosim.results.result import Result
    from neurosim.results.studies import Study
    from neurosim.scenario.studies.running import Outcomes, StudyProgress
    from neurosim.scenario.studies.runs import CellRun

SECONDS_BETWEEN_LOOKS = 1.0


def study(
    scenario: ScenarioPath,
    seeds: Annotated[
        list[str] | None,
        typer.Option("--seeds", "--seed", metavar="SEEDS", help="3, or 0,1,2, or 0..4.  [default: the file's, or 0]"),
    ] = None,
    backends: Annotated[
        list[str] | None,
        typer.Option(
            "--backends",
            "--backend",
            metavar="NAMES",
            help="NAME[:MODE], with commas between.  [default: the file's, or reference]",
            autocompletion=completing.backends,
        ),
    ] = None,
    variants: Annotated[
        list[str] | None,
        typer.Option("--variants", metavar="NAMES", help="With commas between.  [default: all of the file]"),
    ] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option("--grid", metavar="KEY=V1,V2", help="Values of a setting: sleep.steps=300,600. Repeat it."),
    ] = None,
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
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder of the study.  [default: studies/NAME]")
    ] = None,
    data_folder: DataFolder = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Run variants of a scenario, many times, in a folder.

    Each variant is run with several seeds on several backends; what the folder has is not run again.
    """
    from neurosim.edges.toml.settings import halves, parsed, values_of
    from neurosim.results.studies import ASKED, Study
    from neurosim.scenario.studies.request import requested
    from neurosim.scenario.studies.running import StudyProgress

    request = requested(
        scenario,
        seeds=None if seeds is None else seeds_of(seeds),
        backends=None if backends is None else names_of(backends),
        variants=None if variants is None else names_of(variants, "--variants", ()),
        grid={key: values_of(text) for key, text in (halves(one, "--grid") for one in grid or ())},
        settings=parsed(settings or ()),
        data_folder=data_folder,
        allow_code=allow_code,
    )
    for note in request.notes:
        tell_note(note)
    path = out_dir or request.folder()
    of_slurm = {"partition": partition, "account": account, "gres": gres, "time": time, "mem": mem, "cpus": cpus}
    where = Where.of(on, jobs, path.absolute(), insecure, same_cpu, dry_run, **of_slurm)
    with request.opened(path) as directory:
        runs = request.runs(directory)
        if where.kind == "slurm" and (left := [run for run in runs if not run.has_result]):
            if not dry_run:
                directory.tell(ASKED, **request.asked(), host="SLURM")
            numbers = _handed_in(where, path, left)
            if as_json and not dry_run:
                print_json([{"run_dir": str(r.path), "job": n} for r, n in zip(left, numbers, strict=True)])
            return
        going = StudyProgress(directory, request, runs, partial(_rest, where))
        results = _told(going)
    if as_json:
        print_json(_as_data(going, results))
    else:
        _tell(Study.read(path))
    if going.failed:
        raise typer.Exit(2)


def _handed_in(where: Where, path: Path, runs: Sequence[CellRun]) -> list[str]:
    from neurosim.cli.runs.handed_in import hand_in

    jobs = [(run.path, run.job) for run in runs]
    return hand_in(where, path, jobs, shlex.join(["neurosim", "watch", str(path)]))


def watch(
    study_dir: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a study.")],
    once: Annotated[bool, typer.Option("--once", help="Print how far it is, and end.")] = False,
) -> None:
    """Show how far a study is, from its folder.

    It is shown until the study has ended; only files are read, so the study may run on another host.
    """
    from rich.live import Live

    from neurosim.cli.runs.study_view import view
    from neurosim.results.studies.standing import StudyStanding

    standing = StudyStanding.read(study_dir)
    if once or not out.is_terminal:
        out.print(view(standing))
        return
    try:
        with Live(view(standing), console=out, auto_refresh=False) as live:
            while standing.state == "going":
                time.sleep(SECONDS_BETWEEN_LOOKS)
                with suppress(InputError):  # the folder is moved, or not there for a moment
                    standing = StudyStanding.read(study_dir)
                live.update(view(standing), refresh=True)
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(signals.exit_code(interrupt)) from None


def _rest(where: Where, runs: Sequence[CellRun]) -> Outcomes:
    """Run what has not ended, and tell of each run when it has."""
    from neurosim.scenario.studies.running import in_turn, through

    if (engine := None if where.kind == "slurm" else where.engine(len(runs))) is None:
        for run, outcome in in_turn(runs, watched):
            _tell_of(run, outcome)
            yield run, outcome
        return
    progress = JobsProgress([run.name for run in runs], err)
    with progress, closing(through(engine, runs, progress)) as outcomes:
        for run, outcome in outcomes:
            with progress.hidden():
                _tell_of(run, outcome)
            yield run, outcome


def _tell_of(run: CellRun, outcome: Result | NeurosimError) -> None:
    if isinstance(outcome, NeurosimError):
        kept = run.path.exists() and not run.has_result
        go_on = "; what was done is kept, and the same command goes on with it" if kept else ""
        tell_error(f"{run.name}: {outcome}{go_on}")
    else:
        said = f"{run.name}: accuracy {outcome.accuracy:.3f}, {outcome.seconds:.1f} s"
        err.print(said, soft_wrap=True, markup=False)


def _told(going: StudyProgress) -> dict[CellRun, Result]:
    """The results of all runs; where they are interrupted, tell how they go on."""
    path, ended = going.directory.path, {run for run in going.runs if run.has_result}
    count = f"{len(going.runs)} runs in {path}, of which {len(ended)} had ended"
    err.print(f"[bold]{going.request.about.name}[/bold]: {count}", soft_wrap=True)
    results: dict[CellRun, Result] = {}
    try:
        for run, outcome in going:
            if not isinstance(outcome, NeurosimError):
                results[run] = outcome
            elif run in ended:  # of others `_rest` has told
                _tell_of(run, outcome)
    except KeyboardInterrupt as interrupt:
        tell_interrupt(f"what was done is kept in {path}; the same command goes on with it")
        raise typer.Exit(signals.exit_code(interrupt)) from None
    return results


def _tell(study: Study) -> None:
    """Print the table of all that the folder has."""
    from neurosim.results.analysis.summary import table_of
    from neurosim.scenario.runs.opened.collecting import collected

    about = f": {study.about.description}" if study.about.description else ""
    out.print(f"[bold]{study.about.name}[/bold]{escape(about)}", soft_wrap=True)
    found = collected([study.path])
    if found.runs:
        tell(table_of(found.runs, missing=found.missing), out)
    out.print(f"kept in {study.path}", soft_wrap=True)


def _as_data(going: StudyProgress, results: Mapping[CellRun, Result]) -> dict[str, Any]:
    from neurosim.cli.runs.resuming import as_data

    runs = [
        {"variant": run.cell.variant, "settings": run.cell.settings, **as_data(results[run], run.path)}
        for run in going.runs
        if run in results
    ]
    failed = [{"run": name, "error": str(error)} for name, error in going.failed.items()]
    return {"study": going.request.about.name, "folder": str(going.directory.path), "runs": runs, "failed": failed}

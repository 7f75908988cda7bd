"""`neurosim resume`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from neurosim.backend import registry
from neurosim.backend.contract import Backend
from neurosim.cli import resuming
from neurosim.cli.console import err, print_json
from neurosim.cli.options import AsJson, DataFolder
from neurosim.errors import InputError, NeurosimError, SpecError
from neurosim.scenario.schema import Scenario

if TYPE_CHECKING:
    from neurosim.results.store import Identity, RunDirectory


def resume(
    run_dir: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    backend: Annotated[
        str | None, typer.Option(metavar="NAME", help="The worker of the run, which starts nothing unless named again.")
    ] = None,
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was interrupted or killed; what it leaves behind is as if it had not been."""
    from neurosim.results.store import RunDirectory
    from neurosim.scenario.preparation import plan, with_data
    from neurosim.scenario.runs import saved_run

    identity, described, has_result = saved_run.peek(run_dir)
    _check_backend(run_dir, identity, backend)
    if not has_result:
        _check_asked(run_dir, identity, described, backend)  # before anything is written
    with RunDirectory.open(run_dir) as directory:
        if directory.has_ended:
            err.print("the run had ended before; nothing is left to run")
        else:
            _check_asked(run_dir, identity, described, backend)
        described = saved_run.scenario_of(directory)
        try:
            planned = plan(described)
            prepared = with_data(planned, described.data.build(data_folder), directory.identity.part)
        except NeurosimError as error:
            raise SpecError(f"{run_dir}: {error}") from None
        loaded = _backend(directory, described)
        saved_run.check_same(directory, prepared, loaded)
        for note in directory.notes:
            err.print(
                f"[bold yellow]damaged:[/bold yellow] {escape(note)}; the run goes on from before it", soft_wrap=True
            )
        result = resuming.through(directory, prepared, loaded, data_folder)
    if as_json:
        print_json(resuming.as_data(result, directory.path))
    else:
        resuming.report_on(result, directory.path)


def _backend(directory: RunDirectory, described: Scenario) -> Backend:
    """That of the run; of one that has ended, nothing is loaded or started."""
    from neurosim.scenario.runs import saved_run

    was = directory.identity
    if directory.has_ended:
        return saved_run.Ended(was)
    return registry.load(f"{was.backend}:{was.mode}", described.backends())[0]


def _check_backend(run_dir: Path, was: Identity, asked: str | None) -> None:
    if asked not in (None, was.backend, f"{was.backend}:{was.mode}"):
        raise InputError(f"{run_dir}: a run on {was.backend}:{was.mode} goes on there, not on --backend {asked}")


def _check_asked(run_dir: Path, was: Identity, described: Scenario, asked: str | None) -> None:
    """Refuse to start a worker that a file of the directory describes, unless the command line names it."""
    if asked is None and was.backend in described.workers:
        command = described.workers[was.backend].place(was.backend).command
        raise InputError(
            f"{run_dir}: what is left of the run goes to worker '{was.backend}', for which its scenario.toml starts "
            f"`{command}`; if it may, name it: neurosim resume {shlex.quote(str(run_dir))} --backend {was.backend}"
        )

"""`neurosim resume`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from neurosim.backend import registry
from neurosim.cli.console import err, print_json
from neurosim.cli.options import AllowCode, AsJson, DataFolder
from neurosim.cli.runs import resuming
from neurosim.cli.runs.resuming import check_backend, start_is_not_named
from neurosim.errors import NeurosimError, SpecError
from neurosim.scenario.runs.started import started_by

if TYPE_CHECKING:
    from neurosim.backend.contract import Backend
    from neurosim.results.result import Result
    from neurosim.results.store import Identity, RunDirectory
    from neurosim.scenario.schema import Scenario


def resume(
    run_dir: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    backend: Annotated[
        str | None, typer.Option(metavar="NAME", help="The worker of the run, which starts nothing unless named again.")
    ] = None,
    data_folder: DataFolder = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was interrupted or killed.

    What it leaves behind is as if it had not been.
    """
    from neurosim.simulation import kept

    if kept.is_simulation(run_dir):
        _resume_simulation(run_dir, backend, allow_code, as_json)
    else:
        _resume_run(run_dir, backend, data_folder, allow_code, as_json)


def _resume_simulation(path: Path, backend: str | None, allow_code: bool, as_json: bool) -> None:
    from neurosim.cli.commands.simulate import told
    from neurosim.cli.plain_networks.kept_simulations import resumed

    ready, recording = resumed(path, backend, allow_code)
    data = told(ready, recording, path, None, as_json)
    if as_json:
        print_json(data)


def _resume_run(run_dir: Path, backend: str | None, data_folder: Path | None, allow_code: bool, as_json: bool) -> None:
    from neurosim.results.store import RunDirectory
    from neurosim.results.store.reading import read
    from neurosim.scenario.preparation import plan, with_data
    from neurosim.scenario.runs import saved_run
    from neurosim.scenario.schema import CodeTable

    identity, scenario, has_result = saved_run.peek(run_dir)
    check_backend(run_dir, identity.backend, identity.mode, backend)
    if not has_result:
        _check_start_is_named(run_dir, identity, scenario, backend)  # before anything is written
        _check_code(run_dir, identity, scenario, allow_code)
    with RunDirectory.open(run_dir) as directory:
        if directory.has_ended:
            err.print("the run had ended before; nothing is left to run")
            if isinstance(scenario.data, CodeTable):  # which is not executed for a run that has ended
                _report(read(run_dir), run_dir, as_json)
                return
        else:
            _check_start_is_named(run_dir, identity, scenario, backend)
            _check_code(run_dir, identity, scenario, allow_code)
        scenario = saved_run.scenario_of(directory)
        try:
            planned = plan(scenario)
            prepared = with_data(
                planned, scenario.data.build(data_folder, allow_code=allow_code), directory.identity.part
            )
        except NeurosimError as error:
            raise SpecError(f"{run_dir}: {error}") from None
        loaded = _backend(directory, scenario)
        saved_run.check_same(directory, prepared, loaded)
        for note in directory.notes:
            err.print(
                f"[bold yellow]damaged:[/bold yellow] {escape(note)}; the run goes on from before it", soft_wrap=True
            )
        result = resuming.through(directory, prepared, loaded, data_folder)
    _report(result, directory.path, as_json)


def _report(result: Result, path: Path, as_json: bool) -> None:
    if as_json:
        print_json(resuming.as_data(result, path))
    else:
        resuming.report_on(result, path)


def _check_code(run_dir: Path, identity: Identity, scenario: Scenario, allow_code: bool) -> None:
    """Refuse to execute code for the data of a run, unless the command line says that it may and it is as it was."""
    from neurosim.scenario.datasets.from_code.python_code import FLAG
    from neurosim.scenario.runs import saved_run
    from neurosim.scenario.schema import CodeTable

    if not isinstance(scenario.data, CodeTable):
        return
    if not allow_code:
        code = identity.source[0] if identity.source else scenario.data.code
        raise SpecError(
            f"{run_dir}: its data are given by {code}, which is executed, with all that stands in it; add "
            f"{FLAG} if you know what it does"
        )
    saved_run.check_code(run_dir, identity)


def _backend(directory: RunDirectory, scenario: Scenario) -> Backend:
    """The backend of the run; for a run that has ended, nothing is loaded or started."""
    from neurosim.scenario.runs import saved_run

    identity = directory.identity
    if directory.has_ended:
        return saved_run.Ended(identity)
    return registry.load(f"{identity.backend}:{identity.mode}", scenario.backends())[0]


def _check_start_is_named(run_dir: Path, identity: Identity, scenario: Scenario, backend: str | None) -> None:
    """Refuse to start what a file of the directory describes, a worker or a board, unless the command line names it."""
    started = started_by(identity.backend, scenario.backends()) if backend is None else None
    if started is not None:
        raise start_is_not_named(run_dir, "run", identity.backend, started)

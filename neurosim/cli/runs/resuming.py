"""Runs that are kept in a directory: how one is resumed, the command for it, and the report of one that has ended."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neurosim.cli import signals
from neurosim.cli.console import out, tell_interrupt, watched
from neurosim.errors import InputError, NeurosimError
from neurosim.scenario.listeners.several import SeveralListeners

if TYPE_CHECKING:
    from neurosim.backend.contract import Backend
    from neurosim.results.result import Result
    from neurosim.results.store import RunDirectory
    from neurosim.scenario.listeners.events import Listener
    from neurosim.scenario.preparation import Prepared
    from neurosim.scenario.runs.started import Started
    from neurosim.scenario.schema import Scenario


def check_backend(folder: Path, backend: str, mode: str, named: str | None) -> None:
    """Refuse to go on elsewhere than where a run began.

    Raises
    ------
    InputError
        For another name of a backend.
    """
    if named not in (None, backend, f"{backend}:{mode}"):
        raise InputError(f"{folder}: a run on {backend}:{mode} goes on there, not on --backend {named}")


def start_is_not_named(folder: Path, what: str, backend: str, started: Started) -> InputError:
    """The error where something that a file of a directory describes would be started, and nobody has named it."""
    return InputError(
        f"{folder}: what is left of the {what} goes to {started.kind} '{backend}', for which its file "
        f"starts `{started.what}`; if it may, name it: neurosim resume {shlex.quote(str(folder))} --backend {backend}"
    )


def resume_command(run_dir: Path | str, data_folder: Path | None, scenario: Scenario, backend: str) -> str:
    """The command that resumes a run, as a shell takes it; it names a worker, a board or code of the scenario again."""
    from neurosim.scenario.datasets.from_code.python_code import FLAG
    from neurosim.scenario.runs.started import started_by
    from neurosim.scenario.schema import CodeTable

    words = ["neurosim", "resume", str(run_dir)]
    words += ["--backend", backend] if started_by(backend, scenario.backends()) else []
    words += ["--data", str(data_folder)] if data_folder else []
    words += [FLAG] if isinstance(scenario.data, CodeTable) else []
    return shlex.join(words)


def through(
    directory: RunDirectory,
    prepared: Prepared,
    loaded: Backend,
    data_folder: Path | None,
    listener: Listener | None = None,
) -> Result:
    """Run what is left of a run, with a progress bar; where it is interrupted, tell how it is resumed.

    Parameters
    ----------
    listener
        Listens beside the progress bar.

    Raises
    ------
    NeurosimError
        If the run fails.
    typer.Exit
        If it is interrupted, with the exit code of the signal.
    """
    i = directory.identity
    try:
        with watched(f"{i.scenario} on {i.backend}:{i.mode}") as progress:
            heard = progress if listener is None else SeveralListeners(progress, listener)
            return go_on(directory, prepared, loaded, data_folder, heard)
    except KeyboardInterrupt as interrupt:
        tell_interrupt(f"go on with: {resume_command(directory.path, data_folder, prepared.scenario, i.backend)}")
        raise typer.Exit(signals.exit_code(interrupt)) from None


def go_on(
    directory: RunDirectory,
    prepared: Prepared,
    loaded: Backend,
    data_folder: Path | None,
    listener: Listener,
) -> Result:
    """Run what is left of a run.

    Raises
    ------
    NeurosimError
        If the run fails; where something is kept, the error says how the run is resumed.
    """
    from neurosim.scenario.runs import saved_run

    try:
        return saved_run.go_on(directory, prepared, loaded, listener)
    except NeurosimError as error:
        if not directory.has_phases:
            raise
        how = resume_command(directory.path, data_folder, prepared.scenario, directory.identity.backend)
        raise NeurosimError(f"{error}; what was done is kept, go on with: {how}") from None


def report_on(result: Result, folder: Path) -> None:
    """Print the report of a run that has ended."""
    from rich.markup import escape

    from neurosim.cli.report import tables

    title = f"[bold]{result.scenario}[/bold] on {result.backend}:{result.mode} ({result.kind}); seed {result.seed}"
    out.print(f"{title}; accuracy on the {result.part} part", soft_wrap=True)
    out.print(tables.accuracy_table(result))
    out.print(tables.summary_line(result), soft_wrap=True)
    out.print(tables.metrics_line(result), soft_wrap=True)
    if len(result.classes) > 1:
        out.print(tables.conventions_line(result), soft_wrap=True)
    if further := tables.further_line(result):
        out.print(further, soft_wrap=True)
    out.print(tables.cost_table(result))
    out.print(tables.memory_line(result), soft_wrap=True)
    for line in tables.device_lines(result):
        out.print(escape(line), soft_wrap=True)
    out.print(f"kept in {folder}\n", soft_wrap=True)


def as_data(result: Result, folder: Path) -> dict[str, Any]:
    """The report of a run that has ended, for ``--json``."""
    from neurosim.cli.report import tables

    return tables.run_as_data(result, str(folder))

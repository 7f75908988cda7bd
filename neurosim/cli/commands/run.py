"""`neurosim run`: a scenario on one or several backends with one or several seeds, one by one or side by side."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.backend.contract import Backend
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
from neurosim.edges.seeds import seeds_of
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.listeners.several import SeveralListeners

if TYPE_CHECKING:
    from neurosim.results.result import Result
    from neurosim.results.store import RunDirectory
    from neurosim.scenario.preparation import Prepared

Ended = tuple["Result", Path]
"""A finished run and its directory."""


@dataclass(frozen=True)
class RequestedRun:
    """A run that the command line asks for."""

    prepared: Prepared
    text: str
    backend: Backend
    mode: str
    seed: int
    out: Path
    data_folder: Path | None
    track: Path | None = None

    @property
    def where(self) -> str:
        """``BACKEND:MODE``."""
        return f"{self.backend.name}:{self.mode}"

    @property
    def name(self) -> str:
        """``BACKEND:MODE, seed SEED``."""
        return f"{self.where}, seed {self.seed}"

    def begun(self) -> RunDirectory:
        """Make the directory in which the run is kept.

        Raises
        ------
        NeurosimError
            If it cannot be written, or the backend's simulator is missing.
        """
        from neurosim.scenario.runs import saved_run

        return saved_run.begin(self.prepared, self.text, self.backend, self.mode, self.seed, self.out)

    def tracked(self, directory: RunDirectory) -> AbstractContextManager[Listener]:
        """A context with a listener that writes for TensorBoard, into a folder of the run's name."""
        from neurosim.scenario.listeners.tensorboard import tracking

        return tracking(None if self.track is None else self.track / directory.path.name)

    def resumed_by(self, folder: str) -> str:
        """The command that resumes the run."""
        return resuming.resume_command(folder, self.data_folder, self.prepared.scenario, self.backend.name)

    def here(self) -> Ended:
        """Run it in this process.

        Raises
        ------
        NeurosimError
            If the run fails.
        typer.Exit
            If it is interrupted.
        """
        from neurosim.scenario.runs import saved_run

        directory = self.begun()
        with saved_run.kept(directory), self.tracked(directory) as track:
            return resuming.through(directory, self.prepared, self.backend, self.data_folder, track), directory.path

    def elsewhere(self, listener: ProgressListener) -> Ended:
        """Run it in one of several processes; the listener is told its directory before anything runs.

        Raises
        ------
        NeurosimError
            If the run fails.
        """
        return self._in(self.begun(), listener)

    def once_more(self, folder: str, listener: ProgressListener) -> Ended:
        """Resume it from the folder that another process noted before it was killed.

        Raises
        ------
        NeurosimError
            If the run fails.
        """
        from neurosim.results.store import RunDirectory

        return self._in(RunDirectory.open(Path(folder)), listener)

    def _in(self, directory: RunDirectory, listener: ProgressListener) -> Ended:
        from neurosim.scenario.runs import saved_run

        with saved_run.kept(directory), self.tracked(directory) as track:
            listener.note(str(directory.path))
            arguments = directory, self.prepared, self.backend, self.data_folder
            return resuming.go_on(*arguments, SeveralListeners(listener, track)), directory.path


def run(
    scenario: ScenarioPath,
    backend: Backends = None,
    seeds: Seeds = None,
    variant: Variant = None,
    settings: Settings = None,
    jobs: Jobs = 1,
    out_dir: Annotated[Path, typer.Option("--out", help="Where run directories go.")] = Path("runs"),
    report_file: ReportFile = None,
    data_folder: DataFolder = None,
    allow_code: AllowCode = False,
    track: Annotated[
        Path | None, typer.Option("--track", metavar="FOLDER", help="Where files for TensorBoard go, FOLDER/RUN.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario and keep what it leaves behind in a run directory, which `resume` goes on from."""
    from neurosim.results import store
    from neurosim.scenario.listeners import tensorboard

    seed_numbers = seeds_of(seeds or ["0"])
    [document] = read_documents([scenario], variant, settings)
    [prepared] = with_data([document], data_folder, allow_code)
    chosen = each_once(names_of(backend or ["reference"]), prepared.scenario.backends())
    store.check_writable(out_dir)
    if track is not None:
        tensorboard.check_installed()
    if report_file is not None:
        report.check(report_file)
    runs = [
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

    several_runs.all_of(runs, jobs, lambda number, outcome: ended(number, *outcome))
    in_order = [by_number[number] for number in range(len(runs))]
    if as_json:
        values = [one for one, _ in in_order]
        print_json(values[0] if len(values) == 1 else values)
    elif len(seed_numbers) > 1:
        seed_table.tell([result for _, result in in_order])
    if report_file is not None:
        report.write(report_file, [folders[number] for number in range(len(runs))], quietly=as_json)


def _tell(result: Result, folder: Path, briefly: bool) -> None:
    if not briefly:
        resuming.report_on(result, folder)
        return
    of = f"[bold]{result.backend}:{result.mode}[/bold], seed {result.seed}"
    out.print(f"{of}: accuracy {result.accuracy:.3f}, {result.seconds:.1f} s; kept in {folder}", soft_wrap=True)

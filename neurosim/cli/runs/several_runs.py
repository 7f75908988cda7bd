"""Several runs that a command asks for, one by one or side by side: how they go on is told, whatever ends them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import typer
from rich.console import Console

from neurosim.cli import signals
from neurosim.cli.console import err, tell_error, tell_interrupt
from neurosim.cli.progress import JobsProgress
from neurosim.errors import NeurosimError
from neurosim.scenario.runs.submit.jobs import Job, WorkerKilled

if TYPE_CHECKING:
    from neurosim.scenario.listeners.progress_listener import ProgressListener
    from neurosim.scenario.runs.submit.engine import Engine

Outcome = TypeVar("Outcome", covariant=True)

Ended = Callable[[int, Any], None]
"""Takes the number of a run, and what came of it."""


class KeptRun(Protocol[Outcome]):
    """A run that is kept in a directory."""

    @property
    def where(self) -> str:
        """``BACKEND:MODE``."""
        ...

    @property
    def seed(self) -> int:
        """Of all that is drawn."""
        ...

    @property
    def name(self) -> str:
        """``BACKEND:MODE, seed SEED``."""
        ...

    def resumed_by(self, folder: str) -> str:
        """The command that resumes it."""
        ...

    def here(self) -> Outcome:
        """Run it in this process."""
        ...

    def elsewhere(self, listener: ProgressListener) -> Outcome:
        """Run it in one of several processes; the listener is told its directory before anything runs."""
        ...

    def once_more(self, folder: str, listener: ProgressListener) -> Outcome:
        """Resume it from the folder that another process noted before it was killed."""
        ...


def all_of(runs: Sequence[KeptRun[Any]], engine: Engine | None, ended: Ended) -> None:
    """Run them through an engine; one by one in this process where there is none.

    Raises
    ------
    NeurosimError
        If one of them fails, and they run one by one.
    typer.Exit
        If they are interrupted, or one of several at once fails.
    """
    if engine is None:
        _one_by_one(runs, ended)
    else:
        _through(engine, runs, ended)


def _one_by_one(runs: Sequence[KeptRun[Any]], ended: Ended) -> None:
    """Run them in this process. A run that is interrupted says how it is resumed; then tell which were not begun."""
    for number, run in enumerate(runs):
        try:
            ended(number, run.here())
        except typer.Exit:
            if rest := runs[number + 1 :]:
                err.print(_not_begun(rest), soft_wrap=True, markup=False)
            raise


def _through(engine: Engine, runs: Sequence[KeptRun[Any]], ended: Ended) -> None:
    """Run them in other processes; if they are interrupted, tell how those that did not end are resumed."""
    progress = _RunsProgress([run.name for run in runs], err)
    over: set[int] = set()
    failed = False
    begun = engine.outcomes([Job(r.name, r.elsewhere, r.once_more) for r in runs], progress)
    try:
        with progress, closing(begun) as outcomes:
            for number, outcome in outcomes:
                over.add(number)
                with progress.hidden():
                    if isinstance(outcome, NeurosimError):
                        failed = True
                        tell_error(f"{runs[number].name}: {_said(runs[number], outcome, progress.folders.get(number))}")
                    else:
                        ended(number, outcome)
    except KeyboardInterrupt as interrupt:
        tell_interrupt(_how_to_go_on(runs, over, progress.folders))
        raise typer.Exit(signals.exit_code(interrupt)) from None
    if failed:
        raise typer.Exit(2)


def _said(run: KeptRun[Any], error: NeurosimError, folder: str | None) -> str:
    """The text of an error, with how the run is resumed where its process could not say so."""
    if isinstance(error, WorkerKilled) and folder is not None:
        return f"{error}; go on with: {run.resumed_by(folder)}"
    return str(error)


def _how_to_go_on(runs: Sequence[KeptRun[Any]], over: Collection[int], folders: Mapping[int, str]) -> str:
    """The commands that resume the runs that were under way, and the runs that were not begun."""
    begun = [n for n in sorted(folders) if n not in over]
    rest = [run for n, run in enumerate(runs) if n not in over and n not in begun]
    go_on = [runs[n].resumed_by(folders[n]) for n in begun]
    said = [f"go on with: {'; '.join(go_on)}"] if go_on else []
    return "\n".join([*said, *([_not_begun(rest)] if rest else [])])


def _not_begun(runs: Sequence[KeptRun[Any]]) -> str:
    """The runs that were not begun, as the options that ask for them: the seeds of each backend."""
    seeds: dict[str, list[str]] = {}
    for run in runs:
        seeds.setdefault(run.where, []).append(str(run.seed))
    said = [f"--backend {name} --seeds {','.join(numbers)}" for name, numbers in seeds.items()]
    return f"not begun: {'; '.join(said)}"


class _RunsProgress(JobsProgress):
    """Draws the runs, and remembers their run directories."""

    def __init__(self, names: Sequence[str], console: Console):
        super().__init__(names, console)
        self.folders: dict[int, str] = {}

    def noted(self, job: int, text: str) -> None:
        self.folders[job] = text

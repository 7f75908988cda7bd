"""A run of a scenario that the command line asks for, kept in a directory: a new one, or one at a place of its own."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neurosim.cli.runs import resuming
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.listeners.several import SeveralListeners

if TYPE_CHECKING:
    from neurosim.backend.contract import Backend
    from neurosim.results.result import Result
    from neurosim.results.store import RunDirectory
    from neurosim.scenario.listeners.events import Listener
    from neurosim.scenario.preparation import Prepared

Ended = tuple["Result", Path]
"""A finished run and its directory."""

SECONDS_TO_END = 2.0
"""How long a run waits for a process that may be about to end."""


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


@dataclass(frozen=True)
class PlacedRun(RequestedRun):
    """A run at a place that follows from what it is, so that it goes on from what any earlier process of it has left.

    Attributes
    ----------
    place
        Its directory.
    """

    place: Path = Path()

    @classmethod
    def of(cls, run: RequestedRun) -> PlacedRun:
        """The same run, at its place.

        Raises
        ------
        NeurosimError
            If the backend's simulator is missing.
        """
        from neurosim.scenario.runs import saved_run

        place = saved_run.place_of(run.prepared, run.backend, run.mode, run.seed, run.out.absolute())
        return cls(**vars(run), place=place)

    @property
    def has_ended(self) -> bool:
        """Whether there is a result at its place."""
        from neurosim.results import store

        return store.has_result(self.place)

    def here(self) -> Ended:
        """Read it, or run what is left of it in this process.

        Raises
        ------
        NeurosimError
            If the run fails, or another process is working on it.
        """
        return self._at_its_place(ProgressListener(), 0.0)

    def elsewhere(self, listener: ProgressListener) -> Ended:
        """Run what is left of it, in another process.

        Raises
        ------
        NeurosimError
            If the run fails, or another process is working on it.
        """
        listener.note(str(self.place))
        return self._at_its_place(listener, SECONDS_TO_END)

    def once_more(self, folder: str, listener: ProgressListener) -> Ended:
        """Run what is left of it, after another process was lost that may still hold its lock for a while.

        Raises
        ------
        NeurosimError
            If the run fails.
        """
        from neurosim.results.store.lock import WITH_KILLED

        return self._at_its_place(listener, WITH_KILLED)

    def _at_its_place(self, listener: ProgressListener, wait: float) -> Ended:
        from neurosim.scenario.runs import saved_run

        asked = self.place, self.prepared, self.text, self.backend, self.mode, self.seed
        directory = saved_run.at(*asked, wait)
        backend = saved_run.Ended(directory.identity) if directory.has_ended else self.backend
        with saved_run.kept(directory), self.tracked(directory) as track:
            arguments = directory, self.prepared, backend, self.data_folder
            return resuming.go_on(*arguments, SeveralListeners(listener, track)), directory.path

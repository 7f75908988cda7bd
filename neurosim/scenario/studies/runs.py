"""A run of a study at its place: read where it has ended, gone on with where it has begun, else made."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from neurosim.backend.contract import Backend
from neurosim.errors import InputError
from neurosim.results import store
from neurosim.results.result import Result
from neurosim.results.store import RunDirectory
from neurosim.results.store.lock import WITH_KILLED
from neurosim.results.studies import Cell
from neurosim.scenario import schema
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.preparation import Prepared
from neurosim.scenario.runs import saved_run
from neurosim.scenario.runs.submit.jobs import Job

SECONDS_TO_END = 2.0
"""How long a run waits for a process that may be about to end."""


@dataclass(frozen=True, eq=False)
class CellRun:
    """A run that a study asks for.

    Attributes
    ----------
    text
        The scenario file of its cell.
    path
        Where it lies, or will.
    """

    cell: Cell
    prepared: Prepared
    text: str
    backend: Backend
    mode: str
    seed: int
    path: Path

    @property
    def where(self) -> str:
        """``BACKEND:MODE``."""
        return f"{self.backend.name}:{self.mode}"

    @property
    def name(self) -> str:
        """The cell, the backend and the seed, for people."""
        return f"{self.cell.words} on {self.where}, seed {self.seed}"

    @property
    def has_result(self) -> bool:
        """Whether a result lies at its place, damaged or not."""
        return (self.path / store.RESULT).is_file()

    @property
    def job(self) -> Job[Result]:
        """It, for a process that may be in another folder."""
        placed = replace(self, path=self.path.absolute())
        return Job(self.name, placed.elsewhere, placed.once_more)

    def elsewhere(self, listener: ProgressListener) -> Result:
        """Its result, in one of several processes.

        Raises
        ------
        NeurosimError
            As `done`.
        """
        listener.note(str(self.path))
        return self.done(listener)

    def once_more(self, _: str, listener: ProgressListener) -> Result:
        """Its result, after another process was lost that may still hold its lock for a while.

        Raises
        ------
        NeurosimError
            As `done`.
        """
        return self.done(listener, wait=WITH_KILLED)

    def done(self, listener: Listener, wait: float = SECONDS_TO_END) -> Result:
        """Its result, after whatever is left of it has run; the arrays are in its directory alone.

        Parameters
        ----------
        wait
            Seconds to wait for another process that works on it.

        Raises
        ------
        NeurosimError
            If the run fails, something else lies at its place, or it was on other data or began under other versions.
        """
        result = self._read() if self.has_result and store.has_result(self.path) else None
        return replace(result or self._run(listener, wait), stages=())

    def _read(self) -> Result | None:
        """The result of a run that has ended; None where its files are damaged."""
        identity, _ = store.read_run(self.path)
        self._check_own(identity)
        saved_run.check_ended(self.path, identity, self.prepared)
        with suppress(InputError):  # of a damaged file, which is made anew
            return store.read(self.path)
        return None

    def _run(self, listener: Listener, wait: float) -> Result:
        with saved_run.kept(self._opened(wait)) as directory:
            return saved_run.go_on(directory, self.prepared, self.backend, listener)

    def _opened(self, wait: float) -> RunDirectory:
        if (self.path / store.RUN).is_file():
            self._check_own(store.read_run(self.path)[0])
        return saved_run.at(self.path, self.prepared, self.text, self.backend, self.mode, self.seed, wait)

    def _check_own(self, identity: store.Identity) -> None:
        """Refuse a run that is not what belongs here, such as one that was copied here."""
        own = self.prepared.name, self.backend.name, self.mode, self.seed
        text = schema.text_of(self.path / store.SCENARIO)
        digest = schema.digest_of(schema.document(text))
        if own != (identity.scenario, identity.backend, identity.mode, identity.seed) or digest != self.cell.digest:
            raise InputError(f"{self.path}: a run of another scenario, backend or seed than belongs here; move it away")

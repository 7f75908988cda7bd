"""Simulations that commands keep in directories: begun, gone on with, and resumed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from neurosim.backend import registry
from neurosim.cli import signals
from neurosim.cli.console import err, tell_interrupt, watched
from neurosim.cli.plain_networks.python_file import FLAG
from neurosim.cli.plain_networks.simulations import Asked, ReadySimulation, prepared, steps_told
from neurosim.cli.runs.resuming import check_backend, start_is_not_named
from neurosim.errors import InputError, NeurosimError, SpecError
from neurosim.scenario.runs.started import started_by

if TYPE_CHECKING:
    from neurosim.scenario.listeners.progress_listener import ProgressListener
    from neurosim.simulation.kept import SimulationDirectory, SimulationIdentity
    from neurosim.simulation.recordings.recording import Recording

Ended = tuple["Recording", Path | None]
"""What was recorded, and the directory where it is kept."""


@dataclass(frozen=True)
class RequestedSimulation:
    """A simulation that the command line asks for.

    Attributes
    ----------
    where
        ``BACKEND:MODE``.
    out
        The folder that directories are made in; None where nothing is kept.
    """

    ready: ReadySimulation
    where: str
    out: Path | None

    @property
    def seed(self) -> int:
        """Of all that is drawn."""
        return self.ready.seed

    @property
    def name(self) -> str:
        """``BACKEND:MODE, seed SEED``."""
        return f"{self.where}, seed {self.seed}"

    def resumed_by(self, folder: str) -> str:
        """The command that resumes it."""
        return resume_command(Path(folder), self.ready, self.where)

    def here(self) -> Ended:
        """Run it in this process.

        Raises
        ------
        NeurosimError
            If it fails.
        typer.Exit
            If it is interrupted, and was kept.
        """
        if self.out is None:
            return self.ready.on(self.where), None
        with self._kept(self._begun()) as directory:
            return through(directory, self.ready), directory.path

    def elsewhere(self, listener: ProgressListener) -> Ended:
        """Run it in one of several processes; the listener is told its directory before anything runs.

        Raises
        ------
        NeurosimError
            If it fails.
        """
        if self.out is None:
            return self.ready.recorded(self.where, listener), None
        return self._in(self._begun(), listener)

    def once_more(self, folder: str, listener: ProgressListener) -> Ended:
        """Resume it from the folder that another process noted before it was killed.

        Raises
        ------
        NeurosimError
            If it fails.
        """
        from neurosim.simulation.kept import SimulationDirectory

        return self._in(SimulationDirectory.open(Path(folder)), listener)

    def _begun(self) -> SimulationDirectory:
        from neurosim.simulation import kept

        origin, name = self.ready.origin, re.sub(r"[^A-Za-z0-9_.-]", "_", self.ready.name)
        identity = kept.SimulationIdentity.of(
            self.ready.experiment,
            name,
            self.where,
            settings=tuple(origin.asked.settings),
            duration=origin.asked.duration,
            folder=str(origin.file.parent.absolute()),
            code=origin.file.name if origin.is_code else None,
        )
        assert self.out is not None
        text = {kept.CODE if origin.is_code else kept.TEXT: origin.text}
        return kept.SimulationDirectory.create(kept.named(self.out, identity), identity, text)

    @contextmanager
    def _kept(self, directory: SimulationDirectory) -> Iterator[SimulationDirectory]:
        """Within the context the directory is open; if it fails before a block is kept, it is removed."""
        with directory:
            try:
                yield directory
            except NeurosimError:
                if not directory.blocks:
                    directory.discard()
                raise

    def _in(self, directory: SimulationDirectory, listener: ProgressListener) -> Ended:
        from neurosim.simulation import kept

        with self._kept(directory):
            listener.note(str(directory.path))
            kept.go_on(directory, self.ready.experiment, steps_told(listener))
            return kept.read(directory.path), directory.path


def resume_command(path: Path, ready: ReadySimulation, backend: str) -> str:
    """The command that resumes a simulation, as a shell takes it; it names a worker or a board of the file again."""
    named = backend.partition(":")[0]
    words = ["neurosim", "resume", str(path), *([FLAG] if ready.origin.is_code else [])]
    return shlex.join([*words, *(["--backend", named] if started_by(named, ready.experiment.workers) else [])])


def through(directory: SimulationDirectory, ready: ReadySimulation) -> Recording:
    """Run what is left of a simulation, with a progress bar; where it is interrupted, tell how it is resumed.

    Raises
    ------
    NeurosimError
        If it fails.
    typer.Exit
        If it is interrupted, with the exit code of the signal.
    """
    from neurosim.simulation import kept

    i = directory.identity
    command = resume_command(directory.path, ready, i.backend)
    try:
        with watched(f"{i.simulation} on {i.backend}:{i.mode}, seed {i.seed}") as progress:
            kept.go_on(directory, ready.experiment, steps_told(progress))
    except KeyboardInterrupt as interrupt:
        tell_interrupt(f"go on with: {command}")
        raise typer.Exit(signals.exit_code(interrupt)) from None
    except NeurosimError as error:
        raise NeurosimError(f"{error}; what was done is kept, go on with: {command}") from None
    return kept.read(directory.path)


def resumed(path: Path, backend: str | None, allow_code: bool) -> tuple[ReadySimulation, Recording]:
    """Go on with the simulation of a directory.

    Parameters
    ----------
    backend
        The one that it runs on; None for that.
    allow_code
        Whether the Python file that it came from may be executed.

    Raises
    ------
    InputError
        If it is another simulation by now, or came from a call in Python.
    """
    from neurosim.simulation import kept

    identity, _ = kept.read_begun(path)
    check_backend(path, identity.backend, identity.mode, backend)
    ready = _ready(path, identity, allow_code)
    workers = ready.experiment.workers
    started = started_by(identity.backend, workers) if backend is None else None
    if started is not None:
        raise start_is_not_named(path, "simulation", identity.backend, started)
    registry.load(f"{identity.backend}:{identity.mode}", workers)
    with kept.SimulationDirectory.open(path) as directory:
        if directory.has_ended:
            err.print("the simulation had ended before; nothing is left to run")
            return ready, kept.read(path)
        origin = {n: getattr(identity, n) for n in ("settings", "duration", "folder", "code")}
        now = kept.SimulationIdentity.of(
            ready.experiment, identity.simulation, f"{identity.backend}:{identity.mode}", **origin
        )
        kept.check_same(identity, now, str(path))
        for note in directory.notes:
            err.print(f"damaged: {note}; the simulation goes on from before it", soft_wrap=True, markup=False)
        return ready, through(directory, ready)


def _ready(path: Path, identity: SimulationIdentity, allow_code: bool) -> ReadySimulation:
    """The network of a directory: of the file that lies in it, as if it lay where it was."""
    from neurosim.simulation import kept

    asked = Asked(identity.duration, identity.settings, allow_code)
    if identity.folder is None:
        raise InputError(
            f"{path}: it was begun by a call in Python; the same call, ns.simulate(..., folder={str(path)!r}), goes on"
        )
    folder = Path(identity.folder)
    if identity.code is None:
        return prepared(path / kept.TEXT, identity.seed, asked, folder)
    file = folder / identity.code
    if kept.text_digest(file) != kept.text_digest(path / kept.CODE):
        raise SpecError(
            f"{file}: not as it was when the simulation began; bring it back as it is in {path / kept.CODE}"
        )
    return prepared(file, None, asked)

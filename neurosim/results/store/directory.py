"""A run directory: made when a run begins, with a checkpoint after every phase, so that the run survives its process.

Every file is whole or absent, and sealed if a run is restored from it. If the file of a phase is damaged, the run goes
on from the end of the phase before, and a note says so.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from neurosim.backend.processes import processor
from neurosim.edges import atomic, files, format_version
from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError
from neurosim.program.schedule import Array
from neurosim.results.checkpoint import Checkpoint, Unfinished
from neurosim.results.metric import of_package
from neurosim.results.result import Result, StageKind
from neurosim.results.store import checksummed, events, new_directory, phases, states, tables, unfinished
from neurosim.results.store.identity import Identity, identity_of
from neurosim.results.store.lock import Lock
from neurosim.results.store.phases import Kept

FORMAT = 2
"""The one version of all files of a run directory; ``run.json`` and ``result.json`` contain it."""
RUN = "run.json"
SCENARIO = "scenario.toml"

Made = Callable[[Callable[[Path], None]], tuple[Path, Lock]]
"""Makes a directory, given what fills it."""


class RunDirectory:
    """Keeps a run; a context manager, which holds the directory's lock.

    It is a `neurosim.scenario.listeners.checkpoint_store.CheckpointStore`.

    Attributes
    ----------
    path, identity
        The directory, and all that the results of the run follow from.
    notes
        A line for each damaged file.
    """

    def __init__(self, path: Path, lock: Lock, identity: Identity, seal: str):
        self.path, self.identity, self._lock, self._seal = path, identity, lock, seal
        self.notes: list[str] = []
        self._phases: list[Kept] = []
        self._state: Mapping[str, Array] = {}
        self._unfinished: Unfinished | None = None
        self._alone_in: Path | None = None

    @classmethod
    def create(cls, out: Path, identity: Identity, texts: Mapping[str, str]) -> RunDirectory:
        """Make ``out/SCENARIO-BACKEND-MODE-seedN-TIME``, with a number at its end where that exists.

        Parameters
        ----------
        texts
            Files that the run starts from, by name; `SCENARIO` is one.

        Raises
        ------
        InputError
            If it cannot be written; then no file of it remains.
        """
        now = datetime.now(timezone.utc)
        i = identity
        name = f"{i.scenario}-{i.backend}-{i.mode}-seed{i.seed}-{now:%Y%m%dT%H%M%SZ}"
        return cls._created(out, identity, texts, lambda fill: new_directory.made(out, name, fill))

    @classmethod
    def create_at(cls, path: Path, identity: Identity, texts: Mapping[str, str]) -> RunDirectory:
        """Make the directory of a run at a place, at which nothing is.

        Parameters
        ----------
        texts
            As in `create`.

        Raises
        ------
        InputError
            If something is there, or it cannot be written; then no file of it remains.
        """
        return cls._created(path.parent, identity, texts, lambda fill: new_directory.made_at(path, fill))

    @classmethod
    def _created(cls, out: Path, identity: Identity, texts: Mapping[str, str], made: Made) -> RunDirectory:
        seals = {n: checksummed.digest(t.encode()) for n, t in texts.items()}
        document = {"neurosim_run": FORMAT, **identity.document(), "files": seals}

        def fill(folder: Path) -> None:
            (folder / phases.FOLDER).mkdir()
            for name, text in texts.items():
                atomic.write(folder / name, text.encode())
            events.append(folder, "begun", processor=processor.name())
            checksummed.write_json(folder / RUN, document)

        alone_in = None if out.exists() else out
        path, lock = made(fill)
        directory = cls(path, lock, identity, checksummed.seal_of(document))
        directory._alone_in = alone_in  # made for this run, so that it goes away with it
        return directory

    @classmethod
    def open(cls, path: Path, wait: float = 0.0) -> RunDirectory:
        """Open a run directory to go on with its run.

        Parameters
        ----------
        wait
            Seconds to wait for another process that works on it.

        Raises
        ------
        InputError
            If it is no run directory, or of another format; if another process is working on it; or if no phase in it
            is whole.
        """
        identity, seal = read_run(path)
        lock = Lock(path, wait=wait)
        directory = cls(path, lock, identity, seal)
        try:
            with directory._writing():
                directory._clear()
                events.mend(path)
            directory._restore()
            after = len(directory._phases)
            directory.tell("resumed", after=after, damaged=directory.notes, processor=processor.name())
        except BaseException:
            lock.release()
            raise
        return directory

    @property
    def has_phases(self) -> bool:
        """Whether a phase has been kept."""
        return bool(self._phases)

    @property
    def has_ended(self) -> bool:
        """Whether its result and all its phases are whole, so that nothing remains to be run."""
        return not self.notes and has_result(self.path)

    def _clear(self) -> None:
        """Remove the unfinished files of killed writers; OSError for a folder that is a link to another place."""
        for folder in (self.path, self.path / phases.FOLDER, self.path / states.FOLDER):
            if folder != self.path and folder.is_symlink():
                raise OSError(errno.EINVAL, f"{folder.name} is a link, expected a folder")
            atomic.clear(folder)

    def text(self, name: str) -> str:
        """The text of a file that the run starts from, which `open` has checked."""
        return files.content(self.path / name).decode()

    def restored(self) -> tuple[list[Checkpoint], Mapping[str, Array]]:
        """The phases up to the last whole one, and the arrays of the method's state after it, by name."""
        return events.timed({i: k.checkpoint for i, k in enumerate(self._phases)}, events.read(self.path)), self._state

    def unfinished(self) -> Unfinished | None:
        """The sleep after the last whole phase, if some of its steps have been kept."""
        return self._unfinished

    def _restore(self) -> None:
        self._phases = self._chain()
        while self._phases:
            try:
                self._state = states.read(self.path, self._phases[-1].method)
                break
            except checksummed.AlteredFile as damage:
                self._note(self._phases.pop().name, damage)
        if self.notes and not self._phases:
            raise InputError(
                f"{self.path}: no phase is whole: {'; '.join(self.notes)}; bring back its files, or run "
                f"{self.path / SCENARIO} anew"
            )
        try:
            self._unfinished = unfinished.read(self.path, self._last_seal)
        except checksummed.AlteredFile as damage:
            self._note(unfinished.NAME, damage)

    def _chain(self) -> list[Kept]:
        """The phases from the first to the last that is whole and follows the one before it."""
        chain: list[Kept] = []
        before = self._seal
        while (name := phases.find(self.path, len(chain))) is not None:
            try:
                kept = phases.read(self.path, name)
                if kept.before != before:
                    raise checksummed.AlteredFile("it does not follow the phase before it")
            except checksummed.AlteredFile as damage:
                self._note(name, damage)
                break
            chain.append(kept)
            before = kept.seal
        else:
            if phases.count(self.path) > len(chain):
                self._note(f"{phases.FOLDER}/{len(chain):04d}-*.h5", checksummed.AlteredFile("it is missing"))
        return chain

    def _note(self, name: str, damage: Exception) -> None:
        self.notes.append(f"{name}: {damage}")

    def keep(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
        """Keep a phase that has ended, which no kill can lose afterwards.

        Parameters
        ----------
        state
            Arrays of the method's state by name, of any shape; only that of a trained phase is written.

        Raises
        ------
        InputError
            If it cannot be written; the phases before it are as they were.
        """
        number = len(self._phases)
        before, method = self._last_seal, self._phases[-1].method if self._phases else ""
        with self._writing():
            if checkpoint.stage.kind == StageKind.TRAINED:  # nothing else changes a method's state
                method = states.write(self.path, number, state)
            events.append_phase(self.path, number, checkpoint)
            self._phases.append(phases.write(self.path, number, checkpoint, before, method))
            states.forget(self.path)
            self._unfinished = None
            unfinished.forget(self.path)
            if checkpoint.accuracies:
                self._write_tables()

    def keep_unfinished(self, sleep: Unfinished) -> None:
        """Keep the steps of a sleep so far, in place of fewer, so that a kill loses no more than what follows.

        Raises
        ------
        InputError
            If they cannot be written; the phases before are as they were.
        """
        with self._writing():
            unfinished.write(self.path, sleep, self._last_seal)

    @property
    def _last_seal(self) -> str:
        return self._phases[-1].seal if self._phases else self._seal

    def finish(self, result: Result) -> None:
        """Write the result of the whole run.

        Raises
        ------
        InputError
            If it cannot be written; all phases are kept.
        """
        files = [k.name for k in self._phases if k.checkpoint.is_stage_of_result]
        with self._writing():
            states.forget(self.path)
            unfinished.forget(self.path)
            self._write_tables()
            tables.write_arrays(self.path, files)
            tables.write_result(self.path, result, files, FORMAT)
            events.append(self.path, "finished", seconds=result.seconds, peak_memory=result.peak_memory)

    def _write_tables(self) -> None:
        rows = [k.checkpoint.accuracies for k in self._phases if k.checkpoint.accuracies]
        tables.write_accuracies(self.path, rows)
        further = [of_package(name) for name in self.identity.metrics]
        tables.write_metrics(self.path, rows, self.identity.samples, further)

    def tell(self, event: str, **values: Any) -> None:
        """Add an event to ``events.jsonl``, where that can be written."""
        with suppress(OSError):
            events.append(self.path, event, **values)

    def discard(self) -> None:
        """Remove the directory, and the folder above it where `create` made that and it is empty."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._alone_in is not None:
            with suppress(OSError):  # others may be in it by now
                self._alone_in.rmdir()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(f"run directory {self.path}: cannot be written ({error.strerror or error})") from None

    def __enter__(self) -> RunDirectory:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def has_result(path: Path) -> bool:
    """Whether a run directory has a result that is as it was written.

    Raises
    ------
    InputError
        If the result is of another format.
    """
    try:
        tables.read_result(path, FORMAT)
    except checksummed.AlteredFile:
        return False
    return True


def read_run(path: Path) -> tuple[Identity, str]:
    """The identity of a run, and the seal of its ``run.json``.

    Raises
    ------
    InputError
        If it is no run directory, of another format, or if a file that the run started from was altered.
    """
    if not (path / RUN).is_file():
        raise InputError(f"{path} is not a run directory: it has no {RUN}")
    try:
        document, seal = checksummed.read_json(path / RUN)
    except checksummed.AlteredFile as damage:
        raise InputError(f"{path}/{RUN}: {damage}; bring the file back as it was") from None
    format_version.check(document.pop("neurosim_run", None), FORMAT, f"{path}: a run")
    with border(f"{path}/{RUN}: not what a run is of"):
        started_from = {str(name): str(expected) for name, expected in document.pop("files").items()}
        identity = identity_of(document)
    for name, expected in started_from.items():
        try:
            same = checksummed.digest(files.content(path / name)) == expected
        except OSError as error:
            raise InputError(f"{path}/{name}: {error.strerror or error}; bring the file back as it was") from None
        if not same:
            raise InputError(f"{path}/{name}: not as it was when the run began; bring the file back as it was")
    return identity, seal

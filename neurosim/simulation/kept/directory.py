"""The directory of a simulation: made when it begins, with a file after every block of steps.

Every file is whole or absent, and sealed if a simulation is restored from it. If the file of a block is damaged, the
simulation goes on from the end of the block before, and a note says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from neurosim.edges import atomic, files, format_version
from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError
from neurosim.results.store import checksummed, events, new_directory
from neurosim.results.store.lock import Lock
from neurosim.simulation.kept import block_files
from neurosim.simulation.kept.block_files import BlockFile, End
from neurosim.simulation.kept.identity import SimulationIdentity, identity_of
from neurosim.simulation.recordings.recording import Recording

FORMAT = 1
"""The one version of all files of a directory."""
BEGUN, DONE = "simulation.json", "done.json"
TEXT, CODE = "simulation.toml", "simulation.py"
"""The file that the network came from as it was given."""


class SimulationDirectory:
    """Keeps a simulation; a context manager, which holds the directory's lock.

    Attributes
    ----------
    path, identity
        The directory, and all that the results of the simulation follow from.
    blocks
        Those that are whole.
    notes
        A line for each damaged file.
    """

    def __init__(self, path: Path, lock: Lock, identity: SimulationIdentity, seal: str):
        self.path, self.identity, self._lock, self._seal = path, identity, lock, seal
        self.blocks: list[BlockFile] = []
        self.notes: list[str] = []
        self._end: End | None = None

    @classmethod
    def create(cls, folder: Path, identity: SimulationIdentity, texts: Mapping[str, str]) -> SimulationDirectory:
        """Make a directory, with a number at the end of its name where that exists.

        Parameters
        ----------
        texts
            Files that the simulation starts from, by name.

        Raises
        ------
        InputError
            If it cannot be written; then no file of it remains.
        """
        seals = {n: checksummed.digest(t.encode()) for n, t in texts.items()}
        document = {"neurosim_simulation": FORMAT, **identity.document(), "files": seals}

        def fill(partial: Path) -> None:
            block_files.folders(partial)
            for name, text in texts.items():
                atomic.write(partial / name, text.encode())
            events.append(partial, "begun")
            checksummed.write_json(partial / BEGUN, document)

        path, lock = new_directory.made(folder.parent, folder.name, fill)
        return cls(path, lock, identity, checksummed.seal_of(document))

    @classmethod
    def open(cls, path: Path) -> SimulationDirectory:
        """Open a directory to go on with its simulation.

        Raises
        ------
        InputError
            If it is no such directory, or of another format; or if another process is working on it.
        """
        identity, seal = read_begun(path)
        directory = cls(path, Lock(path), identity, seal)
        try:
            with directory._writing():
                for folder in (path, *block_files.folders(path)):
                    atomic.clear(folder)
                events.mend(path)
            directory._restore()
            directory.tell("resumed", after=len(directory.blocks), damaged=directory.notes)
        except BaseException:
            directory._lock.release()
            raise
        return directory

    @property
    def steps(self) -> int:
        """How many have been simulated and kept."""
        return self.blocks[-1].steps if self.blocks else 0

    @property
    def end(self) -> End | None:
        """What the simulation goes on from; None at its beginning."""
        return self._end

    @property
    def has_ended(self) -> bool:
        """Whether all blocks are whole and nothing remains to be simulated."""
        return not self.notes and has_ended(self.path)

    def _restore(self) -> None:
        self.blocks = self._chain()
        while self.blocks:
            try:
                self._end = block_files.read_end(self.path, self.blocks[-1].end)
                return
            except checksummed.AlteredFile as damage:
                self.notes.append(f"{self.blocks.pop().name}: {damage}")

    def _chain(self) -> list[BlockFile]:
        """The blocks from the first to the last that is whole and follows the one before it."""
        chain: list[BlockFile] = []
        before, there = self._seal, block_files.count(self.path)
        while len(chain) < there and not (chain and chain[-1].steps == self.identity.steps):
            name = block_files.name_of(len(chain))
            try:
                block, _ = block_files.read(self.path, len(chain))
                if block.before != before:
                    raise checksummed.AlteredFile("it does not follow the block before it")
            except checksummed.AlteredFile as damage:
                self.notes.append(f"{name}: {damage}")
                break
            chain.append(block)
            before = block.seal
        return chain

    def keep(self, recording: Recording, end: End, steps: int) -> None:
        """Keep a block that has ended, which no kill can lose afterwards.

        Raises
        ------
        InputError
            If it cannot be written; the blocks before it are as they were.
        """
        number = len(self.blocks)
        before = self.blocks[-1].seal if self.blocks else self._seal
        with self._writing():
            times = {"seconds": recording.seconds, "wall": recording.wall}
            events.append(self.path, "block", number=number, steps=steps, **times)
            self.blocks.append(block_files.write(self.path, number, recording, end, steps, before))
            block_files.forget(self.path, number)
        self._end = end

    def finish(self) -> None:
        """Write that all blocks are there.

        Raises
        ------
        InputError
            If it cannot be written; all blocks are kept.
        """
        with self._writing():
            block_files.forget(self.path, len(self.blocks) - 1, 1)
            document = {"neurosim_simulation": FORMAT, "blocks": len(self.blocks), "last": self.blocks[-1].seal}
            checksummed.write_json(self.path / DONE, document)
            events.append(self.path, "finished")

    def tell(self, event: str, **values: Any) -> None:
        """Add an event to ``events.jsonl``, where that can be written."""
        with suppress(OSError):
            events.append(self.path, event, **values)

    def discard(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.path, ignore_errors=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(f"directory {self.path}: cannot be written ({error.strerror or error})") from None

    def __enter__(self) -> SimulationDirectory:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def named(out: Path, identity: SimulationIdentity) -> Path:
    """``out/SIMULATION-BACKEND-MODE-seedN-TIME``."""
    i, now = identity, datetime.now(timezone.utc)
    return out / f"{i.simulation}-{i.backend}-{i.mode}-seed{i.seed}-{now:%Y%m%dT%H%M%SZ}"


def is_simulation(path: Path) -> bool:
    """Whether a folder is the directory of a simulation."""
    return (path / BEGUN).is_file()


def has_ended(path: Path) -> bool:
    """Whether a directory says that its simulation has ended, as it was written."""
    try:
        document, _ = checksummed.read_json(path / DONE)
        last, _ = block_files.read(path, int(document["blocks"]) - 1)
        return document.get("last") == last.seal
    except (checksummed.AlteredFile, KeyError, TypeError, ValueError):
        return False


def read_begun(path: Path) -> tuple[SimulationIdentity, str]:
    """The identity of a simulation, and the seal of its first file.

    Raises
    ------
    InputError
        If it is no such directory, of another format, or if a file that it started from was altered.
    """
    if not is_simulation(path):
        raise InputError(f"{path} is no directory of a simulation: it has no {BEGUN}")
    try:
        document, seal = checksummed.read_json(path / BEGUN)
    except checksummed.AlteredFile as damage:
        raise InputError(f"{path / BEGUN}: {damage}; bring the file back as it was") from None
    format_version.check(document.pop("neurosim_simulation", None), FORMAT, f"{path}: a simulation")
    with border(f"{path / BEGUN}: not what a simulation is of"):
        started_from = {str(name): str(expected) for name, expected in document.pop("files").items()}
        identity = identity_of(document)
    for name, expected in started_from.items():
        if text_digest(path / name) != expected:
            raise InputError(f"{path / name}: not as it was when the simulation began; bring the file back as it was")
    return identity, seal


def text_digest(path: Path) -> str:
    """The SHA-256 of a file; empty where it cannot be read."""
    try:
        return checksummed.digest(files.content(path))
    except OSError:
        return ""

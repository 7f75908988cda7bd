"""The folder of a study, held by the process that runs it: made, or opened where it is the same study."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from neurosim.edges import atomic
from neurosim.errors import InputError
from neurosim.results.store import check_writable, checksummed, events
from neurosim.results.store.lock import NAME as LOCK
from neurosim.results.store.lock import Lock
from neurosim.results.studies.about import STUDY, AboutStudy, is_study, read_about
from neurosim.results.studies.cell import Cell, backend_folder, seed_folder

FILES, RUNS = "files", "runs"
COMPARISON, LADDER = "comparison.json", "ladder.json"
"""What `compare` and a ladder found."""
ASKED, FAILED, INTERRUPTED, ENDED = "asked", "failed", "interrupted", "ended"
"""Events: a process begins, with the cells, backends and seeds that it is asked for; a run failed; how it ends."""

OWN = {FILES, LOCK, events.NAME, f"{STUDY}{atomic.PART}"}
"""What a process that was killed while it made a folder may have left in it."""


class StudyDirectory:
    """The folder of a study; a context manager, which holds the folder's lock.

    Attributes
    ----------
    path, about
        The folder, and what it holds by now.
    """

    def __init__(self, path: Path, lock: Lock, about: AboutStudy):
        self.path, self.about, self._lock = path, about, lock

    @classmethod
    def open(cls, path: Path, asked: AboutStudy, files: Mapping[str, str]) -> StudyDirectory:
        """Make the folder of a study, or open the one that is there and add the cells that are new.

        Parameters
        ----------
        asked
            What is asked for; cells that are there and not in it stay.
        files
            Texts of the files that the study is made from, by name.

        Raises
        ------
        InputError
            If another process is working on it, or it cannot be written; if the folder is of something else, or a cell
            was of another document.
        """
        _check(path, asked)
        with _writing(path):
            path.mkdir(parents=True, exist_ok=True)
        lock = Lock(path, f"this study{_who(path)}")
        try:
            about = _check(path, asked)  # once more, as another process may have been faster
            with _writing(path):
                _fill(path, about, files)
        except BaseException:
            lock.release()
            raise
        return cls(path, lock, about)

    def run_path(self, cell: Cell, backend: str, mode: str, seed: int) -> Path:
        """The run directory of a run, which need not be there.

        Raises
        ------
        InputError
            If a link stands in its way, for what it leads to is elsewhere.
        """
        return run_path(self.path, cell, backend, mode, seed)

    def keep(self, name: str, document: Mapping[str, Any]) -> None:
        """Write what was found of the runs into a sealed file.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        with _writing(self.path):
            checksummed.write_json(self.path / name, document)

    def name_of(self, run: Path) -> str:
        """The name of a run directory of this study: its place below the folder of runs."""
        return run.relative_to(self.path / RUNS).as_posix()

    def tell(self, event: str, **values: Any) -> None:
        """Add an event to ``events.jsonl``.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        with _writing(self.path):
            events.append(self.path, event, **values)

    def __enter__(self) -> StudyDirectory:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def run_path(study: Path, cell: Cell, backend: str, mode: str, seed: int) -> Path:
    """The run directory of a run in the folder of a study; it need not be there.

    Raises
    ------
    InputError
        If a link stands in its way, for what it leads to is elsewhere.
    """
    path = study
    for part in (RUNS, cell.place, backend_folder(backend, mode), seed_folder(seed)):
        path = path / part
        if path.is_symlink():
            raise InputError(f"{path}: a link, expected a folder of the study; move it away")
    return path


def _check(path: Path, asked: AboutStudy) -> AboutStudy:
    """What the folder will hold; InputError where that cannot be, before anything is written."""
    check_writable(path)
    if is_study(path):
        return _together(path, read_about(path), asked)
    others = sorted(p.name for p in path.iterdir() if p.name not in OWN) if path.exists() else []
    if others:
        raise InputError(f"{path}: not the folder of a study, it has {others[0]}; name another with --out")
    return asked


def _together(path: Path, known: AboutStudy, asked: AboutStudy) -> AboutStudy:
    """What there was with the cells that are new; InputError where it is another study, or a cell has changed."""
    if known.name != asked.name:
        raise InputError(f"{path}: it has the study '{known.name}', not '{asked.name}'; name another folder with --out")
    by_place = {cell.place: cell for cell in known.cells}
    for cell in asked.cells:
        if by_place.get(cell.place, cell).digest != cell.digest:
            raise InputError(
                f"{path}: the cell '{cell.place}' was another scenario when the study began; bring the files of the "
                "study back as they were, or name another folder with --out"
            )
    new = tuple(cell for cell in asked.cells if cell.place not in by_place)
    return replace(asked, cells=known.cells + new)


def _fill(path: Path, about: AboutStudy, texts: Mapping[str, str]) -> None:
    for folder in (path / FILES, path / RUNS):
        if folder.is_symlink():
            raise InputError(f"{folder}: a link, expected a folder of the study; move it away")
    (path / FILES).mkdir(exist_ok=True)
    for folder in (path, path / FILES):
        atomic.clear(folder)
    for name, text in texts.items():
        _write_changed(path / FILES / name, text.encode())
    if not is_study(path) or read_about(path) != about:
        checksummed.write_json(path / STUDY, about.document())
    events.mend(path)


def _write_changed(path: Path, content: bytes) -> None:
    if not path.is_file() or path.read_bytes() != content:
        atomic.write(path, content)


def _who(path: Path) -> str:
    """The process that has last begun to work on it, as its event tells."""
    last = next((e for e in reversed(events.read(path)) if e.get("event") == ASKED), None)
    return f" (process {last.get('process')} on {last.get('host')}, since {last.get('time')})" if last else ""


def this_process() -> dict[str, Any]:
    """What an event says of who works on a study."""
    return {"process": os.getpid(), "host": socket.gethostname()}


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None

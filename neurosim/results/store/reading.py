"""The result of a finished run, from its directory: with all its arrays, or with those that are asked for later."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from neurosim.backend import registry
from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError
from neurosim.program.schedule import Array, Events
from neurosim.results.checkpoint import Checkpoint
from neurosim.results.result import Result, Stage
from neurosim.results.store import checksummed, events, phases, tables
from neurosim.results.store.directory import FORMAT, read_run
from neurosim.results.store.identity import Identity

Asked = TypeVar("Asked")
StageOf = Callable[[dict[str, Any]], Checkpoint]
"""The stage that an entry of ``result.json`` describes."""


def read(path: Path) -> Result:
    """The result in a run directory.

    Raises
    ------
    InputError
        If it is no run directory, or of another format; or if the run is not finished, or its files are damaged.
    """
    resume = resume_command(path, read_run(path)[0])
    return _read(path, resume, lambda entry: _checkpoint(path, entry["file"], resume))


def read_lazily(path: Path, identity: Identity) -> Result:
    """The result in a run directory, whose arrays and spikes are read when they are asked for, a phase at a time.

    Whatever reads them then raises InputError where the file of the phase is damaged.

    Parameters
    ----------
    identity
        That of the run, as `read_run` gives it.

    Raises
    ------
    InputError
        If the run is not finished, or its result is damaged.
    """
    resume = resume_command(path, identity)
    last = LastPhase(path, resume)
    return _read(path, resume, lambda entry: _described(entry, last))


def _read(path: Path, resume: str, stage_of: StageOf) -> Result:
    if not (path / tables.RESULT).is_file():
        raise InputError(f"{path}: the run is not finished; go on with: {resume}")
    try:
        document = tables.read_result(path, FORMAT)
    except checksummed.AlteredFile as damage:
        raise InputError(f"{path / tables.RESULT}: {damage}; {resume} writes it anew") from None
    with border(f"{path / tables.RESULT}: not a result"):
        return _result(path, document, stage_of)


def _result(path: Path, document: dict[str, Any], stage_of: StageOf) -> Result:
    plain = ("scenario", "seed", "backend", "mode", "kind", "part", "versions")
    happened = events.read(path)
    finished: dict[str, Any] = next((e for e in reversed(happened) if e.get("event") == "finished"), {})
    checkpoints = {phases.number_of(s["file"]): stage_of(s) for s in document["stages"]}
    return Result(
        **{n: document[n] for n in plain},
        classes=tuple(tuple(c) for c in document["classes"]),
        samples=tuple(document["samples"]),
        accuracy_matrix=np.array(document["accuracy_matrix"]),
        stages=tuple(c.stage for c in events.timed(checkpoints, happened)),
        counts=document["counts"],
        seconds=events.seconds(finished, "seconds"),
        peak_memory=finished.get("peak_memory"),
        device=events.device_calls(happened),
        further_metrics=document.get("further_metrics", {}),
    )


class LastPhase:
    """The phase of a run that was read last, so that memory has one at a time."""

    def __init__(self, path: Path, resume: str):
        self._path, self._resume = path, resume
        self._name = ""
        self._stage: Stage | None = None

    def stage(self, name: str) -> Stage:
        """What a phase left behind, with all its arrays.

        Raises
        ------
        InputError
            If its file is damaged.
        """
        if self._stage is None or name != self._name:
            self._stage = _checkpoint(self._path, name, self._resume).stage
            self._name = name
        return self._stage


class AskedArrays(Mapping[str, Asked]):
    """Arrays or spikes by name, read when they are asked for.

    Parameters
    ----------
    phase, which
        The file of the phase, and which of its stage's: ``"learned"`` or ``"spikes"``.
    """

    def __init__(self, last: LastPhase, phase: str, which: str):
        self._last, self._phase, self._which = last, phase, which

    def _all(self) -> Mapping[str, Asked]:
        found: Mapping[str, Asked] = getattr(self._last.stage(self._phase), self._which)
        return found

    def __getitem__(self, name: str) -> Asked:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _described(entry: dict[str, Any], last: LastPhase) -> Checkpoint:
    """A stage as an entry of the result describes it; its file has the rest."""
    name = str(entry["file"])
    rest: dict[str, Any] = {"accuracies": [], "origin": None, "before": "", "method": ""}
    about = phases.About.model_validate_json(json.dumps({n: v for n, v in entry.items() if n != "file"} | rest))
    plain = {n: getattr(about, n) for n in (*phases.PLAIN, "ledger", "counts")}
    learned: AskedArrays[Array] = AskedArrays(last, name, "learned")
    spikes: AskedArrays[Events] = AskedArrays(last, name, "spikes")
    return Checkpoint(Stage(**plain, learned=learned, spikes=spikes, seconds=0.0))


def resume_command(path: Path, identity: Identity) -> str:
    """The command that goes on with a run; it names a backend that no package here provides, as that is a worker."""
    named = [] if identity.backend in registry.names() else ["--backend", identity.backend]
    return shlex.join(["neurosim", "resume", str(path), *named])


def _checkpoint(path: Path, name: str, resume: str) -> Checkpoint:
    try:
        return phases.read(path, name).checkpoint
    except checksummed.AlteredFile as damage:
        raise InputError(f"{path / name}: {damage}; {resume} makes it anew") from None

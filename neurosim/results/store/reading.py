"""The result of a finished run, from its directory."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.backend import registry
from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError
from neurosim.results.checkpoint import Checkpoint
from neurosim.results.result import Result
from neurosim.results.store import checksummed, events, phases, tables
from neurosim.results.store.directory import FORMAT, read_run


def read(path: Path) -> Result:
    """The result in a run directory.

    Raises
    ------
    InputError
        If it is no run directory, or of another format; or if the run is not finished, or its files are damaged.
    """
    resume = _resume(path, read_run(path)[0].backend)
    if not (path / tables.RESULT).is_file():
        raise InputError(f"{path}: the run is not finished; go on with: {resume}")
    try:
        document = tables.read_result(path, FORMAT)
    except checksummed.AlteredFile as damage:
        raise InputError(f"{path / tables.RESULT}: {damage}; {resume} writes it anew") from None
    with border(f"{path / tables.RESULT}: not a result"):
        return _result(path, document, resume)


def _result(path: Path, document: dict[str, Any], resume: str) -> Result:
    plain = ("scenario", "seed", "backend", "mode", "kind", "part", "versions")
    finished: dict[str, Any] = next((e for e in reversed(events.read(path)) if e.get("event") == "finished"), {})
    checkpoints = {phases.number_of(s["file"]): _checkpoint(path, s["file"], resume) for s in document["stages"]}
    return Result(
        **{n: document[n] for n in plain},
        classes=tuple(tuple(c) for c in document["classes"]),
        samples=tuple(document["samples"]),
        accuracy_matrix=np.array(document["accuracy_matrix"]),
        stages=tuple(c.stage for c in events.timed(checkpoints, path)),
        counts=document["counts"],
        seconds=events.seconds(finished, "seconds"),
        peak_memory=finished.get("peak_memory"),
        device=events.device_calls(path),
    )


def _resume(path: Path, backend: str) -> str:
    """The command that goes on with a run; it names a backend that no package here provides, as that is a worker."""
    named = [] if backend in registry.names() else ["--backend", backend]
    return shlex.join(["neurosim", "resume", str(path), *named])


def _checkpoint(path: Path, name: str, resume: str) -> Checkpoint:
    try:
        return phases.read(path, name).checkpoint
    except checksummed.AlteredFile as damage:
        raise InputError(f"{path / name}: {damage}; {resume} makes it anew") from None

"""``events.jsonl``: what happened to a run and when, a JSON object a line. All times are here, and in no other file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from neurosim.edges import files
from neurosim.results.checkpoint import Checkpoint

NAME = "events.jsonl"
LONGEST = 1e12
"""Seconds that a run may take."""


def append(folder: Path, event: str, **values: Any) -> None:
    """Add a line; OSError where it cannot be written."""
    line = json.dumps({"time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"), "event": event, **values})
    with files.appending(folder / NAME) as file:
        file.write(f"{line}\n".encode())


def append_phase(folder: Path, number: int, checkpoint: Checkpoint) -> None:
    """Add the line of a phase that has ended."""
    s = checkpoint.stage
    told = {"task": s.task, "kind": s.kind, "trials": s.trials, "steps": s.steps}
    append(folder, "phase", number=number, **told, seconds=s.seconds, elapsed=checkpoint.elapsed)


def read(folder: Path) -> list[dict[str, Any]]:
    """All events; lines that are none, as a killed writer may leave, are passed over."""
    try:
        lines = files.content(folder / NAME).decode(errors="replace").splitlines()
    except OSError:
        return []
    return [found for line in lines if isinstance(found := _parsed(line), dict)]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def mend(folder: Path) -> None:
    """Remove the part of a line that a killed writer may have left at the end; OSError where it cannot be done."""
    with files.appending(folder / NAME) as file:
        content = files.content(folder / NAME)
        if not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)


def timed(checkpoints: Mapping[int, Checkpoint], folder: Path) -> list[Checkpoint]:
    """Phases, by number, with the seconds that the events tell; 0 for one that they do not tell of."""
    told = {str(e.get("number")): e for e in read(folder) if e.get("event") == "phase"}
    return [_timed(c, told.get(str(number), {})) for number, c in checkpoints.items()]


def _timed(checkpoint: Checkpoint, event: dict[str, Any]) -> Checkpoint:
    stage = replace(checkpoint.stage, seconds=seconds(event, "seconds"))
    return replace(checkpoint, stage=stage, elapsed=seconds(event, "elapsed"))


def seconds(event: Mapping[str, Any], name: str) -> float:
    """A time that an event tells; 0 where it tells none, for nothing vouches for these lines."""
    found = event.get(name)
    return float(found) if isinstance(found, (int, float)) and 0 <= found < LONGEST else 0.0

"""``events.jsonl``: what happened to a run and when, a JSON object a line. All times are here, and in no other file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from neurosim.results.checkpoint import Checkpoint

NAME = "events.jsonl"


def append(folder: Path, event: str, **values: Any) -> None:
    """Add a line; OSError where it cannot be written."""
    line = json.dumps({"time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"), "event": event, **values})
    with open(folder / NAME, "a", encoding="utf-8") as file:
        file.write(line + "\n")


def append_phase(folder: Path, number: int, checkpoint: Checkpoint) -> None:
    """Add the line of a phase that has ended."""
    s = checkpoint.stage
    told = {"task": s.task, "kind": s.kind, "trials": s.trials, "steps": s.steps}
    append(folder, "phase", number=number, **told, seconds=s.seconds, elapsed=checkpoint.elapsed)


def read(folder: Path) -> list[dict[str, Any]]:
    """All events; lines that are none, as a killed writer may leave, are passed over."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [found for line in lines if isinstance(found := _parsed(line), dict)]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def mend(folder: Path) -> None:
    """Remove the part of a line that a killed writer may have left at the end; OSError where it cannot be done."""
    path = folder / NAME
    content = path.read_bytes() if path.is_file() else b""
    if not content.endswith(b"\n"):
        with open(path, "ab") as file:
            file.truncate(content.rfind(b"\n") + 1)


def timed(checkpoints: Mapping[int, Checkpoint], folder: Path) -> list[Checkpoint]:
    """Phases, by number, with the seconds that the events tell; 0 for one that they do not tell of."""
    told = {e["number"]: e for e in read(folder) if e.get("event") == "phase"}
    return [_timed(c, told.get(number, {})) for number, c in checkpoints.items()]


def _timed(checkpoint: Checkpoint, event: dict[str, Any]) -> Checkpoint:
    stage = replace(checkpoint.stage, seconds=float(event.get("seconds", 0.0)))
    return replace(checkpoint, stage=stage, elapsed=float(event.get("elapsed", 0.0)))

"""``events.jsonl``: what happened in a run and when, a JSON object a line. No other file has times in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from neurosim.edges import files
from neurosim.results.checkpoint import Checkpoint
from neurosim.results.costs.device_calls import DeviceCalls

NAME = "events.jsonl"
LONGEST = 1e12
"""Seconds; a time at or above it is not believed."""


def append(folder: Path, event: str, **values: Any) -> None:
    """Add a line; OSError where it cannot be written."""
    line = json.dumps({"time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"), "event": event, **values})
    with files.appending(folder / NAME) as file:
        file.write(f"{line}\n".encode())


def append_phase(folder: Path, number: int, checkpoint: Checkpoint) -> None:
    """Add the line of a phase that has ended."""
    s = checkpoint.stage
    fields = {"task": s.task, "kind": s.kind, "trials": s.trials, "steps": s.steps}
    device = {} if s.device is None else {"device": s.device.as_data()}
    append(folder, "phase", number=number, **fields, seconds=s.seconds, elapsed=checkpoint.elapsed, **device)


def read(folder: Path, name: str = NAME) -> list[dict[str, Any]]:
    """All events, or other lines of a file; skips those that are no JSON objects, as a killed writer may leave.

    Parameters
    ----------
    name
        Of the file.
    """
    try:
        lines = files.content(folder / name).decode(errors="replace").splitlines()
    except OSError:
        return []
    return [event for line in lines if isinstance(event := _parsed(line), dict)]


def unreadable(folder: Path) -> int:
    """How many lines are no JSON objects; the last one does not count while it is being written."""
    try:
        *lines, _ = files.content(folder / NAME).decode(errors="replace").split("\n")
    except OSError:
        return 0
    return sum(not isinstance(_parsed(line), dict) for line in lines)


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def mend(folder: Path) -> None:
    """Remove an unfinished last line, as a killed writer may leave; OSError where that cannot be done."""
    with files.appending(folder / NAME) as file:
        content = files.content(folder / NAME)
        if not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)


def timed(checkpoints: Mapping[int, Checkpoint], events: Iterable[Mapping[str, Any]]) -> list[Checkpoint]:
    """Phases, by number, with the seconds and calls that their events name; 0 for a phase without an event."""
    by_number = _phases(events)
    return [_timed(c, by_number.get(str(number), {})) for number, c in checkpoints.items()]


def device_calls(events: Iterable[Mapping[str, Any]]) -> tuple[DeviceCalls, ...]:
    """What the calls of a device took, in each phase in which there were any."""
    of_phases = (DeviceCalls.from_data(event.get("device")) for event in _phases(events).values())
    return tuple(calls for calls in of_phases if calls is not None)


def _phases(events: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The last event of each phase, by its number."""
    return {str(e.get("number")): e for e in events if e.get("event") == "phase"}


def _timed(checkpoint: Checkpoint, event: Mapping[str, Any]) -> Checkpoint:
    calls = DeviceCalls.from_data(event.get("device"))
    stage = replace(checkpoint.stage, seconds=seconds(event, "seconds"), device=calls)
    return replace(checkpoint, stage=stage, elapsed=seconds(event, "elapsed"))


def seconds(event: Mapping[str, Any], name: str) -> float:
    """A time of an event in seconds; 0 where it names none that is possible, as these lines have no checksum."""
    value = event.get(name)
    return float(value) if isinstance(value, (int, float)) and 0 <= value < LONGEST else 0.0

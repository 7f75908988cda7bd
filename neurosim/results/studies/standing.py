"""How far a study is, from its files alone: nothing is locked, and what is half written is read as far as it goes."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from neurosim.edges import files
from neurosim.results import store
from neurosim.results.store import checksummed, events, tables
from neurosim.results.studies.about import read_about
from neurosim.results.studies.cell import Cell, seed_folder
from neurosim.results.studies.directory import ASKED, ENDED, FAILED, RUNS

Status = Literal["ended", "damaged", "going", "failed", "waiting"]

NEVER = "~"
"""A time after all others: times of events are texts that sort as times."""

_WHERE = re.compile(r"[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class RunStanding:
    """How far a run is.

    Attributes
    ----------
    task, tasks
        Tasks that have been tested, and all of them; 0 where it has not begun.
    accuracy
        Over all classes after the last task tested; None before.
    seconds
        That it has run.
    """

    cell: Cell
    where: str
    seed: int
    status: Status
    task: int = 0
    tasks: int = 0
    accuracy: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class StudyStanding:
    """How far a study is.

    Attributes
    ----------
    runs
        All that were asked for, ever.
    state
        ``going``; ``ended``; ``stopped`` where it was interrupted or killed; ``none`` where nothing was asked for.
    since
        When the last process began, as its event has it.
    unreadable
        Lines of its events that say nothing, so that runs may be missing here.
    """

    name: str
    runs: tuple[RunStanding, ...]
    state: Literal["going", "ended", "stopped", "none"]
    since: str = ""
    unreadable: int = 0

    @classmethod
    def read(cls, path: Path) -> StudyStanding:
        """How far the study in a folder is.

        Raises
        ------
        InputError
            If it is no study, or what it is of was altered.
        """
        about = read_about(path)
        told = events.read(path)
        begun = [k for k, event in enumerate(told) if event.get("event") == ASKED]
        last = told[begun[-1] :] if begun else []
        since, state = str(last[0].get("time")) if last else "", _state(last)
        failed = {str(event.get("run")) for event in last if event.get("event") == FAILED}
        going_since = since if state == "going" else NEVER
        runs = tuple(_standing(path, *run, going_since, failed) for run in _asked(about.cells, told))
        all_ended = bool(runs) and all(run.status == "ended" for run in runs)  # by jobs of which nobody tells the end
        return cls(
            about.name, runs, "ended" if state == "going" and all_ended else state, since, events.unreadable(path)
        )


def asked(path: Path, cells: Sequence[Cell]) -> Iterator[tuple[Cell, str, int]]:
    """Each run that the study in a folder was asked for, as far as its events tell: by cell, backend and seed."""
    return _asked(cells, events.read(path))


def _asked(cells: Sequence[Cell], told: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Cell, str, int]]:
    """Each run that was asked for, once: by cell, backend and seed. Events have no seal, so only their names count."""
    found: dict[str, dict[str, set[int]]] = {}
    for event in (e for e in told if e.get("event") == ASKED):
        seeds = {s for s in _list(event, "seeds") if type(s) is int and s >= 0}
        for place in map(str, _list(event, "cells")):
            for where in filter(_WHERE.fullmatch, map(str, _list(event, "backends"))):
                found.setdefault(place, {}).setdefault(where, set()).update(seeds)
    for cell in cells:
        for where, numbers in found.get(cell.place, {}).items():
            yield from ((cell, where, seed) for seed in sorted(numbers))


def _list(event: Mapping[str, Any], key: str) -> list[Any]:
    value = event.get(key)
    return value if isinstance(value, list) else []


def _state(last: Sequence[Mapping[str, Any]]) -> Literal["going", "ended", "stopped", "none"]:
    if not last:
        return "none"
    ends = [event.get("event") for event in last[1:] if event.get("event") != FAILED]
    if ENDED in ends:
        return "ended"
    return "stopped" if ends or not _lives(last[0]) else "going"


def _lives(event: Mapping[str, Any]) -> bool:
    """Whether the process of an event is there; of one on another host nothing is known, so that it counts as there."""
    process = event.get("process")
    if event.get("host") != socket.gethostname() or type(process) is not int or not 0 < process < 2**31:
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True


def _standing(path: Path, cell: Cell, where: str, seed: int, since: str, failed: set[str]) -> RunStanding:
    name = f"{cell.place}/{where.replace(':', '-', 1)}/{seed_folder(seed)}"
    run = path / RUNS / name
    told = events.read(run)
    status = _result(run) or ("failed" if name in failed else "going" if _is_on(told, since) else "waiting")
    phases = [event for event in told if event.get("event") == "phase"]
    seconds = max((events.seconds(event, "elapsed") for event in phases), default=0.0)
    metrics = _last_metrics(run)
    return RunStanding(cell, where, seed, status, metrics[0], _tasks(run), metrics[1], seconds)


def _result(run: Path) -> Literal["ended", "damaged"] | None:
    """What its result says; a damaged one is made anew by whoever runs the study again."""
    if not (run / store.RESULT).is_file():
        return None
    try:
        checksummed.read_json(run / store.RESULT)
    except checksummed.AlteredFile:
        return "damaged"
    return "ended"


def _is_on(told: Sequence[Mapping[str, Any]], since: str) -> bool:
    """Whether a run was worked on since a time."""
    return bool(told) and str(told[-1].get("time")) >= since


def _tasks(run: Path) -> int:
    with suppress(OSError, ValueError, RecursionError):
        samples = json.loads(files.content(run / store.RUN)).get("samples")
        return len(samples) if isinstance(samples, list) else 0
    return 0


def _last_metrics(run: Path) -> tuple[int, float | None]:
    """How many tasks have been tested, and the accuracy after the last of them."""
    whole = events.read(run, tables.METRICS)
    accuracy = whole[-1].get("accuracy") if whole else None
    return len(whole), float(accuracy) if isinstance(accuracy, (int, float)) else None

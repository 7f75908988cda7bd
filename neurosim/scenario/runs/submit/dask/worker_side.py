"""What a worker of Dask does of a job: it hands it to an interpreter of its own, and passes on what that one says.

So a job can be ended without its worker, a simulator may fork, and the worker answers its scheduler while a job
computes. The interpreters of a client are kept for its next jobs. They end with the worker, and with a job that is not
wanted any more, as when its client has gone.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from neurosim.backend.processes.scratch import Scratch
from neurosim.scenario.runs.submit.job_process import JobProcess, JobUnwanted, ProcessKilled
from neurosim.scenario.runs.submit.pickles import AnyArray, saved_in

EXTENSION: Final = "neurosim"

SECONDS_BETWEEN_PROGRESS = 1.0

LOST, ENDED = "lost", "ended"


@dataclass(frozen=True)
class Asker:
    """The client of a job.

    Attributes
    ----------
    name
        Also that of the topic under which its jobs are told of.
    arrays
        The folder of large arrays, where they are in files that the worker sees.
    working_folder
        Where it is.
    """

    name: str
    arrays: str | None
    working_folder: str


class ClientSide:
    """What a worker keeps for the jobs of one client: interpreters that wait, and large arrays."""

    def __init__(self, client: Asker):
        self._working_folder = client.working_folder if os.path.isdir(client.working_folder) else None
        self._scratch = Scratch() if client.arrays is None else None
        self._folder = self._scratch.path if self._scratch is not None else Path(client.arrays or "")
        self._waiting: list[JobProcess] = []
        self._lock = threading.Lock()

    def do(
        self, pickled: bytes, arrays: Mapping[str, AnyArray], hear: Callable[..., None], wanted: Callable[[], bool]
    ) -> bytes:
        """How a job ends, by an interpreter that waits or a new one."""
        self._save(arrays)
        process = self._one()
        try:
            ended = process.do(pickled, hear, wanted)
        except BaseException:
            process.kill()
            raise
        with self._lock:
            self._waiting.append(process)
        return ended

    def _one(self) -> JobProcess:
        with self._lock:
            return self._waiting.pop() if self._waiting else JobProcess(1, self._folder, self._working_folder)

    def _save(self, arrays: Mapping[str, AnyArray]) -> None:
        with self._lock:
            for name, array in arrays.items():
                if not (self._folder / f"{name}.npy").exists():
                    saved_in(self._folder)(name, np.asarray(array))

    def end(self) -> None:
        """End the interpreters that wait, and remove the arrays."""
        with self._lock:
            for process in self._waiting:
                process.kill()
            self._waiting.clear()
        if self._scratch is not None:
            self._scratch.close()


class ClientSides:
    """What a worker keeps, by the names of clients."""

    def __init__(self) -> None:
        self._sides: dict[str, ClientSide] = {}
        self._lock = threading.Lock()

    def of(self, client: Asker) -> ClientSide:
        """That of a client, made where it is not there."""
        with self._lock:
            if client.name not in self._sides:
                self._sides[client.name] = ClientSide(client)
            return self._sides[client.name]

    def end(self, client: str) -> None:
        """End that of a client."""
        with self._lock:
            side = self._sides.pop(client, None)
        if side is not None:
            side.end()


def identity(dask_worker: Any) -> str:
    """The identity of a worker, which no other one has, whatever its address."""
    return str(dask_worker.id)


def do(pickled: bytes, arrays: Mapping[str, AnyArray], client: Asker, key: str, meant: str) -> tuple[str, Any]:
    """Do a job, in a thread of a worker.

    Parameters
    ----------
    arrays
        Those that were left out of `pickled`, by their names.
    client
        Who asks.
    key
        The name of the task.
    meant
        The identity of the worker that the job is for; one that has the address of another is not meant.

    Returns
    -------
    tuple of str and object
        `ENDED` and how, or `LOST` and why.
    """
    from distributed import get_worker

    worker = get_worker()
    if worker.id != meant:
        return LOST, f"its worker {worker.address} was lost"
    sides = _sides(worker)
    try:
        told, wanted = _Told(worker, client.name, key), functools.partial(_is_wanted, worker, key)
        return ENDED, sides.of(client).do(pickled, arrays, told, wanted)
    except ProcessKilled as error:
        return LOST, f"{error}, on {worker.address}"
    except JobUnwanted:
        sides.end(client.name)
        return LOST, "nobody wants it any more"


def forget(client: str, dask_worker: Any) -> None:
    """End what a worker keeps for a client."""
    _sides(dask_worker).end(client)


def _sides(worker: Any) -> ClientSides:
    sides: ClientSides = worker.extensions.setdefault(EXTENSION, ClientSides())
    return sides


def _is_wanted(worker: Any, key: str) -> bool:
    """Whether a task that runs has not been taken back; True where that cannot be told."""
    with suppress(AttributeError, RuntimeError):
        task = worker.state.tasks.get(key)
        return task is not None and task.state in ("executing", "long-running")
    return True


class _Told:
    """Passes on what a job says, to the client of its worker; of its progress, not all."""

    def __init__(self, worker: Any, topic: str, key: str):
        self._worker, self._topic, self._key = worker, topic, key
        self._due = 0.0

    def __call__(self, event: str, *values: Any) -> None:
        now = time.monotonic()
        if event != "progress" or now >= self._due:
            self._due = now + SECONDS_BETWEEN_PROGRESS
            self._worker.log_event(self._topic, (self._key, event, *values))

"""Jobs that run in other processes, wherever those are: what one is, what is told of it, and how often it is tried."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from neurosim.errors import BackendError

if TYPE_CHECKING:
    from neurosim.scenario.listeners.progress_listener import ProgressListener

Outcome = TypeVar("Outcome")

TRIES = 3
"""A job is given up once so many processes that ran it were lost; anything else that it ends in is its outcome."""


class WorkerKilled(BackendError):
    """The processes that ran a job were lost, as often as it is tried."""


class JobsListener:
    """Called in other threads, one at a time, as jobs (counted from 0) go on; override what is of interest."""

    def begun(self, job: int) -> None:
        """A process has taken the job."""

    def noted(self, job: int, text: str) -> None:
        """The job says something before its outcome (`ProgressListener.note`)."""

    def progress(self, job: int, share: float, stage: str) -> None:
        """A share from 0 to 1 of the job is done (`ProgressListener.tell`)."""

    def again(self, job: int, why: str) -> None:
        """The job's process was lost, and another one tries the job once more."""

    def ended(self, job: int) -> None:
        """The job has an outcome, or has failed."""


@dataclass(frozen=True)
class Job(Generic[Outcome]):
    """Work for a process, and what it is called; `work` and its outcome travel between processes.

    Attributes
    ----------
    work
        Called with a listener, which it tells how far it is.
    again
        Called in place of `work` after the job's process was lost, if the job had noted something: with its last
        note, and the listener. Without one, `work` is called once more.
    """

    name: str
    work: Callable[[ProgressListener], Outcome]
    again: Callable[[str, ProgressListener], Outcome] | None = None


class JobsUnderWay(Generic[Outcome]):
    """What is known of jobs before they end: what each has noted, and how often it was lost; a listener is told.

    Parameters
    ----------
    listener
        Is told one thing at a time, from whichever thread.
    """

    def __init__(self, jobs: Sequence[Job[Outcome]], listener: JobsListener | None):
        self._jobs, self._listener = jobs, listener or JobsListener()
        self._noted: dict[int, str] = {}
        self._losses: dict[int, int] = {}
        self._telling = threading.Lock()

    def hear(self, job: int, event: str, *values: Any) -> None:
        """Take what a job says, or what becomes of it: the name of a method of `JobsListener`, and its arguments."""
        if event == "noted":
            [self._noted[job]] = values
        with self._telling, suppress(Exception):  # an error of the listener must not stop the jobs
            getattr(self._listener, event)(job, *values)

    def work(self, job: int) -> Callable[[ProgressListener], Outcome]:
        """What is to be done of a job now."""
        again, noted = self._jobs[job].again, self._noted.get(job)
        if again is None or noted is None:
            return self._jobs[job].work
        return functools.partial(again, noted)

    def lost(self, job: int, why: str) -> WorkerKilled | None:
        """Count that a job's process was lost; its outcome, if the job is not to be tried once more."""
        self._losses[job] = self._losses.get(job, 0) + 1
        if self._losses[job] < TRIES:
            self.hear(job, "again", why)
            return None
        short = "the system does so where memory is short, and fewer runs at once need less"
        return WorkerKilled(f"{why}, at the last of {TRIES} tries; {short}")

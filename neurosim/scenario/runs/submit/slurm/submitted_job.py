"""Jobs in a folder that all machines see, and the one of them that a process of SLURM does.

FOLDER/versions.json   what the jobs were pickled under
FOLDER/jobs.pickle     all jobs; large arrays are beside it
FOLDER/N.note          what job N has last noted
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from neurosim.edges import atomic, files
from neurosim.errors import BackendError
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.job_process import pickled_outcome
from neurosim.scenario.runs.submit.jobs import Job
from neurosim.scenario.runs.submit.pickles import Pickles, saved_in, unpickled

PYTHON, JOBS = "python.json", "jobs.pickle"

RESTARTS = "SLURM_RESTART_COUNT"
"""The environment variable of a job that SLURM has queued anew."""


def write_jobs(folder: Path, jobs: Sequence[Job[Any]]) -> None:
    """Write jobs into a folder; OSError where it cannot be written."""
    atomic.write(folder / PYTHON, json.dumps({"versions": versions(), "path": [p for p in sys.path if p]}).encode())
    atomic.write(folder / JOBS, Pickles(saved_in(folder)).of(list(jobs)).content)


def versions() -> dict[str, str]:
    """What two processes have to have in common."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"Python": python} | {name: metadata.version(name) for name in ("neurosim", "numpy")}


def noted(folder: Path, number: int) -> str | None:
    """What a job has last noted."""
    try:
        return files.content(folder / f"{number}.note").decode()
    except OSError:
        return None


@dataclass(frozen=True)
class SubmittedJob:
    """A job of a folder; submitit calls it where SLURM has started it.

    Attributes
    ----------
    tried
        Whether an earlier process may have done a part of it.
    """

    folder: Path
    number: int
    tried: bool = False

    def __call__(self) -> bytes:
        """How it ends, pickled."""
        return pickled_outcome(self._do)

    def checkpoint(self) -> Any:
        """What SLURM is to start when the time of this process is over: the rest of the same job."""
        import submitit

        return submitit.helpers.DelayedSubmission(SubmittedJob(self.folder, self.number, tried=True))

    def _do(self) -> Any:
        python = json.loads(files.content(self.folder / PYTHON))
        _check(python["versions"])
        sys.path[:] = python["path"]
        return self._work()(_Noting(self.folder / f"{self.number}.note"))

    def _work(self) -> Callable[[ProgressListener], Any]:
        job: Job[Any] = unpickled(files.content(self.folder / JOBS), self.folder)[self.number]
        before = noted(self.folder, self.number)
        tried = self.tried or int(os.environ.get(RESTARTS) or 0) > 0
        return job.work if job.again is None or before is None or not tried else partial(job.again, before)


def _check(then: Mapping[str, str]) -> None:
    """Refuse versions that are not those of this machine."""
    now = versions()
    if differ := [name for name in now if then.get(name) != now[name]]:
        words = "; ".join(f"{name} {then.get(name)} there, {now[name]} here" for name in differ)
        raise BackendError(f"this machine has other versions than the one that handed the job in: {words}")


class _Noting(ProgressListener):
    """Keeps what the job notes; how far it is, its run directory tells."""

    def __init__(self, file: Path):
        super().__init__()
        self._file = file

    def note(self, text: str) -> None:
        atomic.write(self._file, text.encode())

"""An engine whose jobs SLURM runs: they are handed in as arrays, and need no process where they were handed in.

What a job has noted, such as where its run is kept, is in a file; so one that SLURM queues anew, on another machine,
goes on where it was. That happens where its time is over, its machine fails, or somebody says ``scontrol requeue``.
"""

from __future__ import annotations

import io
import pickle
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from neurosim.edges.optional_packages import SLURM, needed
from neurosim.errors import BackendError, InputError, NeurosimError
from neurosim.scenario.runs.submit.job_process import outcome_of
from neurosim.scenario.runs.submit.jobs import Job, JobsListener, JobsUnderWay, Outcome
from neurosim.scenario.runs.submit.slurm.resources import Resources
from neurosim.scenario.runs.submit.slurm.submitted_job import SubmittedJob, noted, write_jobs

WHAT = "running on SLURM"

LOGS = "logs"

MOST_IN_ARRAY = 1000
"""Jobs of an array; SLURM takes one more, unless it is told otherwise (``MaxArraySize``)."""

TIMEOUTS = 100
"""How often a job whose time is over is queued anew."""

SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class SlurmEngine:
    """An engine of jobs of SLURM.

    Attributes
    ----------
    folder
        Where jobs and what they print are kept; all machines see it, under the same name.
    resources
        What each job asks for.
    at_once
        How many jobs may run at once; None for as many as SLURM lets.
    cluster
        ``local`` has submitit start the jobs on this machine, to try what they do; there, all run at once.
    """

    folder: Path
    resources: Resources = Resources()  # noqa: RUF009  (it is frozen)
    at_once: int | None = None
    cluster: Literal["slurm", "local"] = "slurm"

    def script(self, jobs: int) -> str:
        """The text of the batch script of an array of so many jobs.

        Raises
        ------
        BackendUnavailable
            If submitit is not installed.
        """
        with needed(SLURM, WHAT):
            from submitit.slurm.slurm import _make_sbatch_string

        logs = self.folder.absolute() / LOGS
        command = f"{shlex.quote(sys.executable)} -u -m submitit.core._submit {shlex.quote(str(logs))}"
        array = {"map_count": jobs} if jobs > 1 else {}
        return str(_make_sbatch_string(command, logs, **self._parameters(), **array))

    def submit(self, jobs: Sequence[Job[Any]]) -> list[str]:
        """Hand jobs in, and return their numbers at SLURM, such as ``1234_5``.

        Raises
        ------
        BackendUnavailable
            If submitit is not installed.
        BackendError
            If SLURM does not take them; then none runs.
        InputError
            If the folder cannot be written.
        """
        with needed(SLURM, WHAT):
            import submitit  # noqa: F401
        self._write(jobs)
        handed_in: list[Any] = []
        try:
            for first in range(0, len(jobs), MOST_IN_ARRAY):
                numbers = range(first, min(first + MOST_IN_ARRAY, len(jobs)))
                handed_in += self._handed_in([SubmittedJob(self.folder, n) for n in numbers])
        except BaseException:
            _cancel(handed_in)
            raise
        return [str(job.job_id) for job in handed_in]

    def outcomes(
        self, jobs: Sequence[Job[Outcome]], listener: JobsListener | None = None
    ) -> Generator[tuple[int, Outcome | NeurosimError], None, None]:
        """As `neurosim.scenario.runs.submit.engine.Engine.outcomes`: it waits for them.

        Raises
        ------
        BackendUnavailable
            If submitit is not installed.
        BackendError
            If SLURM does not take the jobs.
        InputError
            If the folder cannot be written.
        Exception
            If the work of a job ends in one that is no `NeurosimError`, that one.
        """
        with needed(SLURM, WHAT):
            import submitit  # noqa: F401
        if not jobs:
            return
        self._write(jobs)
        under_way = JobsUnderWay(jobs, listener)
        running: dict[int, Any] = {}
        try:
            handed_in = self._handed_in([SubmittedJob(self.folder, n) for n in range(len(jobs))])
            running.update(enumerate(handed_in))
            for number in running:
                under_way.hear(number, "begun")
            while running:
                for number in list(running):
                    for outcome in self._looked_at(number, running, under_way):
                        under_way.hear(number, "ended")
                        yield number, outcome
                time.sleep(SECONDS_BETWEEN_LOOKS)
        finally:
            _cancel(list(running.values()))

    def _looked_at(self, number: int, running: dict[int, Any], under_way: JobsUnderWay[Outcome]) -> Iterator[Any]:
        """The outcome of a job, if it has one; if it was lost, it is handed in again."""
        job = running[number]
        result = job.paths.result_pickle
        if result.exists():
            del running[number]
            yield _outcome(result)
        elif not _is_there(job) and not result.exists():
            if (note := noted(self.folder, number)) is not None:
                under_way.hear(number, "noted", note)
            given_up = under_way.lost(number, f"its job {job.job_id} was lost")
            if given_up is None:
                [running[number]] = self._handed_in([SubmittedJob(self.folder, number, tried=True)])
            else:
                del running[number]
                yield given_up

    def _write(self, jobs: Sequence[Job[Any]]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_jobs(self.folder, jobs)
        except OSError as error:
            raise InputError(f"{self.folder}: jobs cannot be written there ({error.strerror})") from None

    def _handed_in(self, jobs: Sequence[SubmittedJob]) -> list[Any]:
        executor = self._executor()
        printed = io.StringIO()  # submitit prints what sbatch says, and raises it too
        try:
            with redirect_stderr(printed), executor.batch():
                handed_in = [executor.submit(job) for job in jobs]
        except Exception as error:  # of many kinds
            raise BackendError(f"SLURM does not take the jobs: {_last_line(error)}") from None
        sys.stderr.write(printed.getvalue())
        return handed_in

    def _executor(self) -> Any:
        from submitit import LocalExecutor, SlurmExecutor

        logs = self.folder.absolute() / LOGS
        if self.cluster == "local":
            executor = LocalExecutor(logs, max_num_timeout=TIMEOUTS)
            executor.update_parameters(timeout_min=self._parameters()["time"])
            return executor
        try:
            executor = SlurmExecutor(logs, max_num_timeout=TIMEOUTS)
        except RuntimeError:
            raise BackendError("there is no SLURM here: no command srun; run this where sbatch is") from None
        executor.update_parameters(**self._parameters())
        return executor

    def _parameters(self) -> dict[str, Any]:
        return self.resources.parameters("neurosim", self.at_once)


def under_way() -> set[str]:
    """The numbers of all jobs of this user that SLURM has, such as ``1234_5``.

    Raises
    ------
    BackendError
        If it does not say.
    """
    command = ["squeue", "--me", "--noheader", "--array", "--format=%i"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise BackendError(f"SLURM does not say which jobs there are: {_last_line(error)}") from None
    return set(re.findall(r"[\d_]+", said))


def _is_there(job: Any) -> bool:
    """Whether a job waits or runs."""
    if hasattr(job, "_process"):  # of submitit's own, on this machine
        return not job.done()
    return str(job.job_id) in under_way()


def _outcome(result: Path) -> Any:
    """The outcome of a job, from the file in which submitit keeps it."""
    how, value = pickle.loads(result.read_bytes())
    return outcome_of(value) if how == "success" else BackendError(f"its job failed: {_last_line(value)}")


def _cancel(jobs: Sequence[Any]) -> None:
    for job in jobs:
        with suppress(Exception):  # it has ended
            job.cancel()


def _last_line(said: object) -> str:
    stderr = getattr(said, "stderr", None)
    text = str(stderr or said).strip()
    return text.splitlines()[-1] if text else type(said).__name__

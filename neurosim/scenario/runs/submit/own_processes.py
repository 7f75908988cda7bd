"""Jobs in processes of this machine, which this one starts and ends.

The processes are fresh interpreters (`neurosim.scenario.runs.submit.job_process`), so that a simulator that forks, or
sets how processes start, meets nothing of this one. Large arrays of a job reach them through memory-mapped files. Their
BLAS has as many threads as there are cores for each process, or what ``OMP_NUM_THREADS`` and its like say. Compiled
programs are shared through the cache (`neurosim.backend.cache`), in which one process builds while others wait.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic

from neurosim.backend.processes import scratch
from neurosim.backend.processes.scratch import Scratch
from neurosim.edges.values import whole_number
from neurosim.errors import NeurosimError
from neurosim.scenario.runs.submit.job_process import JobProcess, ProcessKilled, outcome_of
from neurosim.scenario.runs.submit.jobs import Job, JobsListener, JobsUnderWay, Outcome, WorkerKilled
from neurosim.scenario.runs.submit.pickles import Pickles, saved_in


@dataclass(frozen=True)
class OwnProcesses:
    """An engine of so many processes on this machine.

    Raises
    ------
    InputError
        For a number that is no whole number of at least 1.
    """

    processes: int

    def __post_init__(self) -> None:
        whole_number(self.processes, "processes =", least=1)

    def outcomes(
        self, jobs: Sequence[Job[Outcome]], listener: JobsListener | None = None
    ) -> Generator[tuple[int, Outcome | NeurosimError], None, None]:
        """As `neurosim.scenario.runs.submit.engine.Engine.outcomes`.

        Raises
        ------
        Exception
            If the work of a job ends in one that is no `NeurosimError`, that one.
        """
        import joblib

        if not jobs:
            return
        count = min(self.processes, len(jobs))
        with ExitStack() as at_end:
            at_end.callback(scratch.sweep_all)  # of what processes have left that were killed
            folder = at_end.enter_context(Scratch())
            going = _Round(jobs, folder, listener, max(1, joblib.cpu_count() // count))
            at_end.callback(going.stop)
            going.begin(count)
            for _ in jobs:
                number, outcome, raised = going.outcomes.get()
                if raised is not None:
                    raise raised
                yield number, outcome
            going.wait()


class _Round(Generic[Outcome]):
    """Jobs that processes take one after another; a thread for each process waits for what it says.

    Attributes
    ----------
    outcomes
        Number, outcome, and exception that is no outcome, of each job that has ended.
    """

    def __init__(
        self, jobs: Sequence[Job[Outcome]], folder: Path, listener: JobsListener | None, blas_threads: int
    ) -> None:
        self.outcomes: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        self._under_way = JobsUnderWay(jobs, listener)
        self._folder, self._blas_threads = folder, blas_threads
        self._pickles, self._pickling = Pickles(saved_in(folder)), threading.Lock()
        self._todo = iter(range(len(jobs)))
        self._processes: list[JobProcess] = []
        self._stopped = False
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def begin(self, processes: int) -> None:
        """Start the threads, one for each process."""
        self._threads = [threading.Thread(target=self._go_through, daemon=True) for _ in range(processes)]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Wait until the processes, which have nothing more to do, have ended."""
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        """Kill what still runs."""
        with self._lock:
            self._stopped = True
            running = list(self._processes)
        for process in running:
            process.kill()
        self.wait()

    def _go_through(self) -> None:
        """Have one process after another do jobs, until none is left."""
        process = None
        with suppress(ProcessKilled):  # all are stopped
            while (number := self._next()) is not None:
                try:
                    process = process or self._fresh()
                    self._under_way.hear(number, "begun")
                    process, outcome = self._outcome(number, process)
                    self._under_way.hear(number, "ended")
                    self.outcomes.put((number, outcome, None))
                except ProcessKilled:
                    raise
                except BaseException as error:
                    self.outcomes.put((number, None, error))
            if process is not None:
                process.end()

    def _next(self) -> int | None:
        with self._lock:
            return None if self._stopped else next(self._todo, None)

    def _outcome(self, number: int, process: JobProcess) -> tuple[JobProcess | None, Any]:
        """The outcome of a job, and the process that is good for the next; ProcessKilled if all are stopped."""
        hear = functools.partial(self._under_way.hear, number)
        given_up: WorkerKilled | None = None
        while given_up is None:
            try:
                return process, outcome_of(process.do(self._pickled(number), hear))
            except ProcessKilled as error:
                if self._stopped:
                    raise
                given_up = self._under_way.lost(number, str(error))
                process = self._fresh()
        process.end()
        return None, given_up

    def _fresh(self) -> JobProcess:
        """A new process, unless all are stopped."""
        with self._lock:
            if self._stopped:
                raise ProcessKilled("it was stopped")
            self._processes.append(JobProcess(self._blas_threads, self._folder))
            return self._processes[-1]

    def _pickled(self, number: int) -> bytes:
        """What is to be done of a job now; made when it is due, as all jobs together may be large."""
        with self._pickling:
            return self._pickles.of(self._under_way.work(number)).content

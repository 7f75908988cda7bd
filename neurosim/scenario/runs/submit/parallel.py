"""Jobs side by side on one machine, each in one of several processes: scenario runs with other seeds or backends.

The processes are fresh interpreters (`neurosim.scenario.runs.submit.job_process`), so that a simulator that forks, or
sets how processes start, meets nothing of this one. Large arrays of a job reach them through memory-mapped files. Their
BLAS has as many threads as there are cores for each process, or what ``OMP_NUM_THREADS`` and its like say. Compiled
programs are shared through the cache (`neurosim.backend.cache`), in which one process builds while others wait.

    results = over_seeds(scenario, open_session, range(5), processes=4)
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from neurosim.backend.processes import scratch
from neurosim.backend.processes.scratch import Scratch
from neurosim.edges.values import whole_number
from neurosim.errors import BackendError, NeurosimError
from neurosim.results.result import Result
from neurosim.scenario import engine
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.preparation import prepare
from neurosim.scenario.runs.submit.job_process import JobProcess, Pickles, ProcessKilled
from neurosim.scenario.schema import Scenario

Outcome = TypeVar("Outcome")


class WorkerKilled(BackendError):
    """The process that ran a job was killed, and so was the one that tried it once more."""


class JobsListener:
    """Called in other threads, one at a time, as jobs (counted from 0) go on; override what is of interest."""

    def begun(self, job: int) -> None:
        """A process has taken the job."""

    def noted(self, job: int, text: str) -> None:
        """The job says something before its outcome (`ProgressListener.note`)."""

    def progress(self, job: int, share: float, stage: str) -> None:
        """A share from 0 to 1 of the job is done (`ProgressListener.tell`)."""

    def again(self, job: int, why: str) -> None:
        """The job's process was killed, and another one tries the job once more."""

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
        Called in place of `work` after the job's process was killed, if the job had noted something: with its last
        note, and the listener. Without one, `work` is called once more.
    """

    name: str
    work: Callable[[ProgressListener], Outcome]
    again: Callable[[str, ProgressListener], Outcome] | None = None


def side_by_side(
    jobs: Sequence[Job[Outcome]], processes: int, listener: JobsListener | None = None
) -> Generator[tuple[int, Outcome | NeurosimError], None, None]:
    """Run jobs in so many processes, and give the number and the outcome of each as it ends.

    What one refuses or fails at (`NeurosimError`) is its outcome, and the others go on. One whose process is killed is
    tried once more; if that is killed, too, `WorkerKilled` is its outcome. An interrupt, or leaving the iterator, kills
    the processes and all that they have started.

    Raises
    ------
    InputError
        For a number of processes that is no whole number of at least 1.
    Exception
        If the work of a job ends in one that is no `NeurosimError`, that one.
    """
    import joblib

    processes = whole_number(processes, "processes =", least=1)
    if not jobs:
        return
    count = min(processes, len(jobs))
    with ExitStack() as at_end:
        at_end.callback(scratch.sweep_all)  # of what processes have left that were killed
        pickles = Pickles(at_end.enter_context(Scratch()))
        going = _Round(jobs, pickles, listener or JobsListener(), max(1, joblib.cpu_count() // count))
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

    def __init__(self, jobs: Sequence[Job[Outcome]], pickles: Pickles, listener: JobsListener, blas_threads: int):
        self.outcomes: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        self._jobs, self._pickles, self._listener, self._blas_threads = jobs, pickles, listener, blas_threads
        self._pickled = [pickles.of(job.work) for job in jobs]
        self._todo = iter(range(len(jobs)))
        self._noted: dict[int, str] = {}
        self._processes: list[JobProcess] = []
        self._stopped = False
        self._lock, self._telling = threading.Lock(), threading.Lock()
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
                process = process or self._fresh()
                try:
                    self._tell("begun", number)
                    process, outcome = self._outcome(number, process)
                    self._tell("ended", number)
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
        hear = functools.partial(self._hear, number)
        try:
            return process, process.do(self._pickled[number], hear)
        except ProcessKilled as error:
            process = self._fresh()
            self._tell("again", number, str(error))
        try:
            return process, process.do(self._once_more(number), hear)
        except ProcessKilled as error:
            if self._stopped:
                raise
            short = "the system does so where memory is short, and fewer runs at once need less"
            return None, WorkerKilled(f"{error}, a second time; {short}")

    def _fresh(self) -> JobProcess:
        """A new process, unless all are stopped."""
        with self._lock:
            if self._stopped:
                raise ProcessKilled("it was stopped")
            self._processes.append(JobProcess(self._blas_threads))
            return self._processes[-1]

    def _once_more(self, number: int) -> bytes:
        again, noted = self._jobs[number].again, self._noted.get(number)
        if again is None or noted is None:
            return self._pickled[number]
        return self._pickles.of(functools.partial(again, noted))

    def _hear(self, number: int, event: str, *values: Any) -> None:
        if event == "noted":
            [self._noted[number]] = values
        self._tell(event, number, *values)

    def _tell(self, event: str, number: int, *values: Any) -> None:
        with self._telling, suppress(Exception):  # an error of the listener must not stop the jobs
            getattr(self._listener, event)(number, *values)


def all_of(jobs: Sequence[Job[Outcome]], processes: int, listener: JobsListener | None = None) -> list[Outcome]:
    """The outcomes of jobs in their order; where some fail, the others end before the first error is raised.

    Raises
    ------
    NeurosimError
        The first that a job ended in; its text begins with the name of the job.
    """
    outcomes: dict[int, Outcome] = {}
    failed: dict[int, NeurosimError] = {}
    for number, outcome in side_by_side(jobs, processes, listener):
        if isinstance(outcome, NeurosimError):
            failed[number] = outcome
        else:
            outcomes[number] = outcome
    if failed:
        first = min(failed)
        raise NeurosimError(f"{jobs[first].name}: {failed[first]}") from failed[first]
    return [outcomes[number] for number in range(len(jobs))]


def over_seeds(
    scenario: Scenario,
    open_session: engine.OpenSession,
    seeds: Sequence[int],
    processes: int = 1,
    *,
    part: str = "test",
    data: Dataset | None = None,
) -> list[Result]:
    """The results of a scenario with each of several seeds; with one process, the runs are in this one.

    Parameters
    ----------
    part, data
        As in `neurosim.scenario.engine.run`.

    Raises
    ------
    NeurosimError
        The error of the first seed that fails.
    """
    prepared = prepare(scenario, data or scenario.data.build(), part)
    run = functools.partial(engine.run_prepared, prepared, open_session)
    if processes == 1:
        return [run(seed) for seed in seeds]
    return all_of([Job(f"seed {seed}", functools.partial(_with_seed, run, seed)) for seed in seeds], processes)


def _with_seed(run: Callable[..., Result], seed: int, listener: ProgressListener) -> Result:
    return run(seed, listener=listener)

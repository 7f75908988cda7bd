"""Jobs side by side on one machine, each in one of several processes: scenario runs with other seeds or backends.

The processes are those of joblib's backend ``loky``: fresh interpreters, so that a simulator that forks, or sets how
processes start, meets nothing of this one. Large arrays of a job reach them through memory-mapped files. Their BLAS has
as many threads as there are cores for each process, or what ``OMP_NUM_THREADS`` and its like say. Compiled programs are
shared through the cache (`neurosim.backend.cache`), in which one process builds while others wait.

    results = over_seeds(scenario, open_session, range(5), processes=4)
"""

from __future__ import annotations

import functools
import json
import os
import signal
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from neurosim.backend import interpreter
from neurosim.backend.wire import pack_error, unpack_error
from neurosim.errors import BackendError, NeurosimError
from neurosim.results.result import Result
from neurosim.scenario import engine
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.how_far import HowFar
from neurosim.scenario.spec import Scenario
from neurosim.values import whole_number

SECONDS_BETWEEN_PROGRESS = 0.1

Outcome = TypeVar("Outcome")


class WorkerKilled(BackendError):
    """A process that ran a job was killed; those of all other jobs have been stopped with it."""


class JobsListener:
    """Told, in another thread, what happens to jobs, which are counted from 0; override what is of interest."""

    def begun(self, job: int) -> None:
        """A process has taken it."""

    def noted(self, job: int, text: str) -> None:
        """It has something to say before its outcome (`HowFar.note`)."""

    def progress(self, job: int, share: float, stage: str) -> None:
        """How far it is (`HowFar.tell`)."""

    def ended(self, job: int) -> None:
        """It has an outcome, or has failed."""


class Reporter(HowFar):
    """Listens to a job's run in its process, and sends what it hears to the process that has asked for the job."""

    def __init__(self, job: int, address: str):
        super().__init__()
        self._job, self._address = job, address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told, self._due = "", 0.0

    def note(self, text: str) -> None:
        self.send("noted", text)

    def tell(self, share: float, stage: str) -> None:
        now = time.monotonic()
        if stage != self._told or now >= self._due:
            self.send("progress", share, stage)
            self._told, self._due = stage, now + SECONDS_BETWEEN_PROGRESS

    def send(self, event: str, *values: Any) -> None:
        """A datagram with the name of a method of `JobsListener` and its arguments."""
        try:
            self._socket.sendto(json.dumps([event, self._job, *values]).encode(), self._address)
        except (ConnectionRefusedError, FileNotFoundError):  # who asked for the job has died
            os._exit(1)


@dataclass(frozen=True)
class Job(Generic[Outcome]):
    """Work for a process, and what it is called; `work` and its outcome travel between processes.

    Attributes
    ----------
    work
        Called with the listener for what it runs.
    """

    name: str
    work: Callable[[HowFar], Outcome]


def side_by_side(
    jobs: Sequence[Job[Outcome]], processes: int, listener: JobsListener | None = None
) -> Generator[tuple[int, Outcome | NeurosimError], None, None]:
    """Run jobs in so many processes, and give the number and the outcome of each as it ends.

    What one refuses or fails at (`NeurosimError`) is its outcome, and the others go on. An interrupt, or leaving the
    iterator, kills the processes and all that they have started.

    Raises
    ------
    WorkerKilled
        If a process was killed from outside.
    """
    import joblib
    from joblib.externals.loky import get_reusable_executor

    processes = whole_number(processes, "processes =", least=1)
    if not jobs:
        return
    with ExitStack() as at_end, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of loky, about processes that it replaces or kills, as it should
        address = at_end.enter_context(_heard(listener or JobsListener()))
        # No process is used again: the next jobs may be asked for from another folder, or with another environment.
        at_end.callback(lambda: get_reusable_executor().shutdown())
        count = min(processes, len(jobs))
        parallel = joblib.Parallel(count, backend="loky", batch_size=1, return_as="generator_unordered")
        here = os.getcwd()
        calls = (joblib.delayed(_done)(job, number, address, here) for number, job in enumerate(jobs))
        at_end.enter_context(interpreter.safe())
        with _interrupts_wait(), interpreter.elsewhere():
            outcomes = at_end.enter_context(closing(parallel(calls)))
        try:
            for number, outcome, failed in outcomes:
                yield number, unpack_error(*failed) if failed else outcome
        except BrokenProcessPool:
            raise WorkerKilled(
                "a process was killed, as the system does where memory is short (fewer at once need less), "
                "and the others were stopped"
            ) from None


def all_of(jobs: Sequence[Job[Outcome]], processes: int, listener: JobsListener | None = None) -> list[Outcome]:
    """The outcomes of jobs in their order; where some fail, the others end before the first error is raised.

    Raises
    ------
    NeurosimError
        Of a job, by whose name it begins.
    """
    found: dict[int, Outcome] = {}
    failed: dict[int, NeurosimError] = {}
    for number, outcome in side_by_side(jobs, processes, listener):
        if isinstance(outcome, NeurosimError):
            failed[number] = outcome
        else:
            found[number] = outcome
    if failed:
        first = min(failed)
        raise NeurosimError(f"{jobs[first].name}: {failed[first]}") from failed[first]
    return [found[number] for number in range(len(jobs))]


def over_seeds(
    scenario: Scenario,
    open_session: engine.OpenSession,
    seeds: Sequence[int],
    processes: int = 1,
    *,
    part: str = "test",
    data: Dataset | None = None,
) -> list[Result]:
    """The results of a scenario with each of several seeds; with one process as of now, in this one.

    Parameters
    ----------
    part, data
        As in `neurosim.scenario.engine.run`.

    Raises
    ------
    NeurosimError
        Of the first seed that fails.
    """
    run = functools.partial(engine.run, scenario, open_session, part=part, data=data or engine.load_data(scenario))
    if processes == 1:
        return [run(seed) for seed in seeds]
    return all_of([Job(f"seed {seed}", functools.partial(_with_seed, run, seed)) for seed in seeds], processes)


def _with_seed(run: Callable[..., Result], seed: int, listener: HowFar) -> Result:
    return run(seed, listener=listener)


def _done(
    job: Job[Outcome], number: int, address: str, folder: str
) -> tuple[int, Outcome | None, tuple[Any, ...] | None]:
    """In a process, which has started elsewhere: the number of a job, its outcome, and the error that it ended in."""
    os.chdir(folder)
    warnings.formatwarning = _in_a_line
    reporter = Reporter(number, address)
    reporter.send("begun")
    try:
        return number, job.work(reporter), None
    except NeurosimError as error:  # its class may take other arguments than pickle would give it
        return number, None, pack_error(error)
    finally:
        reporter.send("ended")


def _in_a_line(message: Warning | str, *_: object, **__: object) -> str:
    """A warning as the command line shows it, for nobody knows where in the source a process was."""
    return f"warning: {message}\n"


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C is for this process alone: what is started meanwhile never sees it, and is killed by this one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _heard(listener: JobsListener) -> Iterator[str]:
    """The address at which the listener hears of jobs; at the end all that was sent has been heard."""
    with tempfile.TemporaryDirectory(prefix="neurosim-") as folder:
        address = os.path.join(folder, "jobs")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.bind(address)
            thread = threading.Thread(target=_hear, args=(ear, listener), daemon=True)
            thread.start()
            try:
                yield address
            finally:
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                    last.sendto(b"", address)
                thread.join()


def _hear(ear: socket.socket, listener: JobsListener) -> None:
    while message := ear.recv(1 << 16):
        event, job, *values = json.loads(message)
        with suppress(Exception):  # whoever draws this may not hold the jobs up
            getattr(listener, event)(job, *values)

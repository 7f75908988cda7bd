"""An engine whose jobs run on the workers of a Dask cluster: one on this machine, or one that is there.

Each job is given to one worker that has a thread free, so that no more jobs are on their way than can run, and a worker
that is lost costs the jobs that it ran, and no others. Jobs whose worker was lost are given to another one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import time
import uuid
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic

from neurosim.backend.processes.scratch import Scratch
from neurosim.edges.foreign_errors import said
from neurosim.edges.optional_packages import DASK, needed
from neurosim.edges.values import whole_number
from neurosim.errors import BackendError, InputError, NeurosimError
from neurosim.scenario.runs.submit.dask.local_cluster import local_client
from neurosim.scenario.runs.submit.dask.worker_side import LOST, Asker, do, forget
from neurosim.scenario.runs.submit.dask.workers import WorkerProcess, Workers
from neurosim.scenario.runs.submit.job_process import outcome_of
from neurosim.scenario.runs.submit.jobs import Job, JobsListener, JobsUnderWay, Outcome
from neurosim.scenario.runs.submit.pickles import AnyArray, Keep, Pickles, saved_in

WHAT = "running on Dask"

SECONDS_BETWEEN_LOOKS = 0.5

SECONDS_TO_CONNECT = 10

SECONDS_TO_FETCH = 20

NOT_FETCHED = (TimeoutError, asyncio.TimeoutError, asyncio.CancelledError, CancelledError)


@dataclass(frozen=True)
class DaskEngine:
    """An engine of the workers of a Dask cluster.

    Parameters
    ----------
    address
        ``tcp://HOST:PORT`` or ``tls://HOST:PORT`` of a scheduler; where there is none, a cluster is made on this
        machine, and ends with the jobs.
    processes
        How many workers the cluster on this machine has, each of one thread.
    insecure
        Whether ``tcp`` may lead to another machine: whoever is on the way there can then run code here and there.
    same_cpu
        Whether workers must have the type of processor that this machine has.
    folder
        One that all workers have to see: runs are kept in it.

    Raises
    ------
    InputError
        For an address that is none, or is not safe.
    """

    address: str | None = None
    processes: int = 1
    insecure: bool = False
    same_cpu: bool = False
    folder: Path | None = None

    def __post_init__(self) -> None:
        whole_number(self.processes, "processes =", least=1)
        if self.address is not None:
            check_address(self.address, self.insecure)

    def outcomes(
        self, jobs: Sequence[Job[Outcome]], listener: JobsListener | None = None
    ) -> Generator[tuple[int, Outcome | NeurosimError], None, None]:
        """As `neurosim.scenario.runs.submit.engine.Engine.outcomes`.

        Raises
        ------
        BackendError
            If no scheduler answers, or its workers are not as this machine is.
        BackendUnavailable
            If Dask is not installed.
        Exception
            If the work of a job ends in one that is no `NeurosimError`, that one.
        """
        with needed(DASK, WHAT):
            import distributed  # noqa: F401
        if not jobs:
            return
        with ExitStack() as at_end:
            at_end.enter_context(_quietly())
            shared = at_end.enter_context(Scratch()) if self.address is None else None
            client = at_end.enter_context(self._client(len(jobs)))
            mark = None if self.folder is None else at_end.enter_context(Scratch(self.folder))
            workers = Workers(client, self.same_cpu, mark)
            going = _Round(client, workers, jobs, listener, shared)
            at_end.callback(going.stop)
            yield from going.outcomes()

    @contextmanager
    def _client(self, jobs: int) -> Iterator[Any]:
        with local_client(min(self.processes, jobs)) if self.address is None else _connected(self.address) as client:
            yield client


def check_address(address: str, insecure: bool = False) -> None:
    """Refuse an address of a scheduler that is none, or that is neither on this machine nor behind TLS.

    Raises
    ------
    InputError
        Saying why.
    """
    scheme, _, place = address.partition("://")
    host, _, port = place.rpartition(":")
    if scheme not in ("tcp", "tls") or not host or not port.isdecimal():
        raise InputError(f"--on dask:{address!r:.80}; expected tcp://HOST:PORT or tls://HOST:PORT of a scheduler")
    if scheme == "tcp" and not insecure and not _is_here(host.strip("[]")):
        raise InputError(
            f"--on dask:{address}: whoever can reach that scheduler, or is on the way to it, can run code on its "
            "workers and here; expected tls://HOST:PORT, or --insecure if nobody else is on that network"
        )


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A client of a scheduler that is there.

    Raises
    ------
    BackendError
        If it does not answer.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, TypeError, ValueError) as error:  # the last two where it has no certificate for TLS
        raise BackendError(f"no Dask scheduler answers at {address} ({said(error)})") from None
    with client:
        yield client


@contextmanager
def _quietly() -> Iterator[None]:
    """A context in which Dask logs nothing: what becomes of jobs is told."""
    logger = logging.getLogger("distributed")
    before = [(handler, handler.level) for handler in logger.handlers]
    for handler, _ in before:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler, level in before:
            handler.setLevel(level)


@dataclass(frozen=True)
class _Flight:
    """A try of a job, on a worker."""

    job: int
    worker: WorkerProcess
    future: Any


class _Round(Generic[Outcome]):
    """Jobs that are given to workers as these have threads free."""

    def __init__(
        self,
        client: Any,
        workers: Workers,
        jobs: Sequence[Job[Outcome]],
        listener: JobsListener | None,
        shared: Path | None,
    ) -> None:
        self._client, self._workers = client, workers
        self._name = f"neurosim-{uuid.uuid4().hex}"
        self._asker = Asker(self._name, None if shared is None else str(shared), os.getcwd())
        self._under_way = JobsUnderWay(jobs, listener)
        self._todo, self._left = deque(range(len(jobs))), len(jobs)
        self._flights: dict[str, _Flight] = {}
        self._landed: SimpleQueue[str] = SimpleQueue()
        self._tries = 0
        self._arrays: dict[str, AnyArray] = {}
        self._scattered: dict[str, Any] = {}
        keep: Keep = self._arrays.__setitem__ if shared is None else saved_in(shared)
        self._pickles = Pickles(keep, f"{self._name}-")
        self._there: dict[str, WorkerProcess] = {}
        self._avoided: dict[int, str] = {}
        self._due = 0.0
        client.subscribe_topic(self._name, self._hear)

    def outcomes(self) -> Generator[tuple[int, Any], None, None]:
        """Number and outcome of each job."""
        while self._left:
            ended = list(self._look_at_workers())
            self._give()
            with suppress(Empty):
                ended += self._outcome(self._landed.get(timeout=SECONDS_BETWEEN_LOOKS))
            for job, outcome in ended:
                self._left -= 1
                self._under_way.hear(job, "ended")
                yield job, outcome

    def stop(self) -> None:
        """Take back what is under way, and end what workers keep for it."""
        with suppress(Exception):  # the scheduler may be gone
            self._client.unsubscribe_topic(self._name)
            self._client.cancel([flight.future for flight in self._flights.values()])
            self._client.run(forget, self._name, workers=list(self._there), on_error="ignore")

    # workers

    def _look_at_workers(self) -> Iterator[tuple[int, Any]]:
        """See which workers there are; the outcomes of jobs that are given up with theirs."""
        if time.monotonic() < self._due:
            return
        try:
            self._there = self._workers.now()
        except OSError as error:
            raise BackendError(f"the Dask scheduler does not answer any more ({said(error)})") from None
        for key, flight in list(self._flights.items()):
            if self._there.get(flight.worker.address) != flight.worker:
                del self._flights[key]
                self._client.cancel([flight.future])
                yield from self._lost(flight, f"its worker {flight.worker.address} was lost")
        self._due = time.monotonic() + SECONDS_BETWEEN_LOOKS

    def _free(self, job: int) -> WorkerProcess | None:
        """The worker that a job is given to: one with a thread free, if it can be, not the one that it failed on."""
        busy: dict[str, int] = {}
        for flight in self._flights.values():
            busy[flight.worker.address] = busy.get(flight.worker.address, 0) + 1
        free = [w for w in self._there.values() if busy.get(w.address, 0) < w.threads]
        return min(free, key=lambda w: (w.address == self._avoided.get(job), busy.get(w.address, 0)), default=None)

    # jobs

    def _give(self) -> None:
        """Give jobs to workers until none is free."""
        while self._todo and (worker := self._free(self._todo[0])) is not None:
            self._submit(self._todo.popleft(), worker)

    def _submit(self, job: int, worker: WorkerProcess) -> None:
        pickled = self._pickles.of(self._under_way.work(job))
        arrays = {name: self._sent(name) for name in pickled.arrays if name in self._arrays}
        self._tries += 1
        key = f"{self._name}-{self._tries}"
        what = pickled.content, arrays, self._asker, key, worker.identity
        where = {"workers": [worker.address], "allow_other_workers": False, "pure": False, "retries": 0}
        future = self._client.submit(do, *what, key=key, **where)
        self._flights[key] = _Flight(job, worker, future)
        self._under_way.hear(job, "begun")
        future.add_done_callback(lambda _: self._landed.put(key))

    def _sent(self, name: str) -> Any:
        """A large array, which is given to the cluster once, and again where the workers that had it were lost."""
        if name not in self._scattered or self._scattered[name].status in ("cancelled", "lost", "error"):
            [self._scattered[name]] = self._client.scatter([self._arrays[name]], hash=False)
        return self._scattered[name]

    def _outcome(self, key: str) -> Iterator[tuple[int, Any]]:
        """The outcome of a job that has landed, unless it is tried once more."""
        from distributed import KilledWorker

        flight = self._flights.pop(key, None)
        if flight is None:  # it was taken back
            return
        if flight.future.status == "finished":
            self._give()  # the worker is free, and need not wait until the outcome is here
            yield from self._fetched(flight)
        elif flight.future.status == "error" and not isinstance(error := flight.future.exception(), KilledWorker):
            raise BackendError(f"the worker {flight.worker.address} cannot do jobs: {said(error)}")
        elif self._client.status != "running":
            raise BackendError("the Dask scheduler does not answer any more")
        else:
            yield from self._lost(flight, f"its worker {flight.worker.address} was lost")

    def _fetched(self, flight: _Flight) -> Iterator[tuple[int, Any]]:
        try:
            how, value = flight.future.result(timeout=SECONDS_TO_FETCH)
        except NOT_FETCHED:
            how, value = LOST, f"its worker {flight.worker.address} was lost with the outcome"
        if how == LOST:
            self._avoided[flight.job] = flight.worker.address
            self._workers.look_again(flight.worker.address)
            yield from self._lost(flight, value)
        else:
            yield flight.job, outcome_of(value)

    def _lost(self, flight: _Flight, why: str) -> Iterator[tuple[int, Any]]:
        given_up = self._under_way.lost(flight.job, why)
        if given_up is None:
            self._todo.appendleft(flight.job)
        else:
            yield flight.job, given_up

    def _hear(self, event: tuple[float, tuple[Any, ...]]) -> None:
        """Take what a job says, if it has not ended."""
        key, what, *values = event[1]
        if (flight := self._flights.get(key)) is not None:
            self._under_way.hear(flight.job, what, *values)

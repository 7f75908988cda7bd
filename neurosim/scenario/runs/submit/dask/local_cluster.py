"""A cluster of Dask on this machine, for one command: a scheduler in this process, and worker processes of its own.

Dask's own workers of a local cluster import the program that started them, and a process between restarts them. These
do not: each leads a process group, ends with this process (`neurosim.backend.processes.lineage`), and is replaced where
a signal ended it. Whoever reaches a scheduler can run code as its user, so scheduler and workers speak TLS with a key
that was made for them, and nobody else on this machine has.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from neurosim.backend.processes import interpreter, lineage
from neurosim.backend.processes.scratch import Scratch
from neurosim.errors import BackendError

HOST = "127.0.0.1"

SECONDS_BETWEEN_LOOKS = 0.2

BEGIN = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "from neurosim.backend.processes.lineage import end_with_parent; end_with_parent(); "
    "from neurosim.scenario.runs.submit.dask.local_cluster import work; work(sys.argv[1], sys.argv[2])"
)


@dataclass(frozen=True)
class Credentials:
    """What both ends of a connection show each other, as texts in PEM."""

    certificate: str
    key: str

    def security(self) -> Any:
        """The same as Dask has it."""
        from distributed.security import Security

        roles = ("scheduler", "worker", "client")
        of_roles = {f"tls_{r}_cert": self.certificate for r in roles} | {f"tls_{r}_key": self.key for r in roles}
        return Security(require_encryption=True, tls_ca_file=self.certificate, **of_roles)


def _credentials() -> Credentials:
    from distributed.security import Security

    made = Security.temporary()
    return Credentials(made.tls_client_cert, made.tls_client_key)


@contextmanager
def local_client(processes: int) -> Iterator[Any]:
    """A client of a new cluster of so many worker processes, which ends with the context.

    Raises
    ------
    BackendError
        If a worker cannot start.
    """
    import dask
    from distributed import Client, LocalCluster

    credentials = _credentials()
    with ExitStack() as at_end:
        folder = at_end.enter_context(Scratch())
        at_end.enter_context(dask.config.set({"distributed.scheduler.http.routes": []}))
        security = credentials.security()
        cluster = at_end.enter_context(
            LocalCluster(
                n_workers=0,
                host=HOST,
                protocol="tls://",
                dashboard_address=f"{HOST}:0",
                scheduler_kwargs={"dashboard": False},
                security=security,
                silence_logs=logging.CRITICAL,
            )
        )
        client = at_end.enter_context(Client(cluster, security=security, set_as_default=False))
        workers = _Workers(cluster.scheduler_address, credentials, folder)
        at_end.callback(workers.stop)
        workers.begin(processes)
        workers.wait_for_one(client)
        yield client


class _Workers:
    """Worker processes, each of which is replaced where a signal has ended it."""

    def __init__(self, scheduler: str, credentials: Credentials, folder: Path):
        self._arguments = [scheduler, str(folder), *map(str, sys.path)]
        self._credentials = json.dumps(asdict(credentials)).encode()
        self._running: list[subprocess.Popen[bytes]] = []
        self._stopped = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def begin(self, processes: int) -> None:
        self._running = [self._started() for _ in range(processes)]
        self._keeper.start()

    def wait_for_one(self, client: Any) -> None:
        """Wait until a worker can be given jobs."""
        while not client.nthreads():
            if codes := [p.returncode for p in self._running if p.poll() is not None and p.returncode > 0]:
                raise BackendError(f"a worker of Dask does not start here: its process ended with status {codes[0]}")
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def stop(self) -> None:
        self._stopped.set()
        if self._keeper.is_alive():
            self._keeper.join()
        for process in self._running:
            lineage.kill(process)

    def _keep(self) -> None:
        while not self._stopped.wait(SECONDS_BETWEEN_LOOKS):
            for k, process in enumerate(self._running):
                if (code := process.poll()) is not None and code < 0:
                    lineage.kill(process)
                    self._running[k] = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, *interpreter.SAFE, "-c", BEGIN, *self._arguments]
        process = lineage.lead(command, stdin=subprocess.PIPE)
        assert process.stdin is not None
        with suppress(OSError):  # it has ended already
            process.stdin.write(self._credentials)
            process.stdin.close()
        return process


# the other side


def work(scheduler: str, folder: str) -> None:
    """Be a worker, with one thread, until the scheduler ends it; the credentials come from the standard input."""
    credentials = Credentials(**json.load(sys.stdin))
    logging.disable()  # what becomes of workers is told by the client
    asyncio.run(_work(scheduler, folder, credentials))


async def _work(scheduler: str, folder: str, credentials: Credentials) -> None:
    import dask
    from distributed import Worker

    dask.config.set({"distributed.worker.http.routes": []})
    options: dict[str, Any] = {"nthreads": 1, "memory_limit": 0, "local_directory": folder}
    options |= {"dashboard": False, "dashboard_address": f"{HOST}:0"}
    async with Worker(scheduler, host=HOST, protocol="tls://", security=credentials.security(), **options) as worker:
        await worker.finished()

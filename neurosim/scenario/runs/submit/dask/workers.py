"""The workers of a cluster that jobs may be given to: those that are as this client is."""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from neurosim.backend.processes import processor
from neurosim.edges.foreign_errors import said
from neurosim.errors import BackendError
from neurosim.scenario.runs.submit.dask.worker_side import identity

PACKAGES = ("neurosim", "numpy")


@dataclass(frozen=True)
class WorkerProcess:
    """A worker.

    Attributes
    ----------
    identity
        No other worker has it, not even one that has the same address later.
    """

    address: str
    identity: str
    threads: int


class Workers:
    """The workers that are there, and have been looked at.

    Parameters
    ----------
    client
        Of `distributed`.
    same_cpu
        Whether a worker has to have the type of processor that this machine has.
    mark
        A folder within one that all have to see; None where they need not see the same files.
    """

    def __init__(self, client: Any, same_cpu: bool, mark: Path | None):
        self._client, self._same_cpu, self._mark = client, same_cpu, mark
        self._known: dict[str, WorkerProcess] = {}
        self._refused: set[str] = set()

    def now(self) -> dict[str, WorkerProcess]:
        """Those that jobs may be given to now, by their addresses.

        A worker that is not as this client is, is left out with a warning, if there are others.

        Raises
        ------
        BackendError
            If the first that are there are not as this client is.
        """
        threads: dict[str, int] = self._client.nthreads()
        self._refused &= threads.keys()
        self._known = {address: worker for address, worker in self._known.items() if address in threads}
        for address in [a for a in threads if a not in self._known and a not in self._refused]:
            self._look_at(address, threads[address])
        return self._known

    def look_again(self, address: str) -> None:
        """Look anew at the worker of an address, which may be another one by now."""
        self._known.pop(address, None)

    def _look_at(self, address: str, threads: int) -> None:
        with suppress(_Gone):
            if differences := list(self._differences(address)):
                self._refuse(address, "; ".join(differences))
            else:
                self._known[address] = WorkerProcess(address, str(self._asked(address, identity)), threads)

    def _refuse(self, address: str, why: str) -> None:
        if not self._known:
            raise BackendError(f"the worker {address} is not as this machine is: {why}")
        self._refused.add(address)
        warnings.warn(f"the worker {address} is left out: {why}", stacklevel=2)

    def _differences(self, address: str) -> Iterator[str]:
        """What a worker has otherwise, in words. The questions are of Python's own, so that any worker can answer."""
        python = self._asked(address, platform.python_version)
        if _minor(python) != _minor(platform.python_version()):
            yield f"it has Python {python}, here is {platform.python_version()}"
        for package in PACKAGES:
            there, here = self._asked(address, metadata.version, package), metadata.version(package)
            if there != here:
                yield f"it has {package} {there}, here is {here}"
        if self._mark is not None and self._asked(address, os.path.isdir, str(self._mark)) is False:
            yield f"it does not see what is in the folder {self._mark.parent}, where runs are kept"
        if self._same_cpu and (name := self._asked(address, processor.name)) != processor.name():
            yield f"it has the processor {name}, here is {processor.name()} (--same-cpu)"

    def _asked(self, address: str, question: Any, *arguments: Any) -> Any:
        """The answer of a worker; in words, the error that came instead.

        Raises
        ------
        _Gone
            If it has just ended.
        """
        try:
            answer = self._client.run(question, *arguments, workers=[address], on_error="return")[address]
        except (OSError, KeyError, ValueError):
            raise _Gone from None
        if isinstance(answer, OSError):
            raise _Gone
        return said(answer) if isinstance(answer, Exception) else answer


class _Gone(Exception):
    """The worker has ended."""


def _minor(version: object) -> list[str]:
    return str(version).split(".")[:2]

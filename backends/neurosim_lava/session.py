"""A session on Lava: parts of a run, one after another, to a network in the worker."""

from __future__ import annotations

import itertools
import time
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np

from neurosim.backend.contract import Backend, Progress
from neurosim.backend.host_session import HostSession, Outcome
from neurosim.backend.remote import worker
from neurosim.backend.remote.worker import Worker
from neurosim.errors import BackendError
from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim_lava import blas, part
from neurosim_lava.block import AnyArray, Block
from neurosim_lava.part import Plan, Request

SERVICE = "neurosim_lava.service:LavaService"
SECONDS_OF_A_PART = 0.5
FIRST_CAPACITY = 1 << 20

_numbers = itertools.count()


class LavaSession(HostSession):
    """A program on a Lava network; a mode says by its `plan` which network that is.

    Parameters
    ----------
    deadline
        Seconds that a part of a run, about half a second of work, may take.
    """

    keeps_state = True
    steps_of_first_part: ClassVar[int]

    def __init__(self, program: Program, backend: Backend, mode: str, deadline: float):
        super().__init__(program, backend, mode)
        self.deadline = deadline
        self._number = next(_numbers)
        start = time.perf_counter()
        self._worker: Worker | None = worker.shared("backend lava", SERVICE, deadline=self.deadline)
        self._worker.call("ready", deadline)
        self._block = Block.of(FIRST_CAPACITY)
        self.compile_seconds = time.perf_counter() - start
        self._steps = self.steps_of_first_part

    @abstractmethod
    def plan(self, run: Run, learned: Mapping[str, Array]) -> Plan:
        """The network for a run from these learned arrays, and what its processes execute."""

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        """Run all trials in the worker's network, a part of about half a second after another."""
        start = time.perf_counter()
        plan, threads = self.plan(run, learned), blas.threads()
        child = self._connected()
        recordings = part.Recordings(run)
        state = recordings.state or {}
        build = time.perf_counter() - start
        simulate = transfer = 0.0
        done = 0
        while done < run.count:
            piece = run.part(done, done + self._trials_of_a_part(run))
            start = time.perf_counter()
            request = part.request(piece, plan, learned, threads, state)
            shared = self._shared(request, begins=done == 0)
            network: dict[str, Any] = {"session": self._number, "address": self._block.address, "graph": request.graph}
            network |= {"spans": request.spans, "goes_on": run.state is not None, "leaves": bool(state)}
            answer = child.call("run", self.deadline, **network)
            build += answer["build"]
            simulate += answer["simulate"]
            transfer += time.perf_counter() - start - answer["build"] - answer["simulate"]
            if any(a[0] >= 0 for a in part.of_kind("failed", shared).values()):
                return Outcome(learned, {}, simulate, build, transfer, finite=False)
            recordings.add(done, request.note, shared)
            done += piece.count
            self._adapt(run, piece.count, answer["simulate"])
            if progress is not None:
                progress(done, run.count)
        if run.count:
            _take(shared, learned)
        operations = recordings.operations if plan.counts else None
        seconds = simulate, build, transfer
        return Outcome(learned, recordings.probes(), *seconds, operations=operations, state=recordings.state)

    def _connected(self) -> Worker:
        """The worker. What shared a block with one that died is left to itself."""
        child = worker.shared("backend lava", SERVICE, deadline=self.deadline)
        if child is not self._worker:
            self._worker, self._block = child, Block.of(FIRST_CAPACITY)
        return child

    def _shared(self, request: Request, begins: bool) -> dict[str, AnyArray]:
        """The arrays of a request, in the memory that its network shares; where the run begins, with its state."""
        self._block = self._block.with_room(request.note["layout"])
        self._block.write(request.note)
        shared = self._block.arrays(request.note["layout"])
        for name, values in (request.arrays | (request.state if begins else {})).items():
            shared[name][...] = values
        return shared

    def _trials_of_a_part(self, run: Run) -> int:
        """Whole batches, where trials learn in batches."""
        together = run.program.batch if run.learns_in_batches else 1
        return together * max(1, self._steps // max(run.steps * together, 1))

    def _adapt(self, run: Run, trials: int, seconds: float) -> None:
        """Approach the length of a part that lasts SECONDS_OF_A_PART; a short last part tells little about it."""
        if trials == self._trials_of_a_part(run) or seconds > SECONDS_OF_A_PART:
            growth = min(SECONDS_OF_A_PART / max(seconds, 1e-6), 4.0)
            self._steps = max(1, int(trials * run.steps * growth))

    def close(self) -> None:
        """Stop the session's network; the worker stays for the others."""
        super().close()
        if self._worker is not None and self._worker.alive():
            with suppress(BackendError):  # then the worker is gone, and with it all that was to stop
                self._worker.call("end", self.deadline, session=self._number)
        self._worker = None


def _take(arrays: Mapping[str, AnyArray], learned: Mapping[str, Array]) -> None:
    """What was learned, after a look at whether all copies of it learned the same."""
    first_copies = part.of_kind("learned", arrays)
    for name, second_copy in part.of_kind("mirror", arrays).items():
        if not np.array_equal(second_copy, first_copies[name], equal_nan=True):
            raise BackendError(f"backend lava: the two copies of {name} have come to differ")
    for name, values in first_copies.items():
        learned[name][...] = values

"""A session of mode `fused`: parts of a run, one after another, to the Lava process in the worker."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress

from neurosim.backend import worker
from neurosim.backend.contract import Backend, HostSession, Outcome, Progress
from neurosim.backend.worker import Worker
from neurosim.errors import BackendError
from neurosim.program.listing import Recorder, listing
from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim_lava import blas, part

SERVICE = "neurosim_lava.service:Service"
STEPS_OF_FIRST_PART = 2000
SECONDS_OF_A_PART = 0.25

_numbers = itertools.count()


class FusedSession(HostSession):
    """A program's printed text in one process of Lava's CPU runtime, many trials a Lava step.

    Parameters
    ----------
    deadline
        Seconds that a part of a run, about a quarter of a second of work, may take.
    """

    def __init__(self, program: Program, backend: Backend, mode: str, deadline: float):
        super().__init__(program, backend, mode)
        self.deadline = deadline
        self._number = next(_numbers)
        start = time.perf_counter()
        self._worker: Worker | None = worker.shared("backend lava", SERVICE)
        self._worker.call("ready", deadline)
        self.compile_seconds = time.perf_counter() - start
        self._sources: dict[tuple[object, ...], str] = {}
        self._steps = STEPS_OF_FIRST_PART

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        start = time.perf_counter()
        source, threads = self._source(run), blas.threads()
        child = self._worker = worker.shared("backend lava", SERVICE)
        recorder = Recorder(run)
        build = time.perf_counter() - start
        simulate = transfer = 0.0
        done = 0
        while done < run.count:
            piece = run.part(done, done + self._trials_of_a_part(run))
            begins, ends = done == 0, done + piece.count == run.count
            start = time.perf_counter()
            asked = part.request(piece, source, learned, begins, ends, threads)
            answer = child.call("step", self.deadline, session=self._number, **vars(asked))
            build += answer["build"]
            simulate += answer["simulate"]
            transfer += time.perf_counter() - start - answer["build"] - answer["simulate"]
            if answer["failed"] >= 0:
                return Outcome(learned, {}, simulate, build, transfer, finite=False)
            part.record(recorder, done, answer["arrays"])
            done += piece.count
            self._adapt(run, piece.count, answer["simulate"])
            if progress is not None:
                progress(done, run.count)
        if run.count:
            learned = {n: answer["arrays"][f"learned/{n}"].copy() for n in learned}
        return Outcome(learned, recorder.probes(), simulate, build, transfer)

    def _source(self, run: Run) -> str:
        """The text for a set of constants, printed once."""
        key = (run.learn, *sorted(run.constants.items()))
        if key not in self._sources:
            self._sources[key] = listing(run)
        return self._sources[key]

    def _trials_of_a_part(self, run: Run) -> int:
        return max(1, self._steps // max(run.steps, 1))

    def _adapt(self, run: Run, trials: int, seconds: float) -> None:
        """Approach the length of a part that lasts SECONDS_OF_A_PART; a short last part tells little about it."""
        if trials == self._trials_of_a_part(run) or seconds > SECONDS_OF_A_PART:
            growth = min(SECONDS_OF_A_PART / max(seconds, 1e-6), 4.0)
            self._steps = max(1, int(trials * run.steps * growth))

    def close(self) -> None:
        """Stop the session's network; the worker stays for the others."""
        if self._worker is not None and self._worker.alive():
            with suppress(BackendError):  # then the worker is gone, and with it all that was to stop
                self._worker.call("end", self.deadline, session=self._number)
        self._worker = None

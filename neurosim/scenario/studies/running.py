"""The runs of a study, one after another or side by side; one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field

from neurosim.errors import NeurosimError
from neurosim.results.result import Result
from neurosim.results.studies import ASKED, ENDED, FAILED, INTERRUPTED, StudyDirectory, this_process
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.engine import Engine
from neurosim.scenario.runs.submit.jobs import JobsListener
from neurosim.scenario.studies.request import StudyRequest
from neurosim.scenario.studies.runs import CellRun

Outcome = tuple[CellRun, Result | NeurosimError]
"""A run, and its result without arrays, or what it failed at."""

Outcomes = Generator[Outcome, None, None]

Watching = Callable[[str], AbstractContextManager[ProgressListener]]
"""Gives what listens to the run of that name, while it lasts."""


def in_turn(runs: Sequence[CellRun], watching: Watching) -> Outcomes:
    """Run them in this process, and give the outcome of each."""
    for run in runs:
        try:
            with watching(run.name) as listener:
                outcome: Result | NeurosimError = run.done(listener)
        except NeurosimError as error:
            outcome = error
        yield run, outcome


def through(engine: Engine, runs: Sequence[CellRun], listener: JobsListener | None = None) -> Outcomes:
    """Run them through an engine, and give the outcome of each as it ends.

    One whose process is lost is gone on with in another.
    """
    going = engine.outcomes([run.job for run in runs], listener)
    with closing(going) as outcomes:
        for number, outcome in outcomes:
            yield runs[number], outcome


@contextmanager
def unwatched(_: str) -> Iterator[ProgressListener]:
    """Nobody listens."""
    yield ProgressListener()


@dataclass
class StudyProgress:
    """The runs of a study as they end, those first that had ended before; its ``events.jsonl`` is told.

    Attributes
    ----------
    runs
        All that are asked for.
    rest
        Runs what has not ended.
    failed
        What failed so far, by the name of the run.
    """

    directory: StudyDirectory
    request: StudyRequest
    runs: Sequence[CellRun]
    rest: Callable[[Sequence[CellRun]], Outcomes]
    failed: dict[str, NeurosimError] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Outcome]:
        begun = time.monotonic()
        self.directory.tell(ASKED, **self.request.asked(), **this_process())
        try:
            with closing(self._outcomes()) as outcomes:
                for run, outcome in outcomes:
                    if isinstance(outcome, NeurosimError):
                        self.failed[run.name] = outcome
                        self.directory.tell(FAILED, run=self.directory.name_of(run.path), error=str(outcome))
                    yield run, outcome
        except BaseException:  # an interrupt, or whoever asks for outcomes wants no more
            self.directory.tell(INTERRUPTED)
            raise
        self.directory.tell(ENDED, failed=len(self.failed), seconds=time.monotonic() - begun)

    def _outcomes(self) -> Outcomes:
        left = [run for run in self.runs if not run.has_result]
        yield from in_turn([run for run in self.runs if run not in left], unwatched)
        yield from self.rest(left)

"""Runs of several trials: one after another in this process, or at once wherever jobs run, with the same outcomes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from neurosim.errors import NeurosimError
from neurosim.scenario.listeners.events import SearchListener
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.parallel import Job, JobsListener
from neurosim.scenario.search.tried_settings import Early, RunOutcome, TriedSettings


@dataclass(frozen=True)
class SettingsRuns:
    """The runs of a trial, one for each of these seeds; those behind one that ends early do not count."""

    tried: TriedSettings
    seeds: Sequence[int]


Outcomes = Generator[Sequence[RunOutcome], None, None]
"""Of each trial, in their order, what its runs came to: all of them, or those up to the first that ended early."""

Runner = Callable[[Sequence[SettingsRuns], SearchListener], Outcomes]
"""Runs several trials."""

Work = Callable[[Sequence[Job[Any]], JobsListener], Generator[tuple[int, Any], None, None]]
"""Runs jobs, and gives the number and the outcome of each as it ends, such as `parallel.side_by_side`."""


def in_turn(trials: Sequence[SettingsRuns], listener: SearchListener) -> Outcomes:
    """Run them one after another in this process.

    Raises
    ------
    NeurosimError
        That a run fails at.
    """
    for runs in trials:
        yield _up_to_early(_here(runs.tried, seed, listener) for seed in runs.seeds)


def at_once(work: Work, trials: Sequence[SettingsRuns], listener: SearchListener) -> Outcomes:
    """Run them as jobs, in whatever order these end.

    Raises
    ------
    NeurosimError
        That the first run fails at, of those in their order; its text begins with the trial and the seed.
    """
    pairs = [(runs.tried, seed) for runs in trials for seed in runs.seeds]
    jobs = [tried.job(seed) for tried, seed in pairs]
    heard = _RunsOfTrials([(tried.trial, seed) for tried, seed in pairs], listener)
    with closing(work(jobs, heard)) as ended:
        outcomes = _in_order(jobs, ended)
        for runs in trials:
            yield _up_to_early(iter([*islice(outcomes, len(runs.seeds))]))
        next(outcomes, None)  # lets the processes end by themselves


def _here(tried: TriedSettings, seed: int, listener: SearchListener) -> RunOutcome:
    listener.before_run(tried.trial, seed)
    outcome = tried.run(seed, _OneRun(tried.trial, seed, listener))
    listener.after_run(tried.trial, seed)
    return outcome


def _up_to_early(outcomes: Iterator[RunOutcome]) -> list[RunOutcome]:
    """All of them, or those up to the first that ended early, behind which none is asked for."""
    taken: list[RunOutcome] = []
    for outcome in outcomes:
        taken.append(outcome)
        if isinstance(outcome, Early):
            break
    return taken


def _in_order(jobs: Sequence[Job[Any]], ended: Iterator[tuple[int, Any]]) -> Iterator[Any]:
    """The outcomes of jobs in the order of the jobs, each as soon as those before it are there."""
    there: dict[int, Any] = {}
    due = 0
    for number, outcome in ended:
        there[number] = outcome
        while due in there:
            yield _unless_failed(jobs[due], there.pop(due))
            due += 1


def _unless_failed(job: Job[Any], outcome: Any) -> Any:
    if isinstance(outcome, NeurosimError):
        raise NeurosimError(f"{job.name}: {outcome}") from outcome
    return outcome


class _OneRun(ProgressListener):
    """Tells a search's listener of a run in this process."""

    def __init__(self, trial: int, seed: int, listener: SearchListener):
        super().__init__()
        self._trial, self._seed, self._listener = trial, seed, listener

    def tell(self, share: float, stage: str) -> None:
        self._listener.within_run(self._trial, self._seed, share, stage)


class _RunsOfTrials(JobsListener):
    """Tells a search's listener of runs that are jobs."""

    def __init__(self, runs: Sequence[tuple[int, int]], listener: SearchListener):
        self._runs, self._listener = runs, listener

    def begun(self, job: int) -> None:
        self._listener.before_run(*self._runs[job])

    def progress(self, job: int, share: float, stage: str) -> None:
        self._listener.within_run(*self._runs[job], share, stage)

    def again(self, job: int, why: str) -> None:
        self._listener.again(*self._runs[job], why)

    def ended(self, job: int) -> None:
        self._listener.after_run(*self._runs[job])

"""Jobs side by side, such as runs of a scenario with other seeds or backends: on this machine, or through any engine.

results = over_seeds(scenario, open_session, range(5), processes=4)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

from neurosim.errors import NeurosimError
from neurosim.scenario import engine
from neurosim.scenario.preparation import prepare
from neurosim.scenario.runs.submit.jobs import Job, JobsListener, Outcome, WorkerKilled
from neurosim.scenario.runs.submit.own_processes import OwnProcesses

if TYPE_CHECKING:
    from neurosim.results.result import Result
    from neurosim.scenario.datasets import Dataset
    from neurosim.scenario.listeners.progress_listener import ProgressListener
    from neurosim.scenario.runs.submit.engine import Engine
    from neurosim.scenario.schema import Scenario

__all__ = ["Job", "JobsListener", "WorkerKilled", "all_of", "over_seeds", "side_by_side"]


def side_by_side(
    jobs: Sequence[Job[Outcome]], processes: int | Engine, listener: JobsListener | None = None
) -> Generator[tuple[int, Outcome | NeurosimError], None, None]:
    """Run jobs, and give the number and the outcome of each as it ends (`Engine.outcomes`).

    Parameters
    ----------
    processes
        How many processes of this machine run them, or another engine.

    Raises
    ------
    InputError
        For a number of processes that is no whole number of at least 1.
    Exception
        If the work of a job ends in one that is no `NeurosimError`, that one.
    """
    runs_on: Engine = OwnProcesses(processes) if isinstance(processes, (int, float)) else processes
    return runs_on.outcomes(jobs, listener)


def all_of(
    jobs: Sequence[Job[Outcome]], processes: int | Engine, listener: JobsListener | None = None
) -> list[Outcome]:
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
    processes: int | Engine = 1,
    *,
    part: str = "test",
    data: Dataset | None = None,
) -> list[Result]:
    """The results of a scenario with each of several seeds; with one process, the runs are in this one.

    Parameters
    ----------
    processes
        How many processes of this machine run them, or another engine.
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

"""The one way in which jobs are run: an engine takes all of them, and gives the outcome of each as it ends.

`OwnProcesses` runs them on this machine, `DaskEngine` on the workers of a Dask cluster, `SlurmEngine` as jobs of SLURM.
They differ in where the processes are, and in nothing that a job computes.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from neurosim.errors import NeurosimError
    from neurosim.scenario.runs.submit.jobs import Job, JobsListener, Outcome


class Engine(Protocol):
    """Runs jobs."""

    def outcomes(
        self, jobs: Sequence[Job[Outcome]], listener: JobsListener | None = None
    ) -> Generator[tuple[int, Outcome | NeurosimError], None, None]:
        """Run jobs, and give the number and the outcome of each as it ends.

        What a job refuses or fails at (`NeurosimError`) is its outcome, and the others go on. One whose process is lost
        is tried again, `TRIES` times in all; then `WorkerKilled` is its outcome. An interrupt, or leaving the iterator,
        ends the processes and all that they have started.

        Raises
        ------
        Exception
            If the work of a job ends in one that is no `NeurosimError`, that one.
        """
        ...

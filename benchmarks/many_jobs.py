"""Many tiny jobs through Dask: what each costs beyond itself, and whether the client's memory grows.

    python benchmarks/many_jobs.py [--jobs 2000] [--seconds 0.2] [--workers 4]

The jobs sleep, so a machine of few cores can have many workers. The same jobs one after another in this process are the
the measure: a part of them is timed, as each takes as long as the next.
"""

from __future__ import annotations

import argparse
import functools
import resource
import time
from collections.abc import Iterator
from contextlib import closing

from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.dask.dask_engine import DaskEngine
from neurosim.scenario.runs.submit.jobs import Job

IN_TURN = 25
"""So many of the jobs are timed one after another."""

WARM = 0.1
"""The share of jobs after which the clock, and the look at memory, begin: by then all workers have started."""


def main() -> None:
    asked = _asked()
    jobs = [Job(str(n), functools.partial(_sleep, asked.seconds, n)) for n in range(asked.jobs)]
    alone = _timed_in_turn(jobs)
    first, last = (int(asked.jobs * share) for share in (WARM, 1.0))
    seen = dict(_through_dask(jobs, asked.workers, {first, last}))
    (begun, memory), (ended, memory_at_end) = seen[first], seen[last]
    each = (ended - begun) / (last - first)
    print(f"{asked.jobs} jobs of {asked.seconds} s on {asked.workers} workers of Dask on this machine")
    print(f"one after another in this process: {alone:.4f} s a job")
    print(f"through Dask: {each:.4f} s a job, {each * asked.workers:.4f} s of a worker")
    print(f"overhead a job: {1000 * (each * asked.workers - alone):.1f} ms of a worker, which is")
    print(f"                {1000 * (each - alone / asked.workers):.1f} ms of wall time")
    print(f"memory of the client: {memory:.1f} MiB after {first} jobs, {memory_at_end:.1f} MiB after {last}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--workers", type=int, default=4)
    return parser.parse_args()


def _sleep(seconds: float, number: int, listener: ProgressListener) -> int:
    time.sleep(seconds)
    return number


def _timed_in_turn(jobs: list[Job[int]]) -> float:
    begun = time.perf_counter()
    for job in jobs[:IN_TURN]:
        job.work(ProgressListener())
    return (time.perf_counter() - begun) / len(jobs[:IN_TURN])


def _through_dask(jobs: list[Job[int]], workers: int, looks: set[int]) -> Iterator[tuple[int, tuple[float, float]]]:
    """The time, and the memory in MiB, when so many jobs had ended."""
    with closing(DaskEngine(None, workers).outcomes(jobs)) as outcomes:
        for ended, (number, outcome) in enumerate(outcomes, 1):
            assert outcome == number
            if ended in looks:
                yield ended, (time.perf_counter(), _memory())


def _memory() -> float:
    """What this process has in memory, in MiB; where the system does not say, the most that it ever had."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    main()

"""How time and memory grow: the exponent of time against trials, steps and synapses, and memory at each size.

Each measurement is a process of its own, which runs a work once to warm up and then some times. Its seconds are the
least of these; its memory is the most that it and the processes that it started held together while they ran, looked at
every few milliseconds: what is shared counts for each, and what making the work took does not count.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from speed import Row, once, opened, row
from works import Work, ep_training, sleep

FACTORS = (1, 2, 4)
BEGINNING = 0.05
"""Seconds in which a process that was started may still share all memory with the one that started it."""
COMPILED = ("brian2:standalone",)


@dataclass(frozen=True)
class Growth:
    """A work made larger in one way; `first` is its size for the factor 1, `compiled` that where code is compiled.

    Compiled code is so much faster that at the same size it would be the start of its process that is measured.
    """

    of: Callable[[int], Work]
    first: int
    compiled: int


def _steady_sleep(steps: int) -> Work:
    """Sleep without plasticity, for with it fewer and fewer neurons fire."""
    return replace(sleep("784-256-10", steps), learn=False)


GROWTHS: Mapping[str, Growth] = {
    "trials": Growth(lambda n: ep_training("64-100-10", n), 1400, 14000),
    "steps": Growth(_steady_sleep, 5000, 50_000),
    "width": Growth(lambda n: ep_training(f"784-{n}-10", 400), 256, 256),
}


@dataclass(frozen=True)
class Measured:
    """Of one size: the least seconds of a run, and the most bytes that a process held."""

    seconds: float
    peak: int


def measure(backends: Iterable[str], runs: int) -> list[Row]:
    """Rows with ``exponent``, of the seconds over all sizes, and ``peak_mib``, one for each factor."""
    found = []
    for name in backends:
        for kind, growth in GROWTHS.items():
            first = growth.compiled if name in COMPILED else growth.first
            sizes = [first * f for f in FACTORS]
            measured = [_apart(name, kind, size, runs) for size in sizes]
            line = row(f"growth-{kind}", name, measured[0].seconds, runs)
            exponent = slope([float(s) for s in sizes], [m.seconds for m in measured])
            found.append(line | {"exponent": exponent, "peak_mib": [m.peak / 2**20 for m in measured]})
    return found


def slope(sizes: list[float], seconds: list[float]) -> float:
    """b of seconds = a*sizes**b, by least squares of the logarithms."""
    x, y = [math.log(s) for s in sizes], [math.log(s) for s in seconds]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    covered = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return covered / sum((a - mean_x) ** 2 for a in x)


def _apart(name: str, kind: str, size: int, runs: int) -> Measured:
    command = [sys.executable, __file__, name, kind, str(size), str(runs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def _here(name: str, kind: str, size: int, runs: int) -> Measured:
    work = GROWTHS[kind].of(size)
    times = []
    with opened(name, work) as session, Watched() as watched:
        for _ in range(runs + 1):
            start = time.perf_counter()
            once(session, work)
            times.append(time.perf_counter() - start)
    return Measured(min(times[1:]), watched.peak)


class Watched(threading.Thread):
    """The most bytes of memory that this process and those that it started held in a context.

    Attributes
    ----------
    peak
        Of all together.
    own, started
        Of this process, and of those that it started.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = self.own = self.started = 0
        self._over = threading.Event()
        self._seen: dict[int, float] = {}

    def run(self) -> None:
        this = psutil.Process()
        while not self._over.wait(0.004):
            own, started = resident(this), sum(map(resident, filter(self._has_begun, this.children(recursive=True))))
            self.peak = max(self.peak, own + started)
            self.own, self.started = max(self.own, own), max(self.started, started)

    def _has_begun(self, process: psutil.Process) -> bool:
        """Whether it has memory of its own: until it is another program, it counts as a copy of its parent."""
        return time.perf_counter() - self._seen.setdefault(process.pid, time.perf_counter()) > BEGINNING

    def __enter__(self) -> Watched:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    print(json.dumps(vars(_here(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))))

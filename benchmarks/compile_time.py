"""How long it takes until a program can run: with nothing cached, and again in the same process."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from speed import Compiled, Row, opened, row
from works import Work

from neurosim.backend import cache
from neurosim.errors import BackendUnavailable


def measure(work: Work, backends: Iterable[str], runs: int) -> list[Row]:
    """Medians of some cold compilations, each followed by a warm one, whose session is opened on what is cached."""
    found = []
    for name in backends:
        try:
            pairs = [_cold_and_warm(name, work) for _ in range(runs)]
        except BackendUnavailable as error:
            print(f"left out: {error}")
            continue
        for kind, times in zip(("cold", "warm"), zip(*pairs, strict=True), strict=True):
            found.append(row(f"compile-{kind}-{work.name}", name, statistics.median(times), runs))
    return found


def _cold_and_warm(name: str, work: Work) -> tuple[float, float]:
    with nothing_cached():
        return seconds(name, work), seconds(name, work)


@contextmanager
def nothing_cached() -> Iterator[None]:
    """A cache of one's own, which is empty at first and gone afterwards."""
    before = os.environ.get(cache.VARIABLE)
    with tempfile.TemporaryDirectory() as empty:
        os.environ[cache.VARIABLE] = empty
        try:
            yield
        finally:
            del os.environ[cache.VARIABLE]
            if before is not None:
                os.environ[cache.VARIABLE] = before


def seconds(name: str, work: Compiled) -> float:
    """Until a session is open."""
    start = time.perf_counter()
    opened(name, work).close()
    return time.perf_counter() - start

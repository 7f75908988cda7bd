"""Work that a thread does while a simulator runs trials in a process of its own, and this process would only wait.

One thread of Python runs at a time, so what begins while a session still packs its arrays holds up the session. It
therefore begins when the session has told of its progress for the first time.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")

LATEST = 0.05
"""Seconds after which work begins in any case: what trains on the host tells of its progress once an epoch."""


class Meanwhile:
    """Does work in a thread, one after the other; a context manager, at the end of which all of it is done.

    Parameters
    ----------
    simulating
        Set by whoever runs a session, while it simulates.
    """

    def __init__(self, simulating: Event):
        self._thread, self._simulating = ThreadPoolExecutor(1, thread_name_prefix="meanwhile"), simulating
        self._simulating.set()  # no session runs yet that work could hold up

    def begin(self, work: Callable[..., Outcome], *arguments: Any) -> Future[Outcome]:
        """Have work done when there is time for it."""
        return self._thread.submit(self._in_time, work, *arguments)

    def _in_time(self, work: Callable[..., Outcome], *arguments: Any) -> Outcome:
        self._simulating.wait(LATEST)
        return work(*arguments)

    def end(self, begun: Future[Outcome]) -> Outcome:
        """What came of work, which is done now if it is not yet; raises what it raised."""
        self._simulating.set()  # this thread waits, too
        outcome = begun.result()
        self._simulating.clear()
        return outcome

    def __enter__(self) -> Meanwhile:
        return self

    def __exit__(self, *_: object) -> None:
        self._simulating.set()
        self._thread.shutdown()

"""The processes that the workers of a test have started, and that they are gone later."""

from __future__ import annotations

import time

import psutil

from neurosim.backend.remote import worker


def processes() -> set[psutil.Process]:
    """The processes of this test's workers."""
    started = [psutil.Process(w._process.pid) for w in worker._shared.values() if w.alive()]
    return {p for s in started for p in (s, *s.children(recursive=True))}


def assert_gone(left: set[psutil.Process], seconds: float = 5.0) -> None:
    """They have ended, or end soon; one that nobody has waited for counts as ended."""
    until = time.monotonic() + seconds
    while running := {p for p in left if p.is_running() and p.status() != psutil.STATUS_ZOMBIE}:
        assert time.monotonic() < until, running
        time.sleep(0.05)

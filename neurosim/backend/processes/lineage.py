"""A child that leads a process group: it ends with all that it started, when its parent says so or has died.

The parent starts it in `leading`, and kills the group at the end of that context. The child calls `end_with_parent`
before it imports what takes long; ``python -m neurosim.backend.processes.lineage MODULE ...`` does so, and then what
``python -m MODULE ...`` does. A parent that is killed says nothing, so the child looks for its death.
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

VARIABLE = "NEUROSIM_PARENT"
"""Tells a child the process id of its parent, which may have died before the child asks the system."""

SECONDS_BETWEEN_LOOKS = 0.2


def environment() -> dict[str, str]:
    """The environment of a child that is to end with this process."""
    return {**os.environ, VARIABLE: str(os.getpid())}


def lead(command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a process that leads a group and has no terminal.

    Parameters
    ----------
    options
        Of `subprocess.Popen`.
    """
    return subprocess.Popen(command, start_new_session=True, **{"env": environment(), **options})


@contextmanager
def leading(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process that leads a group, which is killed at the end of the context."""
    process = lead(command, **options)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[Any]) -> None:
    """Kill the group that a process leads, and wait for that process."""
    if process.returncode != 0:  # else nothing is left, and another group may soon have the number
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):  # of what it will not read any more
                pipe.close()
    process.wait()


def end_with_parent() -> None:
    """In a child: from now on it ends, and all of its group, soon after its parent has."""
    parent = int(os.environ.get(VARIABLE, os.getppid()))
    if os.getppid() != parent:
        _end()
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    _end()


def _end() -> None:
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    end_with_parent()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

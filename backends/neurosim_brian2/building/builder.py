"""The process that compiles for sessions: it has imported Brian2, and builds each program in a fork of itself.

A process of its own, for Brian2's devices and preferences are global; and leashed, so that it and its compilers end
with the sessions' process, however that ends. What it does is said in `fork_server`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from io import BufferedRWPair
from pathlib import Path
from threading import Lock
from typing import Any

from neurosim.backend.processes import interpreter
from neurosim.backend.processes.leash import Leashed
from neurosim.errors import BackendError
from neurosim.program.program import Program

SERVER = "neurosim_brian2.building.fork_server"

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""A process with threads is not one to fork; a build's own environment is that of its session."""


class Builder:
    """One process that builds, started when it is needed; where it has died, another one is."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._started: tuple[Leashed, BufferedRWPair] | None = None

    def begin(self) -> None:
        """Start it, and wait for nothing: it imports Brian2 meanwhile."""
        with self._turn:
            self._running()

    def build(self, request: Mapping[str, Any]) -> None:
        """Have it build what a request says, after what other threads have asked for.

        Raises
        ------
        BackendError
            With the end of what was printed.
        """
        line = json.dumps(request).encode() + b"\n"
        with self._turn:
            try:
                answer = json.loads(self._asked(line) or self._asked(line) or b'[1, "the builder has ended, twice"]')
            except BaseException:
                self._end()
                raise
            code, printed = answer
            if code:
                self._end()  # a build that was killed has left compilers
                raise BackendError(f"brian2: the program could not be built ({printed.strip()[-2000:]})")

    def _asked(self, line: bytes) -> bytes:
        """The answer; none if it dies."""
        link = self._running()
        with suppress(OSError):
            link.write(line)
            link.flush()
            if answer := link.readline():
                return answer
        self._end()
        return b""

    def _running(self) -> BufferedRWPair:
        if self._started is not None and self._started[0].process.poll() is not None:
            self._end()
        if self._started is None:
            here, there = socket.socketpair()
            with here, there:
                none = subprocess.DEVNULL
                streams = {"stdin": there, "stdout": none, "stderr": none}
                leashed = Leashed(interpreter.module(SERVER), env={**os.environ, **ONE_THREAD}, **streams)
                self._started = leashed, here.makefile("rwb")
        return self._started[1]

    def _end(self) -> None:
        if self._started is not None:
            leashed, link = self._started
            self._started = None
            leashed.end(0)
            with suppress(OSError):  # of what nobody will read any more
                link.close()


def begin() -> None:
    """Start this process's builder, if it has none."""
    _of(os.getpid()).begin()


def fill(folder: Path, module: str, program: Program, *arguments: str) -> None:
    """Have this process's builder call ``build(program, folder, *arguments)`` of a module; the folder is empty.

    Raises
    ------
    BackendError
        If it fails.
    """
    environment = dict(os.environ)  # it may have changed since the builder was started
    request = {"module": module, "folder": str(folder), "arguments": arguments, "environment": environment}
    _of(os.getpid()).build({**request, "program": program.to_json()})


@lru_cache
def _of(process: int) -> Builder:
    """A process's; a fork of it has its own."""
    return Builder()

"""Backends that do as the one they are made of, and misbehave in the middle of a run where a file asks for it.

The file is named by the environment variable MISCHIEF and holds a word, ``WORD`` or ``WORD COUNT``: in how many runs
from now on. It is removed before anything happens, so that everything is well the next time.
"""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from neurosim.backend import registry
from neurosim.backend.sessions.session_wrapper import SessionWrapper


def hang() -> None:
    while True:
        pass


def hang_with_a_child() -> None:
    subprocess.Popen(["sleep", "1000"])
    hang()


def fail() -> None:
    raise ValueError("three is not a matrix")


def babble(garbage: bytes) -> None:
    """Write into the pipe that the messages go through."""
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            is_pipe, flags = stat.S_ISFIFO(os.fstat(fd).st_mode), fcntl.fcntl(fd, fcntl.F_GETFL)
        except OSError:  # that of the listing itself
            continue
        if is_pipe and flags & os.O_WRONLY and fd > 2 and fd != resource_tracker._resource_tracker._fd:
            os.write(fd, garbage)
    time.sleep(1000)


MISCHIEF: dict[str, Callable[[], None]] = {
    "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "hang": hang,
    "hang-with-a-child": hang_with_a_child,
    "fail": fail,
    "babble": lambda: babble(b"Welcome to this host!\n" * 10),  # which announces a message of 1.8 GB
    "say-nonsense": lambda: babble(b"\x63" + bytes(8)),  # a message of a kind that does not exist
}


WORDS_OF_A_RUN = {*MISCHIEF, "slow", "stuck"}


def requested(words: set[str]) -> str:
    """The one of these words that is requested now."""
    path = Path(os.environ.get("MISCHIEF", "nothing"))
    word, _, count = path.read_text().partition(" ") if path.is_file() else ("", "", "")
    if word not in words:
        return ""
    if int(count or 1) > 1:
        path.write_text(f"{word} {int(count) - 1}")
        return ""
    path.unlink()
    return word


class Misbehaving:
    inner: str

    def __init__(self) -> None:
        self._inner, self.mode = registry.load(self.inner)

    def capabilities(self) -> Any:
        return self._inner.capabilities()

    def versions(self) -> dict[str, str]:
        return self._inner.versions()

    def compile(self, program: Any, *, mode: str = "default") -> Any:
        return MisbehavingSession(self._inner.compile(program, mode=mode))


class MisbehavingReference(Misbehaving):
    name, inner = "misbehaving", "reference"


class MisbehavingNengo(Misbehaving):
    name, inner = "misbehaving-nengo", "nengo:fused"


class MisbehavingSession(SessionWrapper):
    def write(self, learned: Any) -> None:
        if not requested({"forget"}):
            super().write(learned)

    def run(self, trials: Any, *, progress: Any = None, **given: Any) -> Any:
        word = requested(WORDS_OF_A_RUN)
        if word in MISCHIEF:
            super().run(
                trials.part(0, trials.count // 2), progress=progress, **given | {"keep_state": False, "ends": True}
            )
            MISCHIEF[word]()
        for k in range(10 if word in ("slow", "stuck") else 0):
            progress(1 + k * (word == "slow"), 1000)
            time.sleep(0.3)
        return super().run(trials, progress=progress, **given)

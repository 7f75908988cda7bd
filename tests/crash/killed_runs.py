"""Runs that are killed again and again until they end: ``python killed_runs.py SCENARIO FOLDER KILLS SEED``.

This process imports everything and reads the data once. Each attempt is a fork of it, which runs the scenario or
resumes the run, until it is killed. What came of it is printed as JSON.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from small_run import contents

from neurosim.backend import registry
from neurosim.edges import atomic
from neurosim.results.store import RunDirectory, checksummed
from neurosim.scenario import schema
from neurosim.scenario.preparation import prepare
from neurosim.scenario.runs import saved_run

STORE = (os.path.dirname(checksummed.__file__), atomic.__file__)
LINES = 1100
"""About as many lines of the store as an uninterrupted run executes."""
LARGEST = 25_000
"""About the bytes of a phase's file."""


def at_line(number: int, do: Callable[[], None]) -> None:
    """Do something when so many lines of the store have been executed."""
    left = number

    def in_store(frame: FrameType, event: str, argument: object) -> object:
        nonlocal left
        left -= 1
        if left == 0:
            do()
        return in_store

    sys.settrace(lambda frame, event, argument: in_store if frame.f_code.co_filename.startswith(STORE) else None)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_in_write(size: int) -> None:
    """The system will end this process in the middle of a write, when a file would become larger than this."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


class Runs:
    """Attempts at runs of one scenario."""

    def __init__(self, path: Path):
        self.text = path.read_text()
        scenario = schema.parse(self.text)
        self.prepared = prepare(scenario, scenario.data.build())
        self.backend, self.mode = registry.load("reference")

    def go_on(self, out: Path) -> None:
        """What `neurosim run` does, or `neurosim resume` where there is a run directory in `out`."""
        found = made_in(out)
        if found:
            with RunDirectory.open(found[0]) as directory:
                prepared = prepare(saved_run.scenario_of(directory), self.prepared.data)
                saved_run.check_same(directory, prepared, self.backend)
                saved_run.go_on(directory, prepared, self.backend)
            return
        begun = saved_run.begin(self.prepared, self.text, self.backend, self.mode, 0, out)
        with begun as directory:
            saved_run.go_on(directory, self.prepared, self.backend)

    def attempt(self, out: Path, arm: Callable[[], None], seconds: float | None = None) -> int:
        """Fork, arm, go on; the wait status of the child."""
        child = os.fork()
        if child == 0:
            code = 1
            try:
                arm()
                self.go_on(out)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        return os.waitpid(child, 0)[1]

    def killed_somewhere(self, out: Path, chance: random.Random, duration: float) -> int:
        """At a random line of the store, or in a write of a random file after it, or at a random time."""
        line, size = chance.randint(1, LINES), chance.randint(0, LARGEST)
        kinds = (lambda: at_line(line, kill), lambda: at_line(line, lambda: kill_in_write(size)), lambda: None)
        arm = chance.choice(kinds)
        return self.attempt(out, arm, seconds=chance.uniform(0, duration) if arm is kinds[2] else None)


def made_in(out: Path) -> list[Path]:
    return [p for p in out.iterdir() if not p.name.startswith(".partial-")] if out.exists() else []


def main(scenario: str, folder: str, kills: str, seed: str) -> None:
    chance, home, runs = random.Random(int(seed)), Path(folder), Runs(Path(scenario))
    os.fsync = lambda _: None  # it guards against the loss of power, and there is none here
    start = time.perf_counter()
    assert runs.attempt(home / "whole", lambda: None) == 0
    duration = time.perf_counter() - start
    expected = contents(made_in(home / "whole")[0])
    killed, ended, different = 0, 0, []
    while killed < int(kills):
        out = home / f"run{ended}"
        while os.WIFSIGNALED(status := runs.killed_somewhere(out, chance, duration)):
            killed += 1
        assert status == 0
        ended += 1
        [run] = made_in(out)
        if contents(run) != expected:
            different.append(str(run))
    print(json.dumps({"killed": killed, "ended": ended, "different": different}))


if __name__ == "__main__":
    main(*sys.argv[1:])

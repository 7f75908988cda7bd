"""Where the time of a scenario goes: in the backend's sessions, or in the engine around them.

The engine is handed a backend that keeps the time of all that it does itself, so the engine knows nothing of it.
Whatever that backend did not do is the engine's: reading the file and the data, lowering, tasks, orders, spikes of
sleep, scores, checkpoints. What Python takes to start and to import is in none of it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from speed import Row, row

from neurosim.backend import registry
from neurosim.backend.contract import Backend, Capabilities, Progress, Records, Session
from neurosim.backend.sessions.session_wrapper import SessionWrapper
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Trials
from neurosim.scenario import engine, schema
from neurosim.scenario.preparation import prepare
from neurosim.scenario.runs import saved_run

Way = Callable[[Path, Backend, str, Path], None]
"""How a scenario file is run on a backend in a mode; what it keeps goes into a folder."""


@dataclass
class Clock:
    """Seconds that a backend took: to compile or load, in sessions, and in these to simulate."""

    load: float = 0.0
    sessions: float = 0.0
    simulate: float = 0.0

    @contextmanager
    def of_sessions(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.sessions += time.perf_counter() - start


class TimedSession(SessionWrapper):
    """A session, and the clock that counts its seconds."""

    def __init__(self, session: Session, clock: Clock):
        super().__init__(session)
        self._clock = clock

    def write(self, learned: Mapping[str, Array]) -> None:
        with self._clock.of_sessions():
            super().write(learned)

    def run(
        self,
        trials: Trials,
        *,
        constants: Mapping[str, float] | None = None,
        learn: bool = True,
        progress: Progress | None = None,
        keep_state: bool = False,
        ends: bool = True,
    ) -> Records:
        with self._clock.of_sessions():
            how: dict[str, Any] = {"constants": constants, "learn": learn, "keep_state": keep_state, "ends": ends}
            records = super().run(trials, progress=progress, **how)
        self._clock.simulate += records.timing.simulate
        return records

    def read(self) -> dict[str, Array]:
        with self._clock.of_sessions():
            return super().read()

    def close(self) -> None:
        with self._clock.of_sessions():
            super().close()


class TimedBackend:
    """A backend whose sessions are timed."""

    def __init__(self, backend: Backend, clock: Clock):
        self.name, self._backend, self._clock = backend.name, backend, clock

    def capabilities(self) -> Capabilities:
        return self._backend.capabilities()

    def versions(self) -> dict[str, str]:
        return self._backend.versions()

    def compile(self, program: Program, *, mode: str = "default") -> TimedSession:
        start = time.perf_counter()
        session = self._backend.compile(program, mode=mode)
        self._clock.load += time.perf_counter() - start
        return TimedSession(session, self._clock)


def in_memory(path: Path, backend: Backend, mode: str, out: Path) -> None:
    """A run of which nothing is kept, as of `neurosim compare`."""
    engine.run(schema.read(path), partial(backend.compile, mode=mode))


def kept(path: Path, backend: Backend, mode: str, out: Path) -> None:
    """A run as of `neurosim run`, with a checkpoint on disk after every phase."""
    scenario = schema.read(path)
    prepared = prepare(scenario, scenario.data.build())
    with saved_run.begin(prepared, path.read_text(), backend, mode, 0, out) as directory:
        saved_run.go_on(directory, prepared, backend)


WAYS: dict[str, Way] = {"": in_memory, " kept": kept}
"""By what is put behind the scenario's name."""


def split(path: Path, backend_name: str, way: Way) -> dict[str, float]:
    """Seconds of one run by where they went; `wall_s` is all of them."""
    backend, mode = registry.load(backend_name)
    clock = Clock()
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        way(path, TimedBackend(backend, clock), mode, Path(out))
        wall = time.perf_counter() - start
    return {
        "load_s": clock.load,
        "transfer_s": clock.sessions - clock.simulate,
        "simulate_s": clock.simulate,
        "engine_s": wall - clock.load - clock.sessions,
        "wall_s": wall,
    }


def measure(path: Path, backend_name: str, runs: int) -> list[Row]:
    """Rows of medians over some runs each way, in turn, after one that fills the cache and is not counted."""
    backend, mode = registry.load(backend_name)
    times: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for round_ in range(runs + 1):
        for name, way in WAYS.items():
            found = split(path, backend_name, way)
            if round_:
                times[name].append(found)
    return [_row(f"{path.stem}{name}", f"{backend.name}:{mode}", ts) for name, ts in times.items()]


def _row(work: str, name: str, times: list[dict[str, float]]) -> Row:
    parts = {part: statistics.median(t[part] for t in times) for part in times[0]}
    share = statistics.median(t["engine_s"] / t["wall_s"] for t in times)
    return row(work, name, parts["wall_s"], len(times)) | {"engine_share": share} | parts

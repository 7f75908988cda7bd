"""What the worker of a backend runs: an installed backend, and the sessions that another process has opened on it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backend import registry
from neurosim.backend.contract import Progress, Session
from neurosim.errors import BackendUnavailable, UnknownBackend
from neurosim.model.connectivity import Wiring
from neurosim.model.fixed import FixedArray
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events, Trials

SERVICE = "neurosim.backend.remote.service:Service"


class Service:
    """Sessions by number, each as the contract has it; what they take and give is plain values and arrays."""

    def __init__(self) -> None:
        self._sessions: dict[int, Session] = {}

    def hello(self, backend: str) -> dict[str, Any]:
        """What a backend can do, and its versions; the mode that is asked for comes first.

        Raises
        ------
        BackendUnavailable
            If it is not installed here.
        """
        try:
            loaded, mode = registry.load(backend)
        except UnknownBackend as error:
            raise BackendUnavailable(str(error)) from None
        able = loaded.capabilities()
        return {
            "modes": [mode, *(m for m in able.modes if m != mode)],
            "features": {m: sorted(map(str, features)) for m, features in able.features.items()},
            "kind": able.kind,
            "notes": dict(able.notes),
            "versions": loaded.versions(),
        }

    def compile(
        self,
        session: int,
        backend: str,
        mode: str,
        program: str,
        wirings: dict[str, dict[str, NDArray[np.int32]]],
        fixed: dict[str, Array],
    ) -> dict[str, Any]:
        """Open a session; the learned arrays that it begins with, and the seconds that it took."""
        start = time.perf_counter()
        loaded, _ = registry.load(backend)
        wired = {n: Wiring.of(w["pre"], w["post"]) for n, w in wirings.items()}
        arrays = {n: FixedArray.of(values, n) for n, values in fixed.items()}
        self._sessions[session] = opened = loaded.compile(Program.from_json(program, wired, arrays), mode=mode)
        return {"learned": opened.read(), "seconds": time.perf_counter() - start}

    def write(self, session: int, learned: dict[str, Array]) -> dict[str, Any]:
        """Set learned arrays of a session."""
        self._sessions[session].write(learned)
        return {}

    def read(self, session: int) -> dict[str, Array]:
        """The learned arrays of a session."""
        return self._sessions[session].read()

    def run(
        self,
        session: int,
        stimuli: dict[str, Array | Events],
        count: int,
        constants: dict[str, float],
        learn: bool,
        progress: Progress,
    ) -> dict[str, Any]:
        """The records of a run, what was learned by its end, and the seconds that it took."""
        start = time.perf_counter()
        opened = self._sessions[session]
        records = opened.run(Trials(stimuli, count), constants=constants, learn=learn, progress=progress)
        plain = {**vars(records), "probes": dict(records.probes), "timing": vars(records.timing)}
        return {"records": plain, "learned": opened.read(), "seconds": time.perf_counter() - start}

    def close(self, session: int) -> dict[str, Any]:
        """Close a session, which is then unknown."""
        self._sessions.pop(session).close()
        return {}

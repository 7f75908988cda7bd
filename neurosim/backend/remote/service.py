"""What the worker of a backend runs: an installed backend, and the sessions that another process has opened on it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backend import registry
from neurosim.backend.contract import Progress, Session
from neurosim.errors import BackendUnavailable, UnknownBackend, UnsupportedFeature
from neurosim.model.connectivity import Wiring
from neurosim.model.fixed import FixedArray
from neurosim.program.program import Program, Selection
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
            "limits": vars(able.limits),
            "readout": vars(able.readout),
            "loop": able.loop,
            "learns": able.learns,
            "exclusive": able.exclusive,
            "versions": loaded.versions(),
        }

    def compile(
        self,
        session: int,
        backend: str,
        mode: str,
        program: str,
        wirings: dict[str, dict[str, NDArray[np.int32]]],
        selections: dict[str, NDArray[np.int32]],
        fixed: dict[str, Array],
    ) -> dict[str, Any]:
        """Open a session; the learned arrays that it begins with, whether it keeps states, and the seconds it took."""
        start = time.perf_counter()
        loaded, _ = registry.load(backend)
        wired = {n: Wiring.of(**w) for n, w in wirings.items()}
        arrays = {n: FixedArray.of(values, n) for n, values in fixed.items()}
        selected = {n: Selection(units) for n, units in selections.items()}
        found = Program.from_json(program, wired, arrays, selected)
        self._sessions[session] = opened = loaded.compile(found, mode=mode)
        keeps_state = _state(opened) is not None
        return {"learned": opened.read(), "keeps_state": keeps_state, "seconds": time.perf_counter() - start}

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
        state: dict[str, Array] | None,
        ends: bool,
        progress: Progress,
    ) -> dict[str, Any]:
        """The records of a run, what was learned by its end, the state that it left, and the seconds that it took."""
        start = time.perf_counter()
        opened = self._sessions[session]
        if state is not None:
            opened.write_state(state)
        how: dict[str, Any] = {"constants": constants, "learn": learn, "keep_state": state is not None, "ends": ends}
        records = opened.run(Trials(stimuli, count), progress=progress, **how)
        plain = {**vars(records), "probes": dict(records.probes), "timing": vars(records.timing)}
        left = _state(opened) if count == 1 else None
        seconds = time.perf_counter() - start
        return {"records": plain, "learned": opened.read(), "state": left, "seconds": seconds}

    def close(self, session: int) -> dict[str, Any]:
        """Close a session, which is then unknown."""
        self._sessions.pop(session).close()
        return {}


def _state(session: Session) -> dict[str, Array] | None:
    """The state of a session; None of one that keeps none."""
    try:
        return session.read_state()
    except UnsupportedFeature:
        return None

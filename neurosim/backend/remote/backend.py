"""A backend whose sessions live in a worker: in another process, another interpreter, or on another host.

    lab = RemoteBackend("lab", "nengo:fused", Place(ssh="user@host"))
    with lab.compile(program) as session: ...

is the contract as ever: versions, capabilities, records and errors are what the backend there says. On trouble there
is one `BackendError`, in time, and nothing is left of the worker. The session itself is still good, for it knows what
was learned as of the last write or run that ended: its next call opens it anew in a fresh worker, writes those arrays,
reads them back, and goes on if they are equal bit for bit. A state that a run goes on from is kept here, too, and sent
with it. So what is tried again gives the same bytes.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from neurosim.backend.contract import Capabilities, Progress, Records, Timing, refuse_unsupported
from neurosim.backend.equipment import Limits, ReadBack
from neurosim.backend.remote import worker
from neurosim.backend.remote.host import HERE, Place
from neurosim.backend.remote.service import SERVICE
from neurosim.backend.remote.worker import LEAST_STARTUP_SECONDS, Worker
from neurosim.backend.sessions.kept_state import StatefulSession
from neurosim.edges.foreign_errors import heard
from neurosim.edges.values import number, truth
from neurosim.errors import BackendError, BackendUnavailable, InputError
from neurosim.program.program import Program
from neurosim.program.run import check_learned, check_trials
from neurosim.program.schedule import Array, Trials
from neurosim.program.trial.state import start_state

DEADLINE_SECONDS = 600.0

_numbers = itertools.count()


class RemoteBackend:
    """An installed backend of some place, behind a worker.

    Parameters
    ----------
    name
        What it is called here.
    backend
        What it is called there: ``NAME[:MODE]``.
    place
        Where there is.
    deadline
        Seconds without an answer and without any progress of a run after which the worker is given up. To start it has
        as many, but no less than `neurosim.backend.remote.worker.LEAST_STARTUP_SECONDS`.
    """

    def __init__(self, name: str, backend: str, place: Place = HERE, deadline: float = DEADLINE_SECONDS):
        self.name, self.backend, self.place = name, backend, place
        self.deadline = number(deadline, f"backend {name}: deadline =")
        if not self.deadline > 0:
            raise InputError(f"backend {name}: deadline = {deadline:g}; expected seconds above 0")

    def worker(self) -> Worker:
        """The worker, which all sessions of this backend share."""
        return worker.shared(f"backend {self.name}", SERVICE, self.place, self.deadline)

    def capabilities(self) -> Capabilities:
        """What the backend there can do; asked once of each process that the worker is.

        Raises
        ------
        BackendUnavailable
            If it is not installed there.
        BackendError
            If the worker does not start, fails, or gives no answer in time.
        """
        answer = self._hello()
        features = {m: frozenset(f) for m, f in answer["features"].items()}
        return Capabilities(
            tuple(answer["modes"]),
            features,
            answer["kind"],
            dict(answer["notes"]),
            limits=Limits(**answer["limits"]),
            readout=ReadBack(**answer["readout"]),
            loop=tuple(answer["loop"]),
            learns=answer["learns"],
            exclusive=answer["exclusive"],
        )

    def versions(self) -> dict[str, str]:
        """Versions of what the results depend on there; they come with the capabilities, and raise the same."""
        return dict(self._hello()["versions"])

    def compile(self, program: Program, *, mode: str = "default") -> RemoteSession:
        """A session there.

        Raises
        ------
        UnsupportedFeature
            If the mode cannot run the program.
        BackendError
            If the worker fails, or the simulator cannot build it.
        """
        return RemoteSession(program, self, self.capabilities().modes[0] if mode == "default" else mode)

    def _hello(self) -> dict[str, Any]:
        try:
            return self.worker().call_once("hello", max(self.deadline, LEAST_STARTUP_SECONDS), backend=self.backend)
        except BackendUnavailable as error:
            raise BackendUnavailable(f"backend {self.name}: {self.place.name} says: {error}") from None


class RemoteSession(StatefulSession):
    """A session in a worker, opened anew wherever that is another one than before.

    Raises
    ------
    UnsupportedFeature
        If the mode cannot run the program.
    """

    backend: RemoteBackend

    def __init__(self, program: Program, backend: RemoteBackend, mode: str):
        refuse_unsupported(program, backend.capabilities(), backend.name, mode)
        self.program, self.backend, self.mode = program, backend, mode
        self.learned: dict[str, Array] = {}
        self.state = start_state(program)
        self._number = next(_numbers)
        self._starting = 0.0
        self._worker: Worker | None = None
        self._connected()

    def write(self, learned: Mapping[str, Array]) -> None:
        """Set learned arrays; those not named keep their values.

        Raises
        ------
        InputError
            For an unknown name, a wrong shape, a value that is not finite or not on the program's grid.
        """
        checked = check_learned(self.program, learned)
        self._call("write", learned=checked)
        self.learned.update(checked)

    def read(self) -> dict[str, Array]:
        """Copies of the learned arrays."""
        return {n: a.copy() for n, a in self.learned.items()}

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
        """Run trials; learned arrays persist to the next run, all else starts anew with each trial or goes on.

        Raises
        ------
        BackendError
            If the worker fails, dies, or makes no progress in time; learned arrays and state then stay as before.
        NeurosimError
            Whatever the session there raises.
        """
        start = time.perf_counter()
        check_trials(trials)
        state = self._start_of(keep_state, ends)
        with heard(progress) as told:
            answer = self._call(
                "run",
                progress=told or _unheard,
                stimuli=dict(trials.stimuli),
                count=trials.count,
                constants={n: number(v, f"constant '{n}' is") for n, v in (constants or {}).items()},
                learn=truth(learn, "learn ="),
                state=state,
                ends=ends,
            )
        self.learned = answer["learned"]
        self.state = answer["state"] if trials.count else self.state
        moving = time.perf_counter() - start - answer["seconds"]
        starting, self._starting = self._starting, 0.0
        there = Timing(**answer["records"]["timing"])
        timing = replace(
            there,
            build=there.build + starting,
            transfer=there.transfer + moving,
            wall=there.wall + starting + moving,
        )
        return Records(**{**answer["records"], "timing": timing, "backend": self.backend.name})

    def _call(self, method: str, progress: Progress | None = None, **values: Any) -> dict[str, Any]:
        return self._connected().call(method, self.backend.deadline, progress, session=self._number, **values)

    def _connected(self) -> Worker:
        """The worker, with this session open in it."""
        current = self.backend.worker()
        if current is not self._worker:
            start = time.perf_counter()
            there = self._open_in(current)
            self._worker = current
            self._starting = time.perf_counter() - start - there
        return current

    def _open_in(self, fresh: Worker) -> float:
        """Compile, and bring back what was learned before; the seconds that compiling took there."""
        deadline, number = self.backend.deadline, self._number
        wirings = {n: w.arrays() for n, w in self.program.wirings().items()}
        fixed = {n: a.values for n, a in self.program.fixed.items()}
        selections = {n: s.units for n, s in self.program.selections().items()}
        program: dict[str, Any] = {
            "program": self.program.to_json(),
            "backend": self.backend.backend,
            "mode": self.mode,
        }
        program |= {"wirings": wirings, "fixed": fixed, "selections": selections}
        answer = fresh.call("compile", deadline, session=number, **program)
        self.keeps_state = answer["keeps_state"]
        if not self.learned:
            self.learned = answer["learned"]
        elif changed := _different(self.learned, answer["learned"]):
            fresh.call("write", deadline, session=number, learned={n: self.learned[n] for n in changed})
            if wrong := _different(self.learned, fresh.call("read", deadline, session=number)):
                fresh.close()
                names = ", ".join(wrong)
                raise BackendError(f"backend {self.backend.name}: its new process gives back other values of {names}")
        return float(answer["seconds"])

    def close(self) -> None:
        """Close the session there; the worker stays for the others."""
        super().close()
        if self._worker is not None and self._worker.alive():
            with suppress(BackendError):  # then the worker is gone, and with it all that was to close
                self._worker.call("close", self.backend.deadline, session=self._number)
        self._worker = None


def _different(known: Mapping[str, Array], returned: Mapping[str, Array]) -> list[str]:
    """The names of arrays that are not equal bit for bit."""
    return [n for n, a in known.items() if a.tobytes() != returned[n].tobytes()]


def _unheard(done: int, total: int) -> None:
    """Progress renews the deadline, also where nobody listens."""

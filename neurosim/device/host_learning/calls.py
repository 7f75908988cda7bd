"""Calls of a device: each is timed, and one that fails is repeated on the device opened anew.

A device keeps nothing between trials that the host does not have, so a call that is repeated does the same.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurosim.backend.contract import Records, Session
from neurosim.backend.sessions.timing import Timing
from neurosim.edges.values import number, whole_number
from neurosim.errors import BackendError, ModelError, nearest
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Trials

OVER_BUDGET = ("warn", "fail")
ADVICE = "give it less to do in one call, or a larger budget"


Answer = tuple[Records, dict[str, Array] | None]
"""What was recorded, and the state that was left, where it is wanted."""


@dataclass(frozen=True)
class Patience:
    """What the host of a device puts up with.

    Parameters
    ----------
    retries
        How often a call that failed is repeated.
    deadline
        Seconds after which a call has failed; None for as long as it takes. They are looked at when the call has
        returned: a call that never does is ended by the deadline of a worker, where the device is on one.
    latency_budget_ms
        Milliseconds that a call is to take at the most; None for any.
    over_budget
        ``"warn"`` or ``"fail"``, where one takes longer.

    Raises
    ------
    ModelError
        For a value that is none.
    """

    retries: int = 0
    deadline: float | None = None
    latency_budget_ms: float | None = None
    over_budget: str = "warn"

    def __post_init__(self) -> None:
        retries = whole_number(self.retries, "device: retries =", least=0, error=ModelError)
        object.__setattr__(self, "retries", retries)
        for name in ("deadline", "latency_budget_ms"):
            given = getattr(self, name)
            value = None if given is None else number(given, f"device: {name} =", error=ModelError)
            if value is not None and not value > 0:
                raise ModelError(f"device: {name} = {value:g}; expected more than 0")
            object.__setattr__(self, name, value)
        if self.over_budget not in OVER_BUDGET:
            found = str(self.over_budget)
            raise ModelError(f"device: over_budget = {found!r}; {nearest(found, OVER_BUDGET)}")


class Device:
    """A session on a device, for as long as it lasts, and the next one.

    Parameters
    ----------
    program
        What it runs; it has no rules.
    open_session
        Opens it, also after it has failed.
    name
        Of the device, in messages.
    kept
        Gives a context within which nobody else gets the device, though it is closed and opened.
    """

    def __init__(
        self,
        program: Program,
        open_session: Callable[[Program], Session],
        name: str,
        patience: Patience,
        kept: Callable[[], AbstractContextManager[None]] = nullcontext,
    ):
        self.program, self.name, self.patience = program, name, patience
        self._open, self._kept = open_session, kept
        self.session = open_session(program)
        self.stale: set[str] = set()
        """Learned arrays that it does not have yet."""
        self._state: Mapping[str, Array] | None = None
        """What it would go on from, if that is known."""
        self._calls = 0
        self._has_failed = False
        self._log = _Log()

    def call(
        self,
        learned: Mapping[str, Array],
        trials: Trials,
        state: Mapping[str, Array] | None,
        wants_state: bool,
        **how: Any,
    ) -> Answer:
        """Run trials with these learned arrays; return the records, and the state that they left.

        Parameters
        ----------
        state
            What the trial goes on from; None where trials start.
        wants_state
            Whether the state is read.
        **how
            Arguments of `Session.run`.

        Raises
        ------
        BackendError
            If the device has failed once more than it may.
        NeurosimError
            Whatever else its session raises.
        """
        self._calls += 1
        with self._kept():
            answer = self._answer(learned, trials, state, wants_state, **how)
        if self.patience.over_budget == "fail" and self._log.overruns:
            raise BackendError(self._log.too_slow(self.patience, self.name))
        return answer

    def _answer(
        self,
        learned: Mapping[str, Array],
        trials: Trials,
        state: Mapping[str, Array] | None,
        wants_state: bool,
        **how: Any,
    ) -> Answer:
        for left in range(self.patience.retries, -1, -1):
            try:
                if self._has_failed:
                    self._open_again(learned)
                return self._call(learned, trials, state, wants_state, **how)
            except BackendError as error:
                self._has_failed = True
                if not left:
                    raise self._given_up(error) from None
                self._log.repeated(f"call {self._calls} of {self.name} was repeated: {error}")
        raise AssertionError("a call that failed for the last time was raised")

    def _given_up(self, error: BackendError) -> BackendError:
        """The error of a call that failed once more than it may."""
        retries = self.patience.retries
        return BackendError(f"{error}; so ended call {self._calls} and {retries} repeats of it") if retries else error

    def timed(self) -> _Log:
        """Return what happened since this was asked for last."""
        log, self._log = self._log, _Log()
        return log

    def close(self) -> None:
        """Close the session."""
        self.session.close()

    def _call(
        self,
        learned: Mapping[str, Array],
        trials: Trials,
        state: Mapping[str, Array] | None,
        wants_state: bool,
        **how: Any,
    ) -> Answer:
        start = time.perf_counter()
        if self.stale:
            self.session.write({name: learned[name] for name in self.stale})
            self.stale = set()
        if state is not None and state is not self._state:
            self.session.write_state(state)
        self._state = None
        running = time.perf_counter()
        records = self.session.run(trials, keep_state=state is not None, **how)
        ran = time.perf_counter()
        left = self.session.read_state() if wants_state else None
        self._state = left
        end = time.perf_counter()
        self._log.add(records.timing, running - start, ran - running, end - ran)
        self._check_in_time(self._log.latencies[-1])
        return records, left

    def _check_in_time(self, seconds: float) -> None:
        deadline, budget = self.patience.deadline, self.patience.latency_budget_ms
        if deadline is not None and seconds > deadline:
            raise BackendError(f"device {self.name}: a call took {seconds:.3g} s; its deadline is {deadline:g} s")
        if budget is not None and seconds * 1000 > budget:
            self._log.overruns += 1

    def _open_again(self, learned: Mapping[str, Array]) -> None:
        with suppress(Exception):  # it has failed already
            self.session.close()
        self.session = self._open(self.program)
        self.stale, self._state, self._has_failed = set(learned), None, False


class _Log:
    """What the calls of one run took."""

    def __init__(self) -> None:
        self.upload = self.execute = self.download = self.made = 0.0
        self.latencies: list[float] = []
        self.overruns = 0
        self.incidents: list[str] = []

    def add(self, timing: Timing, upload: float, running: float, download: float) -> None:
        """Add a call; what was made for it, also before it, is no part of it."""
        before = max(timing.wall - running, 0.0)
        self.made += before
        self.upload += upload + timing.upload
        self.download += download + timing.download
        self.execute += timing.execute or timing.simulate
        self.latencies.append(max(upload + running + download + before - timing.build, 0.0))

    def repeated(self, text: str) -> None:
        """Note that a call is repeated, and tell it at once: a run that goes on for hours has no record yet."""
        self.incidents.append(text)
        warnings.warn(text, UserWarning, stacklevel=4)

    def of(self, records: Records, wall: float, update: float, patience: Patience, name: str) -> Records:
        """Return records with the time of all calls, and of rules on the host."""
        timing = replace(
            records.timing,
            wall=wall + self.made,
            upload=self.upload,
            execute=self.execute,
            download=self.download,
            update=update,
            latencies=tuple(self.latencies),
            overruns=self.overruns,
        )
        late = [self.too_slow(patience, name)] if self.overruns else []
        for text in late:
            warnings.warn(text, UserWarning, stacklevel=4)
        return replace(records, timing=timing, incidents=(*records.incidents, *self.incidents, *late))

    def too_slow(self, patience: Patience, name: str) -> str:
        """Return what is said of calls that took longer than they were to."""
        p50, p99 = (1000 * float(np.quantile(self.latencies, share)) for share in (0.5, 0.99))
        return (
            f"device {name}: {self.overruns} of {len(self.latencies)} calls took longer than "
            f"{patience.latency_budget_ms:g} ms (p50 = {p50:.3g} ms, p99 = {p99:.3g} ms); {ADVICE}"
        )

"""Runs between whose trials learned arrays are written: in one run where a session can, else in pieces."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

from neurosim.backend.contract import Progress, Records, Session
from neurosim.backend.sessions.joined_records import joined
from neurosim.program.schedule import Trials
from neurosim.program.trial.writes import Writes


@runtime_checkable
class WritesWithin(Protocol):
    """A session to which a run is dear, so that it writes within one."""

    def run_with_writes(self, trials: Trials, writes: Writes, progress: Progress | None, **how: Any) -> Records:
        """Do what `in_pieces` does, bit for bit."""
        ...


def run_with_writes(
    session: Session, trials: Trials, writes: Writes, progress: Progress | None = None, **how: Any
) -> Records:
    """Run trials, and write learned arrays before some of them.

    Parameters
    ----------
    how
        Of `Session.run`.
    """
    if isinstance(session, WritesWithin):
        return session.run_with_writes(trials, writes, progress, **how)
    return in_pieces(session, trials, writes, progress, **how)


def in_pieces(
    session: Session, trials: Trials, writes: Writes, progress: Progress | None = None, **how: Any
) -> Records:
    """Write, run the trials until the next write, and so on."""
    places = {trial: k for k, trial in enumerate(writes.trials)}
    records = []
    for start, stop in pairwise(sorted({0, *places, trials.count})) if trials.count else [(0, 0)]:
        if start in places:
            session.write(writes.of(places[start]))
        records.append(session.run(trials.part(start, stop), **how))
        if progress is not None:
            progress(stop, trials.count)
    return joined(records)

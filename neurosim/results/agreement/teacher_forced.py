"""Teacher-forced comparison: several sessions as one, which start anew from the reference in every segment.

Free-running float64 runs drift apart even when every backend is right, because sums are added in different orders and
training amplifies it. So at the start of each segment every backend gets the reference's learned arrays; beside it the
reference itself starts from weights moved by one unit in the last place, which shows how much of a difference the
network itself makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurosim.backend.contract import Progress, Records, Session
from neurosim.backend.sessions.joined_records import joined
from neurosim.backend.sessions.session_wrapper import SessionWrapper
from neurosim.program.program import Program
from neurosim.program.schedule import Trials
from neurosim.results.agreement.differences import largest_difference, spikes_that_differ

LENGTH = 100
"""A segment has at most so many trials, or one batch if that has more; a sleep is one trial, so one segment."""


@dataclass(frozen=True)
class Segment:
    """How far a backend was from the reference at the end of a segment, and what one ulp did to the reference.

    Attributes
    ----------
    max_abs_dw
        max |a - b| over the learned arrays of the backend and the reference.
    spikes_different
        Spikes that only one of the two recorded.
    amplification
        max |a - b| over the learned arrays of the reference and the reference moved by one ulp.
    """

    max_abs_dw: float
    spikes_different: int
    amplification: float


def summary(segments: Sequence[Segment]) -> dict[str, float]:
    """Return how many there are, and the worst of each figure, as JSON can hold it."""
    return {
        "count": len(segments),
        "max_abs_dw": max((s.max_abs_dw for s in segments), default=0.0),
        "spikes_different": sum(s.spikes_different for s in segments),
        "amplification": max((s.amplification for s in segments), default=0.0),
    }


class TeacherForcedSession(SessionWrapper):
    """A session of the reference that takes others along.

    Parameters
    ----------
    teacher, moved
        Two sessions of the reference; `moved` starts each segment one ulp away (under a grid, where nothing smaller
        than the grid exists, from the same weights).
    pupil, log
        A session of the backend, and the list that its segments are added to.
    """

    def __init__(self, program: Program, teacher: Session, moved: Session, pupil: Session, log: list[Segment]):
        super().__init__(teacher)
        self.program, self.teacher, self.moved, self.pupil, self.log = program, teacher, moved, pupil, log

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
        """Run in segments; the records are the teacher's. With `learn`, each segment is added to the log."""
        if keep_state:
            for pupil in (self.pupil, self.moved):
                pupil.write_state(self.teacher.read_state())
        given: dict[str, Any] = {"constants": constants, "learn": learn, "keep_state": keep_state, "ends": ends}
        batch = self.program.batch
        length = max(LENGTH // batch, 1) * batch if learn else max(trials.count, 1)  # no batch is cut
        records = []
        for first in range(0, trials.count, length):
            part = trials.part(first, first + length)
            records.append(self._segment(part, given))
            if progress is not None:
                progress(first + part.count, trials.count)
        return joined(records)

    def _segment(self, trials: Trials, given: Mapping[str, Any]) -> Records:
        start = self.teacher.read()
        self.pupil.write(start)
        self.moved.write({n: a if n in self.program.on_grid() else a * (1 + 2.0**-52) for n, a in start.items()})
        expected = self.teacher.run(trials, **given)
        actual = self.pupil.run(trials, **given)
        if given["learn"]:
            self.moved.run(trials, **given)
            end = self.teacher.read()
            spikes = sum(spikes_that_differ(expected[n], actual[n]) for n in expected.probes)
            self.log.append(
                Segment(largest_difference(end, self.pupil.read()), spikes, largest_difference(end, self.moved.read()))
            )
        return expected

    def close(self) -> None:
        """Close the teacher and those that it took along."""
        for session in (self.teacher, self.moved, self.pupil):
            session.close()

"""What happens in the trials of a run: spikes of each population, and what synapses have to deliver of them.

`RecordingSession` stands between the engine and a backend's session, and counts. On a chip a synapse works when a spike
arrives, so its operations are those of values that are not zero, as the backend counted them. Where it could not, they
are the spikes of the sources; populations that put out values, and spikes that are not recorded, then count as if every
neuron sent in each step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.backend.contract import Progress, Records, Session
from neurosim.backend.sessions.session_wrapper import SessionWrapper
from neurosim.program.program import Edge, Program
from neurosim.program.schedule import Events, Trials
from neurosim.program.trial.stimuli import Rows
from neurosim.results.chip_report import Activity
from neurosim.results.result import StageKind


class Log:
    """The activities of all runs, by kind."""

    def __init__(self) -> None:
        self._counts: dict[StageKind, Counter[str]] = {}
        self._spikes: dict[StageKind, dict[str, int | None]] = {}
        self._bounds: dict[StageKind, bool] = {}

    def add(
        self,
        kind: StageKind,
        trials: int,
        steps: int,
        operations: int,
        is_bound: bool,
        spikes: Mapping[str, int | None],
    ) -> None:
        """Count a run of that kind, which has ended."""
        self._bounds[kind] = self._bounds.get(kind, False) or is_bound
        self._counts.setdefault(kind, Counter()).update(trials=trials, steps=steps, operations=operations)
        total = self._spikes.setdefault(kind, dict.fromkeys(spikes, 0))
        for name, now in spikes.items():
            before = total[name]
            total[name] = None if now is None or before is None else before + now

    def activities(self) -> tuple[Activity, ...]:
        """One activity for each kind of run."""
        return tuple(
            Activity(kind, **counts, spikes=dict(self._spikes[kind]), is_bound=self._bounds[kind])
            for kind, counts in self._counts.items()
        )


class RecordingSession(SessionWrapper):
    """A session that notes in a log what its runs do."""

    def __init__(self, session: Session, program: Program, log: Log):
        super().__init__(session)
        self.program, self.log = program, log

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
        """Run the session inside, and note what it did."""
        how: dict[str, Any] = {"constants": constants, "learn": learn, "keep_state": keep_state, "ends": ends}
        records = super().run(trials, progress=progress, **how)
        awake = StageKind.TRAINED if learn else StageKind.TESTED
        kind = StageKind.SLEPT if self.program.mode == "sleep" else awake
        sending = {e.source for e in self.program.edges}
        recorded = {g.name: self._events(g.name, trials, records) for g in self.program.groups}
        events = {name: spikes for name, spikes in recorded.items() if spikes is not None or name in sending}
        spikes = {name: None if e is None else _count(e) for name, e in events.items()}
        operations, is_bound = self._counted(records, events)
        self.log.add(kind, trials.count, records.timing.steps, operations, is_bound, spikes)
        return records

    def _counted(self, records: Records, events: Mapping[str, Events | None]) -> tuple[int, bool]:
        """Effective operations, and whether there may be fewer: where the backend could not count them."""
        known = records.counts.get("effective_synaptic_operations")
        if known is not None:
            return known, False
        most = sum(self._operations(e, events[e.source], records.timing.steps) for e in self.program.edges)
        return most, any(e is None for e in events.values())

    def _events(self, group: str, trials: Trials, records: Records) -> Events | None:
        """The spikes of a population, where they were recorded, or given."""
        if not self.program.group(group).is_input:
            recorded = records.probes.get(f"{group}.spike@step")
            return recorded if isinstance(recorded, Events) else None
        shown = next((s for n, s in trials.stimuli.items() if n.partition(".")[0] == group), None)
        given = shown.gathered() if isinstance(shown, Rows) and shown.is_events else shown
        return given if isinstance(given, Events) else None

    def _operations(self, edge: Edge, events: Events | None, steps: int) -> int:
        matrix = self.program.matrix(edge.matrix)
        if events is None:
            return self.program.synapses(matrix) * steps
        if matrix.wiring is None:
            return _count(events) * self.program.group(edge.target).size
        synapses = np.bincount(matrix.wiring.post if edge.transposed else matrix.wiring.pre, minlength=events.units)
        return int(synapses[events.pairs()[:, 1]].sum())


def _count(events: Events) -> int:
    """How many spikes there are in these trials, which may be a part of others."""
    return int(events.offsets[-1] - events.offsets[0])

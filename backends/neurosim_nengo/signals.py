"""A program's signals by the names that its statements use, and its statements by the steps of a trial."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from nengo.builder import Signal

from neurosim.program.program import Edge, Group, Matrix, ProgramProbe
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source.late_synapses import LateSynapses
from neurosim.program.source.operations import senders
from neurosim.program.source.past import Past, PastSpikes
from neurosim.program.source.statements import Statements
from neurosim.program.source.synapses import Synapses
from neurosim.program.trial.state import initial_output, state_of
from neurosim_nengo.operators import (
    Counting,
    Handover,
    LearnedRecording,
    Lines,
    Named,
    PastStart,
    ProbeRecording,
    Stimulus,
)


class ProgramSignals:
    """What the builders of one network share.

    Attributes
    ----------
    phases, ends
        The phase (an index) of each step of a trial; the phase that ends with a step.
    before
        Signals as a step finds them: states as the previous step left them, and what is set in the step.
    after
        Signals as rules and probes see them: states after the update. States that no update moves are the same signal.
    others
        The synapses of sparse matrices, and what groups put out before, by the names that statements have for them.
    stimuli, recordings, counting
        The operators that are given new arrays for each run.
    handovers
        The operators that end a trial with a start, or let the state stay.
    """

    def __init__(self, run: Run, synapses: Mapping[str, Synapses]):
        self.run, self.program, self.statements = run, run.program, Statements(run)
        self.phases = [i for i, length in enumerate(run.lengths) for _ in range(length)]
        self.ends = run.phase_ends()
        self.before: dict[str, Signal] = {}
        self.after: ChainMap[str, Signal] = ChainMap({}, self.before)
        self.pasts = {g.name: self._past(g) for g in self.program.groups if g.name in self.statements.pasts}
        self.past_starts = {
            n: PastStart(past, initial_output(run.program, run.program.group(n))) for n, past in self.pasts.items()
        }
        self.others: Named = self._others(synapses)
        self.stimuli: dict[str, Stimulus] = {}
        self.recordings: dict[str, ProbeRecording | LearnedRecording] = {}
        self.handovers: list[Handover] = []
        for matrix in self.program.matrices:
            self._declare_matrix(matrix)
        for group in self.program.groups:
            self._declare_group(group)
        punctual = [s for s in senders(self.program) if not s.late]
        sent = [(self.delivered(s.edges[0]), s.fan_out(), s.constant) for s in punctual]
        late = [self._late(s.edges[0]) for s in senders(self.program) if s.late]
        self.counting = Counting(sent, late, len(self.phases))

    def _past(self, g: Group) -> Past:
        return (PastSpikes if g.output == "spike" else Past)(self.statements.pasts[g.name], g.size)

    def _past_start(self, group: str, past: Past) -> PastStart:
        return PastStart(past, initial_output(self.program, self.program.group(group)))

    def _others(self, synapses: Mapping[str, Synapses]) -> Named:
        names = self.statements
        others: dict[str, object] = {names.synapses(n): s for n, s in synapses.items()}
        for e in filter(names.is_late, self.program.edges):
            found = synapses[e.matrix]
            others[names.late(e.matrix, e.transposed)] = found.late_back if e.transposed else found.late
        starts = {f"{names.past(g)}__start": start for g, start in self.past_starts.items()}
        return others | starts | {names.past(g): past for g, past in self.pasts.items()}

    def _late(self, e: Edge) -> tuple[LateSynapses, Past, Signal]:
        synapses = self.others[self.statements.late(e.matrix, e.transposed)]
        assert isinstance(synapses, LateSynapses)
        return synapses, self.pasts[e.source], self.past(e.source)

    def past(self, group: str) -> Signal:
        """What stands for all that a group put out before, where operators are put in order."""
        return self.before[self.statements.past(group)]

    def _declare_matrix(self, m: Matrix) -> None:
        for v, _ in m.state:
            self.before[f"{m.name}__{v}"] = self._synapses(m, f"{m.name}.{v}", self.program.shape(m))
        if not m.is_plain:
            effective = self._synapses(m, f"{m.name}.effective", self.program.delivered_shape(m))
            self.before[f"{m.name}__effective"] = effective
        self._declare_fixed(m.name, {n: n for n in m.fixed})

    def _synapses(self, m: Matrix, name: str, shape: tuple[int, ...]) -> Signal:
        if not self.statements.by_columns(m):
            return Signal(np.zeros(shape), name=name)
        columns = Signal(np.zeros(shape[::-1]), name=f"{name} by columns")
        return Signal(columns.initial_value.T, name=name, base=columns)

    def _declare_group(self, g: Group) -> None:
        values = dict((*g.state, *g.learned, *g.driven)) | {v: 0.0 for v, _ in g.present}
        values |= {} if g.spike is None else {"out": 0.0}
        for v, x in values.items():
            self.before[f"{g.name}__{v}"] = Signal(self._initial(g, v, x), name=f"{g.name}.{v}")
        for name in [f"{port}{part}" for port in g.ports for part in ("", "__c")]:
            self.before[f"{g.name}__{name}"] = Signal(np.zeros(g.size), name=f"{g.name}.{name}")
        for v in moving(g):
            self.after[f"{g.name}__{v}"] = Signal(self._initial(g, v, values[v]), name=f"{g.name}.{v}'")
        self._declare_fixed(g.name, {n: n for n in g.fixed} | {v: f"{v}__initial" for v in g.initial})
        if g.name in self.pasts:
            self.before[self.statements.past(g.name)] = Signal(np.zeros(1), name=f"{g.name}, before")
        if g.arrived:
            self.after[f"{g.name}__arrived"] = self.output(g)

    def _declare_fixed(self, owner: str, spelled: Mapping[str, str]) -> None:
        """Signals of a part's fixed arrays; `spelled` is how statements call each."""
        for n, text in spelled.items():
            name = f"{owner}.{n}"
            self.before[f"{owner}__{text}"] = Signal(self.run.fixed[name], name=f"{owner}.{text}", readonly=True)

    def _initial(self, g: Group, variable: str, value: float) -> Array:
        """Return the values of a variable before the first step."""
        return self.run.fixed[f"{g.name}.{variable}"] if variable in g.initial else np.full(g.size, value)

    def output(self, group: Group) -> Signal:
        """What others receive of a group in a step."""
        return self.before[self.statements.delivered(group.name)]

    def delivered(self, edge: Edge) -> Signal:
        """What an edge delivers in a step."""
        return self.before[self.statements.delivered(edge.source, edge.variable)]

    def weight(self, matrix: str) -> Signal:
        """The one array that all directions of a matrix deliver through, and that its rules write."""
        return self.before[self.statements.weight(matrix)]

    def learned(self) -> dict[str, Signal]:
        """Signals of the learned arrays by their names in the program."""
        return {n: self.before[n.replace(".", "__")] for n in self.program.shapes()}

    def states(self) -> dict[str, Signal]:
        """Signals of the state by its names in the program."""
        names = [(g.name, v) for g in self.program.groups for v, _ in state_of(g)]
        return {f"{g}.{v}": self.before[self.statements.delivered(g, v)] for g, v in names}

    def delivered_weights(self) -> dict[str, Signal]:
        """Signals of the delivered weights that are an expression, by matrix."""
        return {m.name: self.before[f"{m.name}__effective"] for m in self.program.matrices if not m.is_plain}

    def is_due(self, probe: ProgramProbe, step: int) -> bool:
        """Whether a probe records in a step of a trial."""
        return step % probe.every == 0 if probe.when == "step" else self.ends.get(step) == probe.phase

    def plan(self, lines_in_phase: Callable[[int], Sequence[str]]) -> list[Lines]:
        """Lines for each step of a trial, from those of each phase."""
        lines = {i: tuple(lines_in_phase(i)) for i in set(self.phases)}
        return [lines[i] for i in self.phases]


def moving(group: Group) -> list[str]:
    """The variables that a step may change, its phase's end aside; ``out`` for spikes."""
    changed = [v for v, _ in group.state if v in {**dict(group.update), **dict(group.reset)}]
    return changed + (["out"] if group.spike is not None and not group.is_input else [])

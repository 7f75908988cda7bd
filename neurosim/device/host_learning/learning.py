"""One run in which the host learns: for each trial, and each part of it, a call of the device and then the rules."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from neurosim.backend.contract import Records
from neurosim.backend.sessions.joined_records import joined_within_trial
from neurosim.device.host_learning.calls import Device
from neurosim.device.host_learning.learned_probes import LearnedProbes
from neurosim.device.host_learning.loop import Loop, pieces_of
from neurosim.device.host_learning.readings import PhasesOfRun, Readings
from neurosim.device.host_learning.reads import SPIKE, same
from neurosim.device.host_learning.rules import Moment, RulesOnHost
from neurosim.device.imperfections import names
from neurosim.errors import NumericalError
from neurosim.program.constants import length_of
from neurosim.program.program import ProgramProbe
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events, Recording, Trials
from neurosim.program.trial.pieces import Piece
from neurosim.program.trial.state import start_state
from neurosim.program.variables import VariableKey

Recordings = Mapping[str, Recording]
State = Mapping[str, Array]

STEP = -1
"""In place of a phase at whose end is recorded: every step."""


@dataclass(frozen=True)
class Part:
    """What one call runs of a trial.

    Attributes
    ----------
    ends
        Whether its last phase ends with it.
    phases
        Of each of its steps.
    """

    piece: Piece
    ends: bool
    phases: PhasesOfRun


def steps_of(lengths: Iterable[int], ends: bool) -> list[tuple[int, bool]]:
    """Return, for each step of phases of these lengths, the index of its phase, and whether it ends it."""
    found = [(phase, k == length - 1) for phase, length in enumerate(lengths) for k in range(length)]
    return found if ends or not found else [*found[:-1], (found[-1][0], False)]


class Learning:
    """What a run learns on the host.

    Parameters
    ----------
    run
        Of the program with rules.
    learned
        All learned arrays; those that rules change are copied.
    constants
        Those that the run was given.
    keeps_state
        Whether the device does.

    Attributes
    ----------
    learned
        The same as rules have changed them.
    state
        What the last call has left, where it was asked.
    update
        Seconds that rules took.
    """

    def __init__(
        self,
        run: Run,
        device: Device,
        readings: Readings,
        loop: Loop,
        learned: Mapping[str, Array],
        constants: Mapping[str, float],
        keeps_state: bool,
    ):
        self.run, self.device, self.readings, self.keeps_state = run, device, readings, keeps_state
        self.constants, self.state, self.update = constants, run.state, 0.0
        self.rules, self.probes = RulesOnHost(run), LearnedProbes(run.program)
        self.learned = {n: a.copy() if n in self.rules.changed else a for n, a in learned.items()}
        self.parts = [self._part(piece) for piece in pieces_of(loop, run.program, run.lengths)]
        self._by_step = {q.name for q in device.program.probes if q.when == "step"}
        self._start = start_state(run.program)
        self._shown: tuple[int, dict[str, Array | Events]] = -1, {}

    def trial(self, number: int, trials: Trials) -> Records:
        """Run a trial of this number on the device, and learn.

        Raises
        ------
        NumericalError
            If a state or weight becomes infinite or NaN.
        NeurosimError
            Whatever else the device raises.
        """
        self.probes.start()
        state, records = self.run.state, list[Records]()
        for k, part in enumerate(self.parts):
            wants = self.keeps_state and (self.run.count == 1 or k + 1 < len(self.parts))
            found, left = self._call(number, trials, part, state, wants)
            began = time.perf_counter()
            read = self.readings.of(self.device.program, found, trials, trials.step + part.piece.first, part.phases)
            self._learn(number, trials, part, read.probes, state or self._start)
            self.update += time.perf_counter() - began
            records.append(read)
            state = left
        self.state = state
        return joined_within_trial(records, self._by_step)

    def _part(self, piece: Piece) -> Part:
        lengths = [int(piece.constants[str(length_of(p.name))]) for p in self.run.program.phases]
        ends = piece.ends and (self.run.ends or piece.stop < self.run.steps)
        return Part(piece, ends, steps_of(lengths, ends))

    def _call(
        self, number: int, trials: Trials, part: Part, state: State | None, wants: bool
    ) -> tuple[Records, State | None]:
        """Run a part of a trial on the device."""
        piece, is_whole = part.piece, len(self.parts) == 1
        constants = self.constants if is_whole else {**self.constants, **piece.constants}
        shown = trials if is_whole else piece.of(trials)
        try:
            return self.device.call(self.learned, shown, state, wants, constants=constants, learn=False, ends=part.ends)
        except NumericalError as error:
            step = error.step + piece.first
            raise NumericalError(error.owner, error.variable, number, step, error.value) from None

    # rules

    def _learn(self, number: int, trials: Trials, part: Part, read: Recordings, state: State) -> None:
        """Fire the rules of the steps of a part, and record what is learned."""
        self.rules.go_on_from(state)
        recorded = 0
        for row, (phase, ends) in enumerate(part.phases):
            if self.rules.is_in_every_step or (ends and self.rules.firing(phase, ends)):
                self.probes.steps(row - recorded, self.learned)
                moment = self._moment(number, trials, part, row, read, state)
                self.rules.fire(phase, ends, moment, self.learned)
                self.device.stale |= set(self.rules.changed)
                self._check_finite(number, part.piece.first + row)
                recorded = row
            if ends:
                self.probes.steps(row + 1 - recorded, self.learned)
                self.probes.end(phase, self.learned)
                recorded = row + 1
        self.probes.steps(len(part.phases) - recorded, self.learned)

    def _moment(self, number: int, trials: Trials, part: Part, row: int, read: Recordings, state: State) -> Moment:
        phase, reads = part.phases[row][0], self.rules.reads
        sources = {key: probes.get(STEP, probes.get(phase)) for key, probes in self._probes.items()}
        after = {str(k): _row(read[q.name], row if q.when == "step" else None) for k, q in sources.items() if q}
        before = {
            str(k): _row(read[self._probes[k][STEP].name], row - 1) if row else self._found(k, trials, part, state)
            for k in reads.before
        }
        shown = self._shown_in(number)
        return Moment(before, after, {n: _row(a, part.piece.first + row) for n, a in shown.items()})

    @cached_property
    def _probes(self) -> dict[VariableKey, dict[int, ProgramProbe]]:
        """What records a variable that rules read, by the phase at whose end it does; in every step, by `STEP`."""
        reads, program = self.rules.reads, self.device.program
        spikes = [VariableKey(n, SPIKE) for n in reads.fired if not program.group(n).is_input]
        return {key: self._probes_of(key) for key in (*reads.states, *reads.before, *spikes)}

    def _probes_of(self, key: VariableKey) -> dict[int, ProgramProbe]:
        wanted = [ProgramProbe("", key.owner, key.variable, "step", STEP)]
        wanted += [ProgramProbe("", key.owner, key.variable, "end", k) for k in range(len(self.run.program.phases))]
        found = {q.phase: same(self.device.program.probes, q) for q in wanted}
        return {phase: q for phase, q in found.items() if q is not None}

    def _found(self, key: VariableKey, trials: Trials, part: Part, state: State) -> Array:
        """What the first step of a part found of a population; a chip that loses spikes says what it has sent."""
        step = trials.step + part.piece.first
        if key.variable == SPIKE:
            return state[str(key)] if str(key) in state else state[f"{key.owner}.{names.SENT}"]
        if not step:
            return state[str(key)]
        where = trials.phase, trials.first
        return self.readings.in_step(state[str(key)], key, part.phases[0][0], step - 1, where)

    def _shown_in(self, number: int) -> dict[str, Array | Events]:
        """What rules read of what a trial shows, gathered once for all of its steps."""
        if self._shown[0] != number:
            rows = {n: self.run.rows[n].part(number, number + 1) for n in self.rules.reads.driven}
            self._shown = number, {n: r.gathered() for n, r in rows.items()}
        return self._shown[1]

    def _check_finite(self, number: int, step: int) -> None:
        for name in self.run.program.shapes():
            if name in self.rules.changed and not np.isfinite(self.learned[name]).all():
                key, values = VariableKey.from_text(name), self.learned[name]
                raise NumericalError(key.owner, key.variable, number, step, float(values[~np.isfinite(values)][0]))


def _row(recorded: Recording, step: int | None) -> Array:
    """What the first trial has in a step, of spikes as 0 and 1; without a step, or with one row for all, that row."""
    if not isinstance(recorded, Events):
        return np.asarray(recorded[0] if step is None or recorded.ndim == 2 else recorded[0, step])
    assert step is not None
    spikes = np.zeros(recorded.units)
    spikes[recorded.at(0, step)] = 1.0
    return spikes

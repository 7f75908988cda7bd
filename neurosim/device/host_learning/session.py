"""A session that learns on the host: the device runs, its states are read, and the host executes the rules.

The host has the weights, in the numbers of the program; the device gets them before each call, and what it holds of
them is its own affair. So a device that is ideal does, bit for bit, what the same program does where rules fire in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.backend.contract import Progress, Records, Session
from neurosim.backend.delivered_weights import delivered_weights
from neurosim.backend.sessions.joined_records import joined
from neurosim.backend.sessions.pieces import keeps_state
from neurosim.device.host_learning.calls import Device, Patience
from neurosim.device.host_learning.learned_probes import LearnedProbes
from neurosim.device.host_learning.learning import Learning, steps_of
from neurosim.device.host_learning.loop import (
    Loop,
    in_words,
    is_another_algorithm,
    is_in_pieces,
    loop_of,
    note_on,
    refuse_before_the_end,
    refuse_within,
    run_by_device,
)
from neurosim.device.host_learning.readings import Readings, refuse_unreadable
from neurosim.device.host_learning.reads import Reads
from neurosim.device.silicon import Readout
from neurosim.edges.foreign_errors import heard
from neurosim.edges.values import truth
from neurosim.errors import InputError, UnsupportedFeature
from neurosim.program.precision import check_exactness
from neurosim.program.program import Program
from neurosim.program.run import Run, bind, check_learned
from neurosim.program.schedule import Array, Events, Recording, Trials
from neurosim.program.trial.state import to_go_on_from


class HostLearningSession(Session):
    """A program with rules on a device that has none.

    Parameters
    ----------
    program
        With its rules.
    open_session
        Opens a session of the device, for a program without rules.
    loop
        How much the device runs in one call: ``"trial"``, ``"phase"``, or a number of steps.
    name
        Of the device, in messages.
    readout, seed
        What is read of its states, and the seed of what that draws.
    patience
        With calls that fail or take long.
    kept
        Gives a context within which the device, if it is closed, is kept to be opened anew.

    Raises
    ------
    ModelError
        For a loop that is none.
    UnsupportedFeature
        For rules that fire within a call, or read what cannot be read; for a device that keeps no state, where it is to
        be called within a trial.
    """

    def __init__(
        self,
        program: Program,
        open_session: Callable[[Program], Session],
        *,
        loop: Loop = "trial",
        name: str = "device",
        readout: Readout | None = None,
        seed: int = 0,
        patience: Patience | None = None,
        kept: Callable[[], AbstractContextManager[None]] = nullcontext,
    ):
        self.program, self.name = program, name
        self.loop = loop_of(loop, f"device {name}: loop =")
        self.patience = patience or Patience()
        self.readings = Readings(program, readout or Readout(), seed)
        refuse_within(program, self.loop, name)
        reads = Reads(program, program.rules)
        refuse_unreadable(program, self.readings.readout, [*reads.states, *reads.before], name)
        self._in_pieces = is_in_pieces(program, self.loop)
        self.device = Device(run_by_device(program, self.loop), open_session, name, self.patience, kept)
        self.keeps_state = keeps_state(self.device.session, self.device.program)
        if self._in_pieces and not self.keeps_state:
            self.device.close()
            what, where = f"learning after {in_words(self.loop)}", f"{name}, which keeps no state from call to call,"
            raise UnsupportedFeature(what, where, ["loop = 'trial'"])
        initial = program.initial()
        self.learned = {n: np.full(shape, initial[n]) for n, shape in program.shapes().items()}
        self.state = self.device.session.read_state() if self.keeps_state else None
        self.closed = False

    def write(self, learned: Mapping[str, Array]) -> None:
        """Set learned arrays; those not named keep their values."""
        checked = check_learned(self.program, learned)
        self.learned = {**self.learned, **checked}
        self.device.stale |= set(checked)

    def read(self) -> dict[str, Array]:
        """Copies of the learned arrays, as the host has them."""
        return {n: a.copy() for n, a in self.learned.items()}

    def write_state(self, state: Mapping[str, Array]) -> None:
        """Set the state that a run with `keep_state` goes on from."""
        self.device.session.write_state(state)
        self.state = self.device.session.read_state()

    def read_state(self) -> dict[str, Array]:
        """The state that the last run left; before any, that of a trial's start."""
        if not self.keeps_state:
            return self.device.session.read_state()
        return {n: a.copy() for n, a in to_go_on_from(self.state).items()}

    def close(self) -> None:
        """Close the device."""
        self.closed = True
        self.device.close()

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
        """Run trials on the device, and learn on the host where rules fire.

        Raises
        ------
        UnsupportedFeature
            For rules that would fire before a trial of these lengths has ended.
        NeurosimError
            As of any session; learned arrays and state then stay as before the run.
        """
        start = time.perf_counter()
        if self.closed:
            raise InputError(f"device {self.name}: the session is closed; open another one")
        goes_on = truth(keep_state, "keep_state =")
        state = to_go_on_from(self.state) if goes_on and self.keeps_state else None
        if goes_on and not self.keeps_state:
            raise UnsupportedFeature("kept state", self.name, ["reference"])
        run = bind(self.program, trials, constants, learn, state=state, ends=ends)
        self.device.timed()
        with heard(progress) as told, np.errstate(all="ignore"):
            if run.learn and run.count and run.steps and self.program.rules:
                records, update = self._learning(run, trials, constants, told)
            else:
                records, update = self._as_it_is(run, trials, constants, told), 0.0
        log = self.device.timed()
        return log.of(records, time.perf_counter() - start, update, self.patience, self.name)

    def _as_it_is(
        self, run: Run, trials: Trials, constants: Mapping[str, float] | None, told: Progress | None
    ) -> Records:
        """Run all trials in one call; no rule fires."""
        how: dict[str, Any] = {"constants": constants, "learn": False, "progress": told, "ends": run.ends}
        wants = self.keeps_state and run.count == 1
        records, left = self.device.call(self.learned, trials, run.state, wants, **how)
        self.state = left if run.count else self.state
        probes, steps = LearnedProbes(self.program), steps_of(run.lengths, run.ends)
        for _ in range(run.count if probes.probes else 0):
            probes.start()
            for phase, ends in steps:
                probes.steps(1, self.learned)
                if ends:
                    probes.end(phase, self.learned)
        read = self.readings.of(self.device.program, records, trials, trials.step, steps)
        return self._of_user(read, probes, run)

    def _learning(
        self, run: Run, trials: Trials, constants: Mapping[str, float] | None, told: Progress | None
    ) -> tuple[Records, float]:
        """Run trial by trial, and learn; return the records, and the seconds that rules took."""
        refuse_before_the_end(self.program.rules, run.lengths, self.loop, f"{self.name} with {in_words(self.loop)}")
        learning = Learning(run, self.device, self.readings, self.loop, self.learned, constants or {}, self.keeps_state)
        records = []
        try:
            for k in range(run.count):
                records.append(learning.trial(k, trials.part(k, k + 1)))
                if told is not None:
                    told(k + 1, run.count)
            if self.program.grid is not None:
                check_exactness(self.program, delivered_weights(run, learning.learned), run.input_bounds())
        except BaseException:
            self.device.stale |= set(learning.rules.changed)
            raise
        self.learned = learning.learned
        self.state = dict(learning.state) if run.count == 1 and learning.state is not None else None
        whole = self._of_user(joined(records), learning.probes, run)
        if is_another_algorithm(self.program, self.loop):
            whole = replace(whole, incidents=(*whole.incidents, note_on(self.loop)))
        return whole, learning.update

    def _of_user(self, records: Records, learned: LearnedProbes, run: Run) -> Records:
        """The records that the program asks for, in its order."""
        found = {**records.probes, **learned.recordings(run.count, run.steps)}
        of_device = {q.name: q.every for q in run.program.probes if self._in_pieces and not run.program.is_learned(q)}
        probes = {q.name: _thinned(found[q.name], of_device.get(q.name, 1)) for q in run.program.probes}
        spikes = sum(p.count for p in probes.values() if isinstance(p, Events))
        return replace(records, probes=probes, counts={**records.counts, "spikes": spikes})


def _thinned(recorded: Recording, every: int) -> Recording:
    """Every k-th step of what was recorded in all of them."""
    return recorded[:, ::every] if every > 1 and not isinstance(recorded, Events) else recorded

"""A sleep that takes long is run in pieces, of which each goes on from the state that the one before it left.

What the pieces have left so far is kept, so that a run goes on within a sleep. Where a sleep is cut changes no bit.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from neurosim.backend.contract import Records
from neurosim.backend.sessions.joined_records import joined
from neurosim.backend.sessions.pieces import Pieces, keeps_state
from neurosim.errors import InputError
from neurosim.program.constants import length_of
from neurosim.program.precision import LedgerEntry
from neurosim.program.schedule import Events, Recording, Trials
from neurosim.results.checkpoint import Unfinished
from neurosim.scenario.listeners.checkpoint_store import UnfinishedStore
from neurosim.scenario.listeners.events import RunPhase
from neurosim.scenario.run_state import RunState, part_of_run
from neurosim.scenario.streams import Task

MODE = "sleep"
SECONDS_VARIABLE = "NEUROSIM_CHECKPOINT_SECONDS"
SECONDS = 60.0
"""What a piece takes, about, where the environment says nothing else: a kill loses so much at the most."""


def seconds_of_a_piece() -> float:
    """Return how long a piece is to take.

    Raises
    ------
    InputError
        If the environment says something else than a number of seconds above 0.
    """
    given = os.environ.get(SECONDS_VARIABLE, "")
    try:
        seconds = float(given) if given else SECONDS
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise InputError(f"environment variable {SECONDS_VARIABLE} is {given!r}, expected a number of seconds above 0")
    return seconds


def run(
    run_state: RunState,
    store: UnfinishedStore,
    trials: Trials,
    steps: int,
    constants: Mapping[str, float],
    task: Task,
) -> tuple[Records, tuple[LedgerEntry, ...]]:
    """Run the one trial of a sleep, from where an earlier process kept it, and keep it now and then.

    Parameters
    ----------
    steps
        Of the whole sleep.
    constants
        Values of constants, but for the length of the sleep.

    Returns
    -------
    tuple
        What was recorded in all pieces, and what had to be rounded before the first.

    Raises
    ------
    NeurosimError
        If the backend fails, or the store cannot keep a piece.
    """
    seconds = seconds_of_a_piece()
    program, kept = run_state.programs[MODE], store.unfinished()
    pieces = Pieces(program, seconds)
    if (kept is None and pieces.is_rest(steps)) or not keeps_state(run_state.sessions[MODE], program):
        whole = {str(length_of(MODE)): float(steps), **constants}
        return run_state.run(MODE, trials, whole, True, RunPhase.SLEEP, task)
    named = replace(trials, phase=part_of_run(RunPhase.SLEEP, task))
    with run_state.border(MODE):
        return _Sleep(run_state, store, named, steps, constants).run(kept, pieces, seconds)


class _Sleep:
    """One trial in pieces."""

    def __init__(
        self, run_state: RunState, store: UnfinishedStore, trials: Trials, steps: int, constants: Mapping[str, float]
    ):
        self.run_state, self.store, self.trials = run_state, store, trials
        self.steps, self.constants = steps, constants
        self.session = run_state.sessions[MODE]
        self.ran: list[Records] = []

    def run(self, kept: Unfinished | None, pieces: Pieces, seconds: float) -> tuple[Records, tuple[LedgerEntry, ...]]:
        """Run all pieces, and keep them about once in so many seconds."""
        done = self._begun() if kept is None else self._gone_on_with(kept)
        since = 0.0
        while True:
            stop = pieces.stop(done.steps, self.steps)
            records = self._piece(done.steps, stop)
            self.ran.append(replace(records, probes={}))
            took = records.timing.wall - records.timing.build
            pieces.took(stop - done.steps, took)
            done = _after(done, stop, records, took)
            if stop == self.steps:
                self.run_state.take(MODE)
                whole = joined(self.ran)  # of this process, as far as calls of a device are told of
                timing = replace(whole.timing, build=0.0, wall=done.seconds, steps=stop)
                return replace(whole, probes=dict(done.spikes), timing=timing, counts=done.counts), done.ledger
            since += took
            if since >= seconds / 2:
                since = 0.0
                self.run_state.take(MODE)
                self.store.keep_unfinished(
                    replace(done, learned=self.run_state.learned, state=self.session.read_state())
                )

    def _begun(self) -> Unfinished:
        ledger = self.run_state.give(MODE)
        return Unfinished(0, {}, {}, {}, ledger, {}, 0.0)

    def _gone_on_with(self, kept: Unfinished) -> Unfinished:
        if kept.steps >= self.steps:
            raise InputError(f"{kept.steps} steps of a sleep of {self.steps} are kept; run the scenario anew")
        self.run_state.restore(kept.learned)
        self.run_state.give(MODE)
        self.session.write_state(kept.state)
        return kept

    def _piece(self, first: int, stop: int) -> Records:
        constants = {**self.constants, str(length_of(MODE)): float(stop - first)}
        records = self.session.run(
            self.trials.between(first, stop),
            constants=constants,
            progress=partial(self._tell, first, stop),
            keep_state=True,
            ends=stop == self.steps,
        )
        self.run_state.simulating.clear()
        return records

    def _tell(self, first: int, stop: int, done: int, total: int) -> None:
        """The progress of the sleep, from that of a piece."""
        self.run_state.tell(RunPhase.SLEEP, stop if done == total else first, self.steps)


def _after(done: Unfinished, stop: int, records: Records, took: float) -> Unfinished:
    """Return what all steps until `stop` have left but for arrays, which are in the session."""
    spikes = {n: _joined(done.spikes.get(n), p) for n, p in records.probes.items()}
    counts = {n: done.counts.get(n, 0) + count for n, count in records.counts.items()}
    return replace(done, steps=stop, spikes=spikes, counts=counts, seconds=done.seconds + took)


def _joined(before: Events | None, piece: Recording) -> Events:
    """Return the spikes of one trial from those of its first steps and of the others."""
    assert isinstance(piece, Events), "a sleep records spikes"
    return piece if before is None else Events.one_trial([before, piece])

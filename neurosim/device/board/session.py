"""A session on a board: the program is loaded, weights and trials are sent, readings come back; the host learns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from neurosim.backend.contract import Backend, Capabilities, Progress, Records
from neurosim.backend.host_session import HostSession, Outcome
from neurosim.device.board.board import Board, Mantissas
from neurosim.device.board.calls import calls_of
from neurosim.device.board.trials import BoardRecordings, shown, sizes
from neurosim.device.board.words.image import Image
from neurosim.errors import UnsupportedFeature
from neurosim.program.constants import ConstantKey
from neurosim.program.program import Matrix, Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Trials
from neurosim.program.trial.state import start_state

LEFT_ON_BOARD: dict[str, Array] = {}
"""Stands for the state of the last trial, which stays on the board until it is asked for."""


class BoardSession(HostSession):
    """A program without rules on a board.

    Parameters
    ----------
    board
        Which other sessions may share.
    hang_up
        Has done with the board.
    capabilities
        What the board said of itself.
    """

    keeps_state = True

    def __init__(
        self,
        program: Program,
        backend: Backend,
        mode: str,
        board: Board,
        hang_up: Callable[[Board], None],
        capabilities: Capabilities,
    ):
        self._on_board: dict[str, Array] | None = None
        self._state: dict[str, Array] | None = None
        super().__init__(program, backend, mode)
        self.capabilities, self.board, self._hang_up = capabilities, board, hang_up
        self.hz = board.identity.ticks_per_second
        self._images: dict[tuple[tuple[ConstantKey, float], ...], Image] = {}
        self._upload = self._execute = self._download = 0.0

    @property  # type: ignore[override]
    def state(self) -> dict[str, Array] | None:
        """The state that the last run left, or `write_state` gave; None after a run of several trials."""
        if self._state is LEFT_ON_BOARD:
            self._on_board = self._fetched()
            self._state = self._on_board
        return self._state

    @state.setter
    def state(self, state: dict[str, Array] | None) -> None:
        self._state = state

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
        """Run trials on the board; its clock and its link tell what they took."""
        self._upload = self._execute = self._download = 0.0
        traffic = self.board.calls.traffic
        up, down, late = traffic.up, traffic.down, self.board.overruns
        records = super().run(
            trials, constants=constants, learn=learn, progress=progress, keep_state=keep_state, ends=ends
        )
        timing = replace(
            records.timing,
            upload=self._upload,
            execute=self._execute,
            download=self._download,
            bytes_up=traffic.up - up,
            bytes_down=traffic.down - down,
        )
        return replace(records, timing=timing, incidents=(*records.incidents, *self._late(late)))

    def _late(self, before: int) -> list[str]:
        late = self.board.overruns - before
        return [f"{late} steps of {self.backend.name} took longer than they were to"] if late else []

    def close(self) -> None:
        """Hang up; twice is once."""
        if not self.closed:
            super().close()
            self.board.give_back(self._leave)
            self._hang_up(self.board)

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        """Send what changed, and run trials, as many in one call as the board's buffer holds."""
        start = time.perf_counter()
        image = self._image(run)
        built = time.perf_counter()
        self.board.take(self._leave)
        self.board.load(image)
        self._send_learned(image, run, learned)
        if run.state is not None and run.state is not self._on_board:
            self._send_state(image, run.state)
        self._on_board = None
        sent = time.perf_counter()
        recordings, ticks, done = BoardRecordings(image, run), 0, 0
        board = self.board
        for call in calls_of(run, sizes(image, run), board.buffer_bytes, board.steps_in_time, self.backend.name):
            ran = board.run(call.flags, call.run.count, call.run.lengths, shown(image, call.run))
            recordings.add(call.run, ran.readings)
            ticks += ran.ticks
            done += call.run.count if call.ends_trials else 0
            if progress is not None:
                progress(done, run.count)
        self._last = image
        self._upload, self._execute = sent - built, ticks / self.hz
        self._download = max(time.perf_counter() - sent - self._execute, 0.0)
        return Outcome(
            learned,
            recordings.probes(),
            self._execute,
            build_seconds=built - start,
            transfer_seconds=self._upload + self._download,
            state=LEFT_ON_BOARD if run.count == 1 else None,
        )

    def _leave(self) -> None:
        """Fetch the state that is on the board, before another session uses it."""
        assert self.state is not LEFT_ON_BOARD
        self._on_board = None

    def _image(self, run: Run) -> Image:
        """Return the program with the constants of a run; how long its phases are is no part of it."""
        key = tuple((k, value) for k, value in sorted(run.constants.items()) if not k.is_length)
        if key not in self._images:
            self._images[key] = Image(run)
        return self._images[key]

    # what a trial begins with

    def _send_learned(self, image: Image, run: Run, learned: Mapping[str, Array]) -> None:
        delivered = self.delivered_weights(run)
        for k, m in enumerate(self.program.matrices):
            self.board.write(k, _mantissas(m, delivered[m.name], self.program))
        for g in self.program.groups:
            slots = image.slots[g.name]
            values = {v: learned[f"{g.name}.{v}"] for v, _ in g.learned} | slots.set_once
            for variable, array in values.items():
                self.board.set(image.group(g.name), slots.index(variable), slots[variable].numbers(array).astype("<i4"))

    def _send_state(self, image: Image, state: Mapping[str, Array]) -> None:
        for name, values in state.items():
            group, _, variable = name.partition(".")
            slots = image.slots[group]
            self.board.put(image.group(group), slots.index(variable), slots[variable].numbers(values).astype("<i4"))

    def _fetched(self) -> dict[str, Array]:
        found = dict[str, Array]()
        for name in start_state(self.program):
            group, _, variable = name.partition(".")
            slots = self._last.slots[group]
            numbers = self.board.get(self._last.group(group), slots.index(variable))
            found[name] = slots[variable].values(numbers)
        return found


def _mantissas(m: Matrix, weights: Array, program: Program) -> Mantissas:
    """Return the mantissas of delivered weights, row by row; of pairs without a synapse 0, of several the sum."""
    assert m.format is not None
    found: Array = m.format.mantissas(weights).ravel()
    if m.wiring is not None:
        rows, columns = program.group(m.pre).size, program.group(m.post).size
        found = np.bincount(m.wiring.pre * np.int64(columns) + m.wiring.post, found, rows * columns).astype(np.float64)
        if np.abs(found).max(initial=0.0) >= 2**15:
            raise UnsupportedFeature(f"several synapses of a pair of {m.name} that add up to 2**15", "a board")
    return found.astype("<i2")

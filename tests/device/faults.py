"""A device that fails in some of its calls, or keeps no state; it is the reference otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.backend.contract import Records, Session
from neurosim.backend.sessions.session_wrapper import SessionWrapper
from neurosim.errors import BackendError, UnsupportedFeature
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Trials

from outcomes import REFERENCE  # isort: skip


class Board:
    """Opens sessions whose calls of these numbers fail, counted over all sessions from 1."""

    def __init__(self, fails_in: tuple[int, ...] = (), keeps_state: bool = True):
        self.fails_in, self.keeps_state = fails_in, keeps_state
        self.opened = self.calls = 0

    def failure(self) -> Exception:
        return BackendError("no answer in time")

    def open(self, program: Program) -> Session:
        self.opened += 1
        return BoardSession(self, REFERENCE.compile(program))


class BoardSession(SessionWrapper):
    """Forgets everything when it fails."""

    def __init__(self, board: Board, session: Session):
        super().__init__(session)
        self.board = board

    def run(self, trials: Trials, **how: Any) -> Records:
        self.board.calls += 1
        if self.board.calls in self.board.fails_in:
            raise self.board.failure()
        return self.session.run(trials, **how)

    def write_state(self, state: Mapping[str, Array]) -> None:
        self._check()
        super().write_state(state)

    def read_state(self) -> dict[str, Array]:
        self._check()
        return super().read_state()

    def _check(self) -> None:
        if not self.board.keeps_state:
            raise UnsupportedFeature("kept state", "board", ["reference"])

"""The conformance suite in whole numbers on the shipped firmware: every rule, spike and count is the reference's."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.backend.contract import Backend
from neurosim.device.board.backend import BoardBackend
from neurosim.errors import UnsupportedFeature
from neurosim.program.program import Program
from neurosim.testing.suite import *  # noqa: F403
from neurosim.testing.targets import Target

BOARDS = {
    "firmware:one trial a call": BoardBackend("firmware", "process"),
    "firmware:one step a call": BoardBackend("firmware", "process", loop=1),
}


@dataclass(frozen=True)
class OnTheFirmware(Target):
    """The firmware as a process."""

    def resolved(self) -> Target:
        return self

    def load(self) -> tuple[Backend, str]:
        board = BOARDS[self.name]
        return board, board.mode

    def missing(self, program: Program) -> frozenset[str]:
        """Also what whole numbers cannot compute, which is told as the program is compiled."""
        try:
            self.compile(program).close()
        except UnsupportedFeature as refused:
            return super().missing(program) | {refused.feature}
        return super().missing(program)


TARGETS = [OnTheFirmware(name, 0.05, 2, "loihi2") for name in BOARDS]

"""The suite on a device at the end of a link, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from neurosim.backend.contract import Backend
from neurosim.device.board.backend import BoardBackend, at
from neurosim.device.host_learning.loop import Loop
from neurosim.errors import UnsupportedFeature
from neurosim.program.program import Program
from neurosim.testing.targets import Target


@dataclass(frozen=True)
class OnBoard(Target):
    """A device at the end of a link, which is its name; programs that whole numbers cannot run have to be refused.

    Parameters
    ----------
    loop
        How much it runs in one call; with one step a call every rule can fire.
    """

    precision: str = "loihi2"
    loop: Loop = "trial"

    @property
    def title(self) -> str:
        """Its column in the matrix."""
        return f"{self.name}, loop = {self.loop}"

    def resolved(self) -> Target:
        """The same target: a link has no modes."""
        self.load()
        return self

    def load(self) -> tuple[Backend, str]:
        """The board; raises for a link that is none."""
        board = _board(self.name, self.loop)
        return board, board.mode

    def missing(self, program: Program) -> frozenset[str]:
        """Features that are not claimed, and what whole numbers cannot compute."""
        try:
            self.compile(program).close()
        except UnsupportedFeature as refused:
            return super().missing(program) | {refused.feature}
        return super().missing(program)


@lru_cache(maxsize=8)
def _board(link: str, loop: Loop) -> BoardBackend:
    return at(link, loop=loop, deadline=60)

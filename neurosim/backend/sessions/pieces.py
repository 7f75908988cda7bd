"""How a trial that takes long is cut into pieces, each of which takes about so many seconds.

Where a trial is cut changes no bit, so the lengths of pieces may follow from how quick a machine is.
"""

from __future__ import annotations

from neurosim.backend.contract import Session
from neurosim.errors import UnsupportedFeature
from neurosim.program.memory.footprint import updates
from neurosim.program.program import Program
from neurosim.program.trial.state import start_state

UPDATES_A_SECOND = 10**8
"""Of neurons and synapses, as many as a slow backend does: of the first piece no more is known."""

FASTEST_GROWTH = 4.0
"""From a piece to the next."""


def keeps_state(session: Session, program: Program) -> bool:
    """Whether a session can go on within a trial; if so, it is at the start of one."""
    try:
        session.write_state(start_state(program))
    except UnsupportedFeature:
        return False
    return True


def first_length(program: Program, seconds: float) -> int:
    """The steps of the first piece."""
    most = seconds * UPDATES_A_SECOND / max(updates(program), 1)
    return max(1, int(min(most, 2.0**53)))


class Pieces:
    """The length of the next piece of a trial of a program.

    Attributes
    ----------
    length
        In steps.
    """

    def __init__(self, program: Program, seconds: float):
        self._seconds = seconds
        self.length = first_length(program, seconds)

    def is_rest(self, steps: int) -> bool:
        """Whether so many steps are one piece: little more than one is not worth two."""
        return steps <= 1.5 * self.length

    def stop(self, first: int, steps: int) -> int:
        """The end of the piece that begins with a step, of a trial of so many."""
        return steps if self.is_rest(steps - first) else first + self.length

    def took(self, steps: int, seconds: float) -> None:
        """Choose the length of the next piece from how long this one took."""
        growth = min(self._seconds / max(seconds, 1e-6), FASTEST_GROWTH)
        self.length = max(1, int(steps * growth))

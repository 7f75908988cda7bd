"""A device that is a program of this host on a pseudo-terminal, as if it were on a serial line."""

from __future__ import annotations

import os
import tty

from neurosim.device.board.link.line import DeviceLine
from neurosim.device.board.link.lines.child import Child, ProgramOfEachLine


class ProgramOnTerminal(ProgramOfEachLine):
    """A program on the other side of a pseudo-terminal."""

    def open(self, until: float) -> DeviceLine:
        """Start the program.

        Raises
        ------
        BackendUnavailable
            If there is no such program.
        BackendError
            If it does not start.
        """
        own, other = os.openpty()
        try:
            tty.setraw(other)
            child = Child(self.name, self.words, other, other)
        except BaseException:
            os.close(own)
            raise
        finally:
            os.close(other)
        return child.line(own, own, lambda: os.close(own))

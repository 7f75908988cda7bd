"""A device that is a program of this host on a pseudo-terminal, as if it were on a serial line."""

from __future__ import annotations

import os
import tty
from dataclasses import dataclass

from neurosim.device.board.link.line import DeviceLine
from neurosim.device.board.link.lines.child import Child
from neurosim.device.board.link.lines.firmware import shipped_program


@dataclass(frozen=True)
class ProgramOnTerminal:
    """A program that is started for each line on the other side of a pseudo-terminal, and ends with it.

    Attributes
    ----------
    name
        The device, for messages.
    command
        The words of the program, whose standard input and output are the terminal; None for the firmware that is
        shipped.
    """

    name: str
    command: tuple[str, ...] | None = None

    @property
    def exclusive(self) -> str | None:
        """None: each line has a program of its own."""
        return None

    def open(self, until: float) -> DeviceLine:
        """Start the program.

        Raises
        ------
        BackendUnavailable
            If there is no such program.
        BackendError
            If it does not start.
        """
        command = self.command or shipped_program(self.name)
        own, other = os.openpty()
        try:
            tty.setraw(other)
            child = Child(self.name, command, other, other)
        except BaseException:
            os.close(own)
            raise
        finally:
            os.close(other)
        return child.line(own, own, lambda: os.close(own))

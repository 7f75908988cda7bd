"""A device that is a program of this host, which has the line as its standard input and output."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from neurosim.device.board.link.line import DeviceLine
from neurosim.device.board.link.lines.child import Child
from neurosim.device.board.link.lines.firmware import shipped_program


@dataclass(frozen=True)
class ProgramOnPipes:
    """A program that is started for each line, and ends with it.

    Attributes
    ----------
    name
        The device, for messages.
    command
        The words of the program; None for the firmware that is shipped.
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
        child = Child(self.name, command, subprocess.PIPE, subprocess.PIPE)
        stdin, stdout = child.process.stdin, child.process.stdout
        assert stdin is not None
        assert stdout is not None
        return child.line(stdin.fileno(), stdout.fileno())

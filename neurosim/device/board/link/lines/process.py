"""A device that is a program of this host, which has the line as its standard input and output."""

from __future__ import annotations

import subprocess

from neurosim.device.board.link.line import DeviceLine
from neurosim.device.board.link.lines.child import Child, ProgramOfEachLine


class ProgramOnPipes(ProgramOfEachLine):
    """A program that has pipes to it as its line."""

    def open(self, until: float) -> DeviceLine:
        """Start the program.

        Raises
        ------
        BackendUnavailable
            If there is no such program.
        BackendError
            If it does not start.
        """
        child = Child(self.name, self.words, subprocess.PIPE, subprocess.PIPE)
        stdin, stdout = child.process.stdin, child.process.stdout
        assert stdin is not None
        assert stdout is not None
        return child.line(stdin.fileno(), stdout.fileno())

"""Programs in the place of a device: children of this process, that end with their line."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from neurosim.backend.processes.leash import Leashed
from neurosim.device.board.link.lines.descriptors import DescriptorLine
from neurosim.device.board.link.lines.firmware import shipped_program
from neurosim.errors import BackendError, BackendUnavailable, InputError

GRACE = 0.2
"""Seconds in which a program may end after its line was closed."""

LAST = 300
"""Bytes of the end of what a program has said on its standard error that a message may quote."""


def words_of(command: str) -> tuple[str, ...]:
    """Return the words of a command, read as a shell does.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise InputError(f"no command ({error})") from None
    if not words or not words[0] or not command.isprintable():
        raise InputError("expected a command, the path of a program and its arguments")
    return words


@dataclass(frozen=True)
class ProgramOfEachLine:
    """A program that is started for each line, and ends with it.

    Attributes
    ----------
    name
        The device, for messages.
    command
        The words of the program, whose standard input and output are the line; None for the firmware that is shipped.
    """

    name: str
    command: tuple[str, ...] | None = None

    @property
    def exclusive(self) -> str | None:
        """None: each line has a program of its own."""
        return None

    @property
    def words(self) -> tuple[str, ...]:
        """The command; that of the firmware is built if it is not yet."""
        return self.command or shipped_program(self.name)


class Child:
    """A program in the place of a device.

    Parameters
    ----------
    name
        The device, for messages.
    command
        The words of the program.
    stdin, stdout
        As `subprocess.Popen` has them.

    Raises
    ------
    BackendUnavailable
        If there is no such program.
    BackendError
        If it does not start.
    """

    def __init__(self, name: str, command: Sequence[str], stdin: int, stdout: int):
        if shutil.which(command[0]) is None:
            raise BackendUnavailable(f"device {name}: there is no program {command[0]!r} that can be run")
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes it
        try:
            self._leashed = Leashed(command, stdin=stdin, stdout=stdout, stderr=self._said, bufsize=0)
        except OSError as error:
            self._said.close()
            raise BackendError(f"device {name}: {command[0]!r} does not start ({error.strerror})") from None
        self._name = name

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The program."""
        return self._leashed.process

    def line(self, writing: int, reading: int, hang_up: Callable[[], None] = lambda: None) -> DescriptorLine:
        """Return the line over these descriptors, with which the program ends.

        Parameters
        ----------
        hang_up
            Closes what is no pipe of the program.
        """

        def close() -> None:
            hang_up()
            self.end()

        return DescriptorLine(self._name, writing, reading, close, self._leashed.signal, self.ending)

    def end(self) -> None:
        """End the program."""
        self._leashed.end(GRACE)
        self._said.close()

    def ending(self) -> str:
        """Return in words how the program ended, and what it said last; nothing of one that goes on."""
        try:
            status = self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return ""
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        last = self._last_line()
        return f"{how}; it said: {last}" if last else how

    def _last_line(self) -> str:
        size = os.fstat(self._said.fileno()).st_size
        lines = os.pread(self._said.fileno(), LAST, max(0, size - LAST)).decode(errors="replace").strip().splitlines()
        return "".join(c if c.isprintable() else " " for c in lines[-1]) if lines else ""

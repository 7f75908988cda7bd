"""Where a worker runs: in this interpreter, in another one, or on another host."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

import execnet
from execnet import gateway_base, gateway_io

from neurosim.backend.processes import interpreter
from neurosim.backend.remote.destination import Destination
from neurosim.errors import InputError

FIRST = 300
"""Bytes of the beginning of what a process says that are kept, for an error."""

NEVER_ASKING = "-oBatchMode=yes"
"""For ssh: its standard input is the wire, so that nobody could answer."""


@dataclass(frozen=True)
class Place:
    """A Python that a process can be started with.

    Parameters
    ----------
    python
        Command of the interpreter, as a shell reads it; else this one, or ``python3`` on another host.
    ssh
        Another host, as ``ssh`` knows it: ``"host"`` or ``"user@host"``.
    port
        Of that host; else ssh's configuration says.

    Raises
    ------
    InputError
        If ssh could take any of it for an option, or `python` is no command.
    """

    python: str | None = None
    ssh: str | None = None
    port: int | None = None

    def __post_init__(self) -> None:
        """Check the place.

        Raises
        ------
        InputError
            If ssh could take any of it for an option, or `python` is no command.
        """
        if self.ssh is not None:
            Destination.of(self.ssh, self.port)
        elif self.port is not None:
            raise InputError(f"port = {self.port} belongs to ssh, which is not given")
        if self.python is not None:
            _check_command(self.python)

    @property
    def is_here(self) -> bool:
        """It is this very interpreter, which imports what this process imports."""
        return self.python is None and self.ssh is None

    @property
    def name(self) -> str:
        """What error messages call it."""
        return " ".join(part for part in (self.ssh, self.python) if part) or "its process"

    def spec(self) -> execnet.XSpec:
        """The place as execnet has it."""
        spec = execnet.XSpec("ssh" if self.ssh else "popen")
        spec.id, spec.execmodel, spec.python = "worker", "thread", self.python
        if self.ssh:
            destination = " ".join(Destination.of(self.ssh, self.port).arguments())
            spec.ssh, spec.python = f"{NEVER_ASKING} {destination}", self.python or "python3"
        return spec

    @property
    def command(self) -> str:
        """What is started here, as one would type it; the program that the interpreter is given follows."""
        if self.ssh is None:
            return self.python or shlex.quote(sys.executable)
        words = ["ssh", NEVER_ASKING, *Destination.of(self.ssh, self.port).arguments(), self.python or "python3"]
        return shlex.join(words)

    def start(self, errors: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the interpreter, or the ssh client, as leader of a process group; what it says is not waited for.

        Raises
        ------
        OSError, ValueError
            If there is no such command.
        """
        spec, pipe = self.spec(), subprocess.PIPE
        command = gateway_io.ssh_args(spec) if self.ssh else gateway_io.popen_args(spec)
        command[1:1] = interpreter.SAFE if self.is_here else ()
        begin = gateway_io.popen_bootstrapline  # in the last word, which for ssh is a command in double quotes
        command[-1] = command[-1].replace(begin, f"{interpreter.FORGETTING}; {begin}")
        group = os.setpgrp  # as process_group=0 does from Python 3.11 on
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, preexec_fn=group)


def _check_command(python: str) -> None:
    """Refuse what is no command of an interpreter."""
    try:
        words = shlex.split(python)
    except ValueError as error:
        raise InputError(f"python = {python!r}: no command ({error})") from None
    if not words or words[0].startswith("-") or not python.isprintable():
        raise InputError(f"python = {python!r}; expected the command of an interpreter, which begins with no -")


class Pipes(gateway_base.Popen2IO):  # type: ignore[misc]
    """The pipes to and from a process, as execnet wants them."""

    def __init__(self, process: subprocess.Popen[bytes]):
        super().__init__(process.stdin, process.stdout, gateway_base.get_execmodel("thread"))
        self.wait, self.kill = process.wait, process.kill
        self._first = b""

    def read(self, numbytes: int) -> bytes:
        """So many bytes."""
        content: bytes = super().read(numbytes)
        self._first += content[: FIRST - len(self._first)]
        return content

    def text_before_protocol(self) -> str:
        """What was printed where the protocol should begin, of a process that has ended; empty if nothing was."""
        with suppress(OSError, ValueError):
            os.set_blocking(self.infile.fileno(), False)  # something else may hold the pipe open
            self._first += self.infile.read1(FIRST) or b""
        lines = self._first.decode(errors="replace").strip().splitlines()
        is_text = len(self._first) > 1 and all(line.expandtabs().isprintable() for line in lines)
        return " | ".join(lines[:3])[:FIRST] if is_text else ""


HERE = Place()

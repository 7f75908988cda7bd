"""Where a device is: ``process``, ``pty``, ``serial:/dev/ttyACM0?baud=2000000``, ``tcp:127.0.0.1:4587`` or ``qemu``.

An address is a kind, what the kind wants to know behind a colon, and options behind a question mark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from neurosim.device.board.link.line import DeviceLine
from neurosim.device.board.link.lines.child import words_of
from neurosim.device.board.link.lines.process import ProgramOnPipes
from neurosim.device.board.link.lines.pty import ProgramOnTerminal
from neurosim.device.board.link.lines.qemu import EmulatedBoard
from neurosim.device.board.link.lines.tcp import TcpPort
from neurosim.device.board.link.lines.terminal import SerialPort
from neurosim.errors import InputError, nearest


class Address(Protocol):
    """Where a device is."""

    @property
    def exclusive(self) -> str | None:
        """What one session holds at a time; None where each line has a device of its own."""

    def open(self, until: float) -> DeviceLine:
        """Open a line to the device, until a time of `time.monotonic`.

        Raises
        ------
        BackendUnavailable
            If something that it needs is not installed.
        BackendError
            If the device cannot be reached.
        """


def address(text: str, name: str = "") -> Address:
    """Read an address; nothing is opened or started.

    Parameters
    ----------
    text
        The address.
    name
        What the device is called in messages; else as its address.

    Raises
    ------
    InputError
        If it is none.
    """
    kind, _, rest = text.partition(":")
    try:
        if kind not in KINDS:
            raise InputError(nearest(kind, KINDS))
        return KINDS[kind].read(name or text, rest)
    except InputError as error:
        raise InputError(f"link = {text!r}: {error}") from None


@dataclass(frozen=True)
class _Kind:
    """A kind of address: how it is read, and what options it has."""

    build: Callable[[str, str, Mapping[str, str]], Address]
    options: tuple[str, ...] = ()

    def read(self, name: str, rest: str) -> Address:
        if not self.options:
            return self.build(name, rest, {})  # a question mark is one of the command
        place, _, options = rest.partition("?")
        return self.build(name, place, dict(map(self._option, options.split("&") if options else ())))

    def _option(self, text: str) -> tuple[str, str]:
        option, is_given, value = text.partition("=")
        if option not in self.options:
            raise InputError(f"option {option!r}; {nearest(option, self.options)}")
        if not is_given:
            raise InputError(f"option {option!r} has no value; expected {option}=VALUE")
        return option, value


def _program(name: str, command: str, options: Mapping[str, str]) -> Address:
    return ProgramOnPipes(name, words_of(command) if command else None)


def _program_on_terminal(name: str, command: str, options: Mapping[str, str]) -> Address:
    return ProgramOnTerminal(name, words_of(command) if command else None)


def _serial(name: str, path: str, options: Mapping[str, str]) -> Address:
    return SerialPort.of(name, path, options.get("baud"))


def _tcp(name: str, place: str, options: Mapping[str, str]) -> Address:
    remote = options.get("remote", "no")
    if remote not in ("yes", "no"):
        raise InputError(f"remote = {remote!r}; {nearest(remote, ('yes', 'no'))}")
    return TcpPort.of(name, place, remote == "yes")


def _emulated(name: str, image: str, options: Mapping[str, str]) -> Address:
    return EmulatedBoard(name, Path(image) if image else None)


KINDS = {
    "process": _Kind(_program),
    "pty": _Kind(_program_on_terminal),
    "serial": _Kind(_serial, ("baud",)),
    "tcp": _Kind(_tcp, ("remote",)),
    "qemu": _Kind(_emulated),
}
"""What an address begins with."""

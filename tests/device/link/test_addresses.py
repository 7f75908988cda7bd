"""Addresses of devices are read, or refused with what would be one."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from neurosim.device.board.link.address import Address, address
from neurosim.device.board.link.lines.process import ProgramOnPipes
from neurosim.device.board.link.lines.pty import ProgramOnTerminal
from neurosim.device.board.link.lines.qemu import EmulatedBoard
from neurosim.device.board.link.lines.tcp import TcpPort
from neurosim.device.board.link.lines.terminal import SerialPort
from neurosim.errors import InputError

READ: dict[str, Address] = {
    "process": ProgramOnPipes("d"),
    "process:a/b 'c d' e?f": ProgramOnPipes("d", ("a/b", "c d", "e?f")),
    "pty:x": ProgramOnTerminal("d", ("x",)),
    "serial:/dev/ttyACM0": SerialPort("d", "/dev/ttyACM0", 115200),
    "serial:/dev/ttyACM0?baud=2000000": SerialPort("d", "/dev/ttyACM0", 2000000),
    "tcp:127.0.0.1:4587": TcpPort("d", "127.0.0.1", 4587),
    "tcp:localhost:1": TcpPort("d", "localhost", 1),
    "tcp:[::1]:4587": TcpPort("d", "::1", 4587),
    "tcp:board.lab:4587?remote=yes": TcpPort("d", "board.lab", 4587),
    "qemu": EmulatedBoard("d"),
    "qemu:a b.elf": EmulatedBoard("d", Path("a b.elf")),
}

REFUSED = {
    "": "known: process, pty, qemu, serial, tcp",
    "proces": "did you mean 'process'?",
    "/dev/ttyACM0": "known: process, pty",
    "process:'a": "no command (No closing quotation)",
    "process: ": "expected a command",
    "pty:a\tb": "expected a command",
    "serial": "expected serial:PATH",
    "serial:ttyACM0": "expected serial:PATH",
    "serial:/dev/ttyACM0?bauds=1": "option 'bauds'; did you mean 'baud'?",
    "serial:/dev/ttyACM0?baud": "expected baud=VALUE",
    "serial:/dev/ttyACM0?baud=fast": "baud = 'fast'; expected bits in a second",
    "serial:/dev/ttyACM0?baud=0": "baud = '0'; expected bits in a second",
    "tcp:localhost": "expected tcp:HOST:PORT",
    "tcp:localhost:0": "the port from 1 to 65535",
    "tcp:localhost:65536": "the port from 1 to 65535",
    "tcp:10.0.0.1:4587": "tcp:10.0.0.1:4587?remote=yes says that it is meant",
    "tcp:board.lab:4587?remote=no": "board.lab is not this host",
    "tcp:board.lab:4587?remote=ja": "remote = 'ja'; known: no, yes",
    "tcp:localhost.evil:1": "localhost.evil is not this host",
}


@pytest.mark.parametrize("text", READ)
def test_an_address_is_read(text: str) -> None:
    assert address(text, "d") == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=re.escape(REFUSED[text])) as refusal:
        address(text)
    assert str(refusal.value).startswith(f"link = {text!r}: ")


@pytest.mark.parametrize("text", ["process", "pty:x", "qemu"])
def test_what_is_started_for_each_line_is_not_exclusive(text: str) -> None:
    assert address(text).exclusive is None


def test_a_terminal_is_the_same_by_each_of_its_links(tmp_path: Path) -> None:
    os.symlink("/dev/null", tmp_path / "link")
    assert address(f"serial:{tmp_path}/link").exclusive == address("serial:/dev/null?baud=9600").exclusive


def test_another_port_is_another_device() -> None:
    assert address("tcp:127.0.0.1:1").exclusive != address("tcp:127.0.0.1:2").exclusive

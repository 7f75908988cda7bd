"""Devices of the tests: the fake one on each kind of line, and programs that behave badly."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurosim.device.board.link.address import Address, address
from neurosim.device.board.link.line import DeviceLine

FAKE = shlex.join([sys.executable, "-I", str(Path(__file__).parent / "fake_device.py")])
"""The command of the fake device."""

SOON = 5.0


def soon() -> float:
    return time.monotonic() + SOON


def python(code: str) -> str:
    """The command of a program in a line."""
    return shlex.join([sys.executable, "-I", "-c", code])


@contextmanager
def reached(where: Address) -> Iterator[DeviceLine]:
    line = where.open(soon())
    try:
        yield line
    finally:
        line.close()


@contextmanager
def listening() -> Iterator[str]:
    """The address of a fake device behind a port."""
    with subprocess.Popen([*shlex.split(FAKE), "tcp"], stdout=subprocess.PIPE, text=True) as device:
        assert device.stdout is not None
        try:
            yield f"tcp:127.0.0.1:{int(device.stdout.readline())}"
        finally:
            device.kill()


@contextmanager
def on_any_line(kind: str) -> Iterator[Address]:
    """The fake device at an address of this kind; its name is `board`."""
    if kind == "tcp":
        with listening() as text:
            yield address(text, "board")
    else:
        yield address(f"{kind}:{FAKE}", "board")

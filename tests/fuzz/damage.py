"""Damage that any file may have: bytes altered, cut off or added, and something else than a file in its place."""

from __future__ import annotations

import os
import random
import shutil
import socket
from pathlib import Path

PLACES = ("fifo", "folder", "empty", "missing", "dangling", "loop", "null", "zeros", "socket")


def of_bytes(random: random.Random, data: bytes) -> bytes:
    """Other bytes."""
    at = random.randrange(len(data) + 1)
    few = random.randbytes(random.choice([1, 1, 2, 8, 64]))
    return random.choice(
        [
            lambda: data[:at],
            lambda: data[at:],
            lambda: data[:at] + few + data[at:],
            lambda: data[:at] + few + data[at + len(few) :],
            lambda: flipped(data, at, random.randrange(8)),
            lambda: data + few,
            lambda: data[: at // 2] + data[at:],
            lambda: data[:at] + data[at // 2 :],
            lambda: b"\xef\xbb\xbf" + data,
            lambda: data[:at] + bytes(len(data) - at),
        ]
    )()


def flipped(data: bytes, at: int, bit: int) -> bytes:
    """One bit of one byte."""
    if not data:
        return b"\0"
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def of_place(random: random.Random, path: Path) -> str:
    """Something else in the place of a file or folder."""
    what = random.choice(PLACES)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if what == "fifo":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "empty":
        path.touch()
    elif what == "dangling":
        path.symlink_to(path.with_name("nowhere"))
    elif what == "loop":
        path.symlink_to(path.name)
    elif what in ("null", "zeros"):
        path.symlink_to("/dev/null" if what == "null" else "/dev/zero")
    elif what == "socket":
        _socket(path)
    return what


def _socket(path: Path) -> None:
    before = os.open(".", os.O_RDONLY)
    try:  # the address of a socket is short, so it is made from within its folder
        os.chdir(path.parent)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.fchdir(before)
        os.close(before)


def of_file(random: random.Random, path: Path) -> None:
    """Either of both."""
    if random.random() < 0.3 or not path.is_file():
        of_place(random, path)
    else:
        path.write_bytes(of_bytes(random, path.read_bytes()))

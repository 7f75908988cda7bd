"""The lines that the device is reached by, and that it ends with each."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device_protocol.client import HELLO, Client, Process, frame, words


def test_it_ends_with_its_pipe(binary: Path) -> None:
    device = Process(binary)
    device.ask(HELLO, words(1, 5))
    assert device.close() == 0


def test_it_ends_with_its_pipe_in_a_frame(binary: Path) -> None:
    device = Process(binary)
    device.send(frame(HELLO, 1, words(1, 5))[:20])
    assert device.close() == 0


def test_it_ends_with_its_terminal(binary: Path) -> None:
    host, device_end = pty.openpty()
    tty.setraw(device_end)  # before anything is sent, which may be before the device does so
    process = subprocess.Popen([str(binary), os.ttyname(device_end)])
    client = Client(host, host)
    client.ask(HELLO, words(1, 0x03040A0D))  # bytes that a terminal would act upon
    assert client.status()["boot"] == 0x03040A0D
    os.close(device_end)
    os.close(host)
    assert process.wait(10) == 0


@contextmanager
def listening(binary: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen([str(binary), "--listen", "0"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", process.stderr.readline())
    assert found is not None
    yield process, int(found[1])
    process.kill()
    process.wait()
    process.stderr.close()


def test_it_serves_one_connection_after_the_other(binary: Path) -> None:
    with listening(binary) as (process, port):
        for boot in (0, 5):
            with socket.create_connection(("127.0.0.1", port)) as line:
                client = Client(line.fileno(), line.fileno())
                assert client.status()["boot"] == boot
                client.ask(HELLO, words(1, 5))
                client.send(frame(HELLO, 1, words(1, 5))[:20])  # and the line is cut
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM


def test_other_arguments_are_refused(binary: Path) -> None:
    for arguments in (["--listen"], ["--help"], ["--listen", "some"], ["--listen", "65536"], ["1", "2", "3"]):
        done = subprocess.run([str(binary), *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "[PATH | --listen PORT]" in done.stderr
    done = subprocess.run([str(binary), "/none/such"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "/none/such: No such file or directory\n")

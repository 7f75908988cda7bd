"""Every kind of line carries bytes, has deadlines in both directions, and leaves no process behind."""

from __future__ import annotations

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from neurosim.device.board.link.address import address
from neurosim.device.board.link.caller import Caller
from neurosim.device.board.link.line import LineClosed, NothingInTime
from neurosim.device.board.link.lines import qemu
from neurosim.errors import BackendError, BackendUnavailable

from devices import on_any_line, python, reached, soon  # isort: skip
from fake_device import Device  # isort: skip

KINDS = ("process", "pty", "tcp")
CHILDREN = ("process", "pty")
SILENT = python("import time; time.sleep(60)")


@pytest.fixture
def terminal() -> Iterator[str]:
    """The path of a terminal at whose other end the fake device is."""
    own, other = pty.openpty()
    tty.setraw(other)
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            if select.select([own], [], [], 0.05)[0]:
                try:
                    Device(own, own).serve()
                except EOFError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield os.ttyname(other)
    stopping.set()
    os.close(other)
    thread.join(2)
    os.close(own)


@pytest.mark.parametrize("kind", KINDS)
def test_a_device_is_called_over_a_line(kind: str) -> None:
    with on_any_line(kind) as where, reached(where) as line:
        caller = Caller(line, 5)
        assert caller.hello().name == "fake"
        caller.call(2, bytes(8) + bytes(range(256)) * 1000)  # more than a pipe or a terminal takes at once
        assert caller.call(4)[16:] == bytes(range(256)) * 1000


def test_a_device_is_called_over_a_serial_line(terminal: str) -> None:
    with reached(address(f"serial:{terminal}?baud=2000000")) as line:
        caller = Caller(line, 5)
        caller.hello()
        caller.call(2, bytes(8) + bytes(range(256)) * 100)
        assert caller.call(4)[16:] == bytes(range(256)) * 100


def test_what_is_still_on_a_serial_line_is_dropped() -> None:
    own, other = pty.openpty()
    tty.setraw(other)

    def talk() -> None:
        time.sleep(0.05)
        os.write(own, b"booting")

    talking = threading.Thread(target=talk)
    talking.start()
    with reached(address(f"serial:{os.ttyname(other)}")) as line:
        talking.join()
        with pytest.raises(NothingInTime):
            line.receive(time.monotonic() + 0.1)
    os.close(own)
    os.close(other)


def test_a_serial_line_is_for_one_process_alone() -> None:
    own, other = pty.openpty()
    where = address(f"serial:{os.ttyname(other)}", "board")
    with reached(where), pytest.raises(BackendError, match=r"device board cannot be opened: .*lock"):
        where.open(soon())
    os.close(own)
    os.close(other)


def test_a_terminal_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=rf"there is no terminal {tmp_path}/none"):
        address(f"serial:{tmp_path}/none").open(time.monotonic() + 0.1)


def test_without_pyserial_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(BackendUnavailable, match=r"needs pyserial: pip install 'neurosim\[serial\]'"):
        address("serial:/dev/null").open(soon())


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_device_that_takes_nothing_is_told_in_time(kind: str) -> None:
    with reached(address(f"{kind}:{SILENT}", "board")) as line:
        start = time.monotonic()
        with pytest.raises(NothingInTime, match="device board takes nothing in time"):
            line.send(bytes(10**7), start + 0.2)
        assert time.monotonic() - start < 1.2


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_device_that_says_nothing_is_told_in_time(kind: str) -> None:
    with reached(address(f"{kind}:{SILENT}", "board")) as line:
        start = time.monotonic()
        with pytest.raises(NothingInTime, match="device board does not answer in time"):
            line.receive(start + 0.2)
        assert time.monotonic() - start < 1.2


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_program_that_ends_is_told_with_its_last_words(kind: str) -> None:
    code = "import sys; print('first', file=sys.stderr); sys.exit('no memory left')"
    with reached(address(f"{kind}:{python(code)}", "board")) as line:
        message = "device board has hung up: ended with status 1; it said: no memory left"
        with pytest.raises(LineClosed, match=message):
            line.receive(soon())


def test_a_program_that_is_killed_is_told() -> None:
    with reached(address(f"process:{SILENT}", "board")) as line:
        line.signal(signal.SIGKILL)
        with pytest.raises(LineClosed, match="device board has hung up: killed by SIGKILL"):
            line.receive(soon())


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_program_that_was_killed_takes_nothing(kind: str) -> None:
    with reached(address(f"{kind}:{SILENT}", "board")) as line:
        line.signal(signal.SIGKILL)
        with pytest.raises(LineClosed, match="device board has hung up: killed by SIGKILL"):
            line.send(bytes(10**7), soon())


def test_a_device_that_never_pauses_is_told_in_time() -> None:
    chatter = "import os; [os.write(1, bytes(1000)) for _ in iter(int, 1)]"
    with reached(address(f"process:{python(chatter)}", "board")) as line:
        line.receive(soon())
        message = r"in time: STATUS, 0.3 s; [\d,]+ bytes came that are no frame"
        with pytest.raises(NothingInTime, match=message):
            Caller(line, 0.3).status()


def test_what_comes_after_the_deadline_is_not_taken() -> None:
    with reached(address(f"process:{python('print(flush=True); input()')}", "board")) as line:
        line.receive(soon())
        line.send(b"x", soon())
        with pytest.raises(NothingInTime):
            line.send(b"x", time.monotonic() - 1)


def test_a_line_that_was_closed_here_says_so() -> None:
    line = address(f"process:{SILENT}").open(soon())
    line.close()
    line.close()
    with pytest.raises(LineClosed, match="closed here"):
        line.send(b"x", soon())


def test_a_port_at_which_nobody_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(BackendError, match=rf"device board cannot be reached at 127.0.0.1:{port}: Connection refused"):
        address(f"tcp:127.0.0.1:{port}", "board").open(soon())


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(BackendUnavailable, match="there is no program '/none/such' that can be run"):
        address("process:/none/such").open(soon())


def test_without_the_emulator_its_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu, "EMULATOR", "no-such-emulator")
    with pytest.raises(BackendUnavailable, match=r"apt install .*qemu-system-arm"):
        address("qemu").open(soon())


@pytest.mark.parametrize("kind", CHILDREN)
@pytest.mark.parametrize("number", [signal.SIGCONT, signal.SIGSTOP])
def test_a_program_ends_with_its_line(kind: str, number: int, new_children: Callable[[], list[psutil.Process]]) -> None:
    stubborn = "import subprocess, signal, time; signal.signal(1, signal.SIG_IGN); subprocess.Popen(['sleep', '60']);"
    line = address(f"{kind}:{python(stubborn + 'print(flush=True); time.sleep(60)')}").open(soon())
    line.receive(soon())
    assert len(new_children()) == 3  # the program, what it started, and the keeper of both
    line.signal(number)
    line.close()
    assert new_children() == []


def test_programs_end_with_a_process_that_is_killed() -> None:
    stubborn = python("import signal, time; signal.signal(1, signal.SIG_IGN); print(flush=True); time.sleep(60)")
    code = f"""
import time
from neurosim.device.board.link.address import address
lines = [address(kind + {":" + stubborn!r}).open(time.monotonic() + 5) for kind in {CHILDREN * 2}]
for line in lines:
    line.receive(time.monotonic() + 5)
for line in lines[:2]:
    line.signal({signal.SIGSTOP:d})
print(flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == b"\n"
        left = psutil.Process(host.pid).children(recursive=True)
        assert len(left) == 8  # the programs and their keepers
        host.kill()
    assert psutil.wait_procs(left, 5)[1] == []

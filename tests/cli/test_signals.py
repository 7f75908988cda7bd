"""SIGTERM and SIGHUP end a command as Ctrl-C does, with exit codes of their own."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import typer

from neurosim.__main__ import main
from neurosim.cli import signals
from neurosim.cli.console import explained

COMMAND = [sys.executable, "-c", "import sys; from neurosim.cli import app; app(sys.argv[1:])"]
LONGER, LONG = ("epochs = 1", "epochs = 300"), ("epochs = 1", "epochs = 10_000")
SEARCH = """
[search]
trials = 1000
seeds = [5]

[search.range]
"sleep.rate" = { low = 0.1, high = 0.9 }
"""
BOTH = pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command in a session of its own, and wait until a file is there."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: object, until: str, ignoring: signal.Signals | None = None) -> subprocess.Popen[str]:
        command, pipe = [*COMMAND, *map(str, arguments)], subprocess.PIPE
        ignore = (lambda: signal.signal(ignoring, signal.SIG_IGN)) if ignoring else None
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True, start_new_session=True, preexec_fn=ignore
        )
        processes.append(process)
        end = time.monotonic() + 60
        while not list(tmp_path.glob(until)):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.02)
        return process

    yield start
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@BOTH
def test_a_run_says_how_it_goes_on(started, tiny, tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = started("run", tiny(LONGER), until="runs/*/phases/*.h5")
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    [run] = (tmp_path / "runs").iterdir()
    assert (process.returncode, out) == (code, "")
    assert err == f"interrupted; go on with: neurosim resume {run.relative_to(tmp_path)}\n"
    events = [json.loads(line)["event"] for line in (run / "events.jsonl").read_text().splitlines()]
    assert events[-1] == "interrupted"


def test_a_terminal_that_is_closed_ends_a_run(tiny, tmp_path: Path) -> None:
    """Nothing can be said any more, to a bar that is drawn neither."""
    path = tiny(LONG)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, [*COMMAND, "run", str(path)])
    end = time.monotonic() + 60
    drawn = b""
    while b"task" not in drawn and time.monotonic() < end:
        drawn += os.read(terminal, 10_000)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 129
    [run] = (tmp_path / "runs").iterdir()
    assert "interrupted" in (run / "events.jsonl").read_text()


def test_runs_side_by_side_end_with_their_processes(started, tiny, tmp_path: Path) -> None:
    process = started("run", tiny(LONGER), "--seeds", "0..2", "--jobs", "2", until="runs/*seed1*/phases/*.h5")
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) == 2
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert err.startswith("interrupted; go on with: neurosim resume runs/")
    assert err.endswith("\nnot begun: --backend reference:numpy --seeds 2\n")
    assert not psutil.wait_procs(children, timeout=3)[1]


def test_a_search_says_that_the_same_command_goes_on(started, tiny) -> None:
    process = started("search", tiny(("validation = 1637", "validation = 60"), more=SEARCH), until="tiny-search.db")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert err.startswith("interrupted; trials that had ended are kept in ")
    assert err.endswith("tiny-search.db; the same command goes on\n")


def test_a_search_side_by_side_ends_with_its_processes(started, tiny) -> None:
    path = tiny(("validation = 1637", "validation = 60"), LONG, more=SEARCH.replace("seeds = [5]", "seeds = [5, 6]"))
    process = started("search", path, "--jobs", "2", until="tiny-search.db")
    children: list[psutil.Process] = []
    while len(children) < 2:
        assert process.poll() is None, process.communicate()
        children = psutil.Process(process.pid).children()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err.endswith("tiny-search.db; the same command goes on\n")) == (143, True)
    assert not psutil.wait_procs(children, timeout=3)[1]


def test_what_nohup_has_ignored_stays_ignored(started, tiny) -> None:
    process = started("run", tiny(LONGER), until="runs/*/phases/*.h5", ignoring=signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.0)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 143


def test_a_signal_close_behind_another_does_not_end_the_clean_up() -> None:
    cleaned = []

    @explained
    def command() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)
        finally:
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.1)
            cleaned.append(True)

    with pytest.raises(typer.Exit) as end:
        command()
    assert end.value.exit_code == 143
    assert cleaned


def test_a_later_signal_is_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first may have been lost, as in what Python calls while it frees an object."""
    monkeypatch.setattr(signals, "SECONDS_AS_ONE", 0.05)
    with signals.heeded():
        for _ in range(2):
            with pytest.raises(signals.Interrupted):
                os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.06)


def test_handlers_are_as_before_afterwards_and_in_threads() -> None:
    before = [signal.getsignal(s) for s in signals.ENDING]
    heard = []

    def elsewhere() -> None:
        with signals.heeded():
            heard.append([signal.getsignal(s) for s in signals.ENDING])

    with signals.heeded():
        assert signal.getsignal(signal.SIGTERM) is not before[1]
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert [signal.getsignal(s) for s in signals.ENDING] == before == heard[0]


class Interrupting:
    """An import of the command line during which Ctrl-C comes."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "neurosim.cli":
            raise KeyboardInterrupt


def test_an_interrupt_while_the_command_line_is_imported_is_a_line(monkeypatch, capsys) -> None:
    monkeypatch.delitem(sys.modules, "neurosim.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit) as end:
        main()
    assert (end.value.code, capsys.readouterr().err) == (130, "interrupted\n")

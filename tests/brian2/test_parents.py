"""Whatever kills the process of a session: its binary, its builder and the compilers end, and the next one goes on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from neurosim.backend.processes import scratch

pytest.importorskip("brian2")
compiler = pytest.importorskip("neurosim_brian2.building.compiler")
headers = pytest.importorskip("neurosim_brian2.building.headers")
if compiler.compiler() is None:
    pytest.skip("no C++ compiler", allow_module_level=True)

SECONDS = 3.0

SESSION = """
import sys
import numpy as np
from neurosim.backend import registry
from neurosim.program.schedule import Trials
from neurosim.testing.cases.small import CASES

case = CASES["ep_one_sided"](1.0)
backend, _ = registry.load("brian2")
session = backend.compile(case.program(), mode=sys.argv[1])
many = {name: np.tile(values, (TIMES, *[1] * (values.ndim - 1))) for name, values in case.trials.stimuli.items()}
print("compiled", flush=True)
session.run(Trials(many, TIMES * case.trials.count))
"""

Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def started() -> Iterator[Started]:
    """Start a session in another process, or what stands in front of it there."""
    processes = []

    def start(mode: str = "standalone", program: str = SESSION, times: int = 20_000) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program.replace("TIMES", str(times)), mode]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def descendants_named(process: subprocess.Popen[str], name: str) -> list[psutil.Process]:
    """All that a process has started, once this is among them, and a builder if it is a part of one."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        found = psutil.Process(process.pid).children(recursive=True)
        if any(_name(p) == name for p in found) and (name == "main" or _builders(found)):
            return found
        time.sleep(0.02)
    raise AssertionError(f"no {name}")


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""


def _builders(processes: list[psutil.Process]) -> list[psutil.Process]:
    found = []
    for process in processes:
        with suppress(psutil.Error):
            found += [process] if any("neurosim_brian2.building" in part for part in process.cmdline()) else []
    return found


def have_ended(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=SECONDS)[1]


def test_a_binary_ends_with_a_killed_parent_and_the_next_one_sweeps_its_folder(started: Started) -> None:
    process = started()
    found = descendants_named(process, "main")
    [place] = [f for p in found for f in p.cmdline() if f"/{scratch.PREFIX}" in f and "=" not in f]
    assert Path(place).exists()
    process.kill()
    assert have_ended(found)
    process.wait()
    scratch.sweep_all()
    assert not Path(place).exists()


def test_a_binary_whose_parent_died_before_it_asked_ends_at_once(started: Started) -> None:
    [binary] = [p for p in descendants_named(started(), "main") if _name(p) == "main"]
    environment = {**binary.environ(), "NEUROSIM_PARENT": "1"}
    done = subprocess.run(binary.cmdline(), cwd=binary.cwd(), env=environment, check=False, timeout=10)
    assert done.returncode == 4


THREADS = (
    SESSION.replace("\nsession.run(", "\nimport threading\nrun = lambda: session.run(")
    + """
thread = threading.Thread(target=run)
thread.start()
thread.join()
print("ended", flush=True)
"""
)


def test_a_binary_that_a_thread_has_started_runs_to_its_end(started: Started) -> None:
    process = started(program=THREADS, times=50)
    out, _ = process.communicate(timeout=120)
    assert out == "compiled\nended\n"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("mode", "stage", "has_headers"),
    [
        ("standalone", "python", True),
        ("standalone", "cc1plus", False),
        ("standalone", "cc1plus", True),
        ("cython", "cc1plus", True),
    ],
)
def test_builder_and_compilers_end_with_their_parent(
    started: Started,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    stage: str,
    has_headers: bool,
    number: signal.Signals,
) -> None:
    kept = headers.compiled().parent
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    if has_headers:
        shutil.copytree(kept, tmp_path / kept.parent.name / kept.name)
    process = started(mode)
    found = descendants_named(process, stage)
    process.send_signal(number)
    assert have_ended(found)


@pytest.mark.slow
def test_a_killed_builder_takes_its_compilers_along(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    headers.compiled()  # else the session itself does that first
    found = descendants_named(started(), "cc1plus")
    _builders(found)[0].kill()
    assert have_ended(found)

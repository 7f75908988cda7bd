"""A session's builder: one process that has imported Brian2, and forks for each build."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import psutil
import pytest

from neurosim.errors import BackendError
from neurosim.testing.cases.small import CASES

pytest.importorskip("brian2")
builder = pytest.importorskip("neurosim_brian2.building.builder")

PROGRAM = CASES["ep_one_sided"](1.0).program()

BUILDS = """
import os, signal, subprocess, sys, time
from pathlib import Path

def build(program, folder, what, *more):
    globals()[what](folder, *more)

def look(folder):
    print("anything")
    imported = [name for name in ("brian2", "matplotlib", "pytest") if sys.modules.get(name)]
    threads = len(os.listdir(f"/proc/{os.getppid()}/task")) if sys.platform == "linux" else 1
    seen = os.getppid(), threads, imported, os.environ.get("SEEN"), os.getcwd() == str(folder)
    Path("seen").write_text(repr(seen))

def fail(folder):
    raise ValueError("no reason")

def end(folder, killed):
    sleeper = subprocess.Popen(["sleep", "1000"])
    Path("sleeper").write_text(str(sleeper.pid))
    {"build": lambda: os.kill(os.getpid(), signal.SIGKILL),
     "builder": lambda: os.kill(os.getppid(), signal.SIGKILL),
     "session": lambda: os.kill(int(os.environ["SESSION"]), signal.SIGALRM)}[killed]()
    time.sleep(1000)
"""


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module in which a new builder finds functions that build this or that; its Brian2 takes no time."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "builds_of_tests.py").write_text(BUILDS)
    (folder / "brian2.py").write_text("raise ImportError")
    paths = filter(None, [str(folder), os.environ.get("PYTHONPATH")])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    builder._of.cache_clear()
    yield "builds_of_tests"
    builder._of.cache_clear()


def seen(folder: Path, builds: str) -> tuple[int, int, list[str], str | None, bool]:
    builder.fill(folder, builds, PROGRAM, "look")
    return eval((folder / "seen").read_text())  # type: ignore[no-any-return]


def test_builds_are_forks_of_one_process_with_one_thread_that_imported_brian2_alone(
    tmp_path: Path, builds: str
) -> None:
    (tmp_path / "modules" / "brian2.py").unlink()
    first, second = seen(tmp_path, builds), seen(tmp_path, builds)
    assert first == second
    assert first[1:3] == (1, ["brian2"])


def test_a_build_has_the_environment_of_its_session_at_that_time_and_works_in_its_folder(
    tmp_path: Path, builds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(tmp_path, builds)
    monkeypatch.setenv("SEEN", "now")
    assert seen(tmp_path, builds)[3:] == ("now", True)


def test_a_build_that_fails_says_why(tmp_path: Path, builds: str) -> None:
    with pytest.raises(BackendError, match="could not be built \\(ValueError: no reason\\)"):
        builder.fill(tmp_path, builds, PROGRAM, "fail")


def test_a_builder_that_was_killed_is_replaced(tmp_path: Path, builds: str) -> None:
    before, *_ = seen(tmp_path, builds)
    os.kill(before, signal.SIGKILL)
    assert seen(tmp_path, builds)[0] != before


def has_ended(process: int) -> bool:
    try:
        return not psutil.wait_procs([psutil.Process(process)], timeout=3)[1]
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("killed", ["build", "builder"])
def test_what_a_killed_build_has_started_ends(tmp_path: Path, builds: str, killed: str) -> None:
    with pytest.raises(BackendError, match="could not be built"):
        builder.fill(tmp_path, builds, PROGRAM, "end", killed)
    assert has_ended(int((tmp_path / "sleeper").read_text()))


def test_what_an_interrupted_session_was_building_ends(
    tmp_path: Path, builds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("SESSION", str(os.getpid()))
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            builder.fill(tmp_path, builds, PROGRAM, "end", "session")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert has_ended(int((tmp_path / "sleeper").read_text()))

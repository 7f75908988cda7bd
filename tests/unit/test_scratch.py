"""Temporary folders go away with their owner, however it ends; those of the living are left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurosim
from neurosim.backend.processes import scratch
from neurosim.backend.processes.scratch import Scratch

OWNER = """
import sys, time
from pathlib import Path
from neurosim.backend.processes.scratch import Scratch
made = Scratch(Path(sys.argv[1]))
(made.path / "much").mkdir()
(made.path / "much" / "data").write_text("x")
print(made.path, flush=True)
time.sleep(100)
"""


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process, and its folder."""
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield process, Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()


def test_a_folder_is_there_for_a_context() -> None:
    with Scratch() as folder:
        assert folder.name.startswith(scratch.PREFIX)
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "a").write_text("x")
    assert not folder.exists()


def test_that_of_a_living_process_stays_and_that_of_a_killed_one_goes(owner, tmp_path: Path) -> None:
    process, folder = owner
    scratch.sweep(tmp_path)
    assert (folder / "much" / "data").exists()
    process.kill()
    process.wait()
    scratch.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_whoever_makes_one_sweeps_first(owner, tmp_path: Path) -> None:
    process, _ = owner
    process.kill()
    process.wait()
    with Scratch(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]


def test_the_process_that_made_it_is_found_alive_by_itself_too(tmp_path: Path) -> None:
    with Scratch(tmp_path) as folder:
        scratch.sweep(tmp_path)
        assert folder.exists()


def test_what_another_user_has_left_is_not_touched(owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process, folder = owner
    process.kill()
    process.wait()
    monkeypatch.setattr(os, "getuid", lambda: os.stat(tmp_path).st_uid + 1)
    scratch.sweep(tmp_path)
    assert folder.exists()


def test_a_link_and_what_it_leads_to_stay(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / scratch.OWNER).write_text("")
    link = tmp_path / f"{scratch.PREFIX}link"
    link.symlink_to(tmp_path / "precious")
    scratch.sweep(tmp_path)
    assert (tmp_path / "precious" / scratch.OWNER).exists()
    assert link.is_symlink()


@pytest.mark.parametrize(("age", "files", "stays"), [(0, [], True), (100, [], False), (100, ["of somebody"], True)])
def test_a_folder_that_was_never_locked_goes_if_it_is_old_and_empty(
    tmp_path: Path, age: float, files: list[str], stays: bool
) -> None:
    folder = tmp_path / f"{scratch.PREFIX}new"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("x")
    os.utime(folder, (time.time() - age,) * 2)
    scratch.sweep(tmp_path)
    assert folder.exists() == stays


def test_one_that_is_swept_before_it_is_locked_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = scratch.fcntl.flock
    swept = []

    def swept_before(file: int, how: int) -> None:
        if not swept:
            swept.append([p.rename(tmp_path / "elsewhere") for p in tmp_path.glob(f"{scratch.PREFIX}*")])
        lock(file, how)

    monkeypatch.setattr(scratch.fcntl, "flock", swept_before)
    with Scratch(tmp_path) as folder:
        assert folder.exists()
        assert swept


def test_nothing_but_this_makes_temporary_folders_of_processes() -> None:
    """So that nothing is left of which nobody knows; the cache and run directories have their own, which they sweep."""
    home = Path(neurosim.__file__).parents[1]
    cache = {"backend/cache/__init__.py", "backend/cache/entry.py"}
    own = {*cache, "backend/processes/scratch.py", "results/store/new_directory.py", "backend/remote/child.py"}
    unnamed = {"program/source/recorder.py", "device/board/link/lines/child.py"}  # of such files nothing is left
    sources = [*home.glob("neurosim/**/*.py"), *home.glob("backends/**/*.py")]
    assert len(sources) > 200
    using = {str(s.relative_to(home)) for s in sources if "mkdtemp" in s.read_text() or "tempfile" in s.read_text()}
    builder = "backends/neurosim_brian2/building/fork_server.py"  # has an unnamed file, too
    assert using == {builder, *(f"neurosim/{name}" for name in own | unnamed)}


@pytest.mark.parametrize("owner", ["", "I am the owner", scratch.MARK.decode() + "and more"])
def test_a_folder_of_a_user_that_is_called_alike_stays(tmp_path: Path, owner: str) -> None:
    folder = tmp_path / f"{scratch.PREFIX}thesis"
    folder.mkdir()
    (folder / scratch.OWNER).write_text(owner)
    (folder / "chapter").write_text("x")
    os.utime(folder, (time.time() - 100,) * 2)
    scratch.sweep(tmp_path)
    assert (folder / "chapter").exists()

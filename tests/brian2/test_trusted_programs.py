"""A binary runs only as the program that it was built as; one that does not begin is built anew, once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from neurosim.backend import cache, registry
from neurosim.backend.cache import digest
from neurosim.backend.host_session import HostSession
from neurosim.errors import BackendError
from neurosim.testing.cases.small import CASES, Case

pytest.importorskip("brian2")
standalone = pytest.importorskip("neurosim_brian2.standalone")
if pytest.importorskip("neurosim_brian2.building.compiler").compiler() is None:
    pytest.skip("no C++ compiler", allow_module_level=True)

CASE = CASES["ep_one_sided"](0.2)
OTHER = CASES["novel"](0.2)

Learned = dict[str, np.ndarray]


def session(case: Case = CASE) -> HostSession:
    program = case.program()
    made = registry.load("brian2")[0].compile(program, mode="standalone")
    made.write(case.learned_for(program))
    return made  # type: ignore[return-value]


def learned(tested: HostSession) -> Learned:
    tested.run(CASE.trials, constants=CASE.constants)
    return tested.read()


@dataclass(frozen=True)
class Kept:
    """A program in a cache of its own, what it learns, and the binary of another program."""

    entry: cache.Entry
    learned: Learned
    other: Path


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """A build takes no time, for it is a copy of what other tests have built."""
    expected = learned(session())
    session(OTHER)
    name, other = (standalone.name_of(case.program()) for case in (CASE, OTHER))
    home = cache.root() / "brian2"

    def copy(folder: Path, program: object, name: str) -> None:
        shutil.copytree(home / name, folder, dirs_exist_ok=True)

    monkeypatch.setattr(standalone.build, "fill", copy)
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    session()
    return Kept(cache.Entry("brian2", name), expected, home / other / "main")


def told(what: Callable[[], Learned]) -> tuple[Learned, list[str]]:
    """What is learned, and the lines that are said of the cache."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = what()
    return found, [str(line.message) for line in said if "the cache" in str(line.message)]


def assert_built_anew_once(kept: Kept, what: Callable[[], Learned]) -> None:
    found, lines = told(what)
    assert {n: a.tobytes() for n, a in found.items()} == {n: a.tobytes() for n, a in kept.learned.items()}
    assert len(lines) == 1
    assert f"{kept.entry.folder} is damaged" in lines[0]
    assert told(lambda: learned(session()))[1] == []


FAULTS: dict[str, Callable[[Kept], object]] = {
    "manifest: missing": lambda k: (k.entry.folder / "manifest.json").unlink(),
    "manifest: empty": lambda k: (k.entry.folder / "manifest.json").write_text(""),
    "manifest: another program's": lambda k: (k.entry.folder / "manifest.json").write_text('{"learned": {}}'),
    "manifest: a list": lambda k: (k.entry.folder / "manifest.json").write_text("[]"),
    "main: missing": lambda k: (k.entry.folder / "main").unlink(),
    "main: empty": lambda k: (k.entry.folder / "main").write_bytes(b""),
    "main: another program's": lambda k: shutil.copy(k.other, k.entry.folder / "main"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("sealed", [False, True])
def test_an_entry_with_a_fault_is_built_anew_and_learns_the_same(kept: Kept, fault: str, sealed: bool) -> None:
    """Also where somebody has sealed the fault."""
    FAULTS[fault](kept)
    if sealed:
        digest.close(kept.entry.folder, kept.entry.name)
    assert_built_anew_once(kept, lambda: learned(session()))


@pytest.mark.parametrize("fault", ["main: missing", "main: another program's"])
def test_a_binary_that_goes_during_a_session_is_built_anew(kept: Kept, fault: str) -> None:
    opened = session()
    FAULTS[fault](kept)
    assert_built_anew_once(kept, lambda: learned(opened))


def test_a_cache_that_was_cleared_during_a_session_is_filled_again(kept: Kept) -> None:
    opened = session()
    shutil.rmtree(kept.entry.home.parent)
    assert_built_anew_once(kept, lambda: learned(opened))


def test_a_place_where_nothing_can_be_executed_is_one_paragraph(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = session()

    def no_permission(command: list[str], *_: object) -> None:
        raise PermissionError(13, "Permission denied", command[0])

    monkeypatch.setattr(opened, "_execute", no_permission)
    with pytest.warns(UserWarning, match="damaged"), pytest.raises(BackendError) as error:
        learned(opened)
    assert cache.VARIABLE in str(error.value)
    assert str(kept.entry.folder) in str(error.value)


# where nothing can be kept


@pytest.mark.parametrize("mode", ["standalone", "cython"])
def test_a_home_that_is_no_folder_is_one_paragraph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    for variable in (cache.VARIABLE, "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    with pytest.raises(BackendError) as error:
        registry.load("brian2")[0].compile(CASE.program(), mode=mode)
    assert str(tmp_path / "file") in str(error.value)
    assert cache.VARIABLE in str(error.value)


def test_without_a_home_numpy_needs_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in ("", str(tmp_path / "file")):
        script = (
            "from neurosim.backend import registry; from neurosim.testing.cases.small import CASES; "
            "case = CASES['ep_one_sided'](0.1); "
            "registry.load('brian2')[0].compile(case.program(), mode='numpy').run(case.trials)"
        )
        environment = {n: v for n, v in os.environ.items() if n not in (cache.VARIABLE, "XDG_CACHE_HOME")}
        command = [sys.executable, "-c", script]
        drawing = {"MPLCONFIGDIR": str(tmp_path.parent)}  # Brian2 imports matplotlib, which says that it has no home
        environment |= {"HOME": home, **drawing}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert [p.name for p in tmp_path.iterdir()] == ["file"]

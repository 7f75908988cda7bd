"""Artefacts are whole or absent, and built once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neurosim.backend import cache
from neurosim.errors import BackendError

BUILD = """
import sys, time
from neurosim.backend.cache import artefact
def build(folder):
    (folder / "begun").touch()
    time.sleep(float(sys.argv[1]))
    (folder / "whole").touch()
    print("built", flush=True)
artefact("test", "key", build)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    return tmp_path / "test"


def start(seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", BUILD, str(seconds)], stdout=subprocess.PIPE, text=True)


def test_two_processes_that_build_at_once_build_once(home: Path) -> None:
    printed = [p.communicate()[0] for p in [start(1.0), start(1.0)]]
    assert "".join(printed).count("built") == 1
    assert (home / "key" / "whole").exists()


def test_a_killed_build_leaves_nothing_that_looks_whole(home: Path) -> None:
    process = start(60)
    while not list(home.glob("key.part-*/begun")):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (home / "key").exists()
    assert cache.artefact("test", "key", lambda folder: (folder / "whole").touch()) == home / "key"
    assert {p.name for p in (home / "key").iterdir()} == {"whole", "title", "sha256"}
    assert not list(home.glob("key.part-*"))


def test_a_build_that_fails_leaves_nothing(home: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.artefact("test", "key", fail)
    assert [p.name for p in home.iterdir()] in (["key.lock"], [])


def test_what_is_there_is_not_built_again(home: Path) -> None:
    cache.artefact("test", "key", lambda folder: None)
    cache.artefact("test", "key", lambda folder: pytest.fail("built again"))


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file"))
    with pytest.raises(BackendError, match=cache.VARIABLE):
        cache.artefact("test", "key", lambda folder: None)

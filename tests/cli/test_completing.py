"""What a shell offers while a command is typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from neurosim.cli import completing


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files of several kinds."""
    for name in (
        "small.toml",
        "smart.py",
        "notes.txt",
        ".hidden.toml",
        "sets/a.toml",
        "sets/b.toml",
        "runs/one/run.h5",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_of_scenarios_and_folders_on_the_way_are_offered() -> None:
    assert completing.scenario_files("") == ["runs/", "sets/", "small.toml"]
    assert completing.network_files("sm") == ["small.toml", "smart.py"]


def test_what_is_in_the_only_folder_is_offered_with_it() -> None:
    assert completing.scenario_files("se") == ["sets/a.toml", "sets/b.toml"]


def test_a_folder_that_is_not_there_has_nothing_to_offer() -> None:
    assert completing.scenario_files("nowhere/a") == []


def test_an_absolute_path_stays_one(folder: Path) -> None:
    assert completing.scenario_files(f"{folder}/sets/a") == [f"{folder}/sets/a.toml"]


def test_backends_are_offered_after_those_that_are_named() -> None:
    assert completing.backends("ne") == ["nengo"]
    assert completing.backends("nengo,b") == ["nengo,brian2"]
    assert "nengo,nengo" not in completing.backends("nengo,")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("re", ["resume", "report"]),
        ("run sma", ["small.toml"]),
        ("run --backend bri", ["brian2"]),
        ("run --dat", ["--data"]),
        ("cache l", ["list"]),
        ("init digits_sl", ["digits_sleep", "digits_sleep_rehearsal"]),
    ],
)
def test_a_shell_gets_it_and_nothing_slow_is_imported(typed: str, offered: list[str]) -> None:
    program = (
        "import atexit, sys\n"
        "slow = {'numpy', 'brian2', 'nengo', 'lava', 'torch'}\n"
        "atexit.register(lambda: print(slow & set(sys.modules), file=sys.stderr))\n"
        "from neurosim.cli import app; app(prog_name='neurosim')"
    )
    words = f"neurosim {typed}"
    asked = {"_NEUROSIM_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env={**os.environ, **asked}
    )
    assert done.stdout.split() == offered
    assert done.stderr == "set()\n"

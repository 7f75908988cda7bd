"""Whenever a run is killed, and however often: what it leaves behind in the end is the same, byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

KILLS = 220


def test_a_run_that_is_killed_anywhere_leaves_the_same_bytes(scenario: Path, tmp_path: Path) -> None:
    program = Path(__file__).with_name("killed_runs.py")
    command = [sys.executable, program, scenario, tmp_path / "runs", KILLS, 0]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["killed"] >= KILLS
    assert found["ended"] > 10
    assert found["different"] == []

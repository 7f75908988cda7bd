"""Whatever signal ends a command, and whenever: no process and no folder is left, and it goes on to the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kills import KINDS, SIGNALS

KILLS = 9


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_command_that_is_killed_leaves_nothing_behind(kind: str, tmp_path: Path) -> None:
    pytest.importorskip({"--jobs 2": "brian2", "search": "optuna"}.get(kind, kind.partition(",")[0].partition(":")[0]))
    program = Path(__file__).with_name("kills.py")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path), str(KILLS), "0", kind], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)[kind]
    assert found["kills"] == KILLS
    left = {what: found[what] for what in ("processes", "folders", "different")}
    assert left == {"processes": 0, "folders": 0, "different": 0}, done.stderr
    codes = {0, *(-s for s in SIGNALS), *(128 + s for s in SIGNALS)}  # as signals, before Python hears of any
    assert {int(code) for code in found["codes"]} <= codes

"""What is started in a folder full of modules of strangers takes nothing of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NEUROSIM = "import sys; sys.path.remove(''); from neurosim.cli import app; app()"
"""As the installed command begins: without the working folder."""

SESSION = """
import sys
sys.path.remove("")
from neurosim.backend import registry
from neurosim.testing.cases.small import CASES
backend, mode = registry.load(sys.argv[1])
case = CASES["ep_one_sided"](0.1)
with backend.compile(case.program(), mode=mode) as session:
    session.run(case.trials)
"""


def called(code: str, *arguments: object, folder: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NEUROSIM_CACHE": str(cache)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_runs_side_by_side(tiny, foreign_folder: Path, tmp_path: Path) -> None:
    done = called(
        NEUROSIM, "run", tiny(), "--backend", "reference,loopback", "--jobs", "2",
        folder=foreign_folder, cache=tmp_path / "cache",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((foreign_folder / "runs").iterdir())) == 2


@pytest.mark.parametrize(
    ("backend", "needs"),
    [("brian2:numpy", "brian2"), ("brian2:standalone", "brian2"), ("nengo", "nengo"), ("lava:fused", "lava.magma")],
)
def test_a_session(foreign_folder: Path, tmp_path: Path, backend: str, needs: str) -> None:
    pytest.importorskip(needs, exc_type=ImportError)
    if backend == "brian2:standalone" and pytest.importorskip("neurosim_brian2.building.compiler").compiler() is None:
        pytest.skip("no C++ compiler")
    done = called(SESSION, backend, folder=foreign_folder, cache=tmp_path / "cache")
    assert (done.returncode, done.stderr) == (0, "")

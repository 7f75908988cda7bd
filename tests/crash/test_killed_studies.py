"""A study of several seeds, variants and backends that is killed in three ways ends as one that nobody killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from small_run import contents, scenario_text

from neurosim.results.studies import Study

COMMAND = [sys.executable, "-c", "import sys; from neurosim.cli import app; app(sys.argv[1:])"]
STUDY = """
[study]
name = "small"
seeds = "0..1"
backends = ["reference", "nengo:fused"]

[variants.sleep]

[variants.no_sleep]
without = ["sleep"]
"""
LONGER = "epochs = 1", "epochs = 30"
ARGUMENTS = "study", "small.toml", "--jobs", "2"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "small.toml").write_text(scenario_text().replace(*LONGER) + STUDY)
    return tmp_path


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command, which leads a process group."""
    own = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, env={**os.environ, **own}, start_new_session=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=300)
    return process.returncode, err


def phases(folder: Path) -> int:
    return len(list(folder.glob("studies/small/runs/**/phases/*.h5")))


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.02)


def kill_one_job(process: subprocess.Popen[str]) -> None:
    """Kill a process that runs jobs, of which the command has two."""
    jobs = [p for p in psutil.Process(process.pid).children() if "job_process" in " ".join(p.cmdline())]
    jobs[0].kill()


def kill_all(process: subprocess.Popen[str]) -> None:
    """Kill the command and all that it has started, which lead groups of their own."""
    children = psutil.Process(process.pid).children(recursive=True)
    for one in [psutil.Process(process.pid), *children]:
        one.kill()


def test_a_study_that_is_killed_three_times_leaves_the_same_bytes(neurosim, study: Path) -> None:
    assert neurosim("study", "small.toml", "--out", "whole").code == 0
    process = started(study, *ARGUMENTS)
    wait_for(lambda: phases(study) >= 2, process)
    kill_one_job(process)
    before = phases(study)
    wait_for(lambda: phases(study) > before + 3, process)
    kill_all(process)
    code, err = ended(process)
    assert code == -signal.SIGKILL
    assert "it is tried once more" in err

    process = started(study, *ARGUMENTS)
    before = phases(study)
    wait_for(lambda: phases(study) > before + 3, process)
    os.killpg(process.pid, signal.SIGTERM)
    code, err = ended(process)
    assert code == 128 + signal.SIGTERM
    assert "what was done is kept in studies/small; the same command goes on with it" in " ".join(err.split())

    assert neurosim("study", "small.toml").code == 0
    assert contents(study / "studies" / "small") == contents(study / "whole")
    assert len(Study.read(study / "studies" / "small").runs()) == 8

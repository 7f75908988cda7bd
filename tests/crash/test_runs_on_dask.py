"""`--on dask`: the bytes that one process leaves, though workers are killed; and whatever ends it, nothing is lost."""

from __future__ import annotations

import errno
import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import psutil
import pytest
from small_run import contents, scenario_text

from neurosim.backend import registry
from neurosim.cli.options import read_scenarios
from neurosim.cli.runs.requested_run import PlacedRun, RequestedRun
from neurosim.errors import InputError, NeurosimError
from neurosim.results.result import Stage
from neurosim.results.store.lock import Lock
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.jobs import Job, JobsListener

pytest.importorskip("distributed")
from neurosim.scenario.runs.submit.dask.dask_engine import DaskEngine

SEEDS = range(4)
KILLING = [0, 2, 5]
"""Those of the jobs that kill their workers, once each."""
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from neurosim.cli import app
app(sys.argv[1:])
"""
TIMED = {"run_dir", "seconds", "samples_per_s", "peak_memory", "wall_seconds"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(scenario_text())
    return path


def requested(file: Path, backends: list[str], seeds: range | list[int], out: Path) -> list[PlacedRun]:
    [prepared] = read_scenarios([file], None)
    loaded = [registry.load(name) for name in backends]
    return [
        PlacedRun.of(RequestedRun(prepared, file.read_text(), backend, mode, seed, out, None))
        for backend, mode in loaded
        for seed in seeds
    ]


def jobs_of(runs: list[PlacedRun]) -> list[Job[Any]]:
    return [Job(run.name, run.elsewhere, run.once_more) for run in runs]


def in_turn(runs: list[PlacedRun], out: Path) -> list[dict[str, bytes]]:
    """What the same runs leave, one after another in this process."""
    alone = [RequestedRun(r.prepared, r.text, r.backend, r.mode, r.seed, out, None) for r in runs]
    return [contents(run.here()[1]) for run in alone]


def killing_its_worker(run: PlacedRun, listener: ProgressListener) -> Any:
    """The run, up to its second stage."""
    stages = []

    def after_stage(stage: Stage) -> None:
        stages.append(stage)
        if len(stages) == 2:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)  # it ends with its worker

    listener.after_stage = after_stage
    return run.elsewhere(listener)


class Lost(JobsListener):
    def __init__(self, begins: str):
        self.jobs: list[int] = []
        self._begins = begins

    def again(self, job: int, why: str) -> None:
        assert why.startswith(self._begins)
        self.jobs.append(job)


def test_runs_leave_the_same_bytes_though_workers_are_killed(file: Path, tmp_path: Path, new_children) -> None:
    out, lost = tmp_path / "on_dask", Lost("its worker tls://127.0.0.1:")
    out.mkdir()
    runs = requested(file, ["reference", "loopback"], SEEDS, out)
    jobs = jobs_of(runs)
    for n in KILLING:
        jobs[n] = replace(jobs[n], work=functools.partial(killing_its_worker, runs[n]))
    before = new_children()
    outcomes = dict(DaskEngine(None, 2, folder=out).outcomes(jobs, lost))
    assert not psutil.wait_procs([p for p in new_children() if p not in before], timeout=5)[1]
    assert sorted(lost.jobs) == KILLING
    assert not [o for o in outcomes.values() if isinstance(o, NeurosimError)]
    assert [contents(run.place) for run in runs] == in_turn(runs, tmp_path / "in_turn")
    assert all('"resumed"' in (runs[n].place / "events.jsonl").read_text() for n in KILLING)
    assert sorted(out.iterdir()) == sorted(run.place for run in runs), "nothing else is there"


def test_the_command_prints_what_it_prints_without_and_again_only_reads(neurosim, file: Path) -> None:
    command = "run", file, "--seeds", "0,1", "--json"
    alone = neurosim(*command, "--out", "alone")
    on_dask = neurosim(*command, "--out", "placed", "--on", "dask", "--jobs", 2)
    assert (on_dask.code, on_dask.err) == (0, "")
    places = [one["run_dir"] for one in json.loads(on_dask.out)]
    assert untimed(on_dask.out) == untimed(alone.out)
    before = [contents(Path(place)) for place in places]
    once_more = neurosim(*command, "--out", "placed", "--on", "dask")
    assert untimed(once_more.out) == untimed(alone.out)
    assert [one["run_dir"] for one in json.loads(once_more.out)] == places
    assert [contents(Path(place)) for place in places] == before


def untimed(printed: str) -> list[dict[str, Any]]:
    return [without_times(run) for run in json.loads(printed)]


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in TIMED}
    return [without_times(v) for v in value] if isinstance(value, list) else value


# what goes wrong for one run


def with_fault(name: str, code: int, run: PlacedRun, listener: ProgressListener) -> Any:
    """A run on a worker whose system refuses a call."""

    def refused(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with mock.patch(name, refused):
        return run.elsewhere(listener)


@pytest.mark.slow
def test_what_a_file_system_refuses_and_a_run_in_use_are_errors_of_their_runs_alone(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    out.mkdir()
    full, no_locks, in_use, sound = runs = requested(file, ["reference"], SEEDS, out)
    jobs = jobs_of(runs)
    jobs[0] = Job(full.name, functools.partial(with_fault, "os.fsync", errno.ENOSPC, full))
    jobs[1] = Job(no_locks.name, functools.partial(with_fault, "fcntl.flock", errno.ENOLCK, no_locks))
    in_use.here()
    lock, before = Lock(in_use.place), contents(in_use.place)
    outcomes = dict(DaskEngine(None, 2).outcomes(jobs))
    lock.release()
    said = [str(outcomes[n]) for n in range(3)]
    assert all(isinstance(outcomes[n], InputError) for n in range(3))
    assert f"cannot write to {out} (No space left on device)" in said[0]
    assert "its file system knows no locks (No locks available)" in said[1]
    assert "another process is working on this run" in said[2]
    assert contents(in_use.place) == before
    assert not isinstance(outcomes[3], NeurosimError)
    assert sorted(out.iterdir()) == sorted([in_use.place, sound.place])


# what ends the command


@pytest.fixture
def begun(file: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A command on two workers, which has begun two of its runs."""
    longer = tmp_path / "longer.toml"
    longer.write_text(file.read_text().replace("epochs = 1", "epochs = 9000"))
    command = [sys.executable, "-c", COMMAND, "run", str(longer), "--seeds", "0..2", "--on", "dask", "--jobs", "2"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
    until = time.monotonic() + 100
    while len(list(tmp_path.glob("runs/digits*/run.json"))) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    yield process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.slow
def test_ctrl_c_ends_all_and_says_how_it_goes_on(begun: subprocess.Popen[str], tmp_path: Path) -> None:
    children = psutil.Process(begun.pid).children(recursive=True)
    begun.send_signal(signal.SIGINT)
    out, err = begun.communicate(timeout=30)
    assert (begun.returncode, out) == (130, "")
    runs = sorted((tmp_path / "runs").iterdir())
    assert err.startswith("interrupted; go on with: neurosim resume ")
    assert err.count("neurosim resume") == len(runs) == 2
    assert err.endswith("\nnot begun: --backend reference:numpy --seeds 2\n")
    assert len(children) >= 4
    assert not psutil.wait_procs(children, timeout=5)[1]


@pytest.mark.slow
def test_a_killed_command_leaves_no_process(begun: subprocess.Popen[str]) -> None:
    children = psutil.Process(begun.pid).children(recursive=True)
    begun.kill()
    begun.wait()
    assert not psutil.wait_procs(children, timeout=10)[1]

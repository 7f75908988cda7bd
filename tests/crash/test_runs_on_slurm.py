"""SLURM: jobs that are killed or queued anew leave the bytes of one process; each run is handed in once."""

from __future__ import annotations

import functools
import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_run import contents, scenario_text
from test_runs_on_dask import Lost, in_turn, jobs_of, requested

from neurosim.cli.runs.requested_run import PlacedRun
from neurosim.errors import BackendError, InputError, NeurosimError
from neurosim.results.result import Stage
from neurosim.results.studies.standing import StudyStanding
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.jobs import Job
from neurosim.scenario.runs.submit.slurm.resources import minutes_of
from neurosim.scenario.runs.submit.slurm.slurm_engine import SlurmEngine
from neurosim.scenario.runs.submit.slurm.submitted_job import SubmittedJob, write_jobs

pytest.importorskip("submitit")


def ended_by(number: signal.Signals, run: PlacedRun, listener: ProgressListener) -> Any:
    """The run, up to its second stage, at which its process gets a signal."""
    stages = []

    def after_stage(stage: Stage) -> None:
        stages.append(stage)
        if len(stages) == 2:
            os.kill(os.getpid(), number)

    listener.after_stage = after_stage
    return run.elsewhere(listener)


def test_jobs_that_are_killed_or_queued_anew_leave_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text(scenario_text())
    out, lost = tmp_path / "runs", Lost("its job ")
    out.mkdir()
    runs = requested(file, ["reference"], range(3), out)
    jobs = jobs_of(runs)
    jobs[0] = replace(jobs[0], work=functools.partial(ended_by, signal.SIGKILL, runs[0]))
    jobs[1] = replace(jobs[1], work=functools.partial(ended_by, signal.SIGUSR2, runs[1]))  # its time is over
    outcomes = dict(SlurmEngine(tmp_path / "jobs", cluster="local").outcomes(jobs, lost))
    assert not [o for o in outcomes.values() if isinstance(o, NeurosimError)]
    assert lost.jobs == [0]
    assert [contents(run.place) for run in runs] == in_turn(runs, tmp_path / "in_turn")
    resumed = ['"resumed"' in (run.place / "events.jsonl").read_text() for run in runs]
    assert resumed == [True, True, False]


def test_what_a_job_fails_at_is_its_outcome(tmp_path: Path) -> None:
    def refuses(listener: ProgressListener) -> None:
        raise InputError("no")

    [(_, outcome)] = SlurmEngine(tmp_path, cluster="local").outcomes([Job("a", refuses)])
    assert isinstance(outcome, InputError)


def test_a_job_of_another_version_is_refused_by_both(tmp_path: Path) -> None:
    write_jobs(tmp_path, [Job("a", print)])
    python = json.loads((tmp_path / "python.json").read_text())
    here = python["versions"]["numpy"]
    python["versions"]["numpy"] = "0.1"
    (tmp_path / "python.json").write_text(json.dumps(python))
    with pytest.raises(BackendError, match=rf"other versions.*: numpy 0\.1 there, {here} here"):
        SubmittedJob(tmp_path, 0)._do()


def test_a_job_that_slurm_has_queued_anew_goes_on_from_its_note(tmp_path: Path, monkeypatch) -> None:
    write_jobs(tmp_path, [Job("a", lambda listener: listener.note("here"), lambda noted, _: f"again {noted}")])
    job = SubmittedJob(tmp_path, 0)
    assert job._do() is None
    assert job._do() is None
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert job._do() == "again here"
    assert SubmittedJob(tmp_path, 0).checkpoint().function.tried


# the command


def test_a_dry_run_prints_the_script_and_leaves_nothing(neurosim, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(scenario_text())
    options = (
        "--partition",
        "loihi",
        "--gres",
        "loihi:1",
        "--time",
        "2h",
        "--account",
        "lab",
        "--mem",
        "4G",
        "--cpus",
        "2",
    )
    command = "run", "small.toml", "--seeds", "0..3", "--jobs", "2", "--on", "slurm", *options, "--dry-run"
    done = neurosim(*command)
    assert (done.code, done.err) == (0, "")
    for line in (
        "partition=loihi",
        "gres=loihi:1",
        "time=120",
        "account=lab",
        "mem=4G",
        "cpus-per-task=2",
        "array=0-3%2",
    ):
        assert f"#SBATCH --{line}\n" in done.out
    assert "#SBATCH --requeue\n" in done.out
    assert "export OMP_NUM_THREADS=2" in done.out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small.toml"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--on", "slrm"], "--on 'slrm': there is no such engine; did you mean 'slurm'?"),
        (["--partition", "p"], "--partition is for --on slurm"),
        (["--on", "slurm", "--time", "soon"], "--time 'soon'; expected a length such as 30m, 2h, 1d or 1-12:00:00"),
        (["--on", "slurm", "--gres", "a b"], "--gres 'a b'; expected a word as sbatch takes it"),
        (["--on", "slurm", "--same-cpu"], "--same-cpu is for --on dask"),
        (["--on", "dask:tcp://example.org:8786"], "expected tls://HOST:PORT, or --insecure"),
        (["--on", "dask:nowhere"], "expected tcp://HOST:PORT or tls://HOST:PORT of a scheduler"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(neurosim, tmp_path: Path, options: list[str], said: str) -> None:
    (tmp_path / "small.toml").write_text(scenario_text())
    done = neurosim("run", "small.toml", *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.parametrize(
    ("text", "minutes"), [("90", 90), ("30m", 30), ("2h", 120), ("1d", 1440), ("2:30:00", 150), ("1-12:00:00", 2160)]
)
def test_lengths_of_time(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands of SLURM keep what they are given; the file ``there`` has the jobs that run."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {
        "srun": "exit 0",
        "sbatch": f'echo "$1" >> {folder}/handed_in; echo "Submitted batch job 77"',
        "squeue": f"cat {folder}/there 2>/dev/null; exit 0",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_runs_are_handed_in_once_and_collected_by_the_same_command(neurosim, tmp_path: Path, slurm: Path) -> None:
    (tmp_path / "small.toml").write_text(scenario_text())
    command = "run", "small.toml", "--seeds", "0,1", "--on", "slurm"
    first = neurosim(*command)
    assert (first.code, first.out) == (0, "")
    assert "handed in: 2 runs; what they print goes to " in first.err
    assert "how far they are: squeue --jobs 77; the same command collects them" in first.err
    (slurm / "there").write_text("77_0\n77_1\n")
    assert "2 runs wait or run at SLURM already" in neurosim(*command).err
    for number in (0, 1):
        SubmittedJob(tmp_path / "runs" / "slurm" / "1", number)._do()
    collected = neurosim(*command, "--json")
    alone = neurosim("run", "small.toml", "--seeds", "0,1", "--out", "alone", "--json")
    assert [run["accuracy"] for run in json.loads(collected.out)] == [run["accuracy"] for run in json.loads(alone.out)]
    assert len((slurm / "handed_in").read_text().splitlines()) == 1


def test_a_study_hands_in_what_it_does_not_have(neurosim, tmp_path: Path, slurm: Path) -> None:
    (tmp_path / "small.toml").write_text(scenario_text())
    command = "study", "small.toml", "--out", "kept", "--on", "slurm", "--json"
    assert neurosim("study", "small.toml", "--out", "kept", "--seeds", "0").code == 0
    [handed_in] = json.loads(neurosim(*command, "--seeds", "0,1").out)
    assert handed_in == {"run_dir": "kept/runs/digits_sleep/reference-numpy/seed1", "job": "77"}
    assert "waiting" in neurosim("watch", "kept").out
    SubmittedJob(tmp_path / "kept" / "slurm" / "1", 0)._do()
    assert [run["seed"] for run in json.loads(neurosim(*command, "--seeds", "0,1").out)["runs"]] == [0, 1]
    assert StudyStanding.read(tmp_path / "kept").state == "ended"


def test_what_slurm_says_against_it_is_told(neurosim, tmp_path: Path, slurm: Path) -> None:
    (tmp_path / "small.toml").write_text(scenario_text())
    (slurm / "sbatch").write_text("#!/bin/sh\necho 'sbatch: error: invalid partition specified: moon' >&2\nexit 1\n")
    done = neurosim("run", "small.toml", "--on", "slurm", "--partition", "moon")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: SLURM does not take the jobs: sbatch: error: invalid partition specified: moon\n"
    assert not (tmp_path / "runs").exists()

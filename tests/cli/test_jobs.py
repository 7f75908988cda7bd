"""`--jobs`: runs side by side leave the same bytes as one after another, and whatever ends them, nothing is lost."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from rich.console import Console

from neurosim.backend.processes import lineage
from neurosim.backend.reference import ReferenceBackend
from neurosim.cli import progress
from neurosim.cli.options import names_of
from neurosim.errors import NeurosimError, NumericalError
from neurosim.results import store
from neurosim.scenario import engine, schema
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit import own_processes, parallel
from neurosim.scenario.runs.submit.jobs import TRIES
from neurosim.scenario.runs.submit.own_processes import OwnProcesses
from neurosim.scenario.runs.submit.parallel import Job, JobsListener

COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from neurosim.cli import app
app(sys.argv[1:])
"""
LONGER = ("epochs = 1", "epochs = 150"), ("test = 60", "test = 60\ntrain = 100")
NO_TIME = """
[workers.late]
backend = "reference"
deadline = 0.001
"""
TIMES = {"time", "seconds", "elapsed", "peak_memory"}


def contents(run: Path) -> dict[str, Any]:
    """The bytes of a run directory, and its events without their times."""
    names = sorted(str(p.relative_to(run)) for p in run.rglob("*") if p.is_file() and p.name != "lock")
    content: dict[str, Any] = {n: (run / n).read_bytes() for n in names if n != "events.jsonl"}
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    return content | {"events": [{k: v for k, v in e.items() if k not in TIMES} for e in events]}


def runs_in(out: str | Path) -> dict[str, Path]:
    """Run directories by their names without the time."""
    return {p.name.rpartition("-")[0]: p for p in Path(out).iterdir()}


# the same as one after another


@pytest.fixture(params=["nengo:native", "lava:fused", "brian2:standalone"])
def native(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param.partition(":")[0])
    return str(request.param)


def test_runs_side_by_side_leave_the_same_bytes_as_one_after_another(neurosim, tiny, native: str) -> None:
    command = "run", tiny(), "--seeds", "0..1", "--backend", "reference", "--backend", native
    assert neurosim(*command, "--out", "in_turn").code == 0
    assert neurosim(*command, "--out", "at_once", "--jobs", 2).code == 0
    in_turn, at_once = runs_in("in_turn"), runs_in("at_once")
    assert len(in_turn) == 4
    assert at_once.keys() == in_turn.keys()
    for name, run in in_turn.items():
        assert contents(at_once[name]) == contents(run)


@pytest.mark.slow
def test_processes_that_need_the_same_programs_of_brian2_compile_each_once(
    neurosim, tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("brian2")
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path / "cold"))
    command = "run", tiny(), "--seeds", "0,1", "--backend", "brian2"
    assert neurosim(*command, "--out", "at_once", "--jobs", 2).code == 0
    built = {p: p.stat().st_mtime_ns for p in (tmp_path / "cold" / "brian2").iterdir() if p.is_dir()}
    assert len(built) == 2, "wake and sleep"
    assert neurosim(*command, "--out", "in_turn").code == 0
    assert {p: p.stat().st_mtime_ns for p in built} == built
    in_turn, at_once = runs_in("in_turn"), runs_in("at_once")
    assert [contents(at_once[name]) for name in in_turn] == [contents(run) for run in in_turn.values()]


@pytest.mark.parametrize("options", [[], ["--segments"]])
def test_compare_side_by_side_finds_what_it_finds_in_turn(neurosim, tiny, options: list[str]) -> None:
    command = "compare", tiny(), "--backends", "reference,loopback", "--seeds", "1,2", "--json", *options
    in_turn, at_once = json.loads(neurosim(*command).out), json.loads(neurosim(*command, "--jobs", 2).out)
    timed = {"seconds", "samples_per_s", "ratio_to_reference"}
    for comparison in [*in_turn, *at_once]:
        comparison["backends"] = [{k: v for k, v in row.items() if k not in timed} for row in comparison["backends"]]
    assert [comparison["seed"] for comparison in in_turn] == [1, 2]
    assert ("segments" in in_turn[0]["backends"][1]) == bool(options)
    assert at_once == in_turn


def test_json_is_one_list_in_the_order_that_was_asked_for(neurosim, tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = OwnProcesses.outcomes

    def last_first(*arguments: Any) -> Iterator[tuple[int, Any]]:
        yield from sorted(outcomes(*arguments), key=lambda ended: -ended[0])

    monkeypatch.setattr(OwnProcesses, "outcomes", last_first)
    backends = ("--backend", "reference", "--backend", "nengo:fused")
    done = neurosim("run", tiny(), "--seeds", "4,3", *backends, "--jobs", 3, "--json")
    assert (done.code, done.err) == (0, "")
    asked_for = [("reference", 4), ("reference", 3), ("nengo", 4), ("nengo", 3)]
    assert [(run["backend"], run["seed"]) for run in json.loads(done.out)] == asked_for


def test_one_job_at_a_time_starts_no_process(neurosim, tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_processes, "JobProcess", None)
    assert neurosim("run", tiny(), "--seeds", "0,1").code == 0
    assert neurosim("compare", tiny(), "--seeds", "0,1", "--backends", "reference").code == 0


def test_python_gets_the_same_results_from_processes(tiny) -> None:
    scenario = schema.read(tiny())
    alone, shared = (parallel.over_seeds(scenario, ReferenceBackend().compile, [5, 6], n) for n in (1, 2))
    assert [r.seed for r in shared] == [5, 6]
    for a, b in zip(alone, shared, strict=True):
        assert a.accuracy_matrix.tolist() == b.accuracy_matrix.tolist()
        assert all(np.array_equal(a.stages[-1].learned[n], b.stages[-1].learned[n]) for n in a.stages[-1].learned)


# seeds


@pytest.mark.parametrize(
    ("options", "seeds"),
    [
        (["--seed", "3"], [3]),
        (["--seeds", "0,2"], [0, 2]),
        (["--seeds", "2..4"], [2, 3, 4]),
        (["--seed", "1", "--seed", "0"], [1, 0]),
        (["--seeds", "0..1,7, 1"], [0, 1, 7]),
    ],
)
def test_seeds_are_given_as_numbers_lists_and_ranges(neurosim, tiny, options: list[str], seeds: list[int]) -> None:
    printed = json.loads(neurosim("run", tiny(), *options, "--json").out)
    assert [run["seed"] for run in (printed if len(seeds) > 1 else [printed])] == seeds


@pytest.mark.parametrize("seeds", ["x", "", "-1", "3..1", "1.."])
@pytest.mark.parametrize("command", ["run", "compare"])
def test_what_is_no_seed_is_refused(neurosim, tiny, command: str, seeds: str) -> None:
    done = neurosim(command, tiny(), f"--seeds={seeds}")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: --seeds {seeds!r}; expected whole numbers of at least 0")
    assert done.err.count("\n") == 1


def test_a_range_of_too_many_seeds_says_how_many_there_may_be(neurosim, tiny) -> None:
    done = neurosim("run", tiny(), "--seeds=0..999999999")
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith(": 0..999999999 are 1,000,000,000 seeds; expected at most 100,000\n")


@pytest.mark.parametrize("columns", [80])
def test_the_table_at_the_end_has_mean_and_spread_of_the_seeds(neurosim, tiny, columns: int) -> None:
    done = neurosim("run", tiny(), "--seeds", "0..2", "--out", "runs")
    accuracies = [store.read(run).accuracy for run in runs_in("runs").values()]
    table = done.out[done.out.index("mean ± standard deviation of seeds 0, 1, 2") :].splitlines()
    assert f"{np.mean(accuracies):.3f} ± {np.std(accuracies, ddof=1):.3f}" in table[-1]
    assert f"{min(accuracies):.3f} to {max(accuracies):.3f}" in table[-1]
    assert max(map(len, table[1:])) <= 80


# errors


def test_an_error_of_one_job_names_it_and_the_others_end(neurosim, tiny) -> None:
    path = tiny(more=NO_TIME)
    done = neurosim("run", path, "--backend", "late", "--backend", "reference", "--seeds", "0,1", "--jobs", 2)
    assert done.code == 2
    lines = sorted(done.err.splitlines())
    assert [line.partition(": ")[2][:24] for line in lines] == ["late:numpy, seed 0: back", "late:numpy, seed 1: back"]
    assert all("gave no answer within 0.001 s" in line for line in lines)
    ended = runs_in("runs")
    assert sorted(ended) == [f"digits_sleep-reference-numpy-seed{n}" for n in (0, 1)]
    assert all(store.read(run).accuracy > 0 for run in ended.values())
    assert "mean ± standard deviation" not in done.out


def test_an_error_of_one_job_leaves_json_empty(neurosim, tiny) -> None:
    backends = "--backend", "late", "--backend", "reference"
    done = neurosim("run", tiny(more=NO_TIME), *backends, "--jobs", 2, "--json")
    assert (done.code, done.out) == (2, "")


def test_an_error_of_one_job_of_a_comparison_names_it(neurosim, tiny) -> None:
    done = neurosim("compare", tiny(more=NO_TIME), "--backends", "late", "--seeds", "0,1", "--jobs", 2)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: digits_sleep on late:numpy, seed 0: backend late")
    assert done.err.count("\n") == 1


# what ends processes


@pytest.fixture
def begun(tiny, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command in a process group of its own, and wait until two of its runs have kept a phase."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", COMMAND, "run", str(tiny(*LONGER)), "--jobs", "2", "--out", "runs", *options]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
        started.append(process)
        until = time.monotonic() + 60
        while len({p.parts[-3] for p in tmp_path.glob("runs/*/phases/*.h5")}) < 2:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def have_ended(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=5)
    return not alive


def goes_on_to_the_same_bytes(neurosim, tiny, run: Path) -> bool:
    seed = json.loads((run / "run.json").read_text())["seed"]
    assert neurosim("resume", run).code == 0
    assert neurosim("run", tiny(*LONGER), "--seed", seed, "--out", "whole").code == 0
    [whole] = runs_in("whole").values()
    resumed, expected = contents(run), contents(whole)
    resumed.pop("events"), expected.pop("events")
    return resumed == expected


def test_ctrl_c_in_one_process_names_the_runs_behind_it(begun, tmp_path: Path) -> None:
    process = begun("--seeds", "0..3", "--jobs", "1")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.endswith("\nnot begun: --backend reference:numpy --seeds 2,3\n")


def test_backends_are_given_with_commas_or_one_by_one() -> None:
    assert names_of(["nengo:fused, reference", "brian2"]) == ["nengo:fused", "reference", "brian2"]


@pytest.mark.parametrize("whole_group", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_ctrl_c_stops_all_and_says_how_each_run_goes_on(begun, tmp_path: Path, whole_group: bool) -> None:
    process = begun("--seeds", "0..2")
    children = descendants(process)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    runs = sorted(runs_in(tmp_path / "runs").values())
    resume = "; ".join(f"neurosim resume {run.relative_to(tmp_path)}" for run in runs)
    assert err == f"interrupted; go on with: {resume}\nnot begun: --backend reference:numpy --seeds 2\n"
    assert len(children) >= 2
    assert have_ended(children)


@pytest.mark.slow
def test_ctrl_c_stops_the_processes_of_lava_too(begun) -> None:
    pytest.importorskip("lava")
    process = begun("--seeds", "0,1", "--backend", "lava")
    children = descendants(process)
    assert len(children) > 4
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.count("neurosim resume") == 2
    assert "Traceback" not in err
    assert have_ended(children)


def working(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that do its jobs."""
    processes = []
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.Error):  # it has just ended
            processes += [child] if any("job_process" in part for part in child.cmdline()) else []
    return processes


def job_of(process: psutil.Process, runs: list[Path]) -> Path:
    """The run that a process has open, as it holds its lock."""
    held = {file.path for file in process.open_files()}
    return next(run for run in runs if str(run / "lock") in held)


def test_a_killed_process_costs_its_own_run_one_more_try(neurosim, tiny, begun, tmp_path: Path) -> None:
    process = begun("--seeds", "0,1")
    runs = sorted(runs_in(tmp_path / "runs").values())
    first, other = working(process)
    tried = job_of(first, runs)
    first.kill()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0
    name = tried.name.partition("-seed")[2][0]
    assert err == f"reference:numpy, seed {name}: its process was ended by SIGKILL; it is tried once more\n"
    assert sorted(runs_in(tmp_path / "runs").values()) == runs, "it went on where it was"
    assert have_ended([first, other])
    begun_anew = {run: (run / "events.jsonl").read_text().count('"resumed"') for run in runs}
    assert begun_anew == {run: int(run == tried) for run in runs}
    assert goes_on_to_the_same_bytes(neurosim, tiny, tried)


def test_a_run_whose_processes_are_killed_at_each_try_is_an_error_and_the_others_stand(begun, tmp_path: Path) -> None:
    process = begun("--seeds", "0,1")
    runs = sorted(runs_in(tmp_path / "runs").values())
    first, other = working(process)
    tried, gone = job_of(first, runs), [other]
    for _ in range(TRIES):
        gone.append(next_but(gone, process))
        gone[-1].kill()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    error = err.splitlines()[-1]
    assert error.startswith("error: reference:numpy, seed ")
    assert "its process was ended by SIGKILL, at the last of 3 tries; the system does so where memory is short" in error
    assert error.endswith(f"go on with: neurosim resume {tried.relative_to(tmp_path)}")
    [stands] = [run for run in runs if run != tried]
    assert store.read(stands).accuracy > 0


def next_but(gone: list[psutil.Process], process: subprocess.Popen[str]) -> psutil.Process:
    """A process that does a job of the command, as soon as there is another one than those."""
    until = time.monotonic() + 60
    while not (again := [p for p in working(process) if p not in gone]):
        assert time.monotonic() < until
        time.sleep(0.02)
    return again[0]


def test_work_without_a_note_is_done_anew_when_its_process_was_killed(tmp_path: Path) -> None:
    def work(listener: ProgressListener) -> str:
        if not (tmp_path / "tried").exists():
            (tmp_path / "tried").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    class Again(JobsListener):
        def again(self, job: int, why: str) -> None:
            heard.append((job, why))

    heard: list[tuple[int, str]] = []
    assert parallel.all_of([Job("a", work), Job("b", lambda _: "other")], 1, Again()) == ["done", "other"]
    assert heard == [(0, "its process was ended by SIGKILL")]


def test_a_job_that_is_tried_once_more_knows_what_it_had_noted() -> None:
    def work(listener: ProgressListener) -> str:
        listener.note("first")
        listener.note("second")
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    job = Job("a", work, lambda noted, listener: f"after {noted}")
    assert parallel.all_of([job], 2) == ["after second"]


def test_a_killed_command_leaves_no_process_behind(begun) -> None:
    process = begun("--seeds", "0,1")
    children = descendants(process)
    process.kill()
    process.wait()
    assert have_ended(children)


# what processes tell and take


class Heard(JobsListener):
    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def begun(self, job: int) -> None:
        self.events.append(("begun", job))

    def noted(self, job: int, text: str) -> None:
        self.events.append(("noted", job, text))

    def progress(self, job: int, share: float, stage: str) -> None:
        self.events.append(("progress", job, share, stage))

    def ended(self, job: int) -> None:
        self.events.append(("ended", job))


def test_progress_of_each_job_reaches_the_listener_in_order() -> None:
    def work(listener: ProgressListener) -> int:
        listener.note("here")
        listener.tell(0.25, "task 1, train")
        listener.tell(0.5, "task 2, train")
        return os.getpid()

    heard = Heard()
    process_ids = parallel.all_of([Job("a", work), Job("b", work)], 2, heard)
    assert os.getpid() not in process_ids
    for job in (0, 1):
        assert [e for e in heard.events if e[1] == job] == [
            ("begun", job),
            ("noted", job, "here"),
            ("progress", job, 0.25, "task 1, train"),
            ("progress", job, 0.5, "task 2, train"),
            ("ended", job),
        ]


def test_a_run_tells_ever_larger_shares_up_to_nearly_one(tiny) -> None:
    heard = []

    class Listening(ProgressListener):
        def tell(self, share: float, stage: str) -> None:
            heard.append((share, stage))

    scenario = schema.read(tiny())
    engine.run(scenario, ReferenceBackend().compile, listener=Listening())
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.2
    assert 0.95 < shares[-1] <= 1
    assert {"task 1, train", "task 1, sleep", "task 5, test"} <= {stage for _, stage in heard}


def test_a_line_for_each_running_job_fits_into_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DELAY", 0.0)
    terminal = Console(width=80, force_terminal=True, file=io.StringIO())
    with progress.JobsProgress(["brian2:standalone, seed 10", "b", "c"], terminal) as bar:
        for job, share in ((0, 0.5), (1, 0.25)):
            bar.begun(job)
            bar.progress(job, share, "task 10, train")
        bar.ended(1)
        drawn = Console(width=80, file=io.StringIO(), record=True)
        drawn.print(bar._bar.get_renderable())
    lines = drawn.export_text().splitlines()
    assert [line.split(" ━")[0].split("  ")[0] for line in lines] == ["all runs", "brian2:standalone, seed 10"]
    assert "1 of 3" in lines[0]
    assert "task 10, train" in lines[1]
    assert all(line.endswith("left") for line in lines)


def test_results_are_not_drawn_over() -> None:
    terminal = Console(width=80, force_terminal=True, file=io.StringIO())
    with progress.JobsProgress(["a"], terminal) as bar:
        bar._bar.start()
        before = sys.stdout
        with bar.hidden():
            assert sys.stdout is not before
            assert not bar._bar.live.is_started
        assert bar._bar.live.is_started


def test_errors_come_back_as_what_they_are() -> None:
    def work(listener: ProgressListener) -> None:
        raise NumericalError("hidden", "s", 3, 4, float("nan"))

    outcomes = dict(parallel.side_by_side([Job("a", work), Job("b", lambda _: 5)], 2))
    assert outcomes[1] == 5
    assert isinstance(outcomes[0], NumericalError)
    assert (outcomes[0].owner, outcomes[0].trial) == ("hidden", 3)
    with pytest.raises(NeurosimError, match=r"^a: hidden\.s became nan"):
        parallel.all_of([Job("a", work), Job("b", lambda _: 5)], 2)


def test_an_exception_that_is_no_error_of_ours_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        parallel.all_of([Job("a", lambda _: 1 // 0), Job("b", lambda _: 5)], 2)


@pytest.mark.parametrize(("environment", "threads"), [({}, max(1, os.cpu_count() // 2)), ({"OMP_NUM_THREADS": "3"}, 3)])
def test_blas_of_each_process_has_its_share_of_the_cores(monkeypatch, environment: dict[str, str], threads) -> None:
    pytest.importorskip("threadpoolctl")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", value)

    def work(listener: ProgressListener) -> int:
        from threadpoolctl import threadpool_info

        return max(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")

    assert parallel.all_of([Job(name, work) for name in "ab"], 2) == [min(threads, os.cpu_count())] * 2


def test_large_arrays_reach_processes_through_a_file_that_they_share() -> None:
    large = np.zeros(1_000_000)
    kinds = parallel.all_of([Job(name, lambda _: type(large).__name__) for name in "ab"], 2)
    assert kinds == ["memmap", "memmap"]


def test_a_process_whose_parent_has_died_before_it_began_ends_at_once() -> None:
    program = "from neurosim.backend.processes.lineage import end_with_parent; end_with_parent(); raise SystemExit(7)"
    environment = {**os.environ, lineage.VARIABLE: "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert done.returncode == 1


def test_a_process_prints_where_this_one_does(capfd: pytest.CaptureFixture[str]) -> None:
    parallel.all_of([Job(name, lambda _: print("here", flush=True)) for name in "ab"], 2)
    assert capfd.readouterr().out == "here\nhere\n"


def test_an_exception_that_cannot_cross_is_still_told() -> None:
    class Holding(Exception):
        def __init__(self) -> None:
            self.lock = threading.Lock()
            super().__init__("held")

    def work(listener: ProgressListener) -> None:
        raise Holding

    with pytest.raises(NeurosimError, match="a: Holding: held"):
        parallel.all_of([Job("a", work)], 2)

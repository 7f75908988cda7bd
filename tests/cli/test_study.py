"""`neurosim study` and `neurosim watch`: what a study folder holds, what is not run again, what is refused."""

from __future__ import annotations

import importlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from neurosim.errors import InputError, NumericalError
from neurosim.results import store
from neurosim.results.studies import Study, StudyDirectory, standing
from neurosim.results.studies.standing import StudyStanding
from neurosim.scenario import schema, studies
from neurosim.scenario.runs import saved_run

study_command = importlib.import_module("neurosim.cli.commands.study")  # `study` of its package is the command

STUDY = """
extends = "tiny.toml"

[study]
name = "small"
description = "with sleep and without"
seeds = "0..1"
backends = ["reference", "nengo:fused"]

[variants.sleep]

[variants.no_sleep]
without = ["sleep"]

[data]
train = 40
validation = 0

[stream]
increment = 5
"""


@pytest.fixture
def file(tiny: Callable[..., Path]) -> Callable[..., Path]:
    """Write the file of the study, with a text replaced and more at its end."""

    def write(old: str = "", new: str = "", more: str = "") -> Path:
        path = tiny().with_name("small.toml")
        assert old in STUDY
        path.write_text(STUDY.replace(old, new) + more)
        return path

    return write


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file but events, by its bytes and its inode: what is written anew has another one."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != "events.jsonl"]
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_ino) for p in files}


def events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


RUNS = [f"{v}/{b}/seed{s}" for v in ("sleep", "no_sleep") for b in ("reference-numpy", "nengo-fused") for s in (0, 1)]


def test_a_study_leaves_each_run_at_its_place(neurosim, file) -> None:
    done = neurosim("study", file())
    assert (done.code, done.err.count("accuracy")) == (0, 8)
    folder = Path("studies/small")
    found = Study.read(folder)
    assert [(c.place, c.variant, c.settings) for c in found.cells] == [
        ("sleep", "sleep", {}),
        ("no_sleep", "no_sleep", {}),
    ]
    assert sorted(str(r.path.relative_to(folder / "runs")) for r in found.runs()) == sorted(RUNS)
    assert (folder / "files" / "small.toml").read_text() == STUDY
    assert sorted(p.name for p in (folder / "files").iterdir()) == ["small.toml", "tiny.toml"]
    rows = [" ".join(line.split()[:2]) for line in done.out.splitlines() if " to " in line and "±" in line]
    assert rows == [f"{v}, {b}" for v in ("sleep", "no_sleep") for b in ("reference", "nengo")]
    told = events(folder)
    assert [e["event"] for e in told] == ["asked", "ended"]
    assert (told[0]["seeds"], told[0]["backends"]) == ([0, 1], ["reference:numpy", "nengo:fused"])


def test_its_runs_are_those_of_the_command_run(neurosim, file) -> None:
    path = file()
    neurosim("study", path, "--variants", "no_sleep", "--seeds", "1", "--backends", "reference")
    neurosim("run", path, "--variant", "no_sleep", "--seed", "1", "--out", "runs")
    [ours], [theirs] = Path("studies/small/runs").glob("*/*/seed1"), Path("runs").iterdir()
    own = {name: content for name, (content, _) in contents(ours).items()}
    assert own == {name: content for name, (content, _) in contents(theirs).items()}
    assert "sleep" not in schema.document((ours / "scenario.toml").read_text())


def test_what_is_there_is_not_run_again(neurosim, file) -> None:
    path, folder = file(), Path("studies/small")
    neurosim("study", path, "--seeds", "0")
    before, told = contents(folder), {p: p.read_text() for p in folder.rglob("seed0/events.jsonl")}
    done = neurosim("study", path, "--seeds", "0..1")
    assert "8 runs in studies/small, of which 4 had ended" in done.err
    after = contents(folder)
    kept = [name for name in before if "/" in name]
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert {p: p.read_text() for p in told} == told
    assert len(Study.read(folder).runs()) == 8


def test_side_by_side_leaves_the_same_bytes(neurosim, file) -> None:
    path = file()
    arguments = "study", path, "--backends", "reference"
    neurosim(*arguments, "--out", "one")
    assert neurosim(*arguments, "--out", "two", "--jobs", "2").code == 0
    one, two = ({n: content for n, (content, _) in contents(Path(p)).items()} for p in ("one", "two"))
    assert one == two


def test_a_changed_file_is_refused_by_the_name_of_the_cell(neurosim, file) -> None:
    neurosim("study", file(), "--seeds", "0", "--backends", "reference")
    before = contents(Path("studies"))
    done = neurosim("study", file("train = 40", "train = 41"), "--seeds", "1")
    assert done.code == 2
    assert "the cell 'sleep' was another scenario when the study began" in done.err
    assert contents(Path("studies")) == before


def test_a_new_variant_is_added(neurosim, file) -> None:
    neurosim("study", file(), "--seeds", "0", "--backends", "reference")
    done = neurosim(
        "study", file(more="\n[variants.more.sleep]\nsteps = 5\n"), "--seeds", "0", "--backends", "reference"
    )
    assert "3 runs in studies/small, of which 2 had ended" in done.err
    assert [c.place for c in Study.read(Path("studies/small")).cells] == ["sleep", "no_sleep", "more"]


def test_a_grid_and_settings_of_the_command_line(neurosim, file) -> None:
    options = "--variants", "sleep", "--backends", "reference", "--seeds", "0"
    done = neurosim("study", file(), *options, "--grid", "sleep.steps=3,4", "--set", "training.epochs=2")
    assert done.code == 0
    found = Study.read(Path("studies/small"))
    assert [c.settings for c in found.cells] == [{"sleep.steps": n, "training.epochs": 2} for n in (3, 4)]
    for run in found.runs():
        tables = schema.document((run.path / "scenario.toml").read_text())
        assert {
            "sleep.steps": tables["sleep"]["steps"],
            "training.epochs": tables["training"]["epochs"],
        } == run.cell.settings


def test_as_json(neurosim, file) -> None:
    done = neurosim("study", file(), "--backends", "reference", "--seeds", "0", "--json")
    said = json.loads(done.out)
    assert (said["study"], said["folder"], said["failed"]) == ("small", "studies/small", [])
    assert [(r["variant"], r["settings"], r["seed"]) for r in said["runs"]] == [("sleep", {}, 0), ("no_sleep", {}, 0)]


def test_a_run_that_fails_is_told_and_the_others_go_on(neurosim, file, monkeypatch) -> None:
    go_on = saved_run.go_on

    def failing(directory: store.RunDirectory, *rest: Any) -> Any:
        if directory.identity.seed == 0:
            raise NumericalError("hidden", "s", 3, 4, float("nan"))
        return go_on(directory, *rest)

    monkeypatch.setattr(saved_run, "go_on", failing)
    path = file()
    done = neurosim("study", path, "--backends", "reference", "--variants", "sleep")
    assert done.code == 2
    assert "error: sleep on reference:numpy, seed 0: hidden.s became nan" in done.err
    folder = Path("studies/small")
    assert [r.identity.seed for r in Study.read(folder).runs()] == [1]
    assert [(e["event"], e.get("run")) for e in events(folder)][1:] == [
        ("failed", "sleep/reference-numpy/seed0"), ("ended", None),
    ]  # fmt: skip
    assert [r.status for r in StudyStanding.read(folder).runs] == ["failed", "ended"]
    monkeypatch.undo()
    os.chdir(path.parent)
    assert neurosim("study", path, "--backends", "reference", "--variants", "sleep").code == 0


def test_a_damaged_run_goes_on_from_before_the_damage(neurosim, file) -> None:
    arguments = "study", file(), "--backends", "reference", "--seeds", "0"
    neurosim(*arguments)
    before = {n: content for n, (content, _) in contents(Path("studies")).items()}
    phase = next(Path("studies").rglob("sleep/**/0003-*.h5"))
    phase.write_bytes(phase.read_bytes()[:-1])
    assert neurosim(*arguments).code == 0
    assert {n: content for n, (content, _) in contents(Path("studies")).items()} == before


def test_a_run_of_another_cell_is_not_taken(neurosim, file) -> None:
    arguments = "study", file(), "--backends", "reference", "--seeds", "0"
    neurosim(*arguments)
    runs = Path("studies/small/runs")
    shutil.rmtree(runs / "no_sleep")
    shutil.copytree(runs / "sleep", runs / "no_sleep")
    done = neurosim(*arguments)
    assert done.code == 2
    assert "a run of another scenario, backend or seed than belongs here" in done.err


MISTAKES = [
    ("", "", "", ("--variants", "sleeep"), "small.toml: there is no variant 'sleeep'; did you mean 'sleep'?"),
    ("", "", "", ("--grid", "sleep.steps"), "--grid 'sleep.steps'; expected KEY=VALUE"),
    (
        "",
        "",
        "",
        ("--grid", "sleep.steps=3"),
        "small.toml: variant no_sleep: setting sleep.steps: 'sleep' is not there",
    ),
    ("", "", "", ("--set", "training.epoch=3"), "setting training.epoch: 'epoch' is not there; did you mean 'epochs'"),
    ("", "", "", ("--backends", "brain2"), "brain2"),
    ("", "", "", ("--backends", "reference,reference:numpy"), "reference:numpy is named twice"),
    ("0..1", "1..0", "", (), "small.toml: seeds: '1..0'; expected whole numbers of at least 0"),
    ("increment = 5", "increment = 3", "", (), "small.toml: variant sleep: "),
    ("", "", "\n[variants.bad.sleep]\nstepz = 3\n", (), "small.toml: variant bad: unknown key 'sleep.stepz'"),
]


@pytest.mark.parametrize(("old", "new", "more", "options", "told"), MISTAKES, ids=[m[-1][-50:] for m in MISTAKES])
def test_a_mistake_changes_nothing_on_disk(neurosim, file, old, new, more, options, told) -> None:
    path = file(old, new, more)
    before = sorted(Path().rglob("*"))
    done = neurosim("study", path, *options)
    assert done.code == 2
    assert told in done.err
    assert sorted(Path().rglob("*")) == before


WORKER = '\n[workers.far]\nbackend = "reference"\n'


def test_a_file_alone_starts_no_worker(neurosim, file) -> None:
    path = file('["reference", "nengo:fused"]', '["far"]', WORKER)
    done = neurosim("study", path)
    assert done.code == 2
    assert "study.backends names worker 'far', for which the file starts" in done.err
    assert not Path("studies").exists()
    assert neurosim("study", path, "--backends", "far", "--seeds", "0", "--variants", "sleep").code == 0


def test_a_study_as_a_call(file, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    tables = {**schema.document(STUDY), "variants": {"sleep": {}}}
    file()
    options: dict[str, Any] = {"seeds": [0], "backends": ["reference"], "out": "here"}
    found = studies.run(tables, grid={"sleep.steps": [3]}, **options)
    assert [(r.cell.place, r.where, r.has_ended) for r in found.runs()] == [
        ("sleep,sleep.steps=3", "reference:numpy", True)
    ]
    with pytest.raises(InputError, match=r"seeds: 0\.5; expected a whole number"):
        studies.run("small.toml", seeds=[0.5])  # type: ignore[list-item]


# watching


def test_watching_reads_what_there_is(neurosim, file) -> None:
    path = file()
    neurosim("study", path, "--backends", "reference", "--seeds", "0")
    folder = Path("studies/small")
    before = contents(folder)
    done = neurosim("watch", folder)
    assert done.code == 0
    assert "small: ended; 2 of 2 runs ended" in done.out
    assert contents(folder) == before


def going(folder: Path, seeds: list[int], pid: int = os.getpid()) -> None:
    """A study of which one run has ended is begun once more, for more seeds."""
    about = Study.read(folder).about
    with StudyDirectory.open(folder, about, {}) as directory:
        asked = {"cells": ["sleep"], "backends": ["reference:numpy"], "seeds": seeds}
        directory.tell("asked", **asked, process=pid, host=standing.socket.gethostname())


def test_runs_that_wait_and_go_on_are_told(neurosim, file) -> None:
    arguments = "study", file(), "--backends", "reference", "--variants", "sleep"
    neurosim(*arguments, "--seeds", "0")
    folder = Path("studies/small")
    going(folder, [0, 1, 2])
    run = folder / "runs/sleep/reference-numpy"
    shutil.copytree(run / "seed0", run / "seed1")
    (run / "seed1/result.json").unlink()
    store.events.append(run / "seed1", "resumed")
    with open(run / "seed1/metrics.jsonl", "a") as half_written:
        half_written.write('{"task": 2, "acc')
    with open(folder / "events.jsonl", "a") as half_written:
        half_written.write('{"time": "2')
    found = StudyStanding.read(folder)
    assert (found.state, [r.status for r in found.runs]) == ("going", ["ended", "going", "waiting"])
    assert found.runs[1].tasks == 2
    done = neurosim("watch", folder, "--once")
    assert "small: going on for" in done.out
    assert "1 of 3 runs ended, 1 going, 1 waiting" in done.out
    assert "seed 1 task 2/2" in done.out


def test_a_study_whose_process_is_gone_has_stopped(neurosim, file) -> None:
    neurosim("study", file(), "--backends", "reference", "--variants", "sleep", "--seeds", "0")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    going(Path("studies/small"), [0, 1], gone.pid)
    assert StudyStanding.read(Path("studies/small")).state == "stopped"


def test_watching_tells_what_is_damaged(neurosim, file) -> None:
    neurosim("study", file(), "--backends", "reference", "--variants", "sleep")
    folder = Path("studies/small")
    result = folder / "runs/sleep/reference-numpy/seed1/result.json"
    result.write_text(result.read_text()[:-30])
    with open(folder / "events.jsonl", "a") as damaged:
        damaged.write('{"time": \n[]\n{"half')
    done = neurosim("watch", folder)
    assert "1 of 2 runs ended, 1 damaged" in done.out
    assert "damaged: seed 1" in done.out
    assert "events.jsonl: 2 lines cannot be read, so runs that were asked for may be missing here" in done.out


def test_a_run_whose_folder_is_gone_is_missed_by_its_seed(neurosim, file) -> None:
    neurosim("study", file(), "--backends", "reference", "--variants", "sleep")
    shutil.rmtree("studies/small/runs/sleep/reference-numpy/seed1")
    assert "1 run is missing: sleep on reference:numpy, seed 1 (not begun)" in neurosim("table", "studies/small").out
    shutil.rmtree("studies/small/runs/sleep/reference-numpy/seed0")
    assert "2 runs are missing: sleep on reference:numpy, seed 0 (not begun);" in neurosim("table", "studies/small").err


def test_watching_goes_on_until_it_is_interrupted(neurosim, file, monkeypatch) -> None:
    neurosim("study", file(), "--backends", "reference", "--variants", "sleep", "--seeds", "0")
    going(Path("studies/small"), [0, 1])
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(study_command, "out", Console(file=io.StringIO(), force_terminal=True, width=80))
    monkeypatch.setattr(study_command.time, "sleep", sleep)
    assert (neurosim("watch", "studies/small").code, len(looks)) == (130, 3)


def test_events_name_no_places_outside_of_the_study(neurosim, file) -> None:
    neurosim("study", file(), "--backends", "reference", "--variants", "sleep", "--seeds", "0")
    folder = Path("studies/small")
    bad = {"cells": ["../../x", 3, None], "backends": ["a/b:c", 3], "seeds": ["0", -1, True, 1.5]}
    store.events.append(folder, "asked", **bad, process="x", host=[])
    store.events.append(folder, "asked", cells=3, backends=None)
    assert [r.seed for r in StudyStanding.read(folder).runs] == [0]


@pytest.mark.parametrize("columns", [50, 60, 80])
def test_a_narrow_terminal_shows_all(neurosim, file, columns: int) -> None:
    neurosim("study", file(), "--backends", "reference", "--seeds", "0")
    done = neurosim("watch", "studies/small", "--once")
    assert max(map(len, done.out.splitlines())) <= columns
    assert " ".join(done.out.split()).count("no_sleep, reference:numpy") == 1 or "no_sleep," in done.out


def test_what_is_no_study_is_told(neurosim) -> None:
    done = neurosim("watch", "nowhere")
    assert (done.code, "nowhere is not the folder of a study: it has no study.json" in done.err) == (2, True)


# comparisons that are kept

TIMES = ("samples_per_s", "ratio_to_reference", "seconds", "compile_s", "peak_memory")


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in TIMES}
    return [without_times(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_comparison_that_is_kept_finds_the_same(neurosim, file, jobs: int) -> None:
    arguments = "compare", file(), "--backends", "nengo:fused", "--json", "--variant", "no_sleep", "--segments"
    plain = json.loads(neurosim(*arguments).out)
    done = neurosim(*arguments, "--out", "kept", "--jobs", jobs)
    assert (done.code, without_times(json.loads(done.out))) == (0, without_times(plain))
    document, _ = store.checksummed.read_json(Path("kept/comparison.json"))
    assert document == {"neurosim_comparison": 1, "comparisons": [json.loads(done.out)]}
    assert [str(r.path) for r in Study.read(Path("kept")).runs()] == [
        "kept/runs/no_sleep/reference-numpy/seed0", "kept/runs/no_sleep/nengo-fused/seed0",
    ]  # fmt: skip
    before = contents(Path("kept/runs"))
    assert neurosim(*arguments, "--out", "kept").code == 0
    assert contents(Path("kept/runs")) == before
    assert StudyStanding.read(Path("kept")).state == "ended"


def test_a_ladder_is_kept(neurosim, file) -> None:
    path = file(more='\n[devices.chip]\non = "reference"\nweight_bits = 4\n')
    done = neurosim(
        "compare", path, "--variant", "no_sleep", "--ladder", "float,quantised,chip", "--json", "--out", "kept"
    )
    assert done.code == 0
    document, _ = store.checksummed.read_json(Path("kept/ladder.json"))
    assert document == {"neurosim_ladder": 1, "ladders": [json.loads(done.out)]}


def test_files_of_one_name_are_not_compared_in_one_folder(neurosim, tiny) -> None:
    done = neurosim("compare", tiny(), tiny(name="other.toml"), "--backends", "reference", "--out", "kept")
    assert (done.code, Path("kept").exists()) == (2, False)
    assert "two files have a scenario 'digits_sleep'" in done.err

"""A scenario on a worker that it names: the same result; after trouble `resume` goes on to the same bytes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from worker_processes import assert_gone, processes

from neurosim.errors import SpecError
from neurosim.scenario import spec

DIGITS = Path(__file__).parents[1] / "digits_sleep.toml"
SMALLER = {
    "size = 256": "size = 4", "increment = 2": "increment = 5",
    "test = 360": "test = 20", "validation = 287": "train = 20",
    "free_steps = 20": "free_steps = 2", "nudged_steps = 8": "nudged_steps = 1", "steps = 747": "steps = 9",
}  # fmt: skip
RUNS = 6
"""Two tasks, each trained, slept on and tested."""


def scenario(folder: Path, workers: str) -> Path:
    text = DIGITS.read_text()
    for old, new in SMALLER.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "small.toml"
    path.write_text(text + workers)
    return path


def contents(run: Path) -> dict[str, bytes]:
    files = (p for p in run.rglob("*") if p.is_file() and p.name != "events.jsonl")
    return {str(p.relative_to(run)): p.read_bytes() for p in files}


@pytest.mark.parametrize(("fault", "at"), [("die", 1), ("hang", 2), ("stop", 3), ("fail", 4), ("babble", 6)])
def test_a_run_whose_worker_fails_is_resumed_to_the_same_bytes(neurosim, tmp_path, mischief, fault: str, at: int):
    check_resumes(neurosim, scenario(tmp_path, LAB.format("misbehaving")), tmp_path, mischief, fault, at)


@pytest.mark.parametrize(("fault", "at"), [("die", 2), ("hang", 5)])
def test_with_a_simulator_in_the_worker(neurosim, tmp_path, mischief, fault: str, at: int) -> None:
    check_resumes(neurosim, scenario(tmp_path, LAB.format("misbehaving-nengo")), tmp_path, mischief, fault, at)


LAB = '\n[workers.lab]\nbackend = "{}"\ndeadline = 4\n'


def check_resumes(neurosim, path: Path, folder: Path, mischief, fault: str, at: int) -> None:
    assert neurosim("run", path, "--backend", "lab", "--out", folder / "whole").code == 0
    [whole] = (folder / "whole").iterdir()
    left = processes()
    mischief(f"{fault} {at}")
    done = neurosim("run", path, "--backend", "lab", "--out", folder / "runs")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: backend lab: ")
    assert done.err.count("\n") == 1
    if at == 1:  # nothing had been done, so nothing is kept
        assert not (folder / "runs").exists()
        assert neurosim("run", path, "--backend", "lab", "--out", folder / "runs").code == 0
    [run] = (folder / "runs").iterdir()
    assert_gone(left)
    assert len(list(run.glob("phases/*.h5"))) == (RUNS if at == 1 else at - 1)
    assert neurosim("resume", run).code == 0
    assert contents(run) == contents(whole)


def test_compare_takes_workers_beside_backends(neurosim, tmp_path: Path, ssh) -> None:
    text = '\n[workers.mine]\nbackend = "reference"\n'
    text += f'\n[workers.board]\nbackend = "reference"\nssh = "user@host"\npython = "{sys.executable}"\n'
    done = neurosim("compare", scenario(tmp_path, text), "--json", "--backends", "mine,board:numpy,loopback")
    assert done.code == 0
    rows = json.loads(done.out)["backends"]
    assert [r["name"] for r in rows] == ["reference", "mine", "board", "loopback"]
    assert {(r["tier"], r["kind"], r["max_abs_dw"]) for r in rows} == {("T0", "reference", 0)}


@pytest.mark.parametrize(
    ("table", "name", "texts"),
    [
        ('[workers.lab]\nbackend = "refrence"', "lab", ("backend lab", "did you mean 'reference'?")),
        ('[workers.lab]\nbackend = "reference"', "lba", ("backend 'lba'", "did you mean 'lab'?")),
        ('[workers.lab]\nbackend = "reference"', "lab:fast", ("lab has no mode 'fast'", "known: numpy")),
        ('[workers.lab]\nbackend = "reference"\npython = "no-such-python"', "lab", ("no-such-python did not start",)),
        ('[workers.nengo]\nbackend = "nengo"', "reference", ("[workers.nengo]: an installed backend is called",)),
    ],
)
def test_mistakes_end_in_one_paragraph(neurosim, tmp_path: Path, table: str, name: str, texts: tuple[str, ...]) -> None:
    done = neurosim("run", scenario(tmp_path, f"\n{table}\n"), "--backend", name)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert all(text in done.err for text in texts), done.err


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[workers.lab]\nbackend = 3", "'workers.lab.backend' = 3"),
        ('[workers.lab]\nssh = "a"', "'workers.lab.backend' is missing"),
        ('[workers.lab]\nbackend = "nengo"\npyton = "x"', "unknown key 'workers.lab.pyton'; did you mean 'python'?"),
        ('[workers.lab]\nbackend = "nengo"\ndeadline = 0', "'workers.lab.deadline' = 0: input should be greater"),
        ('[workers."a:b"]\nbackend = "nengo"', "a:b"),
    ],
)
def test_a_table_with_a_mistake_is_refused(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        spec.read(scenario(tmp_path, f"\n{table}\n"))
    assert message in str(error.value)

"""``[data] code`` on the command line: it runs where --allow-code says so, and is kept with the run."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from test_mistakes import refused

CODE = """
from pathlib import Path
import numpy as np
from neurosim.scenario import datasets

with Path(__file__).with_name("ran").open("a") as log:
    log.write("x")

def load(folder, steps):
    digits = datasets.load("digits", test=0)
    return datasets.Samples(digits.array, digits.labels)
"""
BY_CODE = ('name = "digits"', 'code = "my_data.py:load"')
FEWER = ("test = 60", "test = 60\ntrain = 60"), ("validation = 1637", "validation = 60")
SEARCH = """
[search]
trials = 1
seeds = [5]

[search.range]
"sleep.rate" = { low = 0.1, high = 0.9 }
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "my_data.py"
    path.write_text(CODE)
    return path


def times_run(code: Path) -> int:
    log = code.with_name("ran")
    return len(log.read_text()) if log.exists() else 0


def unfinished(folder: Path) -> None:
    """The run as if it had been killed before its last phase."""
    (folder / "result.json").unlink()
    sorted((folder / "phases").iterdir())[-1].unlink()


@pytest.mark.parametrize("command", ["run", "compare", "search", "pretrain", "loihi", "map"])
def test_no_command_executes_code_unless_it_is_told_to(neurosim, tiny, code: Path, command: str) -> None:
    path = tiny(BY_CODE, *FEWER, more=SEARCH)
    refused(neurosim(command, path), "tiny.toml: [data] code = ", "Python code is executed", "add --allow-code")
    assert times_run(code) == 0
    assert "--allow-code" in neurosim(command, "--help").out


@pytest.mark.parametrize("command", ["run", "compare", "search"])
def test_commands_that_are_told_to_execute_it_once(neurosim, tiny, code: Path, command: str) -> None:
    path = tiny(BY_CODE, *FEWER, more=SEARCH)
    more = ("--backends", "reference,loopback") if command == "compare" else ()
    assert neurosim(command, path, "--allow-code", *more).code == 0
    assert times_run(code) == 1


def test_several_runs_side_by_side_execute_it_once(neurosim, tiny, code: Path) -> None:
    done = neurosim("run", tiny(BY_CODE, *FEWER), "--allow-code", "--seeds", "0,1", "--jobs", 2)
    assert done.code == 0
    assert times_run(code) == 1


def test_a_run_keeps_the_digest_of_its_code_and_others_say_nothing_of_any(neurosim, tiny, code: Path) -> None:
    folder = Path(json.loads(neurosim("run", tiny(BY_CODE, *FEWER), "--allow-code", "--json").out)["run_dir"])
    identity = json.loads((folder / "run.json").read_text())
    assert identity["source"] == [str(code), hashlib.sha256(code.read_bytes()).hexdigest()]
    other = Path(json.loads(neurosim("run", tiny(*FEWER), "--json").out)["run_dir"])
    assert "source" not in json.loads((other / "run.json").read_text())
    assert "code" not in json.loads((other / "resolved.json").read_text())["data"]


def test_a_run_goes_on_where_it_is_told_again(neurosim, tiny, code: Path) -> None:
    folder = Path(json.loads(neurosim("run", tiny(BY_CODE, *FEWER), "--allow-code", "--json").out)["run_dir"])
    whole = (folder / "result.json").read_bytes()
    unfinished(folder)
    before = times_run(code)
    done = neurosim("resume", folder)
    assert (done.code, done.out) == (2, "")
    assert f"its data are given by {code}, which is executed" in done.err
    assert "add --allow-code" in done.err
    assert times_run(code) == before
    assert neurosim("resume", folder, "--allow-code").code == 0
    assert times_run(code) == before + 1
    assert (folder / "result.json").read_bytes() == whole


def test_a_run_does_not_go_on_with_other_code_which_is_not_executed(neurosim, tiny, code: Path) -> None:
    folder = Path(json.loads(neurosim("run", tiny(BY_CODE, *FEWER), "--allow-code", "--json").out)["run_dir"])
    unfinished(folder)
    before = times_run(code)
    code.write_text(CODE + "\n")
    done = neurosim("resume", folder, "--allow-code")
    assert done.code == 2
    assert "the code of [data] is not as it was when the run began" in done.err
    assert times_run(code) == before
    code.unlink()
    assert f"{code}: No such file or directory" in neurosim("resume", folder, "--allow-code").err


def test_a_run_that_has_ended_is_read_without_its_code(neurosim, tiny, code: Path) -> None:
    made = json.loads(neurosim("run", tiny(BY_CODE, *FEWER), "--allow-code", "--json").out)
    code.unlink()
    done = neurosim("resume", made["run_dir"], "--json")
    assert done.code == 0
    told = json.loads(done.out)
    assert told["accuracy_matrix"] == made["accuracy_matrix"]


def test_a_run_that_was_moved_finds_its_code(neurosim, tiny, code: Path, tmp_path: Path) -> None:
    folder = Path(json.loads(neurosim("run", tiny(BY_CODE, *FEWER), "--allow-code", "--json").out)["run_dir"])
    unfinished(folder)
    moved = tmp_path / "elsewhere" / "deep" / "run"
    moved.parent.mkdir(parents=True)
    shutil.move(folder, moved)
    assert neurosim("resume", moved, "--allow-code").code == 0


def test_the_best_file_of_a_search_leads_to_the_same_code_from_another_folder(neurosim, tiny, code: Path) -> None:
    (code.parent / "best").mkdir()
    best = code.parent / "best" / "b.toml"
    assert neurosim("search", tiny(BY_CODE, *FEWER, more=SEARCH), "--allow-code", "--out", best).code == 0
    assert 'code = "../my_data.py:load"' in best.read_text()
    assert neurosim("run", best, "--allow-code").code == 0


def test_an_interrupted_run_says_that_it_needs_the_word_again(neurosim, tiny, code: Path, monkeypatch) -> None:
    from neurosim.scenario import engine

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "run_prepared", interrupted)
    done = neurosim("run", tiny(BY_CODE, *FEWER), "--allow-code")
    assert "neurosim resume" in done.err
    assert done.err.rstrip().endswith("--allow-code")


def test_a_dry_run_of_a_board_executes_code_where_it_is_told_to(neurosim, tiny, code: Path) -> None:
    board = '\n[devices.board]\nlink = "process"\n'
    path = tiny(BY_CODE, *FEWER, more=board)
    done = neurosim("device", "probe", path, "board", "--dry-run")
    assert (done.code, "add --allow-code" in done.err, times_run(code)) == (2, True, 0)
    neurosim("device", "probe", path, "board", "--dry-run", "--allow-code")
    assert times_run(code) == 1

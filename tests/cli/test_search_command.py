"""`neurosim search`: what it prints, what it leaves behind, and what it refuses."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from neurosim.scenario import engine

KEYS = {
    "scenario", "backend", "mode", "seeds", "trials", "pruned", "trial", "accuracy", "settings", "storage", "file",
}  # fmt: skip
SEARCH = """
[search]
trials = 2
seeds = [5]

[search.range]
"network.projection.*.sleep.learning.0.inc" = { low = 1e-3, high = 5e-2, log = true }
"sleep.rate" = { low = 0.1, high = 0.9 }
"""
FEWER = ("test = 60", "test = 60\ntrain = 60"), ("validation = 1637", "validation = 60")


def test_it_prints_one_json_object_with_exactly_these_keys(neurosim, tiny) -> None:
    path = tiny(*FEWER, more=SEARCH)
    done = neurosim("search", path, "--json")
    assert (done.code, done.err) == (0, "")
    summary = json.loads(done.out)
    assert set(summary) == KEYS
    assert (summary["scenario"], summary["backend"], summary["mode"]) == ("digits_sleep", "reference", "numpy")
    assert (summary["trials"], summary["seeds"]) == (2, [5])
    assert set(summary["settings"]) == {"network.projection.*.sleep.learning.0.inc", "sleep.rate"}
    assert (summary["storage"], summary["file"]) == (
        str(path.parent / "tiny-search.db"),
        str(path.parent / "tiny-best.toml"),
    )


def test_run_takes_the_best_file(neurosim, tiny) -> None:
    summary = json.loads(neurosim("search", tiny(*FEWER, more=SEARCH), "--json").out)
    assert f"rate = {summary['settings']['sleep.rate']}" in Path(summary["file"]).read_text()
    assert neurosim("run", summary["file"]).code == 0


def test_the_same_command_runs_no_trial_twice(neurosim, tiny, monkeypatch) -> None:
    path = tiny(*FEWER, more=SEARCH)
    first = neurosim("search", path, "--json")
    monkeypatch.setattr(engine, "run_prepared", lambda *_, **__: pytest.fail("a trial was run"))
    assert neurosim("search", path, "--json").out == first.out


def test_options_are_obeyed_before_the_file(neurosim, tiny) -> None:
    path = tiny(*FEWER, more=SEARCH)
    kept = path.parent / "other.db", path.parent / "other.toml"
    options = ("--trials", 1, "--seeds", "7,8", "--storage", kept[0], "--out", kept[1])
    summary = json.loads(neurosim("search", path, *options, "--json").out)
    assert (summary["trials"], summary["seeds"]) == (1, [7, 8])
    assert all(file.is_file() for file in kept)


def test_the_table_has_every_range_and_fits_into_80_columns(neurosim, tiny, monkeypatch) -> None:
    monkeypatch.setattr("neurosim.cli.commands.search.out", Console(highlight=False, width=80))
    done = neurosim("search", tiny(*FEWER, more=SEARCH))
    assert done.code == 0
    lines = done.out.splitlines()
    rows = {line.split()[0]: line for line in lines if line.startswith(("network", "sleep"))}
    assert set(rows) == {"network.projection.*.sleep.learning.0.inc", "sleep.rate"}
    assert all(text in rows["sleep.rate"] for text in ("0.1 to 0.9", "0.674"))
    assert max(len(row) for row in rows.values()) <= 80
    for text in ("digits_sleep: 2 trials, 0 of them ended early", "seed 5, validation part"):
        assert text in lines[0]


@pytest.mark.parametrize(
    ("more", "options", "texts"),
    [
        ("", [], ["tiny.toml: it has no [search]"]),
        (SEARCH.replace("sleep.rate", "sleep.rat"), [], ["tiny.toml", "'sleep.rat'", "did you mean 'rate'?"]),
        (SEARCH, ["--seeds", "1,x"], ["--seeds '1,x'; expected whole numbers of at least 0"]),
        (SEARCH, ["--out", "nowhere/best.toml"], ["nowhere/best.toml: there is no folder nowhere"]),
        (SEARCH, ["--backend", "referense"], ["did you mean 'reference'?"]),
    ],
)
def test_a_mistake_ends_in_one_paragraph_and_leaves_nothing(
    neurosim, tiny, more: str, options: list[str], texts: list[str]
) -> None:
    path = tiny(*FEWER, more=more)
    done = neurosim("search", path, *options)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    for text in ["error: ", *texts]:
        assert text in done.err
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("command", ["storage", "out"])
@pytest.mark.parametrize("made", [os.mkfifo, os.mkdir])
def test_what_is_no_regular_file_is_refused_at_once(neurosim, tiny, tmp_path: Path, command: str, made) -> None:
    made(tmp_path / "there")
    done = neurosim("search", tiny(*FEWER, more=SEARCH), f"--{command}", tmp_path / "there")
    assert (done.code, done.out) == (2, "")
    assert "expected a regular file" in done.err
    assert not list(tmp_path.glob("*.lock"))


def test_the_best_file_takes_the_place_of_neither_storage_nor_scenario(neurosim, tiny, tmp_path: Path) -> None:
    path = tiny(*FEWER, more=SEARCH)
    text = path.read_text()
    for options in (("--out", path), ("--out", tmp_path / "same", "--storage", tmp_path / "same")):
        done = neurosim("search", path, *options)
        assert (done.code, done.out) == (2, "")
        assert "name another file" in done.err
    assert path.read_text() == text
    assert not (tmp_path / "same").exists()


@pytest.mark.parametrize("what", ["text", "another database"])
def test_a_storage_that_holds_something_else_is_left_as_it_is(neurosim, tiny, tmp_path: Path, what: str) -> None:
    storage = tmp_path / "other.db"
    if what == "text":
        storage.write_text("mine")
    else:
        with closing(sqlite3.connect(storage)) as database:
            database.execute("create table addresses (name text)")
            database.commit()
    before = storage.read_bytes()
    done = neurosim("search", tiny(*FEWER, more=SEARCH), "--storage", storage)
    assert (done.code, done.out) == (2, "")
    assert "no storage of a search" in done.err
    assert storage.read_bytes() == before
    assert not list(tmp_path.glob("*.lock"))


def test_a_storage_has_no_question_mark(neurosim, tiny, tmp_path: Path) -> None:
    done = neurosim("search", tiny(*FEWER, more=SEARCH), "--storage", tmp_path / "a?b.db")
    assert (done.code, done.out) == (2, "")
    assert not (tmp_path / "a").exists()

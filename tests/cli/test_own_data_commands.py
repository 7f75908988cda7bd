"""`[data] file` on the command line: paths, notes and mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from neurosim.scenario import datasets

NAME = 'name = "digits"'


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """The digits as a file, in the folder of the scenarios."""
    data = datasets.load("digits", test=20)
    np.savez(tmp_path / "own.npz", x=data.array, y=data.labels)
    return tmp_path / "own.npz"


def accuracy(done) -> float:
    assert done.code == 0, done.err
    return json.loads(done.out)["accuracy"]


def test_a_file_gives_what_the_name_gives(neurosim, tiny, digits: Path) -> None:
    by_name = accuracy(neurosim("run", tiny(name="a.toml"), "--json"))
    assert accuracy(neurosim("run", tiny((NAME, 'file = "own.npz"'), name="b.toml"), "--json")) == by_name
    assert accuracy(neurosim("run", tiny((NAME, f'file = "{digits}"'), name="c.toml"), "--json")) == by_name


def test_a_file_is_beside_its_scenario_and_not_in_the_working_folder(
    neurosim, tiny, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny((NAME, 'file = "own.npz"'))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert neurosim("run", path, "--json").code == 0


def test_a_file_is_looked_for_in_the_folder_of_data_sets_too(neurosim, tiny, digits: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    digits.rename(tmp_path / "data" / "own.npz")
    path = tiny((NAME, 'file = "own.npz"'))
    assert neurosim("run", path, "--data", tmp_path / "data", "--json").code == 0
    assert neurosim("run", path).code == 2


def test_scenarios_that_are_compared_read_a_file_once(
    neurosim, tiny, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, read = [], datasets.from_file
    monkeypatch.setattr(datasets, "from_file", lambda **k: calls.append(k["file"]) or read(**k))
    paths = [tiny((NAME, 'file = "own.npz"'), name=name) for name in ("a.toml", "b.toml")]
    assert neurosim("compare", *paths, "--backends", "reference").code == 0
    assert calls == [str(digits)]


def test_spikes_that_are_left_out_are_told(neurosim, tiny, tmp_path: Path) -> None:
    y = np.arange(40) % 10
    offsets, units = np.arange(41) * 2, np.tile([3, 5], 40)
    np.savez(tmp_path / "own.npz", times=np.tile([10, 60], 40) % 99, units=units, offsets=offsets, y=y)
    table = 'file = "own.npz"\nsteps = 50\nduration = "60 ms"\ntime_unit = "ms"\nunits = 64\nshow = "rates"'
    changes = (NAME, table), ("test = 60", "test = 10"), ("validation = 1637", "validation = 0")
    done = neurosim("run", tiny(*changes), "--json")
    assert done.code == 0
    note = "data: 40 of 80 spikes are left out, at or after the end of their samples\n"
    assert done.err == f"note: {tmp_path / 'tiny.toml'}: {note}"


MISTAKES = {
    "neither": ("", "expected one of name, file, code, tonic, found none of them"),
    "both": (f'{NAME}\nfile = "own.npz"', "expected one of name, file, code, tonic, found name and file"),
    "a key": ('file = "own.npz"\nsclaing = "none"', "unknown key 'data.sclaing'; did you mean 'scaling'?"),
    "a key of spikes": ('file = "own.npz"\nduration = "1 s"', "'data.steps' is missing"),
    "a scaling": ('file = "own.npz"\nscaling = "minmx"', "'data.scaling' = 'minmx'; did you mean 'minmax'?"),
    "a range": ('file = "own.npz"\nscaling = { low = 1, high = 1 }', "expected low < high"),
    "two columns": (
        'file = "own.h5"\nsteps = 3\ninputs = { samples = "a", offsets = "b" }',
        "expected one of 'samples'",
    ),
    "steps of a named set": (f"{NAME}\nsteps = 3", "[data] steps = 3: a sample of data set digits has no time"),
    "a file": ('file = "onw.npz"', "onw.npz: no such file, nor "),
    "an empty name": ('file = ""', "'data.file' = '': expected at least 1 character"),
    "a null byte": ('file = "a\\u0000.npz"', "no such file|null|embedded"),
    "a long name": (f'file = "{"a" * 300}.npz"', "File name too long"),
    "a unit": ('file = "own.npz"\nsteps = 5\ntime_unit = "msec"', "'data.time_unit' = 'msec'; did you mean"),
}


@pytest.mark.parametrize(("table", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_paragraph_and_changes_nothing(
    neurosim, tiny, digits: Path, tmp_path: Path, table: str, message: str
) -> None:
    path = tiny((NAME, table))
    before = sorted(tmp_path.rglob("*"))
    done = neurosim("run", path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert any(m in done.err for m in message.split("|")), done.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_extends_another_finds_the_data_of_that(neurosim, tiny, digits: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    folder.mkdir()
    digits.rename(folder / "own.npz")
    tiny((NAME, 'file = "own.npz"')).rename(folder / "base.toml")
    (tmp_path / "more.toml").write_text('extends = "base/base.toml"\n[scenario]\nname = "more"\n')
    done = neurosim("run", tmp_path / "more.toml", "--json")
    assert done.code == 0, done.err
    run = json.loads(done.out)["run_dir"]
    assert json.loads((Path(run) / "run.json").read_text())["source"][0] == str(folder / "own.npz")
    assert neurosim("resume", run).code == 0
